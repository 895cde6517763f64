"""Paths in a project: relative to its folder where that is possible, so that both can move."""

from __future__ import annotations

import os
from pathlib import Path


def portable(path: Path, folder: Path) -> str:
    """Return a path as a project keeps it: relative to the project folder, POSIX style.

    Args:
        path: Absolute, or relative to ``folder``.
        folder: The project folder.
    """
    absolute = folder.absolute() / path
    try:
        relative = os.path.relpath(absolute, folder.absolute())
    except ValueError:
        # Another drive on Windows: there is no relative path.
        return absolute.as_posix()
    return Path(relative).as_posix()


def located(text: str, folder: Path) -> Path:
    """Return where something is whose path a project keeps as ``text``."""
    return Path(os.path.normpath(folder.absolute() / text))


def relative_below(path: Path, folder: Path) -> str:
    """Return a path as a file in ``folder`` names it, POSIX style.

    Args:
        path: Absolute, or relative to the current folder.
        folder: Likewise.

    Returns:
        A relative path for what lies in the folder or below it, else an absolute one.
    """
    absolute = _without_dots(path)
    try:
        return absolute.relative_to(_without_dots(folder)).as_posix()
    except ValueError:
        return absolute.as_posix()


def _without_dots(path: Path) -> Path:
    absolute = path.absolute()
    if ".." not in absolute.parts:
        return absolute
    # “link/..” is not where the link stands, so only the system can tell.
    return Path(os.path.realpath(absolute))
