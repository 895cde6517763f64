"""Lists of classes as text with one class a line, and as tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from cast_studio.core.class_list import ListedHead
from cast_studio.storage.class_lists.listing import each_once, listed

_NAMES = ("name", "class", "label", "key", "behavior", "behaviour", "code", "behavior code")
_KEYS = ("shortcut", "hotkey", "key")


def read_lines(text: str) -> tuple[ListedHead, ...]:
    """Read one class a line; empty lines are skipped.

    Raises:
        ValueError: A line is no name.
    """
    lines = (line for line in text.splitlines() if line.strip())
    return (ListedHead("", each_once(listed(line) for line in lines)),)


def read_table(text: str) -> tuple[ListedHead, ...]:
    """Read a table with a header row.

    The name stands in a column ``name``, ``class``, ``label``, ``key`` (as EPIC-KITCHENS has it),
    ``behavior`` or ``code``; ``category``, ``description``, ``color`` and ``shortcut`` are read where
    they are. A column ``head`` tells several heads apart. With a column ``id`` of whole numbers the
    classes come by it.

    Raises:
        ValueError: There is no column with names, or a row has none.
    """
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    if delimiter not in text.partition("\n")[0] and ";" in text.partition("\n")[0]:
        delimiter = ";"
    rows = [
        {(name or "").strip().lower(): value or "" for name, value in row.items() if name}
        for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)
        if any(isinstance(value, str) and value.strip() for value in row.values())
    ]
    if not rows:
        return ()
    name_column = next((name for name in _NAMES if name in rows[0]), None)
    if name_column is None:
        raise ValueError("it has no column with the classes' names")
    if all(row.get("id", "").strip().isdecimal() for row in rows):
        rows.sort(key=lambda row: int(row["id"]))
    heads: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        heads.setdefault(row.get("head", "").strip(), []).append(row)
    key_column = next((name for name in _KEYS if name in rows[0] and name != name_column), "")
    return tuple(
        ListedHead(
            head,
            each_once(
                listed(
                    row[name_column],
                    shortcut=row.get(key_column, ""),
                    category=row.get("category", "") or row.get("behavioral category", ""),
                    description=row.get("description", ""),
                    color=row.get("color", ""),
                )
                for row in found
            ),
        )
        for head, found in heads.items()
    )
