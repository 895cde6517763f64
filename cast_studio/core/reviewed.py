"""Reviewed ranges: what somebody has looked at.

What is empty inside a reviewed range is background; what is empty outside was not labelled yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cast_studio.core.segments import subtract
from cast_studio.core.timing import TimeSpan


@dataclass(frozen=True, slots=True)
class ReviewedRange:
    """A stretch of a video that an annotator has looked at.

    Ranges of one annotator neither overlap nor touch; the edits see to that.

    Attributes:
        id: Unique in the project.
        video_id: The video.
        span: In ticks of the video, never a point.
        annotator: Who looked.
    """

    id: str
    video_id: str
    span: TimeSpan
    annotator: str


def union(spans: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    """Return the fewest spans that cover the same moments, in order; points cover none."""
    found: list[TimeSpan] = []
    for span in sorted(span for span in spans if not span.is_point):
        if found and span.start <= found[-1].end:
            found[-1] = found[-1].hull(span)
        else:
            found.append(span)
    return tuple(found)


def is_covered(span: TimeSpan, by: Iterable[TimeSpan]) -> bool:
    """Return whether every moment of ``span`` lies in one of the spans."""
    return not subtract(span, union(by)) if not span.is_point else any(map(span.intersects, by))
