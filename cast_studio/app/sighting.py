"""Puts the labels of a video that was imported without its file on the file's own ticks."""

from __future__ import annotations

from cast_studio.app.prediction_shelf import Rejection
from cast_studio.app.stored_history import StoredStep
from cast_studio.core.edits import Changes, SeeVideo
from cast_studio.core.history import History
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex

Step = Changes | Rejection | StoredStep
"""What can be undone: an edit, a rejected prediction, or an edit of an earlier session."""


def sighting(project: Project, video_id: str, index: FrameIndex) -> SeeVideo | None:
    """Return the edit that follows from finding a video's file; None if it was seen before.

    Args:
        project: As it is now.
        video_id: The video; it may be gone from the project.
        index: The frames of its file.
    """
    if not project.has_video(video_id) or project.video(video_id).timebase is not None:
        return None
    return SeeVideo.of(video_id, index)


def translate_history(
    history: History[Step], edit: SeeVideo, changes: Changes, project: Project
) -> None:
    """Put the steps that can be undone on the file's ticks too, and forget those that cannot be.

    Args:
        history: Of the session.
        edit: From :func:`sighting`.
        changes: What it changes.
        project: Before the edit.
    """
    # Steps of earlier sessions are not at hand to be translated, nor can those be that are in the
    # file's ticks already, or were made while labels might not overlap.
    history.forget_through(
        lambda step: (
            isinstance(step, StoredStep)
            or (isinstance(step, Changes) and (edit.is_known_in(step) or bool(changes.tracks)))
        )
    )
    steps = [step for step in history.steps if isinstance(step, Changes)]
    track_ids = edit.track_ids(project, steps)
    history.translate(
        lambda step: edit.translated(step, track_ids) if isinstance(step, Changes) else step
    )
