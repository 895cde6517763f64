"""Reading a whole project out of its database; what does not fit stops it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from typing import NoReturn

from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.tracks import Segment, sort_key
from cast_studio.storage.reviewed_rows import REVIEWED_COLUMNS, read_reviewed
from cast_studio.storage.rows import (
    CLASS_COLUMNS,
    HEAD_COLUMNS,
    MODEL_COLUMNS,
    SEGMENT_COLUMNS,
    TRACK_COLUMNS,
    VIDEO_COLUMNS,
    from_stored,
    read_model,
    read_schema,
    read_segments,
    read_track,
    read_video,
)


def read_project(connection: sqlite3.Connection) -> Project:
    """Return the project, inside a read transaction that the caller has opened.

    Raises:
        ValueError: A row is missing something, or does not fit the others.
        sqlite3.Error: SQLite failed.
    """
    found = list(_rows(connection, "project", ("id", "name")))
    if len(found) != 1:
        raise ValueError("it does not say which project it is")
    schema = read_schema(
        _rows(connection, "heads", HEAD_COLUMNS, order="position"),
        _rows(connection, "classes", CLASS_COLUMNS, order="head, position"),
    )
    known = {(head.name, found.id) for head in schema.heads for found in head.classes}
    sound: set[int] = set()
    segments: defaultdict[str, list[Segment]] = defaultdict(list)
    columns = ", ".join(SEGMENT_COLUMNS)
    # Rows that are left open keep the database open after it was closed.
    with closing(connection.execute(f"SELECT {columns} FROM segments")) as rows:
        for track_id, segment in read_segments(rows):
            # Segments share their mappings: each is looked at once.
            if id(segment.labels) not in sound:
                if not segment.labels.items() <= known:
                    _refuse_labels(known, segment)
                sound.add(id(segment.labels))
            segments[track_id].append(segment)
    tracks = tuple(
        read_track(row, sorted(segments.pop(str(row["id"]), ()), key=sort_key))
        for row in _rows(connection, "tracks", TRACK_COLUMNS)
    )
    if segments:
        raise ValueError(f"segments belong to the missing track {next(iter(segments))}")
    return Project(
        format_version=FORMAT_VERSION,
        id=str(found[0]["id"]),
        name=str(found[0]["name"]),
        schema=schema,
        videos=tuple(read_video(row) for row in _rows(connection, "videos", VIDEO_COLUMNS)),
        tracks=tracks,
        models=tuple(read_model(row) for row in _rows(connection, "models", MODEL_COLUMNS)),
        reviewed=tuple(
            read_reviewed(row) for row in _rows(connection, "reviewed", REVIEWED_COLUMNS)
        ),
    )


def _rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], *, order: str = "1"
) -> Iterator[Mapping[str, object]]:
    rows = connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}")
    for row in rows.fetchall():
        # Bytes stand for text that is no valid Unicode; nearly no row has any.
        values = map(from_stored, row) if bytes in map(type, row) else row
        yield dict(zip(columns, values, strict=True))


def _refuse_labels(known: Set[tuple[str, int]], segment: Segment) -> NoReturn:
    head, class_id = min(segment.labels.items() - known)
    raise ValueError(
        f'the segment {segment.id} has the class {class_id} of "{head}", '
        "which the label schema does not have"
    )
