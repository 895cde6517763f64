"""What dragging an edge or a range gives."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui.nudging import nudged
from cast_studio.ui.timeline.drag import BodyDrag, EdgeDrag, RangeDrag, free_room
from cast_studio.ui.timeline.snapping import moved_by, snapped
from tests.core.strategies import frame_indexes

FRAMES = FrameIndex(
    np.arange(100, dtype=np.int64) * 40, np.arange(100) % 12 == 0, Fraction(1, 1000), 4000
)
EDGES = {*range(0, 4001, 40)}
SPAN = TimeSpan(400, 800)
LIMITS = TimeSpan(200, 1200)

ticks = st.floats(-500, 5000)


@given(st.sampled_from(["start", "end"]), ticks)
def test_a_dragged_label_keeps_a_frame_and_its_limits(edge: str, pts: float) -> None:
    drag = EdgeDrag("a", SPAN, "start" if edge == "start" else "end", LIMITS)
    span = drag.moved_to(pts, FRAMES, (), 0)
    assert {span.start, span.end} <= EDGES
    assert span.duration >= 40
    assert LIMITS.start <= span.start
    assert span.end <= LIMITS.end
    assert span.end == SPAN.end if edge == "start" else span.start == SPAN.start


@given(ticks, ticks)
def test_a_drawn_range_has_at_least_a_frame(begin: float, end: float) -> None:
    span = RangeDrag(begin).moved_to(end, FRAMES, (), 0)
    assert {span.start, span.end} <= EDGES
    assert span.duration >= 40


def test_a_magnet_in_reach_wins_over_the_nearest_frame() -> None:
    assert snapped(405, FRAMES, (430,), 30) == 430
    assert snapped(405, FRAMES, (430,), 10) == 400


@given(st.integers(0, 99), st.integers(1, 100), st.integers(-200, 200))
def test_a_nudged_label_keeps_a_frame_and_stays_in_the_video(
    first: int, length: int, frames: int
) -> None:
    span = FRAMES.span_of_frames(first, min(first + length, 100))
    for moved in (nudged(span, "start", frames, FRAMES), nudged(span, "end", frames, FRAMES)):
        assert moved.duration >= 40
        assert moved.start >= 0
        assert moved.end <= 4000
    assert nudged(span, "start", frames, FRAMES).end == span.end
    assert nudged(span, "end", frames, FRAMES).start == span.start


def test_a_nudge_moves_by_one_frame() -> None:
    assert nudged(SPAN, "start", -1, FRAMES) == TimeSpan(360, 800)
    assert nudged(SPAN, "end", 1, FRAMES) == TimeSpan(400, 840)


spans = st.tuples(st.integers(0, 99), st.integers(1, 20)).map(
    lambda drawn: FRAMES.span_of_frames(drawn[0], min(sum(drawn), 100))
)


@given(st.lists(spans, min_size=2, max_size=8), st.integers(1, 7), ticks, ticks)
def test_a_moved_group_keeps_its_shape_and_overlaps_nobody(
    drawn: list[TimeSpan], n_moving: int, anchor: float, pts: float
) -> None:
    apart: list[TimeSpan] = []
    for span in drawn:
        if not any(span.intersects(other) for other in apart):
            apart.append(span)
    moving, fixed = apart[:n_moving], apart[n_moving:]
    earliest, latest = free_room(moving, fixed, FRAMES.span)
    group = {str(i): span for i, span in enumerate(moving)}
    moved = BodyDrag("0", group, earliest, latest, anchor).moved_to(pts, FRAMES, (), 0)
    assert len({moved[key].start - span.start for key, span in group.items()}) == 1
    for key, span in moved.items():
        assert span.duration == group[key].duration
        assert {span.start, span.end} <= EDGES
        assert not any(span.intersects(other) for other in fixed)


def test_either_edge_of_a_moved_label_is_attracted() -> None:
    drag = BodyDrag("a", {"a": SPAN}, -400, 3000, anchor=500)
    assert drag.moved_to(1_110, FRAMES, (1000,), 30) == {"a": TimeSpan(1000, 1400)}
    assert drag.moved_to(1_110, FRAMES, (1400,), 30) == {"a": TimeSpan(1000, 1400)}


def test_a_nudged_moment_moves() -> None:
    assert nudged(TimeSpan(400, 400), "end", 2, FRAMES) == TimeSpan(480, 480)


@given(frame_indexes(), st.data())
def test_moved_labels_stay_on_the_frames_of_any_video(
    frames: FrameIndex, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(frames) - 1))
    stop = data.draw(st.integers(first + 1, len(frames)))
    target = data.draw(st.integers(0, len(frames) - 1))
    ticks_moved = frames.pts_of(target) - frames.pts_of(first)
    span, moment = frames.span_of_frames(first, stop), TimeSpan(*[frames.pts_of(first)] * 2)
    moved = moved_by({"span": span, "moment": moment}, ticks_moved, frames)
    assert moved["span"].start == moved["moment"].start == moved["moment"].end
    assert moved["span"].start == frames.pts_of(target)
    assert moved["span"].end in {*frames.pts.tolist(), frames.end_pts}
    assert moved["span"].end > moved["span"].start
    if ticks_moved == 0:
        assert moved == {"span": span, "moment": moment}
