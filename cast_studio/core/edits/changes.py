"""What an edit has changed, as rows before and after: written by the store, inverted by undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import ModelRef, Project, VideoRef
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.tracks import STALE_EDIT, Segment, Track
from cast_studio.errors import EditError

Row = TypeVar("Row")
AnyChange = TypeVar("AnyChange", bound="RowChange")  # type: ignore[type-arg] # of any row

SCHEMA_ROW_ID = "schema"
"""The id in a change of the label schema, of which a project has one."""


@dataclass(frozen=True, slots=True)
class RowChange(Generic[Row]):
    """One row of a table before and after.

    Attributes:
        id: The row's id, the same before and after.
        before: None if the row was added.
        after: None if the row was removed.
    """

    id: str
    before: Row | None
    after: Row | None

    def inverse(self) -> RowChange[Row]:
        """Return the change that takes this one back."""
        return RowChange(self.id, self.after, self.before)


@dataclass(frozen=True, slots=True)
class SegmentChange(RowChange[Segment]):
    """One segment before and after.

    Attributes:
        id: The segment's id.
        before: None if it was added.
        after: None if it was removed.
        track_id: The track it is in, before and after. A segment that goes to another track is one
            row that leaves this one and one that joins the other.
    """

    track_id: str

    def inverse(self) -> SegmentChange:
        """Return the change that takes this one back."""
        return SegmentChange(self.id, self.after, self.before, self.track_id)


@dataclass(frozen=True, slots=True)
class Changes:
    """All rows that one edit has changed, and no other.

    Attributes:
        videos: Changed videos.
        tracks: Changed tracks, as rows without their segments (``segments == ()``).
        segments: Changed segments, each with its track's id.
        models: Changed models.
        schema: The change of the label schema, at most one.
        reviewed: Changed reviewed ranges.
    """

    videos: tuple[RowChange[VideoRef], ...] = ()
    tracks: tuple[RowChange[Track], ...] = ()
    segments: tuple[SegmentChange, ...] = ()
    models: tuple[RowChange[ModelRef], ...] = ()
    schema: tuple[RowChange[LabelSchema], ...] = ()
    reviewed: tuple[RowChange[ReviewedRange], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        rows = (self.videos, self.tracks, self.segments, self.models, self.schema, self.reviewed)
        return not any(rows)

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """The ids of the changed segments, in the order of the rows."""
        return tuple(change.id for change in self.segments)

    @property
    def track_ids(self) -> tuple[str, ...]:
        """The ids of the tracks that changed themselves or in their segments, each once."""
        rows = [change.id for change in self.tracks]
        return tuple(dict.fromkeys([*rows, *(change.track_id for change in self.segments)]))

    def then(self, later: Changes) -> Changes:
        """Return one step in place of two.

        Args:
            later: What changed after these changes.
        """
        return Changes(
            videos=_joined(self.videos, later.videos),
            tracks=_joined(self.tracks, later.tracks),
            segments=_joined(self.segments, later.segments),
            models=_joined(self.models, later.models),
            schema=_joined(self.schema, later.schema),
            reviewed=_joined(self.reviewed, later.reviewed),
        )

    def inverse(self) -> Changes:
        """Return the changes that take these back."""
        return Changes(
            videos=tuple(change.inverse() for change in self.videos),
            tracks=tuple(change.inverse() for change in self.tracks),
            segments=tuple(change.inverse() for change in self.segments),
            models=tuple(change.inverse() for change in self.models),
            schema=tuple(change.inverse() for change in self.schema),
            reviewed=tuple(change.inverse() for change in self.reviewed),
        )


def apply_changes(project: Project, changes: Changes) -> Project:
    """Return the project after ``changes``; the door for edits, undo and redo alike.

    Args:
        project: As it was when the changes were made, at least in the changed rows.
        changes: From :func:`cast_studio.core.edits.apply`, or the inverse of such.

    Returns:
        The new project; tracks that have not changed are the same objects.

    Raises:
        EditError: A row is not as it was before the changes, or segments would overlap in an
            exclusive track.
    """
    if changes.is_empty:
        return project
    if not (
        changes.videos or changes.tracks or changes.models or changes.schema or changes.reviewed
    ):
        # What most edits do, in projects of a thousand videos too.
        return project.with_segments(_changed_tracks(project, changes.segments))
    schema = project.schema
    for change in changes.schema:
        if change.after is None or change.before != schema:
            raise EditError(STALE_EDIT)
        schema = change.after
    return replace(
        project,
        schema=schema,
        videos=_with_rows({row.id: row for row in project.videos}, changes.videos),
        tracks=_with_tracks(project.tracks, changes.tracks, changes.segments),
        models=_with_rows({row.id: row for row in project.models}, changes.models),
        reviewed=_with_rows({row.id: row for row in project.reviewed}, changes.reviewed),
    )


def _joined(first: Sequence[AnyChange], later: Sequence[AnyChange]) -> tuple[AnyChange, ...]:
    rows = {_place(change): change for change in first}
    for change in later:
        earlier = rows.pop(_place(change), None)
        joined = change if earlier is None else replace(change, before=earlier.before)
        if joined.before != joined.after:
            rows[_place(joined)] = joined
    return tuple(rows.values())


def _place(change: AnyChange) -> tuple[str, str]:
    return change.id, change.track_id if isinstance(change, SegmentChange) else ""


def _with_rows(rows: Mapping[str, Row], changes: Sequence[RowChange[Row]]) -> tuple[Row, ...]:
    changed = dict(rows)
    for change in changes:
        if changed.get(change.id) != change.before:
            raise EditError(STALE_EDIT)
        if change.after is None:
            changed.pop(change.id, None)
        else:
            changed[change.id] = change.after
    return tuple(changed.values())


def _with_tracks(
    tracks: Iterable[Track],
    rows: Sequence[RowChange[Track]],
    segments: Sequence[SegmentChange],
) -> tuple[Track, ...]:
    changed = {track.id: track for track in tracks}
    for row in rows:
        current = changed.get(row.id)
        if row.before != (None if current is None else replace(current, segments=())):
            raise EditError(STALE_EDIT)
        if row.after is not None:
            kept = () if current is None else current.segments
            # What makes room may come with the same step: overlaps are judged at its end.
            changed[row.id] = replace(row.after, segments=kept, exclusive=False)
    for track_id, of_track in _by_track(segments).items():
        if track_id not in changed:
            raise EditError(STALE_EDIT)
        changed[track_id] = _changed_track(changed[track_id], of_track)
    for row in rows:
        if row.after is None and changed.pop(row.id).segments:
            raise EditError(STALE_EDIT)
        if row.after is not None and row.after.exclusive:
            changed[row.id] = _made_exclusive(changed[row.id])
    return tuple(changed.values())


def _changed_tracks(project: Project, segments: Sequence[SegmentChange]) -> dict[str, Track]:
    changed = {}
    for track_id, of_track in _by_track(segments).items():
        if not project.has_track(track_id):
            raise EditError(STALE_EDIT)
        changed[track_id] = _changed_track(project.track(track_id), of_track)
    return changed


def _by_track(segments: Sequence[SegmentChange]) -> Mapping[str, Sequence[SegmentChange]]:
    by_track: defaultdict[str, list[SegmentChange]] = defaultdict(list)
    for change in segments:
        by_track[change.track_id].append(change)
    return by_track


def _changed_track(track: Track, changes: Sequence[SegmentChange]) -> Track:
    return track.replacing(
        [change.before for change in changes if change.before is not None],
        [change.after for change in changes if change.after is not None],
    )


def _made_exclusive(track: Track) -> Track:
    try:
        return replace(track, exclusive=True)
    except ValueError as error:
        raise EditError(str(error)) from error
