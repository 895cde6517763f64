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
    try:
        _check(path, inputs)
    except (OSError, RuntimeError) as error:
        # The second one is how Python 3.11 and 3.12 report links that lead in a circle.
        raise ExportError(
            f"“{path}” cannot be written ({getattr(error, 'strerror', None) or error}); choose "
            "another file name or another folder."
        ) from error


def _check(path: Path, inputs: Iterable[Path]) -> None:
    target = path.resolve()
    if path.is_dir():
        raise ExportError(f"“{path}” cannot be written: it is a folder; choose a file name.")
    if not target.parent.is_dir():
        raise ExportError(
            f"“{path}” cannot be written: there is no folder “{target.parent}”; make it or choose "
            "another one."
        )
    if not _may_write(target.parent):
        # A new file takes the old one's place, so the folder counts even where the file exists.
        raise ExportError(
            f"“{path}” cannot be written: nothing may be written in the folder “{target.parent}”; "
            "choose another one, or allow it."
        )
    if target.exists() and not _may_write(target):
        raise ExportError(
            f"“{path}” may not be written; choose a place where you may write, or allow it."
        )
    if any(target == given.resolve() for given in inputs):
        raise ExportError(
            f"“{path}” is one of the videos and would be replaced; choose another file to write."
        )


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
