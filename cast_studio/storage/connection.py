"""Opening an SQLite database the safe way, and saying in words what SQLite reports in codes."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from cast_studio.errors import DamagedError, StoreError
from cast_studio.said import say

log = logging.getLogger(__name__)

Check = Callable[[sqlite3.Connection], None]
"""Looks at a database before anything in it is changed, and raises to refuse it."""

DATABASE_NAME = "project.db"

_BUSY_SECONDS = 5.0
_SIGNS_OF_NO_SHARED_MEMORY = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL}
)
_SIGNS_OF_NO_PLACE_BESIDE = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
)
"""How a folder answers that is write-protected, or whose disk is full, when the shared memory is made."""
_SIGNS_OF_WRITE_PROTECTION = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}
)

_Prepare = Callable[[sqlite3.Connection, Check], None]


def connect_to_write(path: Path, check: Check, *, vfs: str = "") -> sqlite3.Connection:
    """Open an existing database so that a commit that returned is on the disk.

    A write-ahead log is used where it works, else (network drives, mostly) a rollback journal; both
    with ``synchronous=FULL``.

    Args:
        path: The database; it is not created.
        check: Called before the database is changed in any way.
        vfs: Name of the SQLite file layer; empty for the usual one.

    Returns:
        A connection in autocommit mode that may be used from any thread, one at a time.

    Raises:
        sqlite3.Error: It cannot be opened or written.
    """
    try:
        with log_left_alone(path):
            return _prepared(path, vfs, check, _use_write_ahead_log)
    except sqlite3.OperationalError as error:
        if _primary(error) not in _SIGNS_OF_NO_SHARED_MEMORY:
            raise
        log.warning("no write-ahead log for %s (%s): trying a rollback journal", path, error)
    return _prepared(path, vfs, check, _use_rollback_journal)


@contextmanager
def log_left_alone(path: Path) -> Iterator[None]:
    """Keep connections that are closed inside the block from folding in the write-ahead log.

    SQLite's last connection does that when it is closed, be the log that of another database or the
    database damaged: what could still be saved would be overwritten by merely looking at it.

    Args:
        path: The database.
    """
    other: sqlite3.Connection | None = None
    with suppress(sqlite3.Error):
        if _has_bytes(_log_of(path)):
            other = _connect(path, mode="ro")
            # As long as this one has the log open, no other is the last; it cannot write itself.
            other.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    try:
        yield
    finally:
        if other is not None:
            other.close()


def connect_to_read(path: Path, check: Check) -> sqlite3.Connection:
    """Open an existing database that is never written through this connection.

    Works beside a writer, and for a folder on a medium that cannot be written.

    Args:
        path: The database.
        check: Called before the connection is returned.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    connection = _connect(path, mode="ro")
    try:
        check(connection)
        return connection
    except sqlite3.OperationalError as error:
        connection.close()
        if _primary(error) not in _SIGNS_OF_NO_PLACE_BESIDE or _has_bytes(_log_of(path)):
            raise
    except BaseException:
        connection.close()
        raise
    # The shared memory cannot be made beside the log, and there is no log to miss.
    connection = _connect(path, mode="ro", immutable=True)
    try:
        check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def without_log(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database to read what its file holds by itself, as if no write-ahead log lay beside it.

    Raises:
        sqlite3.Error: It cannot be opened; much that is in the log may be missing.
    """
    with closing(_connect(path, mode="ro", immutable=True)) as alone:
        yield alone


def has_log(path: Path) -> bool:
    """Return whether a write-ahead log with something in it lies beside a database."""
    return _has_bytes(_log_of(path))


def database_uri(path: Path, *, mode: str) -> str:
    """Return the address of an existing database for ``sqlite3.connect(..., uri=True)``.

    Args:
        path: The database; its folders may have any name, a share or a drive letter.
        mode: ``"ro"`` or ``"rw"``.
    """
    location = path.resolve().as_posix()
    # An empty authority, then the path; a drive letter needs a slash in front of it.
    start = "file://" if location.startswith("/") else "file:///"
    return f"{start}{quote(os.fsencode(location))}?mode={mode}"


def journal_mode(connection: sqlite3.Connection) -> str:
    """Return ``"wal"``, ``"delete"`` or another name that SQLite has for how it journals."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def find_damage(connection: sqlite3.Connection) -> str:
    """Check a database page by page; whether its rows fit each other is checked when it is read.

    Returns:
        The first fault in SQLite's words; empty when there is none.

    Raises:
        sqlite3.DatabaseError: It is too damaged to be checked.
    """
    verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if verdict == "ok" else verdict


def reason(error: sqlite3.Error, *, path: Path) -> str:
    """Say what went wrong and what to do about it, as the end of a sentence.

    Args:
        error: What SQLite raised.
        path: The database; its folder is named.

    Returns:
        Words to follow "could not be saved: ", ending in a full stop.
    """
    folder = path.parent
    if _is_damage(error):
        return f"its database is damaged ({error}). {advice_on_damage(folder)}"
    match _primary(error):
        case sqlite3.SQLITE_FULL:
            return say("the disk is full. Free some space on it and try again.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return say(
                "it is write-protected. Allow writing to “{folder}” or copy the project elsewhere.",
                folder=folder,
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return say("another program is using its database. Close that program and try again.")
        case sqlite3.SQLITE_CANTOPEN:
            return say(
                "a file in “{folder}” cannot be opened or created. Check that the folder is "
                "still there and that you may write to it.",
                folder=folder,
            )
        case sqlite3.SQLITE_IOERR:
            return say(
                "reading or writing “{folder}” failed ({error}). Check that its disk is "
                "connected, healthy and not full, then try again.",
                folder=folder,
                error=error,
            )
    return say("the database reported “{error}”. Try again; the log has the details.", error=error)


@contextmanager
def in_words(what: str, path: Path) -> Iterator[None]:
    """Raise ``StoreError`` for what SQLite and the file system raise inside the block.

    Args:
        what: The start of the sentence.
        path: The database.
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = DamagedError if _is_damage(error) else StoreError
        raise kind(f"{what}: {reason(error, path=path)}") from error
    except UnicodeDecodeError as error:
        # SQLite's own message quotes the names in a damaged schema, which are no text any more.
        raise DamagedError(
            say(
                "{what}: its database is damaged. {advice}",
                what=what,
                advice=advice_on_damage(path.parent),
            )
        ) from error
    except OverflowError as error:
        raise StoreError(
            say("{what}: a number in it is too large. Undo the last edit.", what=what)
        ) from error
    except OSError as error:
        raise StoreError(
            say(
                "{what}: {reason}. Check that “{folder}” is there, that you may write to it "
                "and that its disk is not full.",
                what=what,
                reason=error.strerror or error,
                folder=path.parent,
            )
        ) from error


def is_write_refused(error: sqlite3.Error) -> bool:
    """Return whether the file or its folder cannot be written, although it may be readable."""
    return _primary(error) in _SIGNS_OF_WRITE_PROTECTION


def is_disk_troubled(error: sqlite3.Error) -> bool:
    """Return whether the disk is full or cannot be written, although it may be readable."""
    return _primary(error) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def advice_on_damage(folder: Path) -> str:
    """Return what somebody can do whose project database is damaged."""
    # Numbered ones, which have a part more in their names, are newer than those that are only dated.
    found = (folder / "backups").glob("*.db")
    backups = sorted(found, key=lambda path: (path.name.count("-"), path.name))
    if backups:
        # A log that is left beside a database which it is not about would damage that one too.
        return say(
            "Nothing was changed. Its newest backup is “{backups}”: close the project "
            "everywhere, move “{database_name}” out of the folder, and "
            "“{database_name}-wal” and “{database_name}-shm” if they are there, and copy "
            "the backup to “{database_name}”.",
            backups=backups[-1],
            database_name=DATABASE_NAME,
        )
    return say(
        "Nothing was changed. It has no backup of its own: open it in the window, which shows what "
        "can still be read of it, or restore the folder from yours."
    )


def _connect(
    path: Path, *, mode: str, vfs: str = "", immutable: bool = False, exclusive: bool = False
) -> sqlite3.Connection:
    uri = database_uri(path, mode=mode)
    if vfs:
        uri += f"&vfs={vfs}"
    if immutable:
        uri += "&immutable=1"
    # The store guards the connection with a mutex of its own, so that closing may come from any
    # thread.
    connection = sqlite3.connect(
        uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        if exclusive:
            # A database that still has a write-ahead log is then read without shared memory. It
            # must come first: the others read the database.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        if mode == "rw":
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            # Without this, fsync on macOS leaves the bytes in the drive's cache.
            connection.execute("PRAGMA fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepared(path: Path, vfs: str, check: Check, prepare: _Prepare) -> sqlite3.Connection:
    connection = _connect(path, mode="rw", vfs=vfs, exclusive=prepare is _use_rollback_journal)
    try:
        prepare(connection, check)
    except BaseException:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection, check: Check) -> None:
    """Switch to a write-ahead log and try it: some drives fail at the first write only."""
    check(connection)
    mode = str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
    if mode != "wal":
        log.warning("no write-ahead log here: the journal mode is %r", mode)
    _try_a_transaction(connection)


def _use_rollback_journal(connection: sqlite3.Connection, check: Check) -> None:
    """Leave the mode of the log that this drive cannot do; the connection is exclusive for it."""
    check(connection)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA locking_mode = NORMAL")
    _try_a_transaction(connection)


def _try_a_transaction(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    connection.execute("ROLLBACK")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _has_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _is_damage(error: sqlite3.Error) -> bool:
    # Bytes that are no text have no code: Python's own wrapper finds them, not SQLite.
    is_no_text = str(error).startswith("Could not decode to UTF-8")
    return is_no_text or _primary(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _primary(error: sqlite3.Error) -> int:
    """Return the result code without its extension; 0 for an error that Python itself raised."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return 0 if code is None else code & 0xFF
