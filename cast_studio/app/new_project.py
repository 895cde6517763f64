"""How projects and their videos begin: pure values, for a session and for work in the background."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import attrgetter
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


def edit_to_add(video: VideoRef, project: Project, *, folder: Path, annotator: str) -> AddVideo:
    """Return the edit that adds a video with empty label tracks. Any thread.

    Args:
        video: Its path may be absolute; it becomes relative to the project where that holds.
        project: Tracks of the annotator that most of its videos have, the new video gets too.
        folder: The project folder.
        annotator: Whose tracks they are.
    """
    video = replace(video, path=portable(Path(video.path), folder))
    usual = Track(id="", video_id="", name=_TRACK_NAME, annotator=annotator)
    shared = _tracks_of_most_videos(project, annotator) or [usual]
    tracks = (replace(track, id=clock.new_id(), video_id=video.id) for track in shared)
    return AddVideo(video, tuple(tracks))


def _tracks_of_most_videos(project: Project, annotator: str) -> list[Track]:
    """Return one of each of the tracks of an annotator that more than half of the videos have.

    Where labels may overlap in some of them only, it is as in most of them.
    """
    of_name: dict[str, dict[str, Track]] = defaultdict(dict)
    for track in project.tracks:
        if track.annotator == annotator:
            of_name[track.name].setdefault(track.video_id, track)
    shared = []
    for found in of_name.values():
        if len(found) > len(project.videos) / 2:
            one, *_ = tracks = tuple(found.values())
            exclusive = sum(track.exclusive for track in tracks) >= len(tracks) / 2
            shared.append(replace(one, exclusive=exclusive, segments=()))
    return sorted(shared, key=attrgetter("position"))
