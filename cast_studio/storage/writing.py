"""Writing the rows that an edit has changed; nothing else is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from cast_studio.core.edits import Changes, RowChange
from cast_studio.core.labels import LabelSchema
from cast_studio.said import say
from cast_studio.storage.reviewed_rows import reviewed_row
from cast_studio.storage.rows import (
    PlainRow,
    class_rows,
    head_rows,
    model_row,
    segment_row,
    to_stored,
    track_row,
    video_row,
)

_Value = TypeVar("_Value")
_Key = TypeVar("_Key", bound=Hashable)


class StaleRowsError(Exception):
    """The rows in the database are not those that the changes start from."""


def write_changes(connection: sqlite3.Connection, changes: Changes) -> None:
    """Write changed rows, inside a transaction that the caller has opened.

    Rows are changed by named columns, so that a column this version does not know keeps its value.

    Raises:
        StaleRowsError: A row to change or remove is missing; roll back.
        sqlite3.IntegrityError: A row to add is there already, or a value is not allowed; roll back.
        sqlite3.Error: SQLite failed; roll back.
    """
    _write_table(connection, "videos", changes.videos, video_row)
    _write_table(connection, "tracks", changes.tracks, track_row)
    # A segment that goes to another track is a row that leaves and one that joins.
    for change in sorted(changes.segments, key=lambda row: row.after is not None):
        track_id = change.track_id
        before = None if change.before is None else segment_row(change.before, track_id)
        after = None if change.after is None else segment_row(change.after, track_id)
        _write_row(connection, "segments", ("id",), before, after)
    _write_table(connection, "models", changes.models, model_row)
    _write_table(connection, "reviewed", changes.reviewed, reviewed_row)
    for change_of_schema in changes.schema:
        _write_schema(connection, change_of_schema.before, change_of_schema.after)


def _write_table(
    connection: sqlite3.Connection,
    table: str,
    changes: Sequence[RowChange[_Value]],
    to_row: Callable[[_Value], PlainRow],
) -> None:
    for change in changes:
        before = None if change.before is None else to_row(change.before)
        after = None if change.after is None else to_row(change.after)
        _write_row(connection, table, ("id",), before, after)


def _write_schema(
    connection: sqlite3.Connection, before: LabelSchema | None, after: LabelSchema | None
) -> None:
    _write_keyed(connection, "heads", ("name",), head_rows(before), head_rows(after))
    _write_keyed(connection, "classes", ("head", "id"), class_rows(before), class_rows(after))


def _write_keyed(
    connection: sqlite3.Connection,
    table: str,
    key: tuple[str, ...],
    before: Mapping[_Key, PlainRow],
    after: Mapping[_Key, PlainRow],
) -> None:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            _write_row(connection, table, key, before.get(name), after.get(name))


def _write_row(
    connection: sqlite3.Connection,
    table: str,
    key: tuple[str, ...],
    before: PlainRow | None,
    after: PlainRow | None,
) -> None:
    """Insert, update or delete one row; table and column names are constants of this package."""
    where = " AND ".join(f"{name} = ?" for name in key)
    if after is None:
        if before is None:
            return
        found = connection.execute(f"DELETE FROM {table} WHERE {where}", _values(before, key))
    elif before is None:
        places = ", ".join("?" * len(after))
        found = connection.execute(
            f"INSERT INTO {table} ({', '.join(after)}) VALUES ({places})",
            _values(after, tuple(after)),
        )
    else:
        settings = ", ".join(f"{name} = ?" for name in after)
        found = connection.execute(
            f"UPDATE {table} SET {settings} WHERE {where}",
            [*_values(after, tuple(after)), *_values(before, key)],
        )
    if found.rowcount != 1:
        raise StaleRowsError(
            say(
                "{table}: {count} rows match {after}",
                table=table,
                count=found.rowcount,
                after=before or after,
            )
        )


def _values(row: PlainRow, names: Sequence[str]) -> list[str | int | float | bytes | None]:
    return [to_stored(row[name]) for name in names]
