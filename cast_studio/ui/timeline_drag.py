"""What a drag in the timeline would do: pure arithmetic, committed by the timeline on release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cast_studio.core.timing import FrameIndex, TimeSpan

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
        self, pts: float, frames: FrameIndex, magnets: tuple[int, ...], reach: float
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
class RangeDrag:
    """A range is being drawn on empty ground.

    Attributes:
        anchor: Where it began, in ticks.
    """

    anchor: float

    def moved_to(
        self, pts: float, frames: FrameIndex, magnets: tuple[int, ...], reach: float
    ) -> TimeSpan:
        """Return the range up to ``pts``, on frame edges, at least one frame long."""
        begin = snapped(self.anchor, frames, magnets, reach)
        end = snapped(pts, frames, magnets, reach)
        begin, end = min(begin, end), max(begin, end)
        if begin == end:
            frame = frames.index_played_at(begin)
            return TimeSpan(frames.pts_of(frame), frames.end_of(frame))
        return TimeSpan(begin, end)


Drag = EdgeDrag | RangeDrag


def snapped(pts: float, frames: FrameIndex, magnets: tuple[int, ...], reach: float) -> int:
    """Return the magnet in reach that is nearest to ``pts``, else the nearest edge of a frame."""
    close = [magnet for magnet in magnets if abs(magnet - pts) <= reach]
    if close:
        return min(close, key=lambda magnet: abs(magnet - pts))
    return frames.snap_edge(round(pts))
