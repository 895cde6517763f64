"""The append-only history of a project: who changed what, when, row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cast_studio.core.edits import Changes, RowChange
from cast_studio.core.labels import LabelSchema
from cast_studio.storage.reviewed_rows import reviewed_row
from cast_studio.storage.rows import (
    PlainRow,
    from_stored,
    model_row,
    segment_row,
    to_json_text,
    to_stored,
    track_row,
    video_row,
)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class EditRecord:
    """One acknowledged edit.

    Attributes:
        revision: Rises by one with every edit of the project; never used twice.
        made_at: When it was written, ISO 8601 in UTC.
        annotator: Who made it.
        description: What it was, as the undo menu said.
        changes: JSON: per table the changed rows, each with ``id``, ``before`` and ``after``.
    """

    revision: int
    made_at: str
    annotator: str
    description: str
    changes: str


def last_revision(connection: sqlite3.Connection) -> int:
    """Return the revision of the newest edit; 0 in a project without any."""
    row = connection.execute("SELECT coalesce(max(revision), 0) FROM edits").fetchone()
    return int(row[0])


def append(
    connection: sqlite3.Connection,
    changes: Changes,
    *,
    made_at: str,
    annotator: str,
    description: str,
) -> int:
    """Add an edit inside the transaction that makes it, and return its revision."""
    values = (made_at, annotator, description, changes_to_json(changes))
    cursor = connection.execute(
        "INSERT INTO edits (made_at, annotator, description, changes) VALUES (?, ?, ?, ?)",
        [to_stored(value) for value in values],
    )
    return int(cursor.lastrowid or 0)


def read(connection: sqlite3.Connection, *, after: int = 0) -> tuple[EditRecord, ...]:
    """Return the edits with a revision above ``after``, oldest first."""
    rows = connection.execute(
        "SELECT revision, made_at, annotator, description, changes FROM edits "
        "WHERE revision > ? ORDER BY revision",
        (after,),
    )
    return tuple(
        EditRecord(int(revision), *(str(from_stored(text)) for text in texts))
        for revision, *texts in rows
    )


def read_titles(connection: sqlite3.Connection, *, limit: int) -> tuple[tuple[int, str], ...]:
    """Return revision and words of the newest edits, oldest first; never of the project's creation."""
    rows = connection.execute(
        "SELECT revision, description FROM edits WHERE revision > 1 ORDER BY revision DESC LIMIT ?",
        (limit,),
    )
    found = [(int(revision), str(from_stored(text))) for revision, text in rows]
    return tuple(reversed(found))


def read_changes(connection: sqlite3.Connection, revision: int) -> str:
    """Return the changes of an edit as JSON.

    Raises:
        ValueError: There is no such edit.
    """
    row = connection.execute("SELECT changes FROM edits WHERE revision = ?", (revision,)).fetchone()
    if row is None:
        raise ValueError(f"the edit {revision} is missing")
    return str(from_stored(row[0]))


def changes_to_json(changes: Changes) -> str:
    """Return changes as one line of JSON: per table the rows before and after.

    Each row is a text of its own first: one call for an edit of thousands would hold the interpreter
    for a tenth of a second, and the window with it.
    """
    tables: dict[str, list[str]] = {
        "videos": [_change(change, video_row) for change in changes.videos],
        "tracks": [_change(change, track_row) for change in changes.tracks],
        "segments": [
            _change(change, partial(segment_row, track_id=change.track_id))
            for change in changes.segments
        ],
        "models": [_change(change, model_row) for change in changes.models],
        "reviewed": [_change(change, reviewed_row) for change in changes.reviewed],
        "schema": [_change(change, LabelSchema.to_json) for change in changes.schema],
    }
    written = (f'"{name}":[{",".join(rows)}]' for name, rows in tables.items() if rows)
    return f"{{{','.join(written)}}}"


def _change(
    change: RowChange[_Value], to_row: Callable[[_Value], PlainRow | Mapping[str, object]]
) -> str:
    row = {
        "id": change.id,
        "before": None if change.before is None else to_row(change.before),
        "after": None if change.after is None else to_row(change.after),
    }
    return to_json_text(row)
