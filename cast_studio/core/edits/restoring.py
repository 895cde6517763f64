"""The edit that makes the project what it was at another time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from cast_studio.core.edits.changes import (
    SCHEMA_ROW_ID,
    Changes,
    Row,
    RowChange,
    SegmentChange,
    apply_changes,
)
from cast_studio.core.edits.seeing import SeeVideo
from cast_studio.core.project import Project
from cast_studio.core.tracks import Segment, Track
from cast_studio.said import say


@dataclass(frozen=True, slots=True)
class RestoreProject:
    """Make everything as it is in another state of the same project; the way back is to undo it.

    A video whose file was found since then keeps what is known of it: its labels come back in the
    ticks of the file.

    Attributes:
        target: The other state; the project keeps its own id and name.
        when: When it was so, for the undo menu: "12:03".
    """

    target: Project
    when: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Restore backup of {when}", when=self.when)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes."""
        return difference(project, _seen_as_in(project, self.target))


def difference(before: Project, after: Project) -> Changes:
    """Return the changes that lead from one state of a project to another."""
    schema = (RowChange(SCHEMA_ROW_ID, before.schema, after.schema),)
    return Changes(
        videos=_rows(before.videos, after.videos),
        tracks=_rows(map(_row, before.tracks), map(_row, after.tracks)),
        segments=tuple(_segments(before, after)),
        models=_rows(before.models, after.models),
        schema=schema if before.schema != after.schema else (),
        reviewed=_rows(before.reviewed, after.reviewed),
    )


def _seen_as_in(project: Project, target: Project) -> Project:
    steps = []
    for video in target.videos:
        if video.timebase is None and project.has_video(video.id):
            edit = SeeVideo.like(project.video(video.id))
            steps += [edit.changes_in(target)] if edit is not None else []
    return apply_changes(
        target,
        # One step: each is about another video.
        Changes(
            videos=tuple(row for step in steps for row in step.videos),
            tracks=tuple(row for step in steps for row in step.tracks),
            segments=tuple(row for step in steps for row in step.segments),
            reviewed=tuple(row for step in steps for row in step.reviewed),
        ),
    )


def _segments(before: Project, after: Project) -> Iterable[SegmentChange]:
    old = {track.id: track for track in before.tracks}
    new = {track.id: track for track in after.tracks}
    for track_id in dict.fromkeys([*old, *new]):
        was, will_be = _by_id(old.get(track_id)), _by_id(new.get(track_id))
        for segment_id in dict.fromkeys([*was, *will_be]):
            first, last = was.get(segment_id), will_be.get(segment_id)
            if first != last:
                yield SegmentChange(segment_id, first, last, track_id)


def _by_id(track: Track | None) -> Mapping[str, Segment]:
    return {} if track is None else {segment.id: segment for segment in track.segments}


def _rows(before: Iterable[Row], after: Iterable[Row]) -> tuple[RowChange[Row], ...]:
    old, new = _ids(before), _ids(after)
    return tuple(
        RowChange(row_id, old.get(row_id), new.get(row_id))
        for row_id in dict.fromkeys([*old, *new])
        if old.get(row_id) != new.get(row_id)
    )


def _ids(rows: Iterable[Row]) -> dict[str, Row]:
    return {row.id: row for row in rows}  # type: ignore[attr-defined]


def _row(track: Track) -> Track:
    return replace(track, segments=())
