"""Videos that were moved or renamed: found again by their content, alone or with their siblings.

A video of a file of labels, of which nobody knows the content yet, is found by its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cast_studio.app.paths import located, portable
from cast_studio.core.edits import RelinkVideo
from cast_studio.core.project import Project, VideoRef
from cast_studio.errors import MediaError
from cast_studio.media.fingerprint import fingerprint
from cast_studio.said import say

# A search is given up in a folder that holds more: it is not one that somebody keeps videos in.
_MOST_ENTRIES: Final = 50_000
_MOST_LEVELS: Final = 6


@dataclass(frozen=True, slots=True)
class Moved:
    """A video of the project and where its file is now, told by its content, or by its name.

    Attributes:
        video: As the project has it, with the content and size of the file where nobody knew them.
        path: Where its file is, absolute.
    """

    video: VideoRef
    path: Path

    @classmethod
    def met(cls, video: VideoRef, path: Path, content: str) -> Moved:
        """Return a video with the file that it is; its content is known from now on."""
        if not video.fingerprint:
            video = replace(video, fingerprint=content, size_bytes=path.stat().st_size)
        return cls(video, path)


def missing_videos(project: Project, folder: Path) -> tuple[VideoRef, ...]:
    """Return the videos whose files are not where the project says. Waits for the disk; any thread.

    Args:
        project: The project.
        folder: Its folder.
    """
    return tuple(v for v in project.videos if not _is_file(located(v.path, folder)))


def find_in(videos: Iterable[VideoRef], folder: Path) -> tuple[Moved, ...]:
    """Look for videos in a folder and the folders below it. Waits for the disk; any thread.

    Only files of the right size, or the right name, are read, and of those only samples.

    Args:
        videos: Which are missing.
        folder: Where to look.
    """
    wanted: dict[int | str, list[VideoRef]] = {}
    for video in videos:
        mark = video.size_bytes if video.fingerprint else video.name.casefold()
        wanted.setdefault(mark, []).append(video)
    found: dict[str, Moved] = {}
    for path, size in _files_below(folder):
        marked = (*wanted.get(size, ()), *wanted.get(path.name.casefold(), ()))
        still = [video for video in marked if video.id not in found]
        if not still:
            continue
        content = _content_of(path)
        # Two videos of the project may be copies of each other: each file is given to one.
        match = next((video for video in still if _may_be(video, content)), None)
        if match is not None:
            found[match.id] = Moved.met(match, path, content)
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
    content = fingerprint(chosen)
    if not _may_be(of, content):
        raise MediaError(
            say(
                "“{chosen}” is not the video “{of}”: its content differs, so the labels might "
                "not fit. Choose the file that was moved, or add this one as a video of its "
                "own.",
                chosen=chosen.name,
                of=of.name,
            )
        )
    found = {of.id: Moved.met(of, chosen, content)}
    others = [video for video in missing if video.id != of.id]
    old_root, new_root = _roots(located(of.path, folder), chosen)
    for video in others:
        old = located(video.path, folder)
        if old.is_relative_to(old_root):
            path = new_root / old.relative_to(old_root)
            if _is_file(path) and _may_be(video, content := _content_of(path)):
                found[video.id] = Moved.met(video, path, content)
    left = [video for video in others if video.id not in found]
    taken = {moved.path for moved in found.values()}
    for moved in find_in(left, chosen.parent) if left else ():
        if moved.path not in taken:
            found[moved.video.id] = moved
    return tuple(found.values())


def without_taken(moved: Iterable[Moved], project: Project, folder: Path) -> tuple[Moved, ...]:
    """Return what was found without files that are other videos of the project: a name is no proof.

    Args:
        moved: What was found.
        project: The project as it is now.
        folder: Its folder.
    """
    taken = {video.path for video in project.videos if video.fingerprint}
    return tuple(
        one
        for one in moved
        if project.has_video(one.video.id)
        and (project.video(one.video.id).fingerprint or portable(one.path, folder) not in taken)
    )


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


def _may_be(video: VideoRef, content: str) -> bool:
    """Return whether a readable file can be a video; of one that nobody has seen, it always can."""
    return bool(content) and video.fingerprint in ("", content)


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
