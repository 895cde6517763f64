"""Putting what a video has from one clock on another: the same moments, in other ticks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from cast_studio.core.edits.changes import RowChange, SegmentChange
from cast_studio.core.edits.segments import replaced
from cast_studio.core.project import Project
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import Timebase, TimeSpan
from cast_studio.core.tracks import Segment, Track, sort_key


@dataclass(frozen=True, slots=True)
class ClockChange:
    """From one clock to another that starts at the same moment.

    Every time becomes the nearest tick of the other clock, so nothing moves by more than half of its
    ticks. That is no correction of anybody's, so where labels come from stays as it is.

    Attributes:
        before: Seconds per tick until now.
        after: Seconds per tick from now on.
    """

    before: Timebase
    after: Timebase

    def span(self, span: TimeSpan) -> TimeSpan:
        """Return a span in ticks of the new clock."""
        ratio = self.before / self.after
        return TimeSpan(round(span.start * ratio), round(span.end * ratio))

    def segment(self, segment: Segment) -> Segment:
        """Return a segment in ticks of the new clock."""
        return replace(segment, span=self.span(segment.span))

    def reviewed(self, found: ReviewedRange) -> ReviewedRange:
        """Return a range in ticks of the new clock; it is never a point."""
        span = self.span(found.span)
        return replace(found, span=TimeSpan(span.start, max(span.end, span.start + 1)))

    def moved_segments(self, project: Project, video_id: str) -> Iterator[SegmentChange]:
        """Yield what changes in the tracks of a video."""
        for track in project.tracks_of(video_id):
            for segment in track.segments:
                yield from replaced(track, segment, self.segment(segment))

    def moved_ranges(self, project: Project, video_id: str) -> Iterator[RowChange[ReviewedRange]]:
        """Yield what changes in the reviewed ranges of a video."""
        for found in project.reviewed_in(video_id):
            yield RowChange(found.id, found, self.reviewed(found))

    def freed_tracks(self, project: Project, video_id: str) -> Iterator[RowChange[Track]]:
        """Yield the tracks that have to allow overlaps.

        Two labels may come to share a moment where the new clock counts in coarser ticks: no label is
        lost for that.
        """
        for track in project.tracks_of(video_id):
            placed = sorted(map(self.segment, track.segments), key=sort_key)
            if track.exclusive and any(a.span.intersects(b.span) for a, b in pairwise(placed)):
                row = replace(track, segments=())
                yield RowChange(track.id, row, replace(row, exclusive=False))
