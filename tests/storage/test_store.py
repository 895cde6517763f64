from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cast_studio.core.edits import (
    Changes,
    RelabelSegments,
    RemoveSegments,
    apply,
    apply_changes,
)
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.errors import StoreError
from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, SCHEMA, Clock, changed

EMPTY = Project(FORMAT_VERSION, "p", "Empty", SCHEMA)


def test_a_new_project_is_loaded_as_it_was_created(store: ProjectStore) -> None:
    assert store.load() == PROJECT
    assert store.revision == 1


def test_the_folder_has_the_places_for_all_that_belongs_to_a_project(store: ProjectStore) -> None:
    found = {path.name for path in store.folder.iterdir()}
    assert {"project.db", "backups", "predictions", "runs"} <= found


def _many(*odd: Segment) -> tuple[Segment, ...]:
    """Return 5,000 segments that touch, and some others after them."""
    plain = (
        Segment(f"n{i}", TimeSpan(i, i + 1), {"verb": 0}, score=0.5 if i % 7 == 0 else None)
        for i in range(5_000)
    )
    return (*plain, *odd)


def test_odd_segments_among_thousands_are_loaded_as_they_were(tmp_path: Path) -> None:
    odd = (
        Segment("unicode", TimeSpan(6_000, 6_001), {"noun": 1}, note="a lone \udc80 half"),
        Segment("far", TimeSpan(2**62, 2**62), {}, attributes={"a": "1"}, origin=Origin.IMPORTED),
    )
    track = Track("many", "v1", "Many", "ada", _many(*odd))
    project = replace(PROJECT, tracks=(*PROJECT.tracks, track))
    with ProjectStore.create(tmp_path / "many.cast", project, annotator="ada") as store:
        assert store.load() == project


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("origin = 'guessed'", "guessed"),
        ("labels = '{\"verb\": 77}'", "label schema does not have"),
        ("score = 9e999", "number"),
    ],
)
def test_one_wrong_segment_among_thousands_is_refused(
    change: str, sentence: str, tmp_path: Path
) -> None:
    track = Track("many", "v1", "Many", "ada", _many())
    project = replace(PROJECT, tracks=(*PROJECT.tracks, track))
    with ProjectStore.create(tmp_path / "many.cast", project, annotator="ada") as store:
        folder = store.folder
    with closing(sqlite3.connect(folder / "project.db", isolation_level=None)) as database:
        database.execute(f"UPDATE segments SET {change} WHERE id = 'n4000'")
    with ProjectStore.open(folder) as store, pytest.raises(StoreError, match=sentence):
        store.load()


def test_a_committed_edit_is_there_after_reopening(store: ProjectStore) -> None:
    after, (changes,) = changed(PROJECT, 1)
    assert store.commit(changes, description="Add 2 segments", annotator="ann") == 2
    store.close()
    with ProjectStore.open(store.folder) as reopened:
        assert reopened.load() == after
        assert reopened.revision == 2


def test_an_undone_edit_is_one_more_edit(store: ProjectStore) -> None:
    _, (changes,) = changed(PROJECT, 1)
    store.commit(changes, description="Add 2 segments", annotator="ann")
    assert store.commit(changes.inverse(), description="Undo", annotator="ann") == 3
    assert store.load() == PROJECT


def test_empty_changes_are_no_edit(store: ProjectStore) -> None:
    assert store.commit(Changes(), description="Nothing", annotator="ann") == 1
    assert len(store.edits()) == 1


def test_the_history_says_who_did_what_and_when(store: ProjectStore) -> None:
    _, (changes,) = changed(PROJECT, 1)
    store.commit(changes, description="Add 2 segments", annotator="bob")
    created, edit = store.edits()
    assert (created.description, created.annotator) == ("Create project", "ann")
    assert created.made_at == "2026-03-04T05:07:07+00:00"
    assert (edit.revision, edit.description, edit.annotator) == (2, "Add 2 segments", "bob")
    assert edit.made_at == "2026-03-04T05:08:07+00:00"
    rows = json.loads(edit.changes)["segments"]
    assert [row["id"] for row in rows] == ["n1a", "n1b"]
    assert rows[0]["before"] is None
    assert rows[0]["after"]["start_pts"] == 100_010
    assert store.edits(after=2) == ()


def test_the_history_refuses_to_be_rewritten(store: ProjectStore) -> None:
    store.close()
    database = sqlite3.connect(store.folder / "project.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("DELETE FROM edits")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute("UPDATE edits SET annotator = 'me'")
    database.close()


def test_a_second_window_reads_and_is_told_why(store: ProjectStore) -> None:
    with ProjectStore.open(store.folder) as second:
        assert second.read_only
        assert "open in another window" in second.read_only_reason
        assert second.load() == PROJECT
        _, (changes,) = changed(PROJECT, 1)
        with pytest.raises(StoreError, match="open in another window"):
            second.commit(changes, description="Add", annotator="bob")
    assert not store.read_only


def test_another_program_is_kept_out_too(store: ProjectStore) -> None:
    script = (
        "import sys, pathlib; from cast_studio.storage.store import ProjectStore\n"
        "with ProjectStore.open(pathlib.Path(sys.argv[1])) as store:\n"
        "    print(store.read_only_reason)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, str(store.folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "open in another window" in answer.stdout


def test_the_project_can_be_written_again_after_the_first_window_is_closed(
    store: ProjectStore,
) -> None:
    store.close()
    with ProjectStore.open(store.folder) as second:
        assert not second.read_only


def test_reading_goes_on_beside_a_writer_and_sees_what_it_commits(store: ProjectStore) -> None:
    with ProjectStore.open(store.folder, read_only=True) as reader:
        assert reader.load() == PROJECT
        after, (changes,) = changed(PROJECT, 1)
        store.commit(changes, description="Add", annotator="ann")
        assert reader.load() == after
        assert "opened to be read" in reader.read_only_reason


def test_a_reader_does_not_keep_a_writer_out(store: ProjectStore) -> None:
    store.close()
    with (
        ProjectStore.open(store.folder, read_only=True),
        ProjectStore.open(store.folder) as writer,
    ):
        assert not writer.read_only


def test_a_folder_that_is_not_empty_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.txt").write_text("precious")
    with pytest.raises(StoreError, match="exists already and is not empty"):
        ProjectStore.create(folder, EMPTY)
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.txt"]


def test_a_file_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "name.cast").write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        ProjectStore.create(tmp_path / "name.cast", EMPTY)
    assert (tmp_path / "name.cast").read_text() == "precious"


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path: Path) -> None:
    (tmp_path / "empty.cast").mkdir()
    ProjectStore.create(tmp_path / "empty.cast", EMPTY).close()
    ProjectStore.create(tmp_path / "deep" / "down.cast", EMPTY).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "empty.cast"]


@pytest.mark.parametrize("name", ["mit Löwe & Bär.cast", "100% #1 ?.cast", "a'b\"c.cast", "%41"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    with ProjectStore.create(tmp_path / name, EMPTY) as made:
        assert made.load() == EMPTY
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_changes_that_do_not_start_from_what_is_on_disk_are_refused(store: ProjectStore) -> None:
    after, (first, second) = changed(PROJECT, 1, 2)
    store.commit(first, description="First", annotator="ann")
    for stale in (first, second.inverse()):
        with pytest.raises(StoreError, match="changed by another program"):
            store.commit(stale, description="Stale", annotator="ann")
    store.commit(second, description="Second", annotator="ann")
    assert store.load() == after
    assert [edit.description for edit in store.edits(after=1)] == ["First", "Second"]


def test_an_edit_by_a_program_that_ignores_the_lock_is_noticed(store: ProjectStore) -> None:
    _, (changes,) = changed(PROJECT, 1)
    intruder = sqlite3.connect(store.folder / "project.db")
    with intruder:
        intruder.execute(
            "INSERT INTO edits (made_at, annotator, description, changes) VALUES ('', '', '', '{}')"
        )
    intruder.close()
    with pytest.raises(StoreError, match="changed by another program"):
        store.commit(changes, description="Add", annotator="ann")


def test_a_busy_database_is_an_error_in_words(
    store: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    monkeypatch.setattr("cast_studio.storage.connection._BUSY_SECONDS", 0.01)
    intruder = sqlite3.connect(store.folder / "project.db", isolation_level=None)
    after, (changes,) = changed(PROJECT, 1)
    with ProjectStore.open(store.folder) as impatient:
        intruder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program is using its database"):
            impatient.commit(changes, description="Add", annotator="ann")
        intruder.execute("ROLLBACK")
        intruder.close()
        impatient.commit(changes, description="Add", annotator="ann")
        assert impatient.load() == after


def test_a_store_may_be_opened_on_one_thread_and_written_on_another(store: ProjectStore) -> None:
    after, (changes,) = changed(PROJECT, 1)
    revisions: list[int] = []

    def write() -> None:
        revisions.append(store.commit(changes, description="Add", annotator="ann"))

    writer = threading.Thread(target=write)
    writer.start()
    writer.join()
    assert revisions == [2]
    assert store.load() == after


def test_a_closed_store_says_so(store: ProjectStore) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError, match="it is closed"):
        store.load()


def test_closing_folds_the_log_in(store: ProjectStore) -> None:
    _, (changes,) = changed(PROJECT, 1)
    store.commit(changes, description="Add", annotator="ann")
    log = store.folder / "project.db-wal"
    assert log.stat().st_size > 0
    store.checkpoint()
    assert log.stat().st_size == 0
    store.close()
    assert not log.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps an open file where it is")
def test_a_folder_that_is_moved_away_is_noticed_and_saving_goes_on_when_it_is_back(
    store: ProjectStore, tmp_path: Path
) -> None:
    after, (changes,) = changed(PROJECT, 1)
    store.folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="moved or deleted while it was open"):
        store.commit(changes, description="Add", annotator="ann")
    (tmp_path / "elsewhere").rename(store.folder)
    store.commit(changes, description="Add", annotator="ann")
    assert store.load() == after


def test_a_note_that_a_newer_release_left_beside_a_row_survives(store: ProjectStore) -> None:
    store.close()
    path = store.folder / "project.db"
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE segments ADD COLUMN mood TEXT")
        database.execute("UPDATE segments SET mood = 'calm' WHERE id = 's1'")
        database.execute("INSERT INTO extra_fields VALUES ('segments', 's2', '{\"mood\": 1}')")
    database.close()
    with ProjectStore.open(store.folder, clock=Clock()) as reopened:
        project = reopened.load()
        relabelled, relabel = apply(project, RelabelSegments(("s1",), {"verb": 3}))
        _, remove = apply(relabelled, RemoveSegments(("s2",)))
        reopened.commit(relabel, description="Relabel", annotator="ann")
        reopened.commit(remove, description="Remove", annotator="ann")
        reopened.commit(remove.inverse(), description="Undo", annotator="ann")
        assert reopened.load() == apply_changes(project, relabel)
    database = sqlite3.connect(path)
    assert database.execute("SELECT mood FROM segments WHERE id = 's1'").fetchone() == ("calm",)
    assert database.execute("SELECT row_id, fields FROM extra_fields").fetchall() == [
        ("s2", '{"mood": 1}')
    ]
    database.close()
