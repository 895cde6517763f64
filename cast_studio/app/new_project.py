"""How projects and their videos begin: pure values, for a session and for work in the background."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from cast_studio.app import clock
from cast_studio.app.paths import portable
from cast_studio.core.edits import AddVideo
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.tracks import Track

_TRACK_NAME: Final = "Labels"


def empty_project(*, name: str, schema: LabelSchema) -> Project:
    """Return a new project without videos. Any thread.

    Args:
        name: What the user reads.
        schema: What can be labelled.
    """
    return Project(
        format_version=FORMAT_VERSION,
        id=clock.new_id(),
        name=name,
        schema=schema,
        videos=(),
        tracks=(),
        models=(),
    )


def edit_to_add(video: VideoRef, *, folder: Path, annotator: str) -> AddVideo:
    """Return the edit that adds a video with an empty label track. Any thread.

    Args:
        video: Its path may be absolute; it becomes relative to the project where that holds.
        folder: The project folder.
        annotator: Whose track it is.
    """
    video = replace(video, path=portable(Path(video.path), folder))
    track = Track(id=clock.new_id(), video_id=video.id, name=_TRACK_NAME, annotator=annotator)
    return AddVideo(video, (track,))
