from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.clip_reader import ClipReader
from tests.fakes import make_head
from tests.training.examples import sample
from tests.videos import (
    SECOND_STREAM,
    read_number,
    two_streams,
    with_damaged_frames,
    write_video,
)
from training.dataset import SampleClips

SPEC = ClipSpec(frames=8, size=32, resize="area")
CLIP_BYTES = 8 * 32 * 32 * 3
HEADS = (make_head("verb", "take", "put"), make_head("noun", "knife", "bread"))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """120 numbered frames."""
    return write_video(tmp_path / "numbers.mp4", count=120, size=(64, 64))


def spans_of(video: Path, *frames: tuple[int, int]) -> list[TimeSpan]:
    with ClipReader(video, SPEC) as reader:
        return [reader.index.span_of_frames(first, stop) for first, stop in frames]


def samples_at(video: Path, *frames: tuple[int, int]) -> list:  # type: ignore[type-arg]
    return [sample(video, span.start, span.end, verb=0) for span in spans_of(video, *frames)]


def numbers(clip: NDArray[np.uint8]) -> list[int]:
    return [read_number(frame) for frame in clip]


def test_targets_are_by_head_and_absent_labels_are_marked(video: Path) -> None:
    samples = [
        sample(video, verb=1, noun=0),
        sample(video, noun=1),
        sample(video, verb=0),
        sample(video),
    ]
    data = SampleClips(samples, SPEC, HEADS)
    assert {head: values.tolist() for head, values in data.targets.items()} == {
        "verb": [1, -1, 0, -1],
        "noun": [0, 1, -1, -1],
    }
    chosen = data.targets_of([2, 0])
    assert {head: values.tolist() for head, values in chosen.items()} == {
        "verb": [0, 1],
        "noun": [-1, 0],
    }
    assert len(data) == 4


@pytest.mark.parametrize("preload", [False, True])
def test_the_exact_clip_is_the_one_that_is_predicted(video: Path, preload: bool) -> None:
    frames = ((60, 100), (3, 11), (10, 50))
    data = SampleClips(samples_at(video, *frames), SPEC, HEADS, variants=3)
    if preload:
        assert list(data.preload()) == [1, 2, 3]
    clips = data.clips([2, 0, 1], exact=True)
    assert clips.shape == (3, 8, 32, 32, 3)
    with ClipReader(video, SPEC) as reader:
        for clip, span in zip(clips, spans_of(video, frames[2], frames[0], frames[1]), strict=True):
            np.testing.assert_array_equal(clip, reader.read(span))


def test_preloaded_clips_need_no_file(video: Path) -> None:
    data = SampleClips(samples_at(video, (0, 40), (40, 90)), SPEC, HEADS, variants=4)
    assert list(data.preload()) == [1, 2]
    video.unlink()
    assert data.clips([0, 1, 0, 1] * 8).shape[0] == 32


def test_clips_of_several_videos_are_kept_apart(tmp_path: Path) -> None:
    paths = [
        write_video(tmp_path / f"{name}.mp4", count=count, size=(64, 64))
        for name, count in (("b", 30), ("a", 90))
    ]
    samples = [
        *samples_at(paths[0], (0, 8)),
        *samples_at(paths[1], (80, 88)),
        *samples_at(paths[0], (20, 28)),
    ]
    data = SampleClips(samples, SPEC, HEADS)
    assert list(data.preload()) == [1, 2, 3]
    clips = data.clips([0, 1, 2], exact=True)
    assert [numbers(clip)[0] for clip in clips] == [0, 80, 20]


@pytest.mark.parametrize("preload", [False, True])
def test_a_sample_is_read_from_its_own_stream(tmp_path: Path, preload: bool) -> None:
    path = two_streams(tmp_path / "two.mp4")
    second = replace(sample(path, 0, 10_240, verb=0), stream=1)
    data = SampleClips([second, sample(path, 0, 12_288, verb=1)], SPEC, HEADS)
    if preload:
        assert list(data.preload()) == [1, 2]
    clips = data.clips([0, 1], exact=True)
    assert all(SECOND_STREAM <= number < SECOND_STREAM + 10 for number in numbers(clips[0]))
    assert all(number < 24 for number in numbers(clips[1]))


def test_variants_stay_inside_the_video_and_near_the_span(video: Path) -> None:
    frames = ((0, 20), (50, 100), (100, 120), (119, 120))
    data = SampleClips(samples_at(video, *frames), SPEC, HEADS, variants=16, seed=3)
    list(data.preload())
    for at, (first, stop) in enumerate(frames):
        slack = 5 * 0.06 * (stop - first) + 1
        seen = [numbers(clip) for clip in data.clips([at] * 40)]
        for found in seen:
            assert found == sorted(found)
            assert max(0, first - slack) <= found[0] <= found[-1] <= min(119, stop + slack)
    moved = {tuple(numbers(clip)) for clip in data.clips([1] * 40)}
    assert len(moved) > 5


def drawn(video: Path, seed: int, positions: Sequence[int] = (0, 1, 0, 1, 1, 0)) -> list[list[int]]:
    data = SampleClips(samples_at(video, (0, 40), (60, 110)), SPEC, HEADS, variants=6, seed=seed)
    list(data.preload())
    return [numbers(clip) for clip in data.clips(positions)]


def test_the_seed_decides_how_edges_move(video: Path) -> None:
    assert drawn(video, 1) == drawn(video, 1)
    assert drawn(video, 1) != drawn(video, 2)


def test_a_moment_without_length_is_a_clip_of_one_frame(video: Path) -> None:
    (span,) = spans_of(video, (30, 31))
    point = sample(video, span.start, span.start, verb=0)
    data = SampleClips([point], SPEC, HEADS, variants=3)
    list(data.preload())
    assert {tuple(numbers(clip)) for clip in data.clips([0] * 10)} == {(30,) * 8}


def test_what_does_not_fit_into_memory_is_read_again(video: Path) -> None:
    frames = ((0, 20), (20, 40), (40, 60))
    data = SampleClips(
        samples_at(video, *frames), SPEC, HEADS, variants=4, cache_bytes=2 * CLIP_BYTES
    )
    assert data.variants == 1
    assert list(data.preload()) == [1, 2, 3]
    assert [numbers(clip)[0] for clip in data.clips([0, 1, 2], exact=True)] == [1, 21, 41]
    video.unlink()
    data.clips([0, 1], exact=True)
    with pytest.raises(MediaError, match=r"numbers\.mp4"):
        data.clips([2])


def test_memory_limits_the_number_of_variants(video: Path) -> None:
    samples = samples_at(video, (0, 20), (20, 40))
    for clips, variants in ((2, 1), (5, 2), (8, 4), (100, 4)):
        data = SampleClips(samples, SPEC, HEADS, variants=4, cache_bytes=clips * CLIP_BYTES)
        assert data.variants == variants


def test_a_video_that_cannot_be_read_is_named_and_left_out(video: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    samples = [sample(broken, verb=1), *samples_at(video, (80, 88)), sample(broken, verb=1)]
    data = SampleClips(samples, SPEC, HEADS, variants=2)

    assert list(data.preload())[-1] == 3

    assert data.samples == (samples[1],)
    assert data.targets["verb"].tolist() == [0]
    assert numbers(data.clips([0], exact=True)[0])[0] == 80
    (sentence,) = data.left_out
    assert sentence.startswith("2 labelled segments of “broken.mp4” cannot be read")


def test_damaged_segments_are_left_out_and_the_others_learned_from(tmp_path: Path) -> None:
    damaged = with_damaged_frames(tmp_path / "damaged.mkv", damaged=range(10, 30))
    frames = ((0, 8), (12, 24), (25, 40), (28, 30), (40, 48))
    samples = samples_at(damaged, *frames)
    data = SampleClips(samples, SPEC, HEADS, variants=8)

    assert list(data.preload()) == [1, 2, 3, 4, 5]

    assert data.samples == (samples[0], samples[2], samples[4])
    assert len(data.left_out) == 1
    assert data.left_out[0].startswith("2 labelled segments of “damaged.mkv”")
    assert data.clips([0, 1, 2] * 10).shape[0] == 30
    with ClipReader(damaged, SPEC) as reader:
        exact = data.clips([0, 1, 2], exact=True)
        for clip, kept in zip(exact, data.samples, strict=True):
            np.testing.assert_array_equal(clip, reader.read(kept.span))


def test_a_variant_that_lies_in_a_damaged_part_gives_way_to_the_exact_span(tmp_path: Path) -> None:
    # Of one frame, right before the damage: moved to the right there is nothing to read.
    damaged = with_damaged_frames(tmp_path / "damaged.mkv", damaged=range(10, 30))
    (span,) = spans_of(damaged, (8, 10))
    data = SampleClips([sample(damaged, span.start, span.end, verb=0)], SPEC, HEADS, variants=40)
    list(data.preload())
    assert data.left_out == ()
    assert data.clips([0] * 200).any(axis=(1, 2, 3, 4)).all()
