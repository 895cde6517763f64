from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cast_studio.errors import StoreError
from cast_studio.storage import backups
from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, Clock, changed, full_disk


def commit(store: ProjectStore, number: int) -> None:
    (changes,) = changed(PROJECT, number)[1]
    store.commit(changes, description="Add", annotator="ann")


def test_a_backup_is_a_whole_project_in_one_file(store: ProjectStore, tmp_path: Path) -> None:
    commit(store, 1)
    backup = store.backup()
    assert backup is not None
    assert list(backup.parent.iterdir()) == [backup]
    elsewhere = tmp_path / "from-backup.cast"
    elsewhere.mkdir()
    (elsewhere / "project.db").write_bytes(backup.read_bytes())
    with ProjectStore.open(elsewhere) as copy:
        assert copy.load() == changed(PROJECT, 1)[0]
        assert copy.revision == 2


def test_nothing_is_backed_up_twice(store: ProjectStore) -> None:
    assert store.backup() is not None
    assert store.backup() is None
    commit(store, 1)
    assert store.backup() is not None
    assert len(backups.list_backups(store.folder)) == 2


def test_only_the_newest_ten_are_kept(store: ProjectStore) -> None:
    made = []
    for number in range(13):
        commit(store, number)
        made.append(store.backup())
    # Of what is older, the last of the day.
    assert list(backups.list_backups(store.folder)) == [made[2], *made[-10:]]


def test_a_backup_that_cannot_be_written_leaves_the_others(store: ProjectStore) -> None:
    first = store.backup()
    commit(store, 1)
    with full_disk(8_192), pytest.raises(StoreError, match=r"could not be backed up.*disk"):
        store.backup()
    assert backups.list_backups(store.folder) == (first,)
    assert len(list((store.folder / "backups").iterdir())) == 1
    assert store.backup() is not None


def test_what_a_killed_backup_left_is_cleared_away(store: ProjectStore) -> None:
    for suffix in ("", "-journal"):
        (store.folder / "backups" / f".cast-studio-00.tmp{suffix}").write_bytes(b"half")
    backup = store.backup()
    assert list((store.folder / "backups").iterdir()) == [backup]


def test_a_damaged_backup_does_not_stop_the_next(store: ProjectStore) -> None:
    first = store.backup()
    assert first is not None
    first.write_bytes(b"no database")
    assert store.backup() is not None


def test_a_reader_makes_no_backups(store: ProjectStore) -> None:
    with (
        ProjectStore.open(store.folder, read_only=True) as reader,
        pytest.raises(StoreError, match="opened to be read"),
    ):
        reader.backup()


def test_a_damaged_project_comes_back_from_its_backup(store: ProjectStore) -> None:
    commit(store, 1)
    backup = store.backup()
    assert backup is not None
    store.close()
    damaged = (store.folder / "project.db").read_bytes()[:9_000]
    (store.folder / "project.db").write_bytes(damaged)
    (store.folder / "project.db-wal").write_bytes(b"a log of something else")
    aside = backups.restore_backup(store.folder, backup, now=Clock()())
    assert (aside / "project.db").read_bytes() == damaged
    assert (aside / "project.db-wal").exists()
    with ProjectStore.open(store.folder) as restored:
        assert restored.load() == changed(PROJECT, 1)[0]
    assert backup.exists()


def test_an_open_project_is_not_restored(store: ProjectStore) -> None:
    backup = store.backup()
    assert backup is not None
    with pytest.raises(StoreError, match="while the project is open"):
        backups.restore_backup(store.folder, backup, now=Clock()())
    assert store.load() == PROJECT


def test_a_backup_that_is_gone_is_not_restored(store: ProjectStore) -> None:
    store.close()
    with pytest.raises(StoreError, match="could not be restored"):
        backups.restore_backup(store.folder, store.folder / "backups" / "no.db", now=Clock()())
    with ProjectStore.open(store.folder) as untouched:
        assert untouched.load() == PROJECT
    assert not list(store.folder.glob("set-aside*"))


def test_a_backup_holds_the_history(store: ProjectStore) -> None:
    commit(store, 1)
    backup = store.backup()
    assert backup is not None
    with closing(sqlite3.connect(backup)) as database:
        assert database.execute("SELECT count(*) FROM edits").fetchone() == (2,)
