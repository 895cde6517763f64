"""Where a dragged moment comes to rest: on a magnet that is near, else on the edge of a frame. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

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


def moved_by(spans: Mapping[str, TimeSpan], ticks: int, frames: FrameIndex) -> dict[str, TimeSpan]:
    """Return spans moved by some ticks; an end on the edge of a frame stays on one.

    With a variable frame rate lengths change by less than a frame; each keeps at least one. Thousands
    are moved at once while the pointer moves.
    """
    edges = np.append(frames.pts, frames.end_pts)
    last = len(edges) - 1
    starts = np.array([span.start for span in spans.values()], np.int64)
    ends = np.array([span.end for span in spans.values()], np.int64)
    begin, wanted = starts + ticks, ends + ticks
    place = np.searchsorted(edges, wanted)
    before, after = edges[np.maximum(place - 1, 0)], edges[np.minimum(place, last)]
    nearest = np.where(np.abs(wanted - before) <= np.abs(after - wanted), before, after)
    least = edges[np.minimum(np.searchsorted(edges, begin, side="right"), last)]
    is_on_edge = edges[np.minimum(np.searchsorted(edges, ends), last)] == ends
    end = np.where(is_on_edge, np.maximum(nearest, least), wanted)
    end = np.where(starts == ends, begin, np.maximum(end, begin + 1))
    return {
        key: TimeSpan(int(first), int(stop))
        for key, first, stop in zip(spans, begin, end, strict=True)
    }
