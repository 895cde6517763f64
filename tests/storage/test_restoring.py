"""What backups hold, which are kept, and what can be saved of a damaged database."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cast_studio.core.edits import RemoveVideo, apply
from cast_studio.errors import DamagedError, StoreError
from cast_studio.storage.backup_contents import contents_of, contents_of_backups, read_backup
from cast_studio.storage.backups import KEPT, list_backups, restore_backup, too_many
from cast_studio.storage.salvage import salvage
from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, changed


class JumpingClock:
    """Goes back by a day at every call."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now -= timedelta(days=1)
        return self.now


def commit(store: ProjectStore, number: int, note: str = "") -> None:
    (changes,) = changed(PROJECT, number, note=note)[1]
    store.commit(changes, description=f"Add {number}", annotator="ann")


def test_a_clock_that_goes_back_costs_no_edit_and_no_new_backup(tmp_path: Path) -> None:
    with ProjectStore.create(tmp_path / "p.cast", PROJECT, clock=JumpingClock()) as store:
        for number in range(KEPT + 15):
            commit(store, number)
            newest = store.backup()
            assert newest is not None
            assert list_backups(store.folder)[-1] == newest
        assert store.load() == changed(PROJECT, *range(KEPT + 15))[0]
        found = contents_of_backups(store.folder)
    assert [contents.revision for contents in found[:KEPT]] == list(range(KEPT + 16, 16, -1))


def test_of_older_days_the_last_backup_stays() -> None:
    paths = [
        Path(f"project-{day * 5 + turn:06}-202603{day:02}T0{turn}0000.000000Z-r1-v1.db")
        for day in range(1, 20)
        for turn in range(5)
    ]
    gone = too_many(paths)
    kept = [path for path in paths if path not in gone]
    assert kept[-KEPT:] == paths[-KEPT:]
    assert all("T040000" in path.name for path in kept[:-KEPT])
    assert len(kept) == KEPT + 10
    assert too_many(kept) == ()


def test_a_backup_tells_what_it_holds(store: ProjectStore) -> None:
    commit(store, 1)
    backup = store.backup()
    assert backup is not None
    found = contents_of(backup)
    assert (found.videos, found.segments, found.revision) == (2, 4, 2)
    assert (found.last_edit, found.last_annotator, found.problem) == ("Add 1", "ann", "")
    assert found.made_at is not None
    assert found.made_at.tzinfo is not None
    assert read_backup(backup) == changed(PROJECT, 1)[0]
    assert list(backup.parent.iterdir()) == [backup]


def test_a_backup_that_is_damaged_says_so(store: ProjectStore) -> None:
    backup = store.backup()
    assert backup is not None
    backup.write_bytes(b"no database" * 1_000)
    assert contents_of(backup).problem.startswith("It cannot be read")
    with pytest.raises(StoreError, match="cannot be read"):
        read_backup(backup)


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Return the folder of a project of a few hundred labels, closed."""
    folder = tmp_path / "p.cast"
    with ProjectStore.create(folder, PROJECT) as store:
        for number in range(300):
            commit(store, number, note="what was seen " * 8)
    return folder


def test_of_a_sound_database_everything_is_salvaged(damaged: Path) -> None:
    found = salvage(damaged)
    with ProjectStore.open(damaged) as store:
        assert found.project == store.load()
    assert (found.lost, found.backup) == ((), None)


def test_what_can_be_read_of_a_damaged_database_is_salvaged(damaged: Path) -> None:
    path = damaged / "project.db"
    with closing(sqlite3.connect(path)) as database:
        pages = (
            [
                row[0]
                for row in database.execute(
                    "SELECT pageno FROM dbstat WHERE name = 'segments' AND pagetype = 'leaf'"
                )
            ]
            if _has_dbstat(database)
            else []
        )
    if not pages:
        pytest.skip("this SQLite cannot tell which page holds what")
    data = bytearray(path.read_bytes())
    for page in random.Random(3).sample(pages, 3):
        data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        ProjectStore.open(damaged).close()
    found = salvage(damaged)
    n_all = sum(len(track.segments) for track in changed(PROJECT, *range(300))[0].tracks)
    assert n_all * 0.8 < found.segments < n_all
    assert "a part of the table “segments”" in found.sentence
    assert found.project.videos == PROJECT.videos
    assert path.read_bytes() == bytes(data)


def _has_dbstat(database: sqlite3.Connection) -> bool:
    try:
        database.execute("SELECT 1 FROM dbstat LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True


def test_every_damaged_page_costs_only_what_is_on_it(damaged: Path) -> None:
    """Whatever page is spoiled: nothing is raised but a sentence, and most labels come back."""
    with ProjectStore.open(damaged) as store:
        assert store.backup() is not None
    path = damaged / "project.db"
    data = path.read_bytes()
    saved = []
    for start in range(0, len(data), 4096 * 9):
        path.write_bytes(data[:start] + b"\x5a" * 4096 + data[start + 4096 :])
        try:
            saved.append(salvage(damaged).segments)
        except StoreError:
            saved.append(0)
    assert sorted(saved)[len(saved) // 4] > 500


def test_where_nothing_can_be_read_that_is_said(damaged: Path) -> None:
    (damaged / "project.db").write_bytes(b"\xff" * 9_000)
    with pytest.raises(StoreError, match="Nothing of"):
        salvage(damaged)


def test_what_surrounds_the_labels_is_lent_by_a_backup(damaged: Path) -> None:
    with ProjectStore.open(damaged) as store:
        backup = store.backup()
        commit(store, 400)
    with closing(sqlite3.connect(damaged / "project.db")) as database:
        for table in ("videos", "tracks", "classes"):
            database.execute(f"DROP TABLE {table}")
        database.commit()
    found = salvage(damaged)
    assert found.backup == backup
    assert found.project.videos == PROJECT.videos
    assert found.segments == 2 * 301 + 2


def test_reviewed_ranges_that_make_no_sense_are_told_and_cost_no_label(damaged: Path) -> None:
    with closing(sqlite3.connect(damaged / "project.db")) as database:
        for number, video in enumerate(("v1", "gone")):
            database.execute("INSERT INTO reviewed VALUES (?, ?, 3, 9, 'ann')", (number, video))
        database.execute("UPDATE reviewed SET id = 'kept' WHERE video_id = 'v1'")
        database.commit()
    found = salvage(damaged)
    assert [one.id for one in found.project.reviewed] == ["kept"]
    assert found.lost == ("1 reviewed ranges that make no sense any more",)
    assert found.segments == 2 * 300 + 2


def test_a_project_that_has_lost_its_database_is_damaged_and_comes_back(damaged: Path) -> None:
    with ProjectStore.open(damaged) as store:
        before, backup = store.load(), store.backup()
    assert backup is not None
    (damaged / "project.db").unlink()
    with pytest.raises(DamagedError, match=r"has lost its file “project\.db”"):
        ProjectStore.open(damaged)
    restore_backup(damaged, backup, now=datetime.now(UTC))
    with ProjectStore.open(damaged) as store:
        assert store.load() == before


def test_removing_and_restoring_are_each_others_inverse() -> None:
    from cast_studio.core.edits import RestoreProject

    smaller = apply(PROJECT, RemoveVideo("v1"))[0]
    back, changes = apply(smaller, RestoreProject(PROJECT, "12:03"))
    assert back == PROJECT
    assert len(changes.segments) == 2
    assert RestoreProject(PROJECT, "12:03").describe() == "Restore backup of 12:03"
    assert apply(PROJECT, RestoreProject(PROJECT, ""))[1].is_empty
