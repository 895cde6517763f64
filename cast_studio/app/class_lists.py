"""Lists of classes that a user brings along in files, as benchmarks publish them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for
from cast_studio.errors import ModelError
from cast_studio.said import say

ONLY_HEAD: Final = "action"
"""What the head is called where there is one list and nobody says otherwise."""

_USUAL_HEADS: Final = ("verb", "noun", ONLY_HEAD)
_NAME_COLUMNS: Final = ("key", "name", "class", "label")
_LARGEST: Final = 10_000_000


def read_heads(texts: Iterable[str]) -> tuple[LabelHead, ...]:
    """Read one head of each file.

    Args:
        texts: ``HEAD=FILE``, or a file: then the head is "verb", "noun" or "action", whichever is in the
            file's name, else called after the file, or "action" where it is the only one.

    Raises:
        ModelError: A file cannot be read, is no list of classes, or names one of them twice.
    """
    named = [_named(text) for text in texts]
    otherwise = ONLY_HEAD if len(named) == 1 else ""
    heads = tuple(_head(name or otherwise or path.stem, path) for name, path in named)
    try:
        return LabelSchema(heads).heads
    except ValueError as error:
        raise ModelError(
            say("These lists of classes do not go together: {error} Rename one.", error=error)
        ) from error


def _named(text: str) -> tuple[str, Path]:
    head, found, path = text.partition("=")
    if found and head and "/" not in head and "\\" not in head:
        return head, Path(path)
    file = Path(text)
    return next((usual for usual in _USUAL_HEADS if usual in file.stem.lower()), ""), file


def _head(name: str, path: Path) -> LabelHead:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        names = _names(path.read_text("utf-8-sig"), is_csv=path.suffix.lower() == ".csv")
        if not names:
            raise ValueError("it is empty")
        classes = tuple(LabelClass(at, text, color_for(at)) for at, text in enumerate(names))
        return LabelHead(name, classes)
    except OSError as error:
        raise ModelError(
            say(
                "The list of classes “{path}” cannot be read ({reason}); check its name.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error
    except (ValueError, csv.Error) as error:
        raise ModelError(
            say(
                "“{path}” is not a list of classes: {text}; give a text file with one class a "
                "line, or a CSV file with the columns “id” and “key”.",
                path=path,
                text=str(error).rstrip("."),
            )
        ) from error


def _names(text: str, *, is_csv: bool) -> list[str]:
    if not is_csv:
        return [line.strip() for line in text.splitlines() if line.strip()]
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = rows[0].keys() if rows else ()
    column = next((name for name in _NAME_COLUMNS if name in columns), None)
    if column is None:
        raise ValueError("it has no column with the classes' names")
    if "id" in columns:
        rows.sort(key=lambda row: int(row["id"]))
        if [int(row["id"]) for row in rows] != list(range(len(rows))):
            raise ValueError("its ids do not count up from 0")
    return [(row[column] or "").strip() for row in rows]
