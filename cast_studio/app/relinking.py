"""Videos that were moved or renamed: found again by their content, alone or with their siblings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cast_studio.app.paths import located, portable
from cast_studio.core.edits import RelinkVideo
from cast_studio.core.project import Project, VideoRef
from cast_studio.errors import MediaError
from cast_studio.media.fingerprint import fingerprint

# A search is given up in a folder that holds more: it is not one that somebody keeps videos in.
_MOST_ENTRIES: Final = 50_000
_MOST_LEVELS: Final = 6


@dataclass(frozen=True, slots=True)
class Moved:
    """A video of the project and where its file is now, told by its content.

    Attributes:
        video: As the project has it.
        path: Where its file is, absolute.
    """

    video: VideoRef
    path: Path


def missing_videos(project: Project, folder: Path) -> tuple[VideoRef, ...]:
    """Return the videos whose files are not where the project says. Waits for the disk; any thread.

    Args:
        project: The project.
        folder: Its folder.
    """
    return tuple(v for v in project.videos if not _is_file(located(v.path, folder)))


def find_in(videos: Iterable[VideoRef], folder: Path) -> tuple[Moved, ...]:
    """Look for videos in a folder and the folders below it. Waits for the disk; any thread.

    Only files of the right size are read, and of those only samples.

    Args:
        videos: Which are missing.
        folder: Where to look.
    """
    wanted: dict[int, list[VideoRef]] = {}
    for video in videos:
        wanted.setdefault(video.size_bytes, []).append(video)
    found: dict[str, Moved] = {}
    for path, size in _files_below(folder):
        still = [video for video in wanted.get(size, ()) if video.id not in found]
        if not still:
            continue
        content = _content_of(path)
        # Two videos of the project may be copies of each other: each file is given to one.
        match = next((video for video in still if video.fingerprint == content), None)
        if match is not None:
            found[match.id] = Moved(match, path)
        if len(found) == sum(map(len, wanted.values())):
            break
    return tuple(found.values())


def find_siblings(
    chosen: Path, of: VideoRef, missing: Iterable[VideoRef], folder: Path
) -> tuple[Moved, ...]:
    """Return where a video is that the user has found, and what was moved along with it.

    Those that lay in the same tree of folders are looked for in the same place of the new tree, the
    others below the folder of the file. Waits for the disk; any thread.

    Args:
        chosen: The file that the user has found.
        of: The video that it is.
        missing: All that are missing.
        folder: The project's folder.

    Raises:
        MediaError: The file is not that video, or cannot be read.
    """
    chosen = chosen.absolute()
    if fingerprint(chosen) != of.fingerprint:
        raise MediaError(
            f"“{chosen.name}” is not the video “{of.name}”: its content differs, so the labels might "
            "not fit. Choose the file that was moved, or add this one as a video of its own."
        )
    found = {of.id: Moved(of, chosen)}
    others = [video for video in missing if video.id != of.id]
    old_root, new_root = _roots(located(of.path, folder), chosen)
    for video in others:
        old = located(video.path, folder)
        if old.is_relative_to(old_root):
            path = new_root / old.relative_to(old_root)
            if _is_file(path) and _content_of(path) == video.fingerprint:
                found[video.id] = Moved(video, path)
    left = [video for video in others if video.id not in found]
    taken = {moved.path for moved in found.values()}
    for moved in find_in(left, chosen.parent) if left else ():
        if moved.path not in taken:
            found[moved.video.id] = moved
    return tuple(found.values())


def edits_to_relink(moved: Iterable[Moved], folder: Path) -> tuple[RelinkVideo, ...]:
    """Return the edits that say where the videos are now.

    Args:
        moved: What was found.
        folder: The project's folder; paths are kept relative to it where that is possible.
    """
    return tuple(
        RelinkVideo(
            video_id=one.video.id,
            path=portable(one.path, folder),
            fingerprint=one.video.fingerprint,
            size_bytes=one.video.size_bytes,
        )
        for one in moved
    )


def _roots(old: Path, new: Path) -> tuple[Path, Path]:
    """Return the folders above which two paths differ: what was moved as a whole."""
    old_root, new_root = old.parent, new.parent
    while old_root.name == new_root.name and old_root != old_root.parent:
        old_root, new_root = old_root.parent, new_root.parent
    return old_root, new_root


def _files_below(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield files and their sizes, the nearest folders first; gives up in a folder that is too large."""
    folders = [(folder, 0)]
    seen = 0
    while folders:
        place, level = folders.pop(0)
        try:
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in listed:
            seen += 1
            if seen > _MOST_ENTRIES:
                return
            try:
                if entry.is_dir(follow_symlinks=False):
                    if level < _MOST_LEVELS and not entry.name.startswith("."):
                        folders.append((Path(entry.path), level + 1))
                elif entry.is_file():
                    yield Path(entry.path), entry.stat().st_size
            except OSError:
                continue


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _content_of(path: Path) -> str:
    try:
        return fingerprint(path)
    except MediaError:
        return ""
