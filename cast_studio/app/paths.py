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
