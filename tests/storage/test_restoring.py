"""What backups hold, which are kept, and what can be saved of a damaged database."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cast_studio.core.edits import RemoveVideo, apply
from cast_studio.errors import DamagedError, StoreError
from cast_studio.storage.backup_contents import contents_of, contents_of_backups, read_backup
from cast_studio.storage.backups import KEPT, list_backups, restore_backup, too_many
from cast_studio.storage.opening import write_new
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


ALL_SEGMENTS = sum(len(track.segments) for track in changed(PROJECT, *range(300))[0].tracks)


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
    pages = leaves_of(path, "segments")
    data = bytearray(path.read_bytes())
    for page in random.Random(3).sample(pages, 3):
        data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        ProjectStore.open(damaged).close()
    found = salvage(damaged)
    assert found.segments == ALL_SEGMENTS
    assert found.lost == ()
    assert found.sentence.endswith("was taken from its history of edits.")
    assert found.project.videos == PROJECT.videos
    assert path.read_bytes() == bytes(data)


def test_what_the_history_has_not_either_is_told(damaged: Path) -> None:
    path = damaged / "project.db"
    data = bytearray(path.read_bytes())
    for table, count in (("segments", 3), ("edits", 1)):
        for page in random.Random(3).sample(leaves_of(path, table), count):
            data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    found = salvage(damaged)
    assert ALL_SEGMENTS * 0.8 < found.segments < ALL_SEGMENTS
    assert "a part of the table “segments”" in found.sentence


def test_damage_in_many_places_costs_only_what_is_on_it(damaged: Path) -> None:
    path = damaged / "project.db"
    data = bytearray(path.read_bytes())
    pages = leaves_of(path, "segments")
    for page in [*pages[2::4], leaves_of(path, "edits")[3]]:
        data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    assert salvage(damaged).segments > ALL_SEGMENTS * 0.7


def test_a_page_that_lies_twice_is_not_read_for_ever(damaged: Path) -> None:
    path = damaged / "project.db"
    data = bytearray(path.read_bytes())
    first, *_, last = leaves_of(path, "segments")
    data[(last - 1) * 4096 : last * 4096] = data[(first - 1) * 4096 : first * 4096]
    path.write_bytes(data)
    found = salvage(damaged)
    assert found.segments == ALL_SEGMENTS
    write_new(path.with_name("new.db"), found.project, annotator="", made_at=datetime.now(UTC))


@pytest.mark.parametrize("column", ["note", "id", "labels"])
def test_bytes_that_are_no_text_are_damage_and_read_from_the_history(
    damaged: Path, column: str
) -> None:
    with ProjectStore.open(damaged) as store:
        before = store.load()
    _put_no_text(damaged, "segments", column)
    with (
        pytest.raises(DamagedError, match="its database is damaged"),
        ProjectStore.open(damaged) as store,
    ):
        store.load()
    found = salvage(damaged)
    assert found.project == before
    assert found.lost == ()


def test_bytes_that_are_no_text_cost_only_themselves_without_a_history(damaged: Path) -> None:
    _put_no_text(damaged, "segments", "note")
    _put_no_text(damaged, "edits", "changes")
    found = salvage(damaged)
    assert found.segments == ALL_SEGMENTS
    assert found.lost == ("characters of 1 texts",)
    notes = [one.note for track in found.project.tracks for one in track.segments]
    assert notes.count("a\N{REPLACEMENT CHARACTER}b") == 1


def test_no_label_loses_its_class_because_the_classes_are_damaged(damaged: Path) -> None:
    _put_no_text(damaged, "edits", "changes", row="min")
    with ProjectStore.open(damaged) as store:
        before = store.load()
    with closing(sqlite3.connect(damaged / "project.db")) as database:
        database.execute("DELETE FROM classes WHERE head = 'verb' AND id = 0")
        database.execute("UPDATE classes SET color = 'spoiled' WHERE head = 'noun' AND id = 1")
        database.commit()
    found = salvage(damaged)
    assert found.project.tracks == before.tracks
    assert found.project.schema.head("verb").class_with_id(0).name == "verb 0"
    assert found.project.schema.head("verb").class_with_id(3).name == "rotate"
    assert found.lost == ("the names of 2 classes, which have their numbers instead",)


def test_the_labels_of_a_project_without_videos_are_worth_saving(tmp_path: Path) -> None:
    folder = tmp_path / "empty.cast"
    empty = replace(PROJECT, videos=(), tracks=(), models=(), reviewed=())
    ProjectStore.create(folder, empty).close()
    with closing(sqlite3.connect(folder / "project.db")) as database:
        database.execute("DROP TABLE models")
        database.commit()
    assert salvage(folder).project == empty


def test_a_log_of_another_database_is_left_alone_and_not_read(
    damaged: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.cast"
    with ProjectStore.create(other, PROJECT) as store:
        for number in range(400):
            commit(store, number, note="something else " * 9)
        store.checkpoint()
        for number in range(400, 500):
            commit(store, number)
        log = (other / "project.db-wal").read_bytes()
    with ProjectStore.open(damaged) as store:
        before = store.load()
    path = damaged / "project.db"
    path.with_name("project.db-wal").write_bytes(log)
    data = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(DamagedError, match="Nothing was changed"):
            ProjectStore.open(damaged, read_only=read_only)
        assert path.read_bytes() == data
        assert path.with_name("project.db-wal").read_bytes() == log
    found = salvage(damaged)
    assert found.project == before
    assert found.lost == ("what “project.db-wal” holds, which does not fit the database",)


def test_an_older_log_beside_a_project_takes_no_edit_back(damaged: Path) -> None:
    path = damaged / "project.db"
    with ProjectStore.open(damaged) as store:
        commit(store, 300)
        log = path.with_name("project.db-wal").read_bytes()
        store.checkpoint()
        commit(store, 301)
        before = store.load()
    data = path.read_bytes()
    path.with_name("project.db-wal").write_bytes(log)
    for read_only in (False, True):
        with pytest.raises(DamagedError, match=r"older log, “project\.db-wal”"):
            ProjectStore.open(damaged, read_only=read_only)
    assert path.read_bytes() == data
    assert salvage(damaged).project == before
    path.with_name("project.db-wal").unlink()
    with ProjectStore.open(damaged) as store:
        assert store.load() == before


def test_a_schema_that_is_no_text_is_damage_like_any_other(damaged: Path) -> None:
    path = damaged / "project.db"
    data = path.read_bytes()
    assert b"CREATE TABLE segments" in data
    path.write_bytes(data.replace(b"CREATE TABLE segments", b"CREATE TABLE seg\xcbents"))
    with pytest.raises(DamagedError, match="its database is damaged"):
        ProjectStore.open(damaged)
    with suppress(StoreError):
        salvage(damaged)


def test_a_log_is_not_folded_into_a_project_that_makes_no_sense(damaged: Path) -> None:
    holder = ProjectStore.open(damaged)
    path = damaged / "project.db"
    commit(holder, 500)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE segments SET origin = 'guessed' WHERE rowid = 5")
        database.commit()
    copy = damaged.with_name("copy.cast")
    shutil.copytree(damaged, copy)
    holder.close()
    names = ("project.db", "project.db-wal")
    before = [(copy / name).read_bytes() for name in names]
    with (
        pytest.raises(DamagedError, match="cannot be understood"),
        ProjectStore.open(copy) as store,
    ):
        store.load()
    assert [(copy / name).read_bytes() for name in names] == before


def _put_no_text(folder: Path, table: str, column: str, *, row: str = "max") -> None:
    """Flip a byte in a text, as a failing disk does."""
    with closing(sqlite3.connect(folder / "project.db")) as database:
        database.execute("DROP TRIGGER IF EXISTS edits_are_never_changed")
        database.execute(
            f"UPDATE {table} SET {column} = CAST(x'61ff62' AS TEXT) "
            f"WHERE rowid = (SELECT {row}(rowid) FROM {table})"
        )
        database.commit()


def leaves_of(path: Path, table: str) -> list[int]:
    """Return the numbers of the pages that hold the rows of a table."""
    with closing(sqlite3.connect(path)) as database:
        try:
            found = database.execute(
                "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,)
            ).fetchall()
        except sqlite3.OperationalError:
            pytest.skip("this SQLite cannot tell which page holds what")
    return [page for (page,) in found]


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
        for table in ("videos", "tracks", "classes", "edits"):
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
