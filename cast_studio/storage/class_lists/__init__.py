"""Reading lists of classes: text, CSV, JSON, BORIS ethograms and ELAN vocabularies.

One module a kind. What comes in is data of strangers: sizes are limited, nothing in it is obeyed, and
what does not fit is refused with a sentence.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree

from cast_studio.core.class_list import ListedHead
from cast_studio.errors import EditError
from cast_studio.said import say
from cast_studio.storage.class_lists.elan import read_vocabularies
from cast_studio.storage.class_lists.json_lists import read_json
from cast_studio.storage.class_lists.plain import read_lines, read_table

LARGEST: Final = 20_000_000
"""Bytes of a file, unpacked."""

Reader = Callable[[str], tuple[ListedHead, ...]]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".txt": read_lines,
        ".csv": read_table,
        ".tsv": read_table,
        ".json": read_json,
        ".boris": read_json,
        ".eaf": read_vocabularies,
        ".ecv": read_vocabularies,
    }
)
"""By the end of a file's name; other files are read as text."""

PATTERNS: Final = ("*.txt", "*.csv", "*.tsv", "*.json", "*.boris", "*.boris.gz", "*.eaf", "*.ecv")
"""For a file dialog."""


def read_class_lists(path: Path) -> tuple[ListedHead, ...]:
    """Read all lists of classes of a file; those without classes are left out.

    Raises:
        EditError: The file cannot be read, or there is no list of classes in it.
    """
    try:
        text, suffix = _text_of(path)
        found = READERS.get(suffix, read_lines)(text)
    except OSError as error:
        raise EditError(
            say(
                "“{file}” cannot be read ({reason}); check where it is.",
                file=path.name,
                reason=error.strerror or error,
            )
        ) from error
    except (ValueError, csv.Error, json.JSONDecodeError, zlib.error, EOFError) as error:
        raise EditError(_refusal(path, str(error))) from error
    except ElementTree.ParseError as error:
        raise EditError(_refusal(path, f"it is no whole XML: {error}")) from error
    except RecursionError as error:
        raise EditError(_refusal(path, "it is nested too deeply")) from error
    heads = tuple(head for head in found if head.classes)
    if not heads:
        raise EditError(_refusal(path, "it is empty"))
    return heads


def _text_of(path: Path) -> tuple[str, str]:
    """Return what is in a file and the end of its name, which for a packed one is the inner."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            content = file.read(LARGEST + 1)
        suffix = Path(path.stem).suffix.lower()
    else:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        suffix = path.suffix.lower()
    if len(content) > LARGEST:
        raise ValueError("it is too large")
    return _decoded(content), suffix


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    if "\0" in text:
        raise ValueError("it is not text")
    return text


def _refusal(path: Path, reason: str) -> str:
    return say(
        "“{file}” is not a list of classes: {text}. Give a text file with one class a "
        "line, a CSV file with a column “name”, JSON, a BORIS project or an ELAN "
        "vocabulary.",
        file=path.name,
        text=reason.rstrip("."),
    )
