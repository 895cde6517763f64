"""Reading the rows of a damaged database: around what SQLite cannot read, and out of its history."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import FORMAT_VERSION
from cast_studio.storage.connection import DATABASE_NAME, find_damage
from cast_studio.storage.edit_log import last_revision
from cast_studio.storage.rows import from_stored
from cast_studio.storage.schema import format_version

Row = Mapping[str, object]

_TABLES = ("project", "heads", "classes", "videos", "tracks", "models", "reviewed", "segments")
_IN_HISTORY = ("videos", "tracks", "models", "reviewed", "segments")

_WITHOUT_REVIEWED = 1
"""The version of the tables that had no reviewed ranges yet."""

_LAST_ROW = 2**63 - 1

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What damage raises; the second one where SQLite's own message quotes bytes that are no text."""


@dataclass(slots=True)
class History:
    """What the edits of a project say, as far as they can be read.

    Attributes:
        rows: The rows of each table after the last edit, by id.
        schema: The labels after the last edit that changed them; None if no such edit can be read.
        is_whole: Whether every edit was read: what is not in ``rows`` was removed.
    """

    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    schema: LabelSchema | None = None
    is_whole: bool = False


@dataclass(slots=True)
class DamagedRows:
    """What can be read of a damaged database.

    Attributes:
        rows: By table, in the order in which they were written.
        gaps: How often a table could not be read on.
        history: What the edits say.
        spoiled_texts: How many texts hold characters that cannot be read.
        has_foreign_log: Whether a write-ahead log lies there that does not fit the database.
    """

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    gaps: Counter[str] = field(default_factory=Counter)
    history: History = field(default_factory=History)
    spoiled_texts: int = 0
    has_foreign_log: bool = False

    def text(self, data: bytes) -> str:
        """Return a text of the database, with a mark for each character that cannot be read."""
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.spoiled_texts += 1
            return data.decode("utf-8", "replace")


def read_damaged(path: Path) -> DamagedRows:
    """Read all tables of a database that may be damaged.

    The files are copied first: opening the original could fold a log into it.

    Args:
        path: The database.
    """
    with tempfile.TemporaryDirectory(prefix="cast-studio-salvage-") as name:
        whole, alone = Path(name) / DATABASE_NAME, Path(name) / "alone.db"
        for suffix in ("", "-wal"):
            with suppress(OSError):
                shutil.copyfile(f"{path}{suffix}", f"{whole}{suffix}")
        with suppress(OSError):
            shutil.copyfile(path, alone)
        has_foreign_log = _newest_if_sound(whole) < _newest_if_sound(alone)
        found = _read_all(alone if has_foreign_log else whole)
        found.has_foreign_log = has_foreign_log
    return found


def _newest_if_sound(path: Path) -> int:
    """Return the number of the newest edit; 0 for a database that is not sound."""
    with suppress(*_UNREADABLE), closing(sqlite3.connect(path)) as database:
        if not find_damage(database):
            return last_revision(database)
    return 0


def _read_all(path: Path) -> DamagedRows:
    found = DamagedRows()
    with suppress(*_UNREADABLE), closing(sqlite3.connect(path)) as database:
        database.text_factory = found.text
        with suppress(*_UNREADABLE):
            # A damaged schema is read all the same.
            database.execute("PRAGMA writable_schema = ON")
        for table in _tables_in(database):
            found.rows[table].extend(_rows_of(database, table, found.gaps))
        spoiled = found.spoiled_texts
        found.history = _history_of(database)
        found.history.is_whole &= found.spoiled_texts == spoiled
        found.spoiled_texts = spoiled
    return found


def _tables_in(database: sqlite3.Connection) -> Iterator[str]:
    """Yield the tables to read; those that its version does not have are no loss."""
    version = FORMAT_VERSION
    with suppress(*_UNREADABLE):
        version = format_version(database)
    for table in _TABLES:
        if table != "reviewed" or version != _WITHOUT_REVIEWED:
            yield table


def _rows_of(database: sqlite3.Connection, table: str, gaps: Counter[str]) -> Iterator[Row]:
    """Yield the rows of a table in the order of their row ids, around what cannot be read."""
    last: int | None = -1
    while last is not None:
        try:
            rows = database.execute(
                f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid", (last,)
            )
            names = [column[0] for column in rows.description][1:]
            for rowid, *values in rows:
                last = _risen(rowid, last)
                with suppress(ValueError):
                    yield dict(zip(names, map(from_stored, values), strict=True))
            return
        except _UNREADABLE:
            gaps[table] += 1
        last = _end_of_damage(database, table, last)


def _end_of_damage(database: sqlite3.Connection, table: str, last: int) -> int | None:
    """Return the row id behind which rows can be read again, above ``last``; None if there is none.

    Looks ahead in steps that double, so that it goes no further than twice the damage is wide.
    """
    bad, step = last + 1, 1
    while not _can_read_from(database, table, bad + step):
        bad, step = bad + step, 2 * step
        if bad + step > _LAST_ROW:
            return None
    good = bad + step
    while good - bad > 1:
        middle = (bad + good) // 2
        if _can_read_from(database, table, middle):
            good = middle
        else:
            bad = middle
    return bad


def _can_read_from(database: sqlite3.Connection, table: str, rowid: int) -> bool:
    """Return whether the first row from a row id on can be read, or there is none."""
    try:
        row = database.execute(
            f"SELECT rowid, * FROM {table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 1",
            (rowid,),
        ).fetchone()
        if row is not None:
            _risen(row[0], rowid - 1)
    except _UNREADABLE:
        return False
    return True


def _risen(rowid: int, last: int) -> int:
    """Return a row id that is above the last one; pages that lie twice would be read for ever."""
    if rowid <= last:
        raise sqlite3.DatabaseError(f"row {rowid} comes after row {last}")
    return rowid


def _history_of(database: sqlite3.Connection) -> History:
    """Go through the edits once more, row by row, as far as they can be read."""
    history = History()
    gaps: Counter[str] = Counter()
    revision = 0
    for edit in _rows_of(database, "edits", gaps):
        try:
            changes = json.loads(str(edit["changes"]))
            _repeat(history, changes)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        revision += 1
        gaps["revisions"] += edit["revision"] != revision
    history.is_whole = revision > 0 and not gaps.total()
    return history


def _repeat(history: History, changes: Mapping[str, list[Mapping[str, object]]]) -> None:
    for table in _IN_HISTORY:
        rows = history.rows[table]
        # What goes to another track is a row that leaves and one that joins.
        for change in sorted(changes.get(table, ()), key=lambda row: row["after"] is not None):
            after = change["after"]
            if isinstance(after, dict):
                rows[str(change["id"])] = after
            else:
                rows.pop(str(change["id"]), None)
    for change in changes.get("schema", ()):
        if change["after"] is not None:
            history.schema = LabelSchema.from_json(change["after"])
