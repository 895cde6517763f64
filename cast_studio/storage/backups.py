"""Complete copies of a project's database, made while it is open, and the way back to one."""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from cast_studio.errors import StoreError
from cast_studio.said import say
from cast_studio.storage import edit_log, schema
from cast_studio.storage.atomic import sync_folder
from cast_studio.storage.connection import DATABASE_NAME, database_uri, find_damage
from cast_studio.storage.lock import AlreadyLockedError, ProjectLock

log = logging.getLogger(__name__)

FOLDER_NAME = "backups"
KEPT = 10
"""How many of the newest backups stay."""

KEPT_DAYS = 10
"""Of how many earlier days the last backup stays too."""

_NAME = re.compile(r"project-(?:(\d+)-)?(\d{8})T\d{6}\.\d+Z-r\d+-v\d+\.db")

_UNFINISHED = ".cast-studio-"


def list_backups(folder: Path) -> tuple[Path, ...]:
    """Return the backups of a project folder, oldest first.

    They are numbered: a clock that was put back must not make the newest one look old.
    """
    return tuple(sorted((folder / FOLDER_NAME).glob("project-*.db"), key=_age))


def _age(path: Path) -> tuple[int, str]:
    found = _NAME.fullmatch(path.name)
    return (int(found[1]) if found and found[1] else 0, path.name)


def too_many(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return which of the backups, oldest first, are not kept."""
    older = paths[: max(0, len(paths) - KEPT)]
    last_of_day = {found[2]: path for path in older if (found := _NAME.fullmatch(path.name))}
    kept = set(list(last_of_day.values())[-KEPT_DAYS:])
    return tuple(path for path in older if path not in kept)


def make_backup(database: sqlite3.Connection, folder: Path, *, made_at: datetime) -> Path | None:
    """Copy an open database into its backup folder and delete the oldest copies beyond ``KEPT``.

    Args:
        database: Open, outside a transaction.
        folder: The project folder.
        made_at: The time now, for the file's name.

    Returns:
        The new backup; None if the newest one holds the same edits already.

    Raises:
        sqlite3.Error: The copy cannot be written, or is not sound.
        OSError: The copy cannot be written.
    """
    existing = list_backups(folder)
    if existing and _last_edit_of(existing[-1]) == _last_edit(database):
        return None
    target_folder = folder / FOLDER_NAME
    target_folder.mkdir(exist_ok=True)
    revision, version = edit_log.last_revision(database), schema.format_version(database)
    number = _age(existing[-1])[0] + 1 if existing else 1
    name = f"project-{number:06}-{made_at:%Y%m%dT%H%M%S.%fZ}-r{revision}-v{version}.db"
    unfinished = target_folder / f"{_UNFINISHED}{secrets.token_hex(8)}.tmp"
    try:
        _copy(database, unfinished)
        unfinished.replace(target_folder / name)
    finally:
        # Also what a process left that was killed here: only the holder of the lock gets this far.
        for leftover in target_folder.glob(f"{_UNFINISHED}*"):
            leftover.unlink(missing_ok=True)
    sync_folder(target_folder)
    for old in too_many(list_backups(folder)):
        old.unlink(missing_ok=True)
    return target_folder / name


def restore_backup(folder: Path, backup: Path, *, now: datetime) -> Path:
    """Put a backup in the place of a project's database, which is set aside, not deleted.

    Args:
        folder: The project folder; no window may have it open.
        backup: One of :func:`list_backups`.
        now: The time now, for the name of the folder that takes the old files.

    Returns:
        The folder with the files that were set aside.

    Raises:
        StoreError: The project is open, or the files cannot be moved or copied.
    """

    def copy_backup(copy: Path) -> None:
        shutil.copyfile(backup, copy)
        _sync_file(copy)

    return put_in_place(folder, copy_backup, now=now, what=f"The backup “{backup}”")


def put_in_place(
    folder: Path, write: Callable[[Path], object], *, now: datetime, what: str
) -> Path:
    """Put another database in the place of a project's, which is set aside, not deleted.

    Args:
        folder: The project folder; no window may have it open.
        write: Makes the new database at a path.
        now: The time now, for the name of the folder that takes the old files.
        what: What is put there, as the subject of a sentence.

    Returns:
        The folder with the files that were set aside.

    Raises:
        StoreError: The project is open, or the files cannot be moved or written.
    """
    aside = folder / f"set-aside-{now:%Y%m%dT%H%M%S.%fZ}"
    copy = folder / f"{_UNFINISHED}{secrets.token_hex(8)}.tmp"
    try:
        lock = ProjectLock(folder)
    except (AlreadyLockedError, OSError) as error:
        raise StoreError(
            say(
                "{what} cannot be restored while the project is open or write-protected. Close "
                "it everywhere and try again.",
                what=what,
            )
        ) from error
    try:
        write(copy)
        aside.mkdir()
        # The side files go first: a log must never be left beside a database that it is not about.
        for suffix in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                (folder / f"{DATABASE_NAME}{suffix}").rename(aside / f"{DATABASE_NAME}{suffix}")
        with suppress(FileNotFoundError):
            _give_second_name(folder / DATABASE_NAME, aside / DATABASE_NAME)
        sync_folder(aside)
        # In one step: there is no moment at which the project has no database.
        copy.replace(folder / DATABASE_NAME)
        sync_folder(folder)
    except (OSError, sqlite3.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(
            say(
                "{what} could not be restored: {why}. The files of the project are in "
                "“{folder}” and “{aside}”.",
                what=what,
                why=why,
                folder=folder,
                aside=aside,
            )
        ) from error
    finally:
        copy.unlink(missing_ok=True)
        lock.release()
    return aside


def _give_second_name(path: Path, other: Path) -> None:
    try:
        os.link(path, other)
    except FileNotFoundError:
        raise
    except OSError:  # not every drive can
        shutil.copyfile(path, other)
        _sync_file(other)


def _copy(database: sqlite3.Connection, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        target.execute("PRAGMA synchronous = FULL")
        database.backup(target)
        # The copy brings the mode of the original along; a backup should be one file.
        target.execute("PRAGMA journal_mode = DELETE")
        damage = find_damage(target)
    if damage:
        raise sqlite3.DatabaseError(say("the copy is damaged: {damage}", damage=damage))
    _sync_file(path)


def _sync_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _last_edit_of(backup: Path) -> tuple[object, ...] | None:
    """Return what tells two histories apart; None for a backup that cannot be read."""
    try:
        with closing(sqlite3.connect(database_uri(backup, mode="ro"), uri=True)) as copy:
            return _last_edit(copy)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        log.warning("the backup %s cannot be read: %s", backup, error)
        return None


def _last_edit(database: sqlite3.Connection) -> tuple[object, ...]:
    newest = database.execute(
        "SELECT revision, made_at, description FROM edits ORDER BY revision DESC LIMIT 1"
    ).fetchone()
    return (schema.format_version(database), *(newest or ()))
