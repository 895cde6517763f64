"""Import and export, one file per format of the field.

A format is a module of this package with a constant ``FORMAT`` that satisfies :class:`Format`.
Modules are found by being here, so adding one touches its own file and its test only. It declares
what it is called, recognizes its files, reads one into :class:`~cast_studio.core.imports.Imported`
(in seconds and by names, knowing nothing of the project it goes into), writes one, and says what it
cannot carry. Dry run, progress, cancel, undo, the command line and the window come by themselves.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from cast_studio.core.imports import Imported
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import ExportError, ImportFileError
from cast_studio.said import say

Tell = Callable[[int, int], None]
"""Is told how much of how much is done; may raise to stop."""

_START_BYTES = 64 * 1024


def tell_nobody(_done: int, _total: int) -> None:
    """Take notice of no progress."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        path: The file.
        rows: Segments and predictions in it.
        notes: Sentences about what could not be written, or is remarkable.
    """

    path: Path
    rows: int
    notes: tuple[str, ...] = ()


class Format(Protocol):
    """A file format that a project can be written to and read from."""

    @property
    def name(self) -> str:
        """What the command line calls it: short, lower case."""

    @property
    def title(self) -> str:
        """What a file dialog calls it."""

    @property
    def suffix(self) -> str:
        """The usual end of the file's name, with its dot."""

    @property
    def cannot_carry(self) -> str:
        """What of a project is lost in it, as a sentence; "" for nothing."""

    @property
    def writes_predictions(self) -> bool:
        """Whether what models say can be written beside the labels."""

    def recognizes(self, start: bytes) -> bool:
        """Return whether a file is of this format, judged by its first bytes."""

    def read(self, path: Path, *, tell: Tell = tell_nobody) -> Imported:
        """Read a file; any thread. Nothing in it is obeyed.

        Args:
            path: The file.
            tell: Is told how much of how much is read; may raise to stop.

        Raises:
            ImportFileError: It cannot be read, or is no such file at all.
        """

    def wants_frames_of(self, project: Project) -> Set[str]:
        """Return the ids of the videos whose frames must be known to write the project."""

    def write(
        self,
        path: Path,
        project: Project,
        *,
        predictions: Sequence[PredictionTrack] = (),
        frame_indexes: Mapping[str, FrameIndex] | None = None,
        origins: Sequence[PredictionTrack] = (),
        tell: Tell = tell_nobody,
    ) -> ExportReport:
        """Write a project; any thread.

        Args:
            path: The file to create or replace.
            project: What to write.
            predictions: Written beside the labels where the format can tell them apart.
            frame_indexes: By video id; what needs a frame number is left out for other videos.
            origins: What models said that labels were made of; written as no rows of their own.
            tell: Is told how much of how much is written; may raise to stop.

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
            say(
                "There is no export format called “{name}”. Choose one of: {names}.",
                name=name,
                names=", ".join(names()),
            )
        )
    return found


def recognize(path: Path) -> Format:
    """Return the format of a file, judged by what it holds.

    Raises:
        ImportFileError: It cannot be read, or no format knows it.
    """
    from cast_studio.storage.formats.text_tables import opened

    with opened(path) as file:
        start = file.read(_START_BYTES)
    found = next((known for known in _formats().values() if known.recognizes(start)), None)
    if found is None:
        raise ImportFileError(
            say(
                "“{path}” is in no format that can be recognized ({names}). Choose another "
                "file, or say which format it is.",
                path=path,
                names=", ".join(names()),
            )
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
