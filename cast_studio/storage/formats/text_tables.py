"""Reading tables of text that anybody may have made: bounded, by the names of columns, line by line.

Nothing in a cell is ever run. What is no table at all is refused with one sentence; what is wrong
with a single row is for its format to say.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from cast_studio.errors import ImportFileError
from cast_studio.said import say

LONGEST_CELL = 4 * 2**20
"""Characters of one cell; a note may be long, a gigabyte is an attack or damage."""

MOST_ROWS = 2_000_000
MOST_COLUMNS = 10_000

_LONGEST_LINE = 4 * LONGEST_CELL
_SEPARATORS = (",", ";", "\t")
_TELL_EVERY = 1_000

Tell = Callable[[int, int], None]
"""Is told how much of how much is done; may raise to stop."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table.

    Attributes:
        line: The line of the file on which it begins, from 1.
        cells: Column name to text; None where it has another number of cells than the header.
        count: How many cells it has.
    """

    line: int
    cells: Mapping[str, str] | None
    count: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is being read.

    Attributes:
        columns: The names in the header, each once.
        rows: Read as they are asked for, while the table is open; raises ``ImportFileError``.
    """

    columns: tuple[str, ...]
    rows: Iterator[TableRow]


@contextmanager
def open_table(path: Path, tell: Tell) -> Iterator[Table]:
    """Open a CSV file (comma, semicolon or tab; UTF-8, or UTF-16 with its mark).

    Args:
        path: The file.
        tell: Is told how many bytes of how many are read.

    Yields:
        The table.

    Raises:
        ImportFileError: The file cannot be read, or is no such table.
    """
    with opened(path) as file, in_words(path):
        text = _decoded(file)
        lines = _Lines(text, path)
        first = next(lines, "")
        separator = max(_SEPARATORS, key=first.count)
        # The limit is the whole module's; a smaller one set elsewhere would refuse long notes.
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(_with(first, lines), delimiter=separator, strict=True)
        columns = _header(next(reader, []), path)
        yield Table(tuple(filter(None, columns)), _rows(reader, columns, file, path, tell))


def first_cells(start: bytes) -> frozenset[str]:
    """Return the names in the header of what may be a table, from its first bytes."""
    try:
        encoding = "utf-16" if start.startswith(_UTF16) else "utf-8-sig"
        line = start.decode(encoding, "ignore").splitlines()[0]
        separator = max(_SEPARATORS, key=line.count)
        return frozenset(next(csv.reader([line], delimiter=separator)))
    except (IndexError, StopIteration, csv.Error):
        return frozenset()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file of labels to read its bytes. Raises ``ImportFileError``."""
    try:
        if not path.is_file():
            what = "it is not a file" if path.exists() else "there is no such file"
            raise ImportFileError(
                say("“{path}” cannot be read: {what}. Choose another file.", path=path, what=what)
            )
        file = path.open("rb")
    except (OSError, ValueError) as error:
        raise ImportFileError(_why_not_read(path, error)) from error
    with file:
        yield file


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what reading a text may raise into a sentence."""
    try:
        yield
    except OSError as error:
        raise ImportFileError(_why_not_read(path, error)) from error
    except UnicodeError as error:
        raise ImportFileError(
            say(
                "“{path}” is not text in UTF-8. Save it as “CSV UTF-8” and import it again.",
                path=path,
            )
        ) from error
    except csv.Error as error:
        raise ImportFileError(
            say(
                "“{path}” is not a table that can be read: {error}. Save it as CSV again.",
                path=path,
                error=error,
            )
        ) from error


class _Lines:
    """The lines of a text, none of them longer than memory allows, and none with NUL."""

    def __init__(self, text: TextIO, path: Path) -> None:
        self._text = text
        self._path = path
        self._number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        self._number += 1
        if not line:
            raise StopIteration
        if "\0" in line:
            raise ImportFileError(
                say(
                    "“{path}” is not text: line {number:,} holds a NUL character. Choose another "
                    "file.",
                    path=self._path,
                    number=self._number,
                )
            )
        if len(line) >= _LONGEST_LINE:
            raise ImportFileError(
                say(
                    "Line {number:,} of “{path}” is longer than {longest_line} million characters, "
                    "so it is no table of labels. Choose another file.",
                    number=self._number,
                    path=self._path,
                    longest_line=_LONGEST_LINE // 2**20,
                )
            )
        return line


_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _decoded(file: BinaryIO) -> TextIO:
    start = file.read(4)
    file.seek(0)
    encoding = "utf-16" if start.startswith(_UTF16) else "utf-8-sig"
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from lines


def _header(names: Sequence[str], path: Path) -> list[str]:
    columns = list(names)
    if not any(columns):
        raise ImportFileError(
            say("“{path}” is empty, or its first line is. Choose another file.", path=path)
        )
    if len(columns) > MOST_COLUMNS:
        raise ImportFileError(
            say(
                "“{path}” has more than {most_columns:,} columns, so it is no table of labels. "
                "Choose another file.",
                path=path,
                most_columns=MOST_COLUMNS,
            )
        )
    named = Counter(filter(None, columns))
    twice = next((name for name, count in named.items() if count > 1), None)
    if twice is not None:
        raise ImportFileError(
            say(
                "“{path}” names the column “{twice}” twice, so nobody can tell which is meant. "
                "Rename one and import it again.",
                path=path,
                twice=twice[:80],
            )
        )
    return columns


def _rows(
    reader: Iterator[list[str]], columns: Sequence[str], file: BinaryIO, path: Path, tell: Tell
) -> Iterator[TableRow]:
    total = path.stat().st_size
    line = 1 + reader.line_num  # type: ignore[attr-defined] # of csv's own reader
    for number, cells in enumerate(reader):
        if number % _TELL_EVERY == 0:
            tell(min(file.tell(), total), total)
        if number >= MOST_ROWS:
            raise ImportFileError(
                say(
                    "“{path}” has more than {most_rows:,} rows. Split it and import the parts.",
                    path=path,
                    most_rows=MOST_ROWS,
                )
            )
        begins, line = line, 1 + reader.line_num  # type: ignore[attr-defined]
        if not any(cells):
            continue
        fits = len(cells) == len(columns)
        named = dict(zip(columns, cells, strict=True)) if fits else None
        if named is not None:
            named.pop("", None)
        yield TableRow(begins, named, len(cells))
    tell(total, total)


def _why_not_read(path: Path, error: Exception) -> str:
    why = getattr(error, "strerror", None) or str(error)
    return say(
        "“{path}” cannot be read: {why}. Check the path and that you may read it.",
        path=path,
        why=why,
    )
