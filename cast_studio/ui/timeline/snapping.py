"""Where a dragged moment comes to rest: on a magnet that is near, else on the edge of a frame. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cast_studio.core.timing import FrameIndex, TimeSpan


def snapped(pts: float, frames: FrameIndex, magnets: Iterable[int], reach: float) -> int:
    """Return the magnet in reach that is nearest to ``pts``, else the nearest edge of a frame.

    Args:
        pts: In ticks.
        frames: Of the video.
        magnets: Ticks that attract, such as the playhead.
        reach: From how far away they attract, in ticks.
    """
    close = [magnet for magnet in magnets if abs(magnet - pts) <= reach]
    if close:
        return min(close, key=lambda magnet: abs(magnet - pts))
    return frames.snap_edge(round(pts))


def shifted(
    span: TimeSpan, delta: float, frames: FrameIndex, magnets: Iterable[int], reach: float
) -> int:
    """Return by how many ticks a whole span moves when it is pulled by ``delta``.

    A magnet may attract either edge; without one, the start comes to rest on the edge of a frame.
    """
    pulls = [
        (abs(edge + delta - magnet), magnet - edge)
        for magnet in magnets
        for edge in (span.start, span.end)
        if abs(edge + delta - magnet) <= reach
    ]
    if pulls:
        return min(pulls)[1]
    return frames.snap_edge(round(span.start + delta)) - span.start


def moved_by(span: TimeSpan, ticks: int, frames: FrameIndex) -> TimeSpan:
    """Return a span moved by some ticks; an end on the edge of a frame stays on one.

    With a variable frame rate its length changes by less than a frame; it keeps at least one.
    """
    start, end = span.start + ticks, span.end + ticks
    if span.is_point:
        return TimeSpan(start, start)
    if frames.snap_edge(span.end) == span.end:
        end = max(frames.snap_edge(end), frames.end_of(frames.index_played_at(start)))
    return TimeSpan(start, max(end, start + 1))
