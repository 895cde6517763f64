"""Edits of many segments at once: retime, move to another track, annotate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cast_studio.core.edits.changes import Changes, SegmentChange
from cast_studio.core.edits.checks import find_segments, find_track
from cast_studio.core.edits.segments import added, removed, replaced
from cast_studio.core.project import Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, retime
from cast_studio.errors import EditError
from cast_studio.said import counted, say


@dataclass(frozen=True, slots=True)
class RetimeSegments:
    """Move several segments or their ends, as one: only where they end up must be free.

    Attributes:
        spans: Ids of segments, each with where it is afterwards, in ticks of its video.
        modified_at: ISO 8601 in UTC; "" keeps what the segments have.
    """

    spans: tuple[tuple[str, TimeSpan], ...]
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Move {segments}", segments=counted("segment", len(self.spans)))

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        wanted = dict(self.spans)
        rows: list[SegmentChange] = []
        for track, segment in find_segments(project, tuple(wanted)):
            after = retime(segment, wanted[segment.id], modified_at=self.modified_at)
            rows += replaced(track, segment, after)
        return Changes(segments=tuple(rows))


@dataclass(frozen=True, slots=True)
class MoveSegments:
    """Move segments to another track of their video.

    Attributes:
        segment_ids: At least one.
        track_id: Where to.
    """

    segment_ids: tuple[str, ...]
    track_id: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say(
            "Move {segments} to another track", segments=counted("segment", len(self.segment_ids))
        )

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        target = find_track(project, self.track_id)
        gone: list[SegmentChange] = []
        new: list[SegmentChange] = []
        for track, segment in find_segments(project, self.segment_ids):
            if track.video_id != target.video_id:
                raise EditError(
                    say(
                        "Segments cannot be moved to a track of another video; copy them and paste "
                        "them there."
                    )
                )
            if track.id != target.id:
                gone += removed(track.id, (segment,))
                new += added(target.id, (segment,))
        return Changes(segments=(*gone, *new))


@dataclass(frozen=True, slots=True)
class AnnotateSegments:
    """Write the same note or subject to several segments.

    Attributes:
        segment_ids: At least one.
        note: Free text; None leaves each as it is.
        subject: Whom or what the labels are about; None leaves each as it is.
        modified_at: ISO 8601 in UTC; "" keeps what the segments have.
    """

    segment_ids: tuple[str, ...]
    note: str | None = None
    subject: str | None = None
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        segments = counted("segment", len(self.segment_ids))
        if self.note is None:
            return say("Change subject of {segments}", segments=segments)
        return say("Change note of {segments}", segments=segments)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        rows: list[SegmentChange] = []
        for track, segment in find_segments(project, self.segment_ids):
            rows += replaced(track, segment, self._annotated(segment))
        return Changes(segments=tuple(rows))

    def _annotated(self, segment: Segment) -> Segment:
        after = replace(
            segment,
            note=segment.note if self.note is None else self.note,
            subject=segment.subject if self.subject is None else self.subject,
        )
        if after == segment:
            return segment
        return replace(after, modified_at=self.modified_at or segment.modified_at)
