"""What a drag in the timeline would do: pure arithmetic, committed by the timeline on release."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui.timeline.snapping import moved_by, shifted, snapped

Edge = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class EdgeDrag:
    """An edge of a label is being moved.

    Attributes:
        key: The label.
        span: Where it was.
        edge: Which side is held.
        limits: How far it may reach: to its neighbors, or the video's ends.
    """

    key: str
    span: TimeSpan
    edge: Edge
    limits: TimeSpan

    def moved_to(
        self, pts: float, frames: FrameIndex, magnets: Iterable[int], reach: float
    ) -> TimeSpan:
        """Return the span with the held edge at ``pts``: on a frame edge, at least one frame long.

        Args:
            pts: Where the pointer is, in ticks.
            frames: The video's frames.
            magnets: Ticks that attract the edge, such as the playhead.
            reach: From how far away they attract, in ticks.
        """
        edge = snapped(pts, frames, magnets, reach)
        if self.edge == "start":
            last_frame = frames.index_played_at(self.span.end - 1)
            latest = frames.pts_of(last_frame)
            return TimeSpan(min(max(edge, self.limits.start), latest), self.span.end)
        earliest = frames.end_of(frames.index_played_at(self.span.start))
        return TimeSpan(self.span.start, max(min(edge, self.limits.end), earliest))


@dataclass(frozen=True, slots=True)
class BodyDrag:
    """Labels are being moved as they are.

    Attributes:
        key: The label that is held.
        spans: All that move, with where they were; the held one among them.
        earliest: By how many ticks they may move to the left, 0 or less.
        latest: By how many ticks they may move to the right, 0 or more.
        anchor: Where the pointer took hold, in ticks.
    """

    key: str
    spans: Mapping[str, TimeSpan]
    earliest: int
    latest: int
    anchor: float

    def moved_to(
        self, pts: float, frames: FrameIndex, magnets: Iterable[int], reach: float
    ) -> dict[str, TimeSpan]:
        """Return where all of them are when the pointer is at ``pts``.

        Args:
            pts: Where the pointer is, in ticks.
            frames: The video's frames.
            magnets: Ticks that attract either edge of the held label.
            reach: From how far away they attract, in ticks.
        """
        ticks = shifted(self.spans[self.key], pts - self.anchor, frames, magnets, reach)
        ticks = min(max(ticks, self.earliest), self.latest)
        return moved_by(self.spans, ticks, frames)


@dataclass(frozen=True, slots=True)
class RangeDrag:
    """A range is being drawn on empty ground.

    Attributes:
        anchor: Where it began, in ticks.
    """

    anchor: float

    def moved_to(
        self, pts: float, frames: FrameIndex, magnets: Iterable[int], reach: float
    ) -> TimeSpan:
        """Return the range up to ``pts``, on frame edges, at least one frame long."""
        magnets = tuple(magnets)
        begin = snapped(self.anchor, frames, magnets, reach)
        end = snapped(pts, frames, magnets, reach)
        begin, end = min(begin, end), max(begin, end)
        if begin == end:
            frame = frames.index_played_at(begin)
            return TimeSpan(frames.pts_of(frame), frames.end_of(frame))
        return TimeSpan(begin, end)


@dataclass(frozen=True, slots=True)
class BandDrag:
    """A rubber band is drawn around bars.

    Attributes:
        x: Where it began, in pixels of the widget.
        y: Where it began, in pixels of the widget.
    """

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class LaneDrag:
    """A lane is being taken to another place among those of labels.

    Attributes:
        key: The lane.
    """

    key: str


Drag = EdgeDrag | BodyDrag | RangeDrag | BandDrag | LaneDrag


def free_room(
    spans: Iterable[TimeSpan], others: Iterable[TimeSpan], whole: TimeSpan
) -> tuple[int, int]:
    """Return by how many ticks spans may move to the left (0 or less) and to the right.

    Args:
        spans: What moves together.
        others: What must not be overlapped; none of them overlaps the spans now.
        whole: The video, which is not left.
    """
    moving, fixed = sorted(spans), list(others)
    ends, starts = sorted(o.end for o in fixed), sorted(o.start for o in fixed)
    earliest = whole.start - moving[0].start
    latest = whole.end - max(span.end for span in moving)
    for span in moving:
        before, after = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if before:
            earliest = max(earliest, ends[before - 1] - span.start)
        if after < len(starts):
            latest = min(latest, starts[after] - span.end)
    return min(earliest, 0), max(latest, 0)
