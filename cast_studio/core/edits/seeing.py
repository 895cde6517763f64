"""The edit that gives a video what only its file can tell, once that was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeVar

from cast_studio.core.edits.changes import Changes, RowChange
from cast_studio.core.edits.checks import find_video
from cast_studio.core.edits.clocks import ClockChange
from cast_studio.core.project import UNSEEN_TICK, Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.errors import EditError
from cast_studio.said import say

Row = TypeVar("Row")

SEEN: Final = "Find video"
"""What a project's history calls this edit, the only one that cannot be undone."""


@dataclass(frozen=True, slots=True)
class SeeVideo:
    """Take over the time base of a video that was labelled before its file was there.

    Its segments are put on the nearest ticks of the file; that is no correction of theirs, so where
    they come from stays as it is. A track whose segments would then share a moment, because the file
    counts in coarse ticks, allows overlaps from then on: no label is lost.

    Nobody did this, so nobody can want to undo it: what was done before is :meth:`translated`
    instead.

    Attributes:
        video_id: A video without a time base.
        timebase: Seconds per tick.
        n_frames: Number of frames.
        rate: Average frames per second.
        span: From the first frame's start to the last frame's end.
        stream: Number of the stream that these are of; None for the best one.
    """

    video_id: str
    timebase: Fraction
    n_frames: int
    rate: Fraction
    span: TimeSpan
    stream: int | None = None

    @classmethod
    def of(cls, video_id: str, index: FrameIndex) -> SeeVideo:
        """Return the edit for a video whose file was scanned."""
        return cls(video_id, index.timebase, len(index), index.average_rate, index.span)

    @classmethod
    def like(cls, known: VideoRef) -> SeeVideo | None:
        """Return the edit that makes a video what it is known to be; None if that is not known."""
        if known.timebase is None or known.n_frames is None or known.rate is None:
            return None
        if known.start_pts is None or known.end_pts is None:
            return None
        span = TimeSpan(known.start_pts, known.end_pts)
        return cls(known.id, known.timebase, known.n_frames, known.rate, span, stream=known.stream)

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return SEEN

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        video = find_video(project, self.video_id)
        if video.timebase is not None:
            raise EditError(
                say('The video "{video}" was seen already; its times are right.', video=video.name)
            )
        return Changes(
            videos=(RowChange(video.id, video, self._seen(video)),),
            tracks=tuple(self._clocks.freed_tracks(project, video.id)),
            segments=tuple(self._clocks.moved_segments(project, video.id)),
            reviewed=tuple(self._clocks.moved_ranges(project, video.id)),
        )

    def track_ids(self, project: Project, earlier: Iterable[Changes]) -> Set[str]:
        """Return all tracks that the video has, or had in earlier changes."""
        rows = (row for changes in earlier for row in changes.tracks)
        tracks = (track for row in rows for track in (row.before, row.after) if track is not None)
        known = (*project.tracks_of(self.video_id), *tracks)
        return {track.id for track in known if track.video_id == self.video_id}

    def is_known_in(self, changes: Changes) -> bool:
        """Return whether the video had the time base of its file before or after earlier changes."""
        states = (one for row in changes.videos for one in (row.before, row.after) if one)
        return any(one.id == self.video_id and one.timebase is not None for one in states)

    def translated(self, changes: Changes, track_ids: Set[str]) -> Changes:
        """Return earlier changes as they would have been, had the file been there then.

        Args:
            changes: Made before this edit, or taken back.
            track_ids: All tracks that the video has or had.
        """
        clocks = self._clocks
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
                    row,
                    before=_map(clocks.segment, row.before),
                    after=_map(clocks.segment, row.after),
                )
                if row.track_id in track_ids
                else row
                for row in changes.segments
            ),
            reviewed=tuple(
                replace(
                    row,
                    before=_map(clocks.reviewed, row.before),
                    after=_map(clocks.reviewed, row.after),
                )
                if self.video_id in {found.video_id for found in (row.before, row.after) if found}
                else row
                for row in changes.reviewed
            ),
        )

    @property
    def _clocks(self) -> ClockChange:
        return ClockChange(UNSEEN_TICK, self.timebase)

    def _seen(self, video: VideoRef) -> VideoRef:
        return replace(
            video,
            timebase=self.timebase,
            n_frames=self.n_frames,
            rate=self.rate,
            start_pts=self.span.start,
            end_pts=self.span.end,
            stream=video.stream if self.stream is None else self.stream,
        )


def _map(change: Callable[[Row], Row], row: Row | None) -> Row | None:
    return None if row is None else change(row)
