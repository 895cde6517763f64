"""What a backup holds, read without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cast_studio.core.project import Project
from cast_studio.errors import DamagedError, StoreError
from cast_studio.said import say
from cast_studio.storage import schema
from cast_studio.storage.backups import list_backups
from cast_studio.storage.connection import database_uri, find_damage, in_words
from cast_studio.storage.reading import read_project
from cast_studio.storage.rows import from_stored


@dataclass(frozen=True, slots=True)
class BackupContents:
    """A backup, as far as a user wants to know before it is restored.

    Attributes:
        path: The file.
        made_at: When its last edit was made, UTC; None if that cannot be told.
        revision: Number of its last edit; 0 if it cannot be read.
        videos: How many videos it holds.
        segments: How many labels it holds.
        last_edit: What its last edit was.
        last_annotator: Who made that; may be empty.
        problem: Why it cannot be restored; empty if it can.
    """

    path: Path
    made_at: datetime | None = None
    revision: int = 0
    videos: int = 0
    segments: int = 0
    last_edit: str = ""
    last_annotator: str = ""
    problem: str = ""


def contents_of_backups(folder: Path) -> tuple[BackupContents, ...]:
    """Return what the backups of a project hold, newest first. Reads each: not on the GUI thread."""
    return tuple(contents_of(path) for path in reversed(list_backups(folder)))


def contents_of(backup: Path) -> BackupContents:
    """Return what a backup holds; one that cannot be read is told so, not raised."""
    try:
        with closing(_open(backup)) as database:
            videos, segments = (
                int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in ("videos", "segments")
            )
            newest = database.execute(
                "SELECT revision, made_at, annotator, description FROM edits "
                "ORDER BY revision DESC LIMIT 1"
            ).fetchone()
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        return BackupContents(backup, problem=f"It cannot be read: {error}.")
    revision, made_at, annotator, description = newest or (0, "", "", "")
    return BackupContents(
        backup,
        made_at=_moment(str(made_at)),
        revision=int(revision),
        videos=videos,
        segments=segments,
        last_edit=str(from_stored(description)),
        last_annotator=str(from_stored(annotator)),
    )


def read_backup(backup: Path) -> Project:
    """Return the project that a backup holds.

    Raises:
        DamagedError: It is damaged.
        StoreError: It cannot be read, or is from a newer version.
    """
    what = f"The backup “{backup.name}” cannot be read"
    with (
        in_words(what, backup),
        closing(_open(backup)) as original,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as copy,
    ):
        original.backup(copy)
        damage = find_damage(copy)
        if damage:
            raise DamagedError(
                say(
                    "{what}: it is damaged ({damage}). Choose another one.",
                    what=what,
                    damage=damage,
                )
            )
        if schema.format_version(copy) > schema.FORMAT_VERSION:
            raise StoreError(
                say(
                    "{what}: it was made by a newer version of CAST Studio. Update CAST Studio.",
                    what=what,
                )
            )
        try:
            schema.migrate(copy)
            copy.execute("BEGIN")
            return read_project(copy)
        except (ValueError, schema.MigrationError) as error:
            raise DamagedError(
                say("{what}: {error}. Choose another one.", what=what, error=error)
            ) from error


def _open(backup: Path) -> sqlite3.Connection:
    # A backup is one complete file: nothing is to be made beside it.
    return sqlite3.connect(f"{database_uri(backup, mode='ro')}&immutable=1", uri=True)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
