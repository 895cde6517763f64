"""Everything a user can change, as values, and the one function that does it.

An edit is a small frozen value that can describe itself and say which rows it changes.
:func:`apply` validates it and returns the new project with its :class:`Changes`; undo and redo go
through :func:`apply_changes`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cast_studio.core.edits.bulk import AnnotateSegments, MoveSegments, RetimeSegments
from cast_studio.core.edits.changes import (
    SCHEMA_ROW_ID,
    Changes,
    RowChange,
    SegmentChange,
    apply_changes,
)
from cast_studio.core.edits.documents import (
    AddModel,
    AddVideo,
    AnnotateVideo,
    ChangeSchema,
    ClassKey,
    RelinkVideo,
    RemoveVideo,
)
from cast_studio.core.edits.imports import ImportLabels, TrackSegments
from cast_studio.core.edits.predictions import AcceptPredictions
from cast_studio.core.edits.restoring import RestoreProject, difference
from cast_studio.core.edits.reviewing import MarkReviewed, UnmarkReviewed
from cast_studio.core.edits.seeing import SEEN, SeeVideo
from cast_studio.core.edits.segments import (
    AddSegments,
    AnnotateSegment,
    MergeSegments,
    RelabelSegments,
    RemoveSegments,
    RetimeSegment,
    SplitSegment,
)
from cast_studio.core.edits.streams import ChooseStream
from cast_studio.core.edits.tracks import (
    AddTrack,
    ChangeTrack,
    EditTracks,
    OrderTracks,
    RemoveTrack,
)
from cast_studio.core.project import Project

Edit = (
    AddSegments
    | RemoveSegments
    | RetimeSegment
    | RelabelSegments
    | AnnotateSegment
    | SplitSegment
    | MergeSegments
    | AcceptPredictions
    | ChangeSchema
    | AddVideo
    | RemoveVideo
    | RelinkVideo
    | AnnotateVideo
    | RestoreProject
    | AddModel
    | RetimeSegments
    | MoveSegments
    | AnnotateSegments
    | AddTrack
    | ChangeTrack
    | EditTracks
    | OrderTracks
    | RemoveTrack
    | MarkReviewed
    | UnmarkReviewed
    | ImportLabels
    | SeeVideo
    | ChooseStream
)
"""Any change a user can make."""

__all__ = [
    "SCHEMA_ROW_ID",
    "SEEN",
    "AcceptPredictions",
    "AddModel",
    "AddSegments",
    "AddTrack",
    "AddVideo",
    "AnnotateSegment",
    "AnnotateSegments",
    "AnnotateVideo",
    "Applied",
    "ChangeSchema",
    "ChangeTrack",
    "Changes",
    "ChooseStream",
    "ClassKey",
    "Edit",
    "EditTracks",
    "ImportLabels",
    "MarkReviewed",
    "MergeSegments",
    "MoveSegments",
    "OrderTracks",
    "RelabelSegments",
    "RelinkVideo",
    "RemoveSegments",
    "RemoveTrack",
    "RemoveVideo",
    "RestoreProject",
    "RetimeSegment",
    "RetimeSegments",
    "RowChange",
    "SeeVideo",
    "SegmentChange",
    "SplitSegment",
    "TrackSegments",
    "UnmarkReviewed",
    "apply",
    "apply_changes",
    "difference",
]


@dataclass(frozen=True, slots=True)
class Applied:
    """What edits make of a project, worked out ahead: away from the thread that will do them.

    Attributes:
        before: The project; it must still be this very one when the edits are done.
        after: The project then.
        changes: What changes.
    """

    before: Project
    after: Project
    changes: Changes


def apply(project: Project, *edits: Edit) -> tuple[Project, Changes]:
    """Do an edit, or several one after the other as one step.

    Args:
        project: Stays as it is.
        edits: What to do; each finds the project as the one before has left it.

    Returns:
        The new project, and what changed: ``apply_changes(new, changes.inverse())`` is ``project``
        again. An edit that changes nothing gives empty changes.

    Raises:
        EditError: One of the edits cannot be done; nothing has changed.
    """
    done, after = Changes(), project
    for edit in edits:
        changes = edit.changes_in(after)
        after = apply_changes(after, changes)
        done = done.then(changes)
    if len(edits) > 1:
        # What came and went in between leaves no trace: tracks without changes stay what they are.
        after = apply_changes(project, done)
    return after, done
