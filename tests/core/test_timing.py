from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import FrameIndex, TimeSpan
from tests.core.strategies import frame_indexes, spans

# 30 frames a second from 900 on, a slow passage of three frames, and B-frames' usual start offset.
VARIABLE = FrameIndex(
    pts=np.array([900, 3900, 6900, 21900, 36900, 51900, 54900]),
    is_key=np.array([True, False, False, True, False, False, True]),
    timebase=Fraction(1, 90000),
    end_pts=57900,
)


def moments_of(span: TimeSpan) -> set[int]:
    return {span.start} if span.is_point else set(range(span.start, span.end))


@given(spans, spans)
def test_the_algebra_of_spans_is_that_of_their_moments(first: TimeSpan, second: TimeSpan) -> None:
    shared = moments_of(first) & moments_of(second)

    assert first.intersects(second) == bool(shared)
    intersection = first.intersection(second)
    assert (set() if intersection is None else moments_of(intersection)) == shared
    remaining: set[int] = set()
    for part in first.minus(second):
        assert not part.intersects(second)
        assert not remaining & moments_of(part)
        remaining |= moments_of(part)
    assert remaining == moments_of(first) - moments_of(second)


@given(spans, spans)
def test_intersecting_and_overlap_are_symmetric(first: TimeSpan, second: TimeSpan) -> None:
    assert first.intersects(second) == second.intersects(first)
    assert first.intersection(second) == second.intersection(first)
    assert first.iou(second) == second.iou(first)
    assert 0 <= first.iou(second) <= 1
    assert first.hull(second) == second.hull(first)


@given(spans, st.integers(-10, 60))
def test_a_span_contains_exactly_its_moments(span: TimeSpan, pts: int) -> None:
    assert span.contains(pts) == (pts in moments_of(span))


def test_iou_is_intersection_over_union() -> None:
    assert TimeSpan(0, 10).iou(TimeSpan(5, 15)) == pytest.approx(5 / 15)
    assert TimeSpan(0, 10).iou(TimeSpan(10, 20)) == 0
    assert TimeSpan(4, 4).iou(TimeSpan(4, 4)) == 1
    assert TimeSpan(0, 10).iou(TimeSpan(4, 4)) == 0


def test_spans_that_touch_do_not_intersect_but_a_point_at_the_start_does() -> None:
    assert not TimeSpan(0, 10).intersects(TimeSpan(10, 20))
    assert not TimeSpan(0, 10).intersects(TimeSpan(10, 10))
    assert TimeSpan(0, 10).intersects(TimeSpan(0, 0))


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        TimeSpan(3, 2)


def test_frames_on_screen_with_variable_rate_and_start_offset() -> None:
    assert [VARIABLE.index_played_at(pts) for pts in (0, 900, 3899, 3900, 21899, 40000)] == [
        0,
        0,
        0,
        1,
        2,
        4,
    ]
    assert VARIABLE.index_played_at(10**9) == 6
    assert VARIABLE.seconds_of(0) == pytest.approx(0.01)
    assert VARIABLE.span == TimeSpan(900, 57900)
    assert VARIABLE.average_rate == Fraction(7 * 90000, 57000)


def test_key_frames_to_start_decoding_at() -> None:
    assert [VARIABLE.key_at_or_before(i) for i in range(7)] == [0, 0, 0, 3, 3, 3, 6]
    without_first = FrameIndex(
        np.array([0, 1]), np.array([False, True]), Fraction(1, 30), end_pts=2
    )
    assert without_first.key_at_or_before(0) == 0


def test_snapping_prefers_the_earlier_of_two_equally_near_frames() -> None:
    assert VARIABLE.snap(5400) == 3900
    assert VARIABLE.snap(5401) == 6900
    assert VARIABLE.snap(57000) == 54900
    assert VARIABLE.snap_edge(57000) == 57900


@given(frame_indexes(), st.data())
def test_the_index_agrees_with_a_search_through_all_frames(
    index: FrameIndex, data: st.DataObject
) -> None:
    pts = data.draw(st.integers(index.span.start - 60, index.span.end + 60))
    starts = [index.pts_of(i) for i in range(len(index))]
    ends = [index.end_of(i) for i in range(len(index))]

    on_screen = [i for i in range(len(index)) if starts[i] <= pts < ends[i]]
    if on_screen:
        assert [index.index_played_at(pts)] == on_screen
    else:
        assert index.index_played_at(pts) == (0 if pts < starts[0] else len(index) - 1)
    assert abs(index.snap(pts) - pts) == min(abs(start - pts) for start in starts)
    assert index.snap(pts) in starts
    assert abs(index.snap_edge(pts) - pts) == min(abs(t - pts) for t in (*starts, index.end_pts))

    length = data.draw(st.integers(0, 100))
    inside = [i for i in range(len(index)) if pts <= starts[i] < pts + length]
    assert list(index.frames_in(TimeSpan(pts, pts + length))) == inside


@given(frame_indexes(), st.data())
def test_spans_of_frames_and_frames_of_spans_are_inverse(
    index: FrameIndex, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(index)))
    stop = data.draw(st.integers(first, len(index)))
    span = index.span_of_frames(first, stop)

    assert list(index.frames_in(span)) == list(range(first, stop))
    assert index.span_of_frames(0, len(index)) == index.span


@given(frame_indexes(), st.data())
def test_seconds_lead_back_to_their_frame(index: FrameIndex, data: st.DataObject) -> None:
    frame_index = data.draw(st.integers(0, len(index) - 1))
    seconds = index.seconds_of(frame_index)

    assert index.index_at_seconds(seconds) == frame_index
    assert index.index_at_seconds(float(f"{seconds:.9f}")) == frame_index
    assert index.to_ticks(seconds) == index.pts_of(frame_index)


def test_a_time_within_a_frame_shows_this_frame_and_not_the_next() -> None:
    one_tick_a_frame = FrameIndex(np.arange(50), np.ones(50, bool), Fraction(1, 25), 50)

    assert one_tick_a_frame.index_at_seconds(0.039) == 0
    assert one_tick_a_frame.index_at_seconds(0.040) == 1
    assert one_tick_a_frame.index_at_seconds(-1.0) == 0
    assert one_tick_a_frame.index_at_seconds(99.0) == 49


@pytest.mark.parametrize(
    ("pts", "keys", "timebase", "end_pts", "words"),
    [
        ([], [], Fraction(1, 30), 1, "at least one frame"),
        ([0, 1], [True], Fraction(1, 30), 2, "one key flag"),
        ([0, 2, 2], [True] * 3, Fraction(1, 30), 3, "rise strictly"),
        ([0, 2], [True] * 2, Fraction(1, 30), 2, "after the last frame"),
        ([0, 2], [True] * 2, Fraction(0), 3, "not above 0"),
    ],
)
def test_contents_that_do_not_fit_are_refused(
    pts: list[int], keys: list[bool], timebase: Fraction, end_pts: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        FrameIndex(np.array(pts, np.int64), np.array(keys, bool), timebase, end_pts)


def test_the_index_can_neither_be_written_nor_reached_through_its_source() -> None:
    source = np.array([0, 1, 2])
    index = FrameIndex(source, np.ones(3, bool), Fraction(1, 30), 3)
    source[1] = 7

    assert index.pts_of(1) == 1
    with pytest.raises(ValueError, match="read-only"):
        index.pts[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        index.is_key[0] = False


def test_equality_is_by_content() -> None:
    def make(**changed: object) -> FrameIndex:
        values: dict[str, object] = {
            "pts": np.array([0, 5]),
            "is_key": np.array([True, False]),
            "timebase": Fraction(1, 30),
            "end_pts": 9,
        }
        return FrameIndex(**(values | changed))  # type: ignore[arg-type]

    assert make() == make()
    assert hash(make()) == hash(make())
    assert make() != make(pts=np.array([0, 4]))
    assert make() != make(is_key=np.array([True, True]))
    assert make() != make(timebase=Fraction(1, 25))
    assert make() != make(end_pts=10)
    assert make() != "an index"


@pytest.mark.parametrize("frame_index", [-1, 7])
def test_frames_that_are_not_there_are_refused(frame_index: int) -> None:
    for ask in (
        VARIABLE.pts_of,
        VARIABLE.end_of,
        VARIABLE.seconds_of,
        VARIABLE.key_at_or_before,
    ):
        with pytest.raises(IndexError, match="7 frames"):
            ask(frame_index)
    with pytest.raises(IndexError, match="7 frames"):
        VARIABLE.span_of_frames(frame_index, 8)
    with pytest.raises(IndexError, match="frames 3 to 2"):
        VARIABLE.span_of_frames(3, 2)
