"""Where the program keeps its files, whether it may, and whether the model came with it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from cast_studio.cli.checks import Finding, Section
from cast_studio.errors import ModelError

BUNDLED_MODEL: Final = "cast-tiny"
_LITTLE_BYTES: Final = 2 * 2**30


def check_folders() -> Section:
    """Report the program's folders, whether they can be written, and free space."""
    try:
        from cast_studio.app.preferences import AppFolders

        folders = AppFolders.default()
    except ImportError as error:
        return Section("Folders", (Finding("Folders", "unknown", f"Qt is broken ({error})"),))
    named = {
        "Data": folders.data,
        "Cache": folders.cache,
        "Logs": folders.logs,
        "Settings": folders.settings_file.parent,
    }
    return Section(
        "Folders",
        (
            *(folder_finding(name, path) for name, path in named.items()),
            space_finding(folders.data),
        ),
    )


def check_model() -> Section:
    """Report the bundled model."""
    # The catalog needs numpy, which may be what is broken.
    try:
        from cast_studio.model.catalog import read_info
        from cast_studio.resource_files import resource_path

        info = read_info(resource_path(f"models/{BUNDLED_MODEL}"))
    except (FileNotFoundError, ModelError, ImportError) as error:
        return Section("Bundled model", (Finding(BUNDLED_MODEL, "not usable", str(error)),))
    value = f"{info.parameters / 1e6:.2f} million weights in {info.folder}"
    return Section("Bundled model", (Finding(info.name, value),))


def folder_finding(name: str, folder: Path) -> Finding:
    """Report whether a folder can be written, or made where it is not there yet. Leaves no trace.

    Args:
        name: What it is for.
        folder: It need not exist.
    """
    existing = _existing(folder)
    state = "" if existing == folder else " (not made yet)"
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"cast")
    except OSError as error:
        reason = error.strerror or str(error)
        return Finding(
            name, f"{folder}, cannot be written", f"“{existing}” cannot be written: {reason}"
        )
    return Finding(name, f"{folder}{state}, can be written")


def space_finding(folder: Path) -> Finding:
    """Report the free space where a folder is or will be."""
    free = shutil.disk_usage(_existing(folder)).free
    advice = "little space is left; projects and training runs need some" * (free < _LITTLE_BYTES)
    return Finding("Free space", f"{free / 2**30:.1f} GiB", advice)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.is_dir())
