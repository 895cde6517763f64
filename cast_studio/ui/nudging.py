"""Where the edges of a label go when keys move them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from cast_studio.core.segments import gaps
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment, Track


def nudged(
    span: TimeSpan, edge: Literal["start", "end"], frames: int, index: FrameIndex
) -> TimeSpan:
    """Return a span with one edge moved by whole frames; it keeps at least one frame. A point moves.

    Args:
        span: In ticks; its edges need not lie on frame edges.
        edge: Which one moves.
        frames: How far; negative is earlier.
        index: The video's frames.
    """
    if span.is_point:
        frame = min(max(index.index_played_at(span.start) + frames, 0), len(index) - 1)
        return TimeSpan(index.pts_of(frame), index.pts_of(frame))
    inside = index.frames_in(span)
    first, stop = (
        (inside.start, inside.stop) if len(inside) else (index.index_played_at(span.start),) * 2
    )
    stop = max(stop, first + 1)
    if edge == "start":
        first = min(max(first + frames, 0), stop - 1)
        return TimeSpan(index.pts_of(first), max(span.end, index.end_of(first)))
    stop = min(max(stop + frames, first + 1), len(index))
    end = index.pts_of(stop) if stop < len(index) else index.end_pts
    return TimeSpan(min(span.start, index.pts_of(first)), end)


def trimmed(
    span: TimeSpan, edge: Literal["start", "end"], frame_index: int, index: FrameIndex
) -> TimeSpan | None:
    """Return a span that begins or ends with a frame; None where nothing of it would be left.

    Args:
        span: In ticks.
        edge: Which one moves.
        frame_index: The frame that becomes the first, or the last.
        index: The video's frames.
    """
    if edge == "start":
        start = index.pts_of(frame_index)
        return TimeSpan(start, span.end) if start < span.end else None
    end = index.end_of(frame_index)
    return TimeSpan(span.start, end) if span.start < end else None


def stretched(segment: Segment, track: Track, whole: TimeSpan) -> TimeSpan:
    """Return a label's span stretched over the gap behind it, or where there is none, before it.

    Args:
        segment: Of the track.
        track: What must not be overlapped.
        whole: The video.
    """
    span = segment.span
    others = [other.span for other in track.segments if other.id != segment.id]
    after = min((o.start for o in others if o.start >= span.end), default=whole.end)
    before = max((o.end for o in others if o.end <= span.start), default=whole.start)
    if after > span.end:
        return TimeSpan(span.start, after)
    return TimeSpan(min(before, span.start), span.end)


def gap_at(pts: int, segments: Iterable[Segment], whole: TimeSpan) -> TimeSpan | None:
    """Return the stretch without segments around a tick; None where a segment is."""
    return next((gap for gap in gaps(segments, whole) if gap.contains(pts)), None)
