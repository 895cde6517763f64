"""Opening an SQLite database the safe way, and saying in words what SQLite reports in codes."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

log = logging.getLogger(__name__)

Connect = Callable[[Path], sqlite3.Connection]
"""Opens an existing database; ``connect_to_write`` and ``connect_to_read`` are the two."""

_BUSY_SECONDS = 5.0


def connect_to_write(path: Path, *, vfs: str = "") -> sqlite3.Connection:
    """Open an existing database so that a commit that returned is on the disk.

    A write-ahead log is used where it works, else (network drives, mostly) a rollback journal; both
    with ``synchronous=FULL``.

    Args:
        path: The database; it is not created.
        vfs: Name of the SQLite file layer; empty for the usual one.

    Returns:
        A connection in autocommit mode that may be used from any thread, one at a time.

    Raises:
        sqlite3.Error: It cannot be opened or written.
    """
    try:
        connection = _connect(path, mode="rw", vfs=vfs)
        try:
            _use_write_ahead_log(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        if _primary(error) not in (
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_PROTOCOL,
        ):
            raise
        log.warning("no write-ahead log for %s (%s): using a rollback journal", path, error)
        connection = _with_rollback_journal(path, vfs=vfs)
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open an existing database that is never written through this connection.

    Works beside a writer, and for a folder on a medium that cannot be written.

    Args:
        path: The database.

    Raises:
        sqlite3.Error: It cannot be opened.
    """
    try:
        connection = _connect(path, mode="ro")
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        log_path = path.with_name(path.name + "-wal")
        code = _primary(error)
        if code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) or _has_bytes(log_path):
            raise
        # The shared-memory file of the log cannot be made beside it, and there is no log to miss.
        connection = _connect(path, mode="ro", immutable=True)
    return connection


def journal_mode(connection: sqlite3.Connection) -> str:
    """Return ``"wal"``, ``"delete"`` or another name that SQLite has for how it journals."""
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def find_damage(connection: sqlite3.Connection) -> str:
    """Check a database page by page and row by row.

    Returns:
        The first fault in SQLite's words; empty when there is none.

    Raises:
        sqlite3.DatabaseError: It is too damaged to be checked.
    """
    verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if verdict != "ok":
        return verdict
    orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    return "" if orphan is None else f"a row of {orphan[0]} belongs to a missing row of {orphan[2]}"


def reason(error: sqlite3.Error, *, path: Path) -> str:
    """Say what went wrong and what to do about it, as the end of a sentence.

    Args:
        error: What SQLite raised.
        path: The database; its folder is named.

    Returns:
        Words to follow "could not be saved: ", ending in a full stop.
    """
    folder = path.parent
    match _primary(error):
        case sqlite3.SQLITE_FULL:
            return "the disk is full. Free some space on it and try again."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return (
                f"it is write-protected. Allow writing to “{folder}” or copy the project elsewhere."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "another program is using its database. Close that program and try again."
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return f"its database is damaged ({error}). {advice_on_damage(folder)}"
        case sqlite3.SQLITE_CANTOPEN:
            return (
                f"a file in “{folder}” cannot be opened or created. Check that the folder is still "
                "there and that you may write to it."
            )
        case sqlite3.SQLITE_IOERR:
            return (
                f"reading or writing “{folder}” failed ({error}). Check that its disk is "
                "connected, healthy and not full, then try again."
            )
    return f"the database reported “{error}”. Try again; the log has the details."


def advice_on_damage(folder: Path) -> str:
    """Return what somebody can do whose project database is damaged."""
    backups = sorted((folder / "backups").glob("*.db"))
    if backups:
        return f"Nothing was changed. Its newest backup is “{backups[-1]}”."
    return "Nothing was changed. It has no backup of its own: restore the folder from yours."


def _connect(
    path: Path, *, mode: str, vfs: str = "", immutable: bool = False
) -> sqlite3.Connection:
    uri = f"file:{quote(path.resolve().as_posix())}?mode={mode}"
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
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        # Without this, fsync on macOS leaves the bytes in the drive's cache.
        connection.execute("PRAGMA fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log and try it: some drives fail at the first write only."""
    mode = str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
    if mode != "wal":
        log.warning("no write-ahead log here: journal mode is %r", mode)
    _try_a_transaction(connection)


def _with_rollback_journal(path: Path, *, vfs: str) -> sqlite3.Connection:
    connection = _connect(path, mode="rw", vfs=vfs)
    try:
        # Exclusive locking reads a database that is still in WAL mode without the shared memory
        # that this drive cannot give; leaving that mode then needs nobody else.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA locking_mode = NORMAL")
        _try_a_transaction(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _try_a_transaction(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    connection.execute("ROLLBACK")


def _has_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _primary(error: sqlite3.Error) -> int:
    """Return the result code without its extension; 0 for an error that Python itself raised."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return 0 if code is None else code & 0xFF
