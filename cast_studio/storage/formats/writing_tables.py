"""Writing a table of text so that a reader finds the old file or the new one."""

from __future__ import annotations

import csv
import errno
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cast_studio.errors import ExportError
from cast_studio.said import say
from cast_studio.storage.atomic import replacing

_BOTH_ENDS = "\r\n"


class TableWriter:
    """Writes rows by the names of columns.

    Args:
        text: Where to.
        columns: In the order of the file.
        line_end: Behind each row.
    """

    def __init__(self, text: TextIO, columns: Sequence[str], line_end: str) -> None:
        self._columns = tuple(columns)
        # Cells with either kind of line end are put in quotes only if both end a line.
        self._writer = csv.writer(_LineEnds(text, line_end), lineterminator=_BOTH_ENDS)
        self._writer.writerow(self._columns)

    def write(self, row: Mapping[str, str]) -> None:
        """Write one row; cells that it lacks are empty.

        Raises:
            ExportError: A text cannot be stored as Unicode, or holds a NUL.
        """
        cells = [row.get(name, "") for name in self._columns]
        for text in cells:
            refuse_nul(text)
        try:
            self._writer.writerow(cells)
        except UnicodeEncodeError as error:
            raise ExportError(
                say(
                    "The text {found!r} holds a character that no file can store as Unicode. "
                    "Change that text, or rename that file, and export again.",
                    found=error.object,
                )
            ) from error


def refuse_nul(text: str) -> None:
    """Raise ``ExportError`` for a cell with a NUL, for which the whole file would be refused again."""
    if "\0" in text:
        raise ExportError(
            say(
                "The text {found!r} holds a NUL character, which no table can hold. Change that "
                "text, or rename that file, and export again; or export as JSON.",
                found=text[:200],
            )
        )


class _LineEnds:
    """Gives rows the line end of a format; each comes in one piece."""

    def __init__(self, text: TextIO, line_end: str) -> None:
        self._text = text
        self._line_end = line_end

    def write(self, row: str) -> int:
        """Write one row."""
        return self._text.write(row.removesuffix(_BOTH_ENDS) + self._line_end)


@contextmanager
def writing_table(path: Path, columns: Sequence[str], *, line_end: str) -> Iterator[TableWriter]:
    """Write a table in UTF-8 that takes the place of ``path`` when the block ends without an error.

    Raises:
        ExportError: It cannot be written; what was there before is untouched.
    """
    with writing_text(path) as text:
        yield TableWriter(text, columns, line_end)


@contextmanager
def writing_text(path: Path) -> Iterator[TextIO]:
    """Write a text in UTF-8 that takes the place of ``path`` when the block ends without an error.

    Raises:
        ExportError: It cannot be written; what was there before is untouched.
    """
    path = Path(path)
    try:
        with replacing(path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            yield text
            # The file is synced and closed by whoever opened it.
            text.detach()
    except OSError as error:
        raise ExportError(why_not_written(path, error)) from error


def why_not_written(path: Path, error: OSError) -> str:
    """Return the sentence for a file that cannot be written."""
    match error:
        case IsADirectoryError():
            why, what_next = "there is a folder of that name", "Choose another file name."
        case FileNotFoundError() | NotADirectoryError():
            # Some folders are there and take no file, such as those of the system's processes.
            there = path.resolve().parent.is_dir()
            why = (
                "its folder takes no new files" if there else f"there is no folder “{path.parent}”"
            )
            what_next = "Choose another folder."
        case PermissionError():
            why, what_next = "it may not be written", "Choose a place where you may write."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG):
            why, what_next = "the disk is full", "Free some space on it and try again."
        case _:
            why, what_next = error.strerror or str(error), "Choose another place and try again."
    return say(
        "“{path}” could not be written: {why}. {what_next} What was there before is unchanged.",
        path=path,
        why=why,
        what_next=what_next,
    )
