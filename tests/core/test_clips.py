from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.clips import ClipSpec
from cast_studio.core.timing import FrameIndex, TimeSpan
from tests.core.strategies import frame_indexes

SPEC = ClipSpec()


def make_index(n_frames: int, *, step: int = 1, start: int = 0) -> FrameIndex:
    pts = start + step * np.arange(n_frames)
    return FrameIndex(pts, np.ones(n_frames, bool), Fraction(1, 30 * step), start + step * n_frames)


def published_indices(n: int, first: int) -> list[int]:
    return [first + math.floor(Fraction(n, 16) * (i + Fraction(1, 2))) for i in range(16)]


@given(st.integers(1, 300), st.integers(0, 50))
def test_a_clip_has_the_middle_of_each_of_sixteen_parts(n: int, first: int) -> None:
    index = make_index(first + n + 5, step=3, start=77)
    span = index.span_of_frames(first, first + n)

    assert SPEC.frame_indices(index, span).tolist() == published_indices(n, first)


def test_a_span_of_thirty_two_frames_gives_every_second_one() -> None:
    indices = SPEC.frame_indices(make_index(40), TimeSpan(4, 36))

    assert indices.tolist() == list(range(5, 36, 2))
    assert indices.dtype == np.int64


def test_a_short_span_repeats_its_frames_and_takes_no_other() -> None:
    indices = SPEC.frame_indices(make_index(40), TimeSpan(10, 15)).tolist()

    assert indices == [10] * 3 + [11] * 3 + [12] * 4 + [13] * 3 + [14] * 3


@pytest.mark.parametrize(
    ("span", "on_screen"),
    [
        (TimeSpan(100, 100), 1),
        (TimeSpan(103, 110), 1),
        (TimeSpan(0, 5), 0),
        (TimeSpan(9_000, 9_001), 9),
    ],
)
def test_a_span_without_a_frame_of_its_own_uses_the_one_on_screen(
    span: TimeSpan, on_screen: int
) -> None:
    index = make_index(10, step=50, start=50)

    assert SPEC.frame_indices(index, span).tolist() == [on_screen] * 16


@given(frame_indexes(), st.floats(0.001, 3), st.floats(0.001, 3))
def test_windows_cover_the_video_from_start_to_end(
    index: FrameIndex, window_seconds: float, hop_seconds: float
) -> None:
    hop_seconds = min(hop_seconds, window_seconds)
    spec = ClipSpec(window_seconds=window_seconds, hop_seconds=hop_seconds)

    windows = spec.windows(index)

    assert windows[0].start == index.span.start
    assert windows[-1].end == index.span.end
    assert list(windows) == sorted(set(windows))
    for earlier, later in pairwise(windows):
        assert later.start <= earlier.end
    for window in windows:
        assert window == index.span or window.duration == max(1, index.to_ticks(window_seconds))


def test_a_video_shorter_than_a_window_is_one_window() -> None:
    assert SPEC.windows(make_index(7)) == (TimeSpan(0, 7),)


def test_windows_of_two_seconds_every_half_second() -> None:
    windows = SPEC.windows(make_index(100))

    assert windows == tuple(TimeSpan(start, start + 60) for start in (0, 15, 30, 40))


def test_a_specification_survives_json() -> None:
    spec = ClipSpec(frames=8, size=112, resize="area", mean=(0.5, 0.4, 0.3), hop_seconds=0.25)

    assert ClipSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@pytest.mark.parametrize(
    "change",
    [{"resize": "cubic"}, {"mean": [1, 2]}, {"frames": "many"}, {"std": 5}],
)
def test_specifications_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the texts are of different makers
        ClipSpec.from_json(SPEC.to_json() | change)


def test_an_incomplete_specification_is_refused() -> None:
    values = SPEC.to_json()
    del values["version"]
    with pytest.raises(ValueError, match="incomplete"):
        ClipSpec.from_json(values)
