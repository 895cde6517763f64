"""The tables of a project's database, and how older databases are brought up to date.

``PRAGMA application_id`` says that a database is a CAST Studio project, ``PRAGMA user_version``
says which version of the tables it has. A change of the tables is a new version and one function in
``MIGRATIONS``; ``tests/storage/samples`` keeps one database of every version as SQL text.

A field that another program (or a later release with the same version) needs and this one does not
know goes into ``extra_fields`` under the id of the row it belongs to. Rows are written by named
columns and those notes are never deleted, so what is unknown here survives edits, and also a
removal that is undone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from types import MappingProxyType

from cast_studio.core import project
from cast_studio.said import say

APPLICATION_ID = 0x43415354
"""``CAST`` in ASCII."""

FORMAT_VERSION = project.FORMAT_VERSION
"""The version of the tables that this program reads and writes."""

Migration = Callable[[sqlite3.Connection], None]
"""Changes the tables of one version into those of the next, inside a transaction that it did not
open."""


def _order_tracks_and_keep_reviews(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE tracks ADD COLUMN position INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE videos ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    connection.execute(REVIEWED_TABLE)


REVIEWED_TABLE = """
CREATE TABLE reviewed (
    id TEXT NOT NULL PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) DEFERRABLE INITIALLY DEFERRED,
    start_pts INTEGER NOT NULL,
    end_pts INTEGER NOT NULL CHECK (start_pts < end_pts),
    annotator TEXT NOT NULL
)"""
"""What was looked at."""

_CLASS_WORDS = (
    "category TEXT NOT NULL DEFAULT ''",
    "description TEXT NOT NULL DEFAULT ''",
    "former_names TEXT NOT NULL DEFAULT '[]'",
)


def _describe_classes(connection: sqlite3.Connection) -> None:
    for column in _CLASS_WORDS:
        connection.execute(f"ALTER TABLE classes ADD COLUMN {column}")


def _choose_streams(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE videos ADD COLUMN stream INTEGER")


MIGRATIONS: Mapping[int, Migration] = MappingProxyType(
    {1: _order_tracks_and_keep_reviews, 2: _describe_classes, 3: _choose_streams}
)
"""From a version to the function that leads to the next one."""

TABLES = f"""{REVIEWED_TABLE};
CREATE TABLE project (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE heads (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
);
CREATE TABLE classes (
    head TEXT NOT NULL REFERENCES heads (name) DEFERRABLE INITIALLY DEFERRED,
    id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    shortcut TEXT,
    retired INTEGER NOT NULL CHECK (retired IN (0, 1)), {", ".join(_CLASS_WORDS)},
    PRIMARY KEY (head, id)
);
CREATE TABLE videos (
    id TEXT NOT NULL PRIMARY KEY,
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    timebase TEXT,
    n_frames INTEGER,
    rate TEXT,
    width INTEGER,
    height INTEGER,
    start_pts INTEGER,
    end_pts INTEGER
, note TEXT NOT NULL DEFAULT '', stream INTEGER);
CREATE TABLE tracks (
    id TEXT NOT NULL PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES videos (id) DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    annotator TEXT NOT NULL,
    exclusive INTEGER NOT NULL CHECK (exclusive IN (0, 1))
, position INTEGER NOT NULL DEFAULT 0);
CREATE TABLE segments (
    id TEXT NOT NULL PRIMARY KEY,
    track_id TEXT NOT NULL REFERENCES tracks (id) DEFERRABLE INITIALLY DEFERRED,
    start_pts INTEGER NOT NULL,
    end_pts INTEGER NOT NULL CHECK (start_pts <= end_pts),
    labels TEXT NOT NULL,
    origin TEXT NOT NULL,
    subject TEXT NOT NULL,
    note TEXT NOT NULL,
    attributes TEXT NOT NULL,
    model_id TEXT NOT NULL,
    score REAL,
    created_at TEXT NOT NULL,
    modified_at TEXT NOT NULL
);
CREATE INDEX segments_by_track ON segments (track_id, start_pts);
CREATE TABLE models (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    base_sha256 TEXT NOT NULL,
    heads TEXT NOT NULL,
    clip_spec_version TEXT NOT NULL,
    schema_fingerprint TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE edits (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    annotator TEXT NOT NULL,
    description TEXT NOT NULL,
    changes TEXT NOT NULL
);
CREATE TABLE extra_fields (
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (table_name, row_id)
);
CREATE TRIGGER edits_are_never_changed BEFORE UPDATE ON edits
BEGIN SELECT RAISE (ABORT, 'the edits of a project are append-only'); END;
CREATE TRIGGER edits_are_never_deleted BEFORE DELETE ON edits
BEGIN SELECT RAISE (ABORT, 'the edits of a project are append-only'); END;
"""
"""The tables of ``FORMAT_VERSION``, to the letter as migrations leave them. Times are ticks, fractions
are ``"numerator/denominator"``; the columns ``labels``, ``attributes``, ``heads``,
``former_names`` and ``changes`` hold JSON."""


class MigrationError(Exception):
    """No way leads from the version of a database to the one of this program."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty database a project of the current version.

    Args:
        connection: To a new database, in autocommit mode.
    """
    connection.executescript(f"BEGIN;{TABLES}COMMIT;")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")


def application_id(connection: sqlite3.Connection) -> int:
    """Return the mark that tells which program a database belongs to; 0 where there is none."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def format_version(connection: sqlite3.Connection) -> int:
    """Return the version of the tables of a database; 0 where none was set."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(
    connection: sqlite3.Connection,
    *,
    migrations: Mapping[int, Migration] | None = None,
    target: int | None = None,
) -> None:
    """Bring the tables to a newer version in one transaction: all steps are made or none.

    Args:
        connection: To a database whose version is at most ``target``, in autocommit mode.
        migrations: One function for every version on the way; ``MIGRATIONS`` when left out.
        target: The version to reach; ``FORMAT_VERSION`` when left out.

    Raises:
        MigrationError: A step is missing.
        sqlite3.Error: A step failed.
    """
    steps = MIGRATIONS if migrations is None else migrations
    wanted = FORMAT_VERSION if target is None else target
    first = format_version(connection)
    missing = [version for version in range(first, wanted) if version not in steps]
    if missing:
        raise MigrationError(
            say("no migration leads on from version {missing}", missing=missing[0])
        )
    connection.execute("BEGIN IMMEDIATE")
    try:
        for version in range(first, wanted):
            steps[version](connection)
        connection.execute(f"PRAGMA user_version = {wanted}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
