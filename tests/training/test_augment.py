from __future__ import annotations

import pytest
import torch
from torch import Tensor

from training.augment import augment

SIZE = 32


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def moving_spot(*, columns: list[int], row: int = 16) -> Tensor:
    """A bright square that is at one column after the other, ``(1, 3, frames, 32, 32)``."""
    clip = torch.zeros(1, 3, len(columns), SIZE, SIZE)
    for frame, column in enumerate(columns):
        clip[:, :, frame, row - 2 : row + 3, column - 2 : column + 3] = 4.0
    return clip


def centers(clip: Tensor) -> Tensor:
    """Where the brightest tenth of each frame lies, x and y, ``(frames, 2)``."""
    gray = clip[0].mean(0)
    bright = (gray >= gray.flatten(1).quantile(0.98, 1)[:, None, None]).float()
    axis = torch.arange(SIZE, dtype=torch.float32)
    total = bright.sum((1, 2))
    return torch.stack(
        [(bright * axis).sum((1, 2)) / total, (bright * axis[:, None]).sum((1, 2)) / total], 1
    )


@pytest.mark.parametrize("seed", range(12))
def test_left_stays_left_and_rising_stays_rising(seed: int) -> None:
    """Never mirrored, never played backwards."""
    left = augment(moving_spot(columns=[20, 18, 16, 14, 12]), generator(seed))
    assert (centers(left)[1:, 0] < centers(left)[:-1, 0]).all()
    rising = moving_spot(columns=[20, 18, 16, 14, 12]).transpose(-1, -2)
    raised = augment(rising, generator(seed))
    assert (centers(raised)[1:, 1] < centers(raised)[:-1, 1]).all()


def test_the_sense_of_a_turn_stays() -> None:
    """A mirrored picture would turn the other way round."""
    clip = torch.zeros(1, 3, 3, SIZE, SIZE)
    clip[:, :, :, 14:19, 14:19] = 2.0  # the hub
    for frame, (y, x) in enumerate(((10, 16), (16, 22), (22, 16))):  # clockwise: top, right, bottom
        clip[:, :, frame, y - 1 : y + 2, x - 1 : x + 2] = 8.0
    for seed in range(8):
        path = centers(augment(clip, generator(seed)))
        first, second = path[1] - path[0], path[2] - path[1]
        assert first[0] * second[1] - first[1] * second[0] > 0


def test_the_shape_stays_and_the_input_too() -> None:
    clips = torch.randn(3, 3, 5, SIZE, SIZE)
    before = clips.clone()
    changed = augment(clips, generator(0))
    assert changed.shape == clips.shape
    assert changed.isfinite().all()
    assert torch.equal(clips, before)
    assert not torch.allclose(changed, clips, atol=0.1)


def test_all_frames_of_a_clip_are_changed_alike() -> None:
    still = torch.randn(2, 3, 1, SIZE, SIZE).expand(2, 3, 4, SIZE, SIZE)
    changed = augment(still, generator(1))
    for frame in range(1, 4):
        torch.testing.assert_close(changed[:, :, frame], changed[:, :, 0])
    assert not torch.allclose(changed[0], changed[1], atol=0.1)


def test_the_same_generator_gives_the_same_changes() -> None:
    clips = torch.randn(2, 3, 2, SIZE, SIZE)
    assert torch.equal(augment(clips, generator(5)), augment(clips, generator(5)))
    assert not torch.equal(augment(clips, generator(5)), augment(clips, generator(6)))


def test_the_middle_stays_in_the_picture() -> None:
    clip = moving_spot(columns=[16])
    for seed in range(20):
        x, y = centers(augment(clip, generator(seed)))[0].tolist()
        assert 5 < x < 27
        assert 5 < y < 27
