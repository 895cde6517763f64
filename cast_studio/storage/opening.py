"""Before a project's database is in use: making it, checking it, bringing it up to date."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from cast_studio.core.edits import SCHEMA_ROW_ID, Changes, RowChange, SegmentChange
from cast_studio.core.project import Project
from cast_studio.errors import DamagedError, StoreError
from cast_studio.said import say
from cast_studio.storage import backups, edit_log, schema
from cast_studio.storage.atomic import sync_folder
from cast_studio.storage.connection import (
    DATABASE_NAME,
    advice_on_damage,
    connect_to_read,
    connect_to_write,
    find_damage,
    has_log,
    without_log,
)
from cast_studio.storage.rows import to_stored
from cast_studio.storage.writing import write_changes

SUBFOLDERS = (backups.FOLDER_NAME, "predictions", "runs")

Clock = Callable[[], datetime]
"""Returns the time now, in UTC."""


def create_folder(folder: Path, project: Project, *, annotator: str, clock: Clock) -> None:
    """Make a project folder that appears complete or not at all.

    Args:
        folder: Must not exist, or be empty; folders above it are made.
        project: What the project starts with.
        annotator: Who makes it, for its history.
        clock: Gives the time of the first entry in its history.

    Raises:
        StoreError: There is something already.
        OSError: The folder cannot be written.
        sqlite3.Error: The database cannot be written.
    """
    _refuse_what_is_there(folder)
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.new")
    try:
        for name in SUBFOLDERS:
            (unfinished / name).mkdir(parents=True)
        write_new(unfinished / DATABASE_NAME, project, annotator=annotator, made_at=clock())
        sync_folder(unfinished)
        try:
            if folder.exists():
                folder.rmdir()
            unfinished.rename(folder)
        except OSError:
            # Another program may have been faster.
            _refuse_what_is_there(folder)
            raise
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _refuse_what_is_there(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(
            say(
                "“{folder}” exists already and is not empty. Choose another name for the new "
                "project.",
                folder=folder,
            )
        )


def refuse_what_is_no_project(folder: Path) -> None:
    """Raise ``StoreError`` for a path that holds no project at all."""
    path = folder / DATABASE_NAME
    try:
        if not folder.exists():
            raise StoreError(
                say(
                    "There is no project at “{folder}”. Check the path, or look for the folder if "
                    "it was moved.",
                    folder=folder,
                )
            )
        if not folder.is_dir():
            raise StoreError(
                say(
                    "“{folder}” is a file, not a project. A project is a folder whose name usually "
                    "ends in “.cast”; choose that folder.",
                    folder=folder,
                )
            )
        if not path.is_file() and backups.list_backups(folder):
            raise DamagedError(
                say(
                    "The project “{folder}” has lost its file “{database_name}”. {advice_on_damage}",
                    folder=folder,
                    database_name=DATABASE_NAME,
                    advice_on_damage=advice_on_damage(folder),
                )
            )
        if not path.is_file():
            raise StoreError(
                say(
                    "“{folder}” is not a CAST Studio project: it has no file “{database_name}”. "
                    "Choose another folder, or create a new project.",
                    folder=folder,
                    database_name=DATABASE_NAME,
                )
            )
        if path.stat().st_size == 0:
            raise DamagedError(
                say(
                    "The project “{folder}” is damaged: its file “{database_name}” is empty. "
                    "{advice_on_damage}",
                    folder=folder,
                    database_name=DATABASE_NAME,
                    advice_on_damage=advice_on_damage(folder),
                )
            )
    except OSError as error:
        raise StoreError(
            say(
                "The project “{folder}” could not be opened: {reason}. Check that you may read "
                "the folder.",
                folder=folder,
                reason=error.strerror or error,
            )
        ) from error


def open_to_write(folder: Path, *, clock: Clock) -> sqlite3.Connection:
    """Open a project's database, check it, and bring an older one up to date after a backup.

    Args:
        folder: A project folder whose lock is held.
        clock: Gives the time for the name of the backup.

    Raises:
        StoreError: It is damaged, not a project, or from a newer version.
        sqlite3.Error: It cannot be opened or written.
        OSError: The backup cannot be written.
    """
    database = connect_to_write(folder / DATABASE_NAME, lambda found: _check(found, folder))
    try:
        if schema.format_version(database) < schema.FORMAT_VERSION:
            backups.make_backup(database, folder, made_at=clock())
            _migrate(database, folder)
    except BaseException:
        database.close()
        raise
    return database


def open_to_read(folder: Path) -> sqlite3.Connection:
    """Open a project's database without writing; an older one is brought up to date in memory.

    Raises:
        StoreError: It is damaged, not a project, or from a newer version.
        sqlite3.Error: It cannot be opened.
    """
    database = connect_to_read(folder / DATABASE_NAME, lambda found: _check(found, folder))
    if schema.format_version(database) == schema.FORMAT_VERSION:
        return database
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        with closing(database):
            database.backup(copy)
        _migrate(copy, folder)
    except BaseException:
        copy.close()
        raise
    return copy


def whole_project(project: Project) -> Changes:
    """Return the changes that make a project out of nothing."""
    return Changes(
        videos=tuple(RowChange(video.id, None, video) for video in project.videos),
        tracks=tuple(RowChange(track.id, None, track) for track in project.tracks),
        segments=tuple(
            SegmentChange(segment.id, None, segment, track.id)
            for track in project.tracks
            for segment in track.segments
        ),
        models=tuple(RowChange(model.id, None, model) for model in project.models),
        schema=(RowChange(SCHEMA_ROW_ID, None, project.schema),),
        reviewed=tuple(RowChange(found.id, None, found) for found in project.reviewed),
    )


def write_new(
    path: Path,
    project: Project,
    *,
    annotator: str,
    made_at: datetime,
    description: str = "Create project",
) -> None:
    """Write a new database with a project and one entry in its history.

    Raises:
        OSError, sqlite3.Error: It cannot be written.
    """
    changes = whole_project(project)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = FULL")
        schema.create_tables(database)
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "INSERT INTO project (one, id, name) VALUES (1, ?, ?)",
            (to_stored(project.id), to_stored(project.name)),
        )
        write_changes(database, changes)
        edit_log.append(
            database,
            changes,
            made_at=made_at.isoformat(),
            annotator=annotator,
            description=description,
        )
        database.execute("COMMIT")


def _check(database: sqlite3.Connection, folder: Path) -> None:
    """Refuse a database that is not a sound project of a version that this program can read."""
    if schema.application_id(database) != schema.APPLICATION_ID:
        raise StoreError(
            say(
                "“{folder}” is not a CAST Studio project: its file “{database_name}” belongs "
                "to another program. Choose another folder.",
                folder=folder,
                database_name=DATABASE_NAME,
            )
        )
    version = schema.format_version(database)
    if version > schema.FORMAT_VERSION:
        raise StoreError(
            say(
                "The project “{folder}” was made by a newer version of CAST Studio (project "
                "format {version}; this version reads up to {format_version}). Update CAST "
                "Studio to open it.",
                folder=folder,
                version=version,
                format_version=schema.FORMAT_VERSION,
            )
        )
    damage = find_damage(database)
    if damage:
        raise DamagedError(
            say(
                "The project “{folder}” is damaged ({damage}). {advice_on_damage}",
                folder=folder,
                damage=damage,
                advice_on_damage=advice_on_damage(folder),
            )
        )
    if is_log_older(folder / DATABASE_NAME, database):
        raise DamagedError(
            say(
                "The project “{folder}” lies beside an older log, “{database_name}-wal”, which would "
                "take edits back. Nothing was changed. Close the project everywhere, move that file "
                "out of the folder, and open it again.",
                folder=folder,
                database_name=DATABASE_NAME,
            )
        )


def is_log_older(path: Path, database: sqlite3.Connection) -> bool:
    """Return whether the write-ahead log beside a database is from before what the database holds.

    A program that copies or restores files one by one can leave it there; SQLite would believe it.

    Args:
        path: The database.
        database: The same one, with its log.
    """
    if not has_log(path):
        return False
    newest = 0
    # Another window may be folding the log in: then this may fail, and nothing is wrong.
    with suppress(sqlite3.Error, UnicodeDecodeError), without_log(path) as alone:
        newest = edit_log.last_revision(alone)
    return newest > edit_log.last_revision(database)


def _migrate(database: sqlite3.Connection, folder: Path) -> None:
    try:
        schema.migrate(database)
    except schema.MigrationError as error:
        raise StoreError(
            say(
                "The project “{folder}” could not be brought up to date: {error}. Nothing was "
                "changed; open it with the version that made it.",
                folder=folder,
                error=error,
            )
        ) from error
