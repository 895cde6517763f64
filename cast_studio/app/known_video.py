"""Telling whether a project has a video already."""

from __future__ import annotations

from pathlib import Path

from cast_studio.app.session import Session
from cast_studio.core.project import VideoRef


def same_file(first: Path, second: Path) -> bool:
    """Return whether two paths lead to the same file."""
    return first.exists() and second.exists() and first.samefile(second)


def known_video(session: Session, video: VideoRef) -> str | None:
    """Return the id under which a project has this very file already, None if it has not."""
    wanted = Path(video.path)
    for known in session.project.videos:
        # Nobody knows the content of a video whose labels came before its file.
        is_same = known.fingerprint in ("", video.fingerprint)
        if is_same and same_file(session.video_path(known.id), wanted):
            return known.id
    return None
