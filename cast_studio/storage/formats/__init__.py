"""Import and export, one file per format of the field.

A format is a module of this package with a constant ``FORMAT`` that satisfies :class:`Format`.
Modules are found by being here, so adding one touches its own file and its test only.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import ExportError


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        path: The file.
        rows: Segments and predictions in it.
    """

    path: Path
    rows: int


class Format(Protocol):
    """A file format that a project can be written to."""

    @property
    def name(self) -> str:
        """What the command line calls it: short, lower case."""

    @property
    def title(self) -> str:
        """What a file dialog calls it."""

    @property
    def suffix(self) -> str:
        """The usual end of the file's name, with its dot."""

    def write(
        self,
        path: Path,
        project: Project,
        *,
        predictions: Sequence[PredictionTrack] = (),
        frame_indexes: Mapping[str, FrameIndex] | None = None,
        origins: Sequence[PredictionTrack] = (),
    ) -> ExportReport:
        """Write a project; any thread.

        Args:
            path: The file to create or replace.
            project: What to write.
            predictions: Written beside the labels where the format can tell them apart.
            frame_indexes: By video id; what needs a frame number is left out for other videos.
            origins: What models said that labels were made of; written as no rows of their own.

        Raises:
            ExportError: It cannot be written; what was there before is untouched.
        """


def names() -> tuple[str, ...]:
    """Return the names of all formats, sorted."""
    return tuple(sorted(_formats()))


def get(name: str) -> Format:
    """Return a format by its name.

    Raises:
        ExportError: There is no such format.
    """
    found = _formats().get(name)
    if found is None:
        raise ExportError(
            f"There is no export format called “{name}”. Choose one of: {', '.join(names())}."
        )
    return found


@cache
def _formats() -> Mapping[str, Format]:
    found: dict[str, Format] = {}
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        # Helpers of several formats live here too; what offers no format is one of them.
        offered: Format | None = getattr(module, "FORMAT", None)
        if offered is not None:
            found[offered.name] = offered
    return found
