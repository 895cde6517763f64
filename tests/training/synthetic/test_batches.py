from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from training.synthetic.batches import FRAMES, PATCH, SIZE, Batch, batches, draw_batch
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, NEW_NOUNS, NEW_VERBS


def draw(size: int, *, seed: int = 0, **options: object) -> Batch:
    return draw_batch(np.random.default_rng(seed), size, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def batch() -> Batch:
    return draw(120)


def per_patch(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over each patch of pictures ``(..., 64, 64)``."""
    shape = (*values.shape[:-2], SIZE // PATCH, PATCH, SIZE // PATCH, PATCH)
    return values.reshape(shape).mean((-3, -1))


def test_shapes_and_ranges(batch: Batch) -> None:
    grid = SIZE // PATCH
    assert batch.frames.shape == (120, FRAMES, SIZE, SIZE, 3)
    assert batch.frames.dtype == np.uint8
    assert batch.states.shape == (120, FRAMES, 5)
    assert batch.patch_nouns.shape == batch.on_target.shape == (120, FRAMES, grid, grid)
    assert set(batch.verbs.tolist()) <= set(range(len(KNOWN_VERBS)))
    assert set(batch.nouns.tolist()) <= set(range(len(KNOWN_NOUNS)))
    assert batch.patch_nouns.min() == 0
    assert batch.patch_nouns.max() <= len(KNOWN_NOUNS)


def test_a_batch_shows_known_verbs_and_nouns_only(batch: Batch) -> None:
    """The positions are those in the known ones; a new one would have raised."""
    assert len(set(batch.verbs.tolist())) == len(KNOWN_VERBS)
    assert not set(NEW_VERBS) & set(KNOWN_VERBS)
    assert not set(NEW_NOUNS) & set(KNOWN_NOUNS)


def test_the_same_seed_gives_the_same_pixels() -> None:
    first, again, other = draw(3, seed=1), draw(3, seed=1), draw(3, seed=2)
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.states, again.states)
    assert (first.frames != other.frames).mean() > 0.5


def test_patches_of_the_target_carry_its_noun(batch: Batch) -> None:
    visible = batch.on_target & (batch.states[:, :, 4, None, None] > 0.36)
    expected = np.broadcast_to(batch.nouns[:, None, None, None] + 1, batch.patch_nouns.shape)
    np.testing.assert_array_equal(batch.patch_nouns[visible], expected[visible])


def test_patches_of_the_target_are_where_its_state_says(batch: Batch) -> None:
    counts = batch.on_target.sum((2, 3))
    assert (counts >= 1).all()
    rows, columns = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
    x = (batch.on_target * (columns + 0.5)).sum((2, 3)) / counts / 8
    y = (batch.on_target * (rows + 0.5)).sum((2, 3)) / counts / 8
    assert np.abs(x - batch.states[:, :, 0]).max() < 0.11
    assert np.abs(y - batch.states[:, :, 1]).max() < 0.11


@pytest.mark.parametrize("verb", ["vanish", "appear"])
def test_the_covered_patches_are_those_that_change_when_it_vanishes(verb: str) -> None:
    batch = draw(40, verbs=[verb])
    change = np.abs(batch.frames[:, -1].astype(float) - batch.frames[:, 0]).mean(-1)
    patches = per_patch(change)
    covered = batch.on_target[:, 0] & batch.on_target[:, -1]
    outside = ~(batch.on_target.any(1))
    # The rest changes by noise, flicker and a shaking camera only.
    assert np.median(patches[covered]) > 5 * np.median(patches[outside])
    own = [
        row[on].mean() > 1.5 * row[off].mean()
        for row, on, off in zip(patches, covered, outside, strict=True)
    ]
    assert np.mean(own) > 0.9


def test_single_frames_can_be_drawn() -> None:
    batch = draw(5, frames=2)
    assert batch.frames.shape == (5, 2, SIZE, SIZE, 3)


def test_scenes_grow_from_easy_to_hard() -> None:
    drawn = list(islice(batches(0, 24, frames=2, ramp=8), 10))
    things = [float((part.patch_nouns > 0).mean()) for part in drawn]
    assert np.mean(things[-3:]) > np.mean(things[:2])
