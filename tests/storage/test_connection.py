from __future__ import annotations

import logging
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cast_studio.errors import StoreError
from cast_studio.storage.connection import (
    connect_to_read,
    connect_to_write,
    in_words,
    journal_mode,
)


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """Return a database whose last row is only in its write-ahead log."""
    original = tmp_path / "original.db"
    with closing(sqlite3.connect(original, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE numbers (number)")
        database.execute("INSERT INTO numbers VALUES (1)")
        for suffix in ("", "-wal"):
            shutil.copy(f"{original}{suffix}", f"{tmp_path / 'crashed.db'}{suffix}")
    return tmp_path / "crashed.db"


def look(database: sqlite3.Connection) -> None:
    """Read something, as the checks of a project do."""
    database.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def numbers(database: sqlite3.Connection) -> list[int]:
    return [number for (number,) in database.execute("SELECT number FROM numbers")]


def test_a_commit_waits_for_the_disk(crashed: Path) -> None:
    with closing(connect_to_write(crashed, look)) as database:
        assert journal_mode(database) == "wal"
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert numbers(database) == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="a file layer without shared memory")
@pytest.mark.parametrize("vfs", ["unix-dotfile", "unix-none"])
def test_where_no_log_can_work_a_rollback_journal_does(
    crashed: Path, vfs: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        database = connect_to_write(crashed, look, vfs=vfs)
    assert "rollback journal" in caplog.text
    assert journal_mode(database) == "delete"
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    database.execute("INSERT INTO numbers VALUES (2)")
    database.close()
    with closing(connect_to_write(crashed, look, vfs=vfs)) as database:
        assert numbers(database) == [1, 2]
    with closing(connect_to_write(crashed, look)) as database:
        assert journal_mode(database) == "wal"
        assert numbers(database) == [1, 2]


def test_a_refused_database_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "foreign.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (a)")
    before = path.read_bytes()

    def refuse(database: sqlite3.Connection) -> None:
        look(database)
        raise StoreError("not mine")

    for connect in (connect_to_write, connect_to_read):
        with pytest.raises(StoreError, match="not mine"):
            connect(path, refuse)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_database_is_not_made(tmp_path: Path) -> None:
    for connect in (connect_to_write, connect_to_read):
        with pytest.raises(sqlite3.OperationalError):
            connect(tmp_path / "none.db", look)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_reads_what_a_crash_left_in_the_log(crashed: Path) -> None:
    with closing(connect_to_read(crashed, look)) as database:
        assert numbers(database) == [1]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.execute("INSERT INTO numbers VALUES (2)")


def test_what_sqlite_has_no_code_for_is_still_a_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"^It failed: the database reported “odd”\."),
        in_words("It failed", tmp_path / "project.db"),
    ):
        raise sqlite3.OperationalError("odd")


def test_a_number_that_no_database_can_hold_is_a_sentence(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(":memory:")) as database,
        pytest.raises(StoreError, match="a number in it is too large"),
        in_words("It failed", tmp_path / "project.db"),
    ):
        database.execute("SELECT ?", (2**70,))
