"""Refusing a file that cannot be written before hours of work, not after."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cast_studio.errors import ExportError


def check_output(path: Path, *, inputs: Iterable[Path] = ()) -> None:
    """Make sure that a file can probably be written. Nothing is made.

    Args:
        path: The file to create or replace.
        inputs: Files that must not be replaced.

    Raises:
        ExportError: It cannot, or it is one of the inputs.
    """
    target = path.resolve()
    if path.is_dir():
        raise ExportError(f"“{path}” cannot be written: it is a folder; choose a file name.")
    if not target.parent.is_dir():
        raise ExportError(
            f"“{path}” cannot be written: there is no folder “{target.parent}”; make it or choose "
            "another one."
        )
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise ExportError(
            f"“{path}” may not be written; choose a place where you may write, or allow it."
        )
    if any(target == given.resolve() for given in inputs):
        raise ExportError(
            f"“{path}” is one of the videos and would be replaced; choose another file to write."
        )
