"""The edit that gives a video what only its file can tell, once that was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from cast_studio.core.edits.changes import Changes, RowChange, SegmentChange
from cast_studio.core.edits.checks import find_video
from cast_studio.core.project import UNSEEN_TICK, Project, VideoRef
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.errors import EditError

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class SeeVideo:
    """Take over the time base of a video that was labelled before its file was there.

    Its segments are put on the nearest ticks of the file; that is no correction of theirs, so where
    they come from stays as it is. Nobody did this, so nobody can want to undo it: what was done before
    is :meth:`translated` instead.

    Attributes:
        video_id: A video without a time base.
        timebase: Seconds per tick.
        n_frames: Number of frames.
        rate: Average frames per second.
        span: From the first frame's start to the last frame's end.
    """

    video_id: str
    timebase: Fraction
    n_frames: int
    rate: Fraction
    span: TimeSpan

    @classmethod
    def of(cls, video_id: str, index: FrameIndex) -> SeeVideo:
        """Return the edit for a video whose file was scanned."""
        return cls(video_id, index.timebase, len(index), index.average_rate, index.span)

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return "Find video"

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        video = find_video(project, self.video_id)
        if video.timebase is not None:
            raise EditError(f'The video "{video.name}" was seen already; its times are right.')
        return Changes(
            videos=(RowChange(video.id, video, self._seen(video)),),
            segments=tuple(self._moved(project)),
            reviewed=tuple(
                RowChange(found.id, found, self._placed_range(found))
                for found in project.reviewed_in(video.id)
            ),
        )

    def track_ids(self, project: Project, earlier: Iterable[Changes]) -> Set[str]:
        """Return all tracks that the video has, or had in earlier changes."""
        rows = (row for changes in earlier for row in changes.tracks)
        tracks = (track for row in rows for track in (row.before, row.after) if track is not None)
        known = (*project.tracks_of(self.video_id), *tracks)
        return {track.id for track in known if track.video_id == self.video_id}

    def translated(self, changes: Changes, track_ids: Set[str]) -> Changes:
        """Return earlier changes as they would have been, had the file been there then.

        Args:
            changes: Made before this edit, or taken back.
            track_ids: All tracks that the video has or had.
        """
        return replace(
            changes,
            videos=tuple(
                replace(row, before=_map(self._seen, row.before), after=_map(self._seen, row.after))
                if row.id == self.video_id
                else row
                for row in changes.videos
            ),
            segments=tuple(
                replace(
                    row, before=_map(self._placed, row.before), after=_map(self._placed, row.after)
                )
                if row.track_id in track_ids
                else row
                for row in changes.segments
            ),
            reviewed=tuple(
                replace(
                    row,
                    before=_map(self._placed_range, row.before),
                    after=_map(self._placed_range, row.after),
                )
                for row in changes.reviewed
            ),
        )

    def _placed_range(self, found: ReviewedRange) -> ReviewedRange:
        if found.video_id != self.video_id:
            return found
        return replace(found, span=self._on_ticks(found.span))

    def _seen(self, video: VideoRef) -> VideoRef:
        return replace(
            video,
            timebase=self.timebase,
            n_frames=self.n_frames,
            rate=self.rate,
            start_pts=self.span.start,
            end_pts=self.span.end,
        )

    def _placed(self, segment: Segment) -> Segment:
        return replace(segment, span=self._on_ticks(segment.span))

    def _on_ticks(self, span: TimeSpan) -> TimeSpan:
        start, end = (round(pts * UNSEEN_TICK / self.timebase) for pts in (span.start, span.end))
        return TimeSpan(start, end)

    def _moved(self, project: Project) -> Iterator[SegmentChange]:
        for track in project.tracks_of(self.video_id):
            for segment in track.segments:
                yield SegmentChange(segment.id, segment, self._placed(segment), track.id)


def _map(change: Callable[[Row], Row], row: Row | None) -> Row | None:
    return None if row is None else change(row)
