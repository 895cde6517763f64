"""Edits of single segments: add, remove, retime, relabel, annotate, split, merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cast_studio.core.edits.changes import Changes, SegmentChange
from cast_studio.core.edits.checks import (
    check_labels,
    check_new_ids,
    find_segment,
    find_segments,
    find_track,
)
from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.project import Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track, changed_by_hand, merge, retime, split
from cast_studio.errors import EditError
from cast_studio.said import counted, say


def added(track_id: str, segments: Iterable[Segment]) -> tuple[SegmentChange, ...]:
    """Return the rows of new segments."""
    return tuple(SegmentChange(segment.id, None, segment, track_id) for segment in segments)


def removed(track_id: str, segments: Iterable[Segment]) -> tuple[SegmentChange, ...]:
    """Return the rows of removed segments."""
    return tuple(SegmentChange(segment.id, segment, None, track_id) for segment in segments)


def replaced(track: Track, before: Segment, after: Segment) -> tuple[SegmentChange, ...]:
    """Return the row of a changed segment; no row if it has not changed."""
    return () if before == after else (SegmentChange(before.id, before, after, track.id),)


@dataclass(frozen=True, slots=True)
class AddSegments:
    """Add segments to a track.

    Attributes:
        track_id: Where to.
        segments: With ids that no segment of the project has.
    """

    track_id: str
    segments: tuple[Segment, ...]

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Add {segments}", segments=counted("segment", len(self.segments)))

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track = find_track(project, self.track_id)
        check_new_ids(project, (segment.id for segment in self.segments))
        for segment in self.segments:
            check_labels(project.schema, segment.labels)
        return Changes(segments=added(track.id, self.segments))


@dataclass(frozen=True, slots=True)
class RemoveSegments:
    """Remove segments, from whatever tracks they are in.

    Attributes:
        segment_ids: At least one.
    """

    segment_ids: tuple[str, ...]

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Remove {segments}", segments=counted("segment", len(self.segment_ids)))

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        found = find_segments(project, self.segment_ids)
        rows = (removed(track.id, (segment,)) for track, segment in found)
        return Changes(segments=tuple(row for single in rows for row in single))


@dataclass(frozen=True, slots=True)
class RetimeSegment:
    """Move a segment or its ends.

    Attributes:
        segment_id: Which.
        span: Where it is afterwards, in ticks of the video.
        modified_at: ISO 8601 in UTC; "" keeps what the segment has.
    """

    segment_id: str
    span: TimeSpan
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Move segment")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track, segment = find_segment(project, self.segment_id)
        after = retime(segment, self.span, modified_at=self.modified_at)
        return Changes(segments=replaced(track, segment, after))


@dataclass(frozen=True, slots=True)
class RelabelSegments:
    """Give segments other labels.

    Attributes:
        segment_ids: At least one.
        labels: Head name to class id, or to None to take the label away; other heads stay as they
            are. Read-only.
        modified_at: ISO 8601 in UTC; "" keeps what the segments have.
    """

    segment_ids: tuple[str, ...]
    labels: Mapping[str, int | None] = field(hash=False)
    modified_at: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", frozen_mapping(self.labels))

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Relabel {segments}", segments=counted("segment", len(self.segment_ids)))

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        check_labels(project.schema, self.labels)
        found = find_segments(project, self.segment_ids)
        rows = (replaced(track, segment, self._relabelled(segment)) for track, segment in found)
        return Changes(segments=tuple(row for single in rows for row in single))

    def _relabelled(self, segment: Segment) -> Segment:
        wanted = {**segment.labels, **self.labels}
        labels = {head: class_id for head, class_id in wanted.items() if class_id is not None}
        if labels == segment.labels:
            return segment
        return changed_by_hand(replace(segment, labels=labels), modified_at=self.modified_at)


@dataclass(frozen=True, slots=True)
class AnnotateSegment:
    """Write a segment's note and subject.

    Attributes:
        segment_id: Which.
        note: Free text; None leaves it as it is.
        subject: Whom or what the label is about; None leaves it as it is.
        modified_at: ISO 8601 in UTC; "" keeps what the segment has.
    """

    segment_id: str
    note: str | None = None
    subject: str | None = None
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Change subject") if self.note is None else say("Change note")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track, segment = find_segment(project, self.segment_id)
        after = replace(
            segment,
            note=segment.note if self.note is None else self.note,
            subject=segment.subject if self.subject is None else self.subject,
        )
        if after == segment:
            return Changes()
        after = replace(after, modified_at=self.modified_at or segment.modified_at)
        return Changes(segments=replaced(track, segment, after))


@dataclass(frozen=True, slots=True)
class SplitSegment:
    """Cut a segment in two.

    Attributes:
        segment_id: Which; its first part keeps the id.
        at_pts: Where the second part starts, strictly inside, in ticks of the video.
        new_id: The second part's id.
        modified_at: ISO 8601 in UTC; "" keeps what the segment has.
    """

    segment_id: str
    at_pts: int
    new_id: str
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Split segment")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track, segment = find_segment(project, self.segment_id)
        check_new_ids(project, (self.new_id,))
        left, right = split(segment, self.at_pts, self.new_id, modified_at=self.modified_at)
        return Changes(segments=replaced(track, segment, left) + added(track.id, (right,)))


@dataclass(frozen=True, slots=True)
class MergeSegments:
    """Make one segment of several of one track, from the first start to the last end.

    Attributes:
        segment_ids: At least two, with the same labels where they have any.
        modified_at: ISO 8601 in UTC; "" keeps what the first has.
    """

    segment_ids: tuple[str, ...]
    modified_at: str = ""

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Merge {segments}", segments=counted("segment", len(self.segment_ids)))

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        found = find_segments(project, self.segment_ids)
        track = found[0][0]
        if any(other.id != track.id for other, _ in found):
            raise EditError(
                say("Labels of different tracks cannot be merged; select labels of one track.")
            )
        segments = [segment for _, segment in found]
        merged = merge(segments, modified_at=self.modified_at)
        gone = [segment for segment in segments if segment.id != merged.id]
        kept = track.segment(merged.id)
        return Changes(segments=replaced(track, kept, merged) + removed(track.id, gone))
