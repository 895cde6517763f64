from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.clip_reader import ClipReader
from cast_studio.media.pictures import prepare_frame
from tests import videos

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "ref_preproc.json"
SPEC = ClipSpec(frames=8, size=32, window_seconds=1.0, hop_seconds=0.25)


def _numbers(clip: NDArray[np.uint8]) -> list[int]:
    return [videos.read_number(frame) for frame in clip]


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """Square, so that the middle crop shows the whole number."""
    return videos.write_video(tmp_path / "clip.mp4", count=60, size=(64, 64), b_frames=2)


def _noise(frames: int, height: int, width: int) -> NDArray[np.uint8]:
    generator = np.random.Generator(np.random.PCG64(1000 + 7 * height + width))
    return generator.integers(0, 256, (frames, height, width, 3), np.uint8)


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"the golden values are not at {REFERENCE}")
@pytest.mark.parametrize("shape", ["40x240x427", "40x256x456", "40x320x240", "40x224x224"])
@pytest.mark.parametrize("dataset", ["ek100", "ssv2"])
def test_pixels_are_those_of_the_published_pipeline(dataset: str, shape: str) -> None:
    views = json.loads(REFERENCE.read_text())["pixels"][dataset][shape]
    golden = views["1,1"]  # the second chunk of frames, the middle crop
    count, height, width = (int(part) for part in shape.split("x"))
    spec = ClipSpec()
    indices = np.floor(count / spec.frames * (np.arange(spec.frames) + 0.5)).astype(int)

    frames = _noise(count, height, width)[indices]
    clip = np.stack([prepare_frame(frame, spec.size, spec.resize) for frame in frames])
    scaled = clip.astype(np.float32) / 255
    normal = (scaled - np.float32(spec.mean)) / np.float32(spec.std)
    view = np.ascontiguousarray(normal.transpose(3, 0, 1, 2))

    assert view.ravel()[:8] == pytest.approx(golden["first8"], abs=1e-6)
    assert view.ravel()[-8:] == pytest.approx(golden["last8"], abs=1e-6)
    assert hashlib.sha256(view.tobytes()).hexdigest() == golden["sha256"]


@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 97), (97, 64), (65, 64)])
def test_a_frame_that_fits_is_cut_but_not_scaled(height: int, width: int) -> None:
    frame = _noise(1, height, width)[0]

    prepared = prepare_frame(frame, 64, "linear")

    top, left = (height - 64) // 2, (width - 64) // 2
    assert np.array_equal(prepared, frame[top : top + 64, left : left + 64])
    assert not np.shares_memory(prepared, frame)


@pytest.mark.parametrize(("height", "width"), [(240, 427), (427, 240), (100, 100), (33, 500)])
def test_area_averages_what_falls_into_a_pixel(height: int, width: int) -> None:
    frame = _noise(1, height, width)[0]
    scale = 32 / min(height, width)
    scaled = (32, int(height * scale)) if width < height else (int(width * scale), 32)
    expected = cv2.resize(frame, scaled, interpolation=cv2.INTER_AREA)
    top, left = (expected.shape[0] - 32) // 2, (expected.shape[1] - 32) // 2

    prepared = prepare_frame(frame, 32, "area")

    assert prepared.shape == (32, 32, 3)
    assert np.array_equal(prepared, expected[top : top + 32, left : left + 32])
    assert not np.array_equal(prepared, prepare_frame(frame, 32, "linear"))


def test_a_small_frame_is_enlarged() -> None:
    assert prepare_frame(_noise(1, 10, 14)[0], 32, "linear").shape == (32, 32, 3)


def test_a_clip_shows_the_frames_of_its_span(square: Path) -> None:
    with ClipReader(square, SPEC) as reader:
        span = reader.index.span_of_frames(20, 52)
        clip = reader.read(span)

        assert clip.shape == (8, 32, 32, 3)
        assert clip.dtype == np.uint8
        assert _numbers(clip) == [22, 26, 30, 34, 38, 42, 46, 50]
        assert reader.frame_indices(span).tolist() == _numbers(clip)


def test_short_spans_and_moments_repeat_frames(square: Path) -> None:
    with ClipReader(square, SPEC) as reader:
        two = reader.index.span_of_frames(5, 7)
        moment = reader.index.pts_of(33) + 1

        assert _numbers(reader.read(two)) == [5, 5, 5, 5, 6, 6, 6, 6]
        assert _numbers(reader.read(TimeSpan(moment, moment))) == [33] * 8


def test_read_each_gives_what_read_gives_in_the_order_asked(square: Path) -> None:
    with ClipReader(square, SPEC) as reader:
        index = reader.index
        spans = [
            *SPEC.windows(index),
            index.span_of_frames(0, 60),
            index.span_of_frames(7, 9),
            index.span_of_frames(7, 9),
        ]
        random.Random(3).shuffle(spans)
        for order in (spans, sorted(spans), sorted(spans, reverse=True)):
            clips = list(reader.read_each(order))

            assert len(clips) == len(order)
            for span, clip in zip(order, clips, strict=True):
                assert np.array_equal(clip, reader.read(span))
                assert _numbers(clip) == SPEC.frame_indices(index, span).tolist()


def test_clips_are_the_callers_own(square: Path) -> None:
    with ClipReader(square, SPEC) as reader:
        span = reader.index.span
        first, second = reader.read_each([span, span])
        first[:] = 0

        assert second.any()
        assert reader.read(span).any()


def test_read_each_of_nothing(square: Path) -> None:
    with ClipReader(square, SPEC) as reader:
        assert list(reader.read_each([])) == []


def test_a_damaged_frame_is_replaced_by_a_neighbor(tmp_path: Path) -> None:
    path = videos.with_damaged_frames(tmp_path / "clip.mkv", damaged=range(10, 20))
    spec = ClipSpec(frames=4, size=64)
    with ClipReader(path, spec) as reader:
        index = reader.index
        # Wider than high: the numbers are cut off, so compare whole clips.
        before, after = (
            reader.read(index.span_of_frames(9, 10)),
            reader.read(index.span_of_frames(20, 21)),
        )
        inside = reader.read(index.span_of_frames(8, 12))
        leading = reader.read(index.span_of_frames(18, 22))

        assert np.array_equal(inside[1], before[0])
        assert np.array_equal(inside[2], before[0])
        assert np.array_equal(inside[3], before[0])
        assert np.array_equal(leading[0], after[0])
        with pytest.raises(MediaError, match=r"No frame of “clip\.mkv” can be decoded around"):
            reader.read(index.span_of_frames(11, 15))
        # The reader goes on after that.
        assert np.array_equal(reader.read(index.span_of_frames(9, 10)), before)


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        ClipReader(tmp_path / "gone.mp4", SPEC)
