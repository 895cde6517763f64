"""Attention as pictures."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cast_studio.ui.heat_colors import color_table, heat_pixels, magnified, normalized

grids = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1)
)


@given(grids)
def test_magnifying_invents_nothing(grid: np.ndarray) -> None:
    large = magnified(grid, 8)
    assert large.shape == (grid.shape[0] * 8, grid.shape[1] * 8)
    assert large.min() >= grid.min() - 1e-9
    assert large.max() <= grid.max() + 1e-9


@given(grids)
def test_magnifying_keeps_the_largest_value(grid: np.ndarray) -> None:
    assert np.isclose(magnified(grid, 8).max(), grid.max())


def test_magnifying_keeps_the_hot_spot_in_its_place() -> None:
    grid = np.zeros((7, 7))
    grid[2, 5] = 1.0
    large = magnified(grid, 16)
    row, column = np.unravel_index(large.argmax(), large.shape)
    assert row // 16 == 2
    assert column // 16 == 5


def test_magnifying_shows_no_cells() -> None:
    grid = np.random.default_rng(0).random((7, 7))
    large = magnified(grid, 16)
    steps = np.abs(np.diff(large, axis=0)).max()
    assert steps < 2 / 16


def test_normalizing_keeps_frames_comparable() -> None:
    grid = np.stack([np.full((2, 2), 0.2), np.array([[0.2, 0.6], [1.0, 0.2]])]).astype(np.float16)
    values = normalized(grid)
    assert values.min() == 0
    assert values.max() == 1
    assert values[0].max() == 0


def test_attention_without_a_favorite_gives_no_heat() -> None:
    assert not normalized(np.full((2, 4, 4), 1 / 16, np.float16)).any()


def test_more_attention_covers_more() -> None:
    pixels = heat_pixels(np.array([[0.0, 0.02, 0.1, 0.2, 0.5, 1.0]]))
    alpha = pixels[0, :, 3].tolist()
    assert alpha[:2] == [0, 0]
    assert 0 < alpha[2] < alpha[3] < 255
    assert alpha[4:] == [255, 255]
    assert np.all(pixels[..., :3] <= pixels[..., 3:])  # premultiplied


def test_the_color_map_grows_lighter_all_along() -> None:
    light = color_table() @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(light) > 0)
