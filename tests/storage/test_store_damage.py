"""What is damaged, missing, foreign, protected or full: a sentence, and nothing is overwritten."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cast_studio.errors import StoreError
from cast_studio.storage import opening
from cast_studio.storage.connection import in_words
from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, Clock, changed, full_disk, unprivileged

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a project that is closed, with forty edits."""
    path = tmp_path / "p.cast"
    with ProjectStore.create(path, PROJECT, clock=Clock()) as store:
        for changes in changed(PROJECT, *range(1, 41))[1]:
            store.commit(changes, description="Add", annotator="ann")
    return path


def refusal(folder: Path) -> str:
    """Return the sentence with which a project is not opened; it must leave the files alone."""
    before = contents(folder)
    for read_only in (False, True):
        with pytest.raises(StoreError) as caught:
            ProjectStore.open(folder, read_only=read_only)
    assert contents(folder) == before
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return sentence


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder that hold something of the project."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    # SQLite's shared memory, an empty log and the lock tell nothing and may come and go.
    ignored = ("project.db-shm", "project.lock")
    return {name: data for name, data in files.items() if data and name not in ignored}


def test_no_folder_there(tmp_path: Path) -> None:
    assert "no project at" in refusal(tmp_path / "gone.cast")
    assert list(tmp_path.iterdir()) == []


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    video.write_bytes(b"0000")
    assert "is a file, not a project" in refusal(video)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"0000")
    assert "it has no file “project.db”" in refusal(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_an_empty_database(folder: Path) -> None:
    (folder / "project.db").write_bytes(b"")
    assert "is empty" in refusal(folder)


def test_not_a_database(folder: Path) -> None:
    (folder / "project.db").write_bytes(b"My shopping list: " + bytes(range(256)) * 40)
    assert "damaged" in refusal(folder)


def test_the_database_of_another_program(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "project.db")
    database.execute("CREATE TABLE recipes (name)")
    database.close()
    assert "belongs to another program" in refusal(tmp_path)


def test_a_project_from_a_newer_version(folder: Path) -> None:
    database = sqlite3.connect(folder / "project.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    sentence = refusal(folder)
    assert "newer version of CAST Studio (project format 99" in sentence
    assert "Update CAST Studio" in sentence


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_database(folder: Path, share: float) -> None:
    path = folder / "project.db"
    os.truncate(path, int(path.stat().st_size * share))
    assert "damaged" in refusal(folder)


def test_every_page_overwritten_with_noise_is_noticed_or_harmless(
    folder: Path, tmp_path: Path
) -> None:
    data = (folder / "project.db").read_bytes()
    noise = random.Random(3)
    refused = 0
    for start in range(0, len(data), 4096):
        copy = tmp_path / f"page-{start}.cast"
        copy.mkdir()
        spoiled = data[:start] + noise.randbytes(4096) + data[start + 4096 :]
        (copy / "project.db").write_bytes(spoiled)
        try:
            with ProjectStore.open(copy) as store:
                assert store.load() == changed(PROJECT, *range(1, 41))[0]
        except StoreError:
            refused += 1
        assert (copy / "project.db").read_bytes() == spoiled
    assert refused >= len(data) // 4096 - 2


def test_the_newest_backup_of_a_damaged_project_is_named(folder: Path) -> None:
    with ProjectStore.open(folder, clock=Clock()) as store:
        backup = store.backup()
    os.truncate(folder / "project.db", 5_000)
    assert str(backup) in refusal(folder)


def test_what_is_advised_about_a_damaged_project_brings_it_back(folder: Path) -> None:
    with ProjectStore.open(folder, clock=Clock()) as store:
        before = store.load()
        backup = store.backup()
    assert backup is not None
    database = folder / "project.db"
    database.write_bytes(b"\xff" * 5000)
    sentence = refusal(folder)
    database.with_name("project.db-wal").write_bytes(b"\xff" * 5000)
    assert "move “project.db” out of the folder" in sentence
    assert sentence.endswith("copy the backup to “project.db”.")

    named = [name for name in re.findall("“([^”/]+)”", sentence) if (folder / name).exists()]
    assert set(named) == {"project.db", "project.db-wal"}
    for name in set(named):
        (folder / name).rename(folder.parent / name)
    shutil.copy(backup, database)

    with ProjectStore.open(folder) as store:
        assert store.load() == before


def _spoil(statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda database: database.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM project",
        "UPDATE segments SET labels = '{\"verb\": 77}' WHERE id = 's1'",
        "UPDATE segments SET labels = '{\"mood\": 0}' WHERE id = 's1'",
        "UPDATE segments SET labels = 'verb' WHERE id = 's1'",
        "UPDATE segments SET labels = '{\"verb\": \"0\"}' WHERE id = 's1'",
        "UPDATE segments SET attributes = '[]' WHERE id = 's1'",
        "UPDATE segments SET attributes = '{\"a\": 1}' WHERE id = 's1'",
        "UPDATE segments SET origin = 'guessed' WHERE id = 's1'",
        "UPDATE segments SET score = 'high' WHERE id = 's1'",
        "UPDATE segments SET score = 9e999 WHERE id = 's1'",
        "UPDATE segments SET start_pts = 1.5 WHERE id = 's1'",
        "UPDATE segments SET note = x'ff' WHERE id = 's1'",
        "UPDATE segments SET end_pts = 9999 WHERE id = 's1'",
        "UPDATE videos SET timebase = '1/0'",
        "UPDATE videos SET timebase = 'slow'",
        "UPDATE models SET heads = '{}'",
        "UPDATE classes SET color = 'red' WHERE id = 0",
        "UPDATE classes SET name = 'same'",
        "UPDATE tracks SET video_id = 'nowhere'",
        "UPDATE segments SET track_id = 'nowhere'",
        "UPDATE classes SET head = 'nowhere' WHERE head = 'verb'",
    ],
)
def test_malformed_content_stops_the_load(folder: Path, statement: str) -> None:
    database = sqlite3.connect(folder / "project.db")
    assert database.execute(statement).rowcount > 0
    database.commit()
    database.close()
    before = (folder / "project.db").read_bytes()
    with pytest.raises(StoreError) as caught, ProjectStore.open(folder) as store:
        store.load()
    assert str(folder) in str(caught.value)
    assert (folder / "project.db").read_bytes() == before


@posix_only
def test_a_folder_that_may_not_be_read(folder: Path, open_folder: Path) -> None:
    locked = open_folder / "p.cast"
    shutil.copytree(folder, locked)
    (locked / "project.db").chmod(0o000)
    with unprivileged(), pytest.raises(StoreError, match=r"could not be opened.*Check that"):
        ProjectStore.open(locked)
    locked.chmod(0o000)
    with unprivileged(), pytest.raises(StoreError, match="Permission denied"):
        ProjectStore.open(locked)
    locked.chmod(0o755)


@posix_only
@pytest.mark.parametrize("has_lock_file", [True, False])
def test_a_write_protected_project_can_be_read(
    folder: Path, open_folder: Path, has_lock_file: bool
) -> None:
    protected = open_folder / "p.cast"
    shutil.copytree(folder, protected)
    (protected / "project.lock").chmod(0o666)
    if not has_lock_file:
        (protected / "project.lock").unlink()
    (protected / "project.db").chmod(0o444)
    protected.chmod(0o555)
    after, (changes,) = changed(PROJECT, *range(1, 41))[0], changed(PROJECT, 41)[1]
    with unprivileged(), ProjectStore.open(protected) as store:
        assert "can only be read" in store.read_only_reason
        assert store.load() == after
        with pytest.raises(StoreError, match="can only be read"):
            store.commit(changes, description="Add", annotator="ann")
    protected.chmod(0o755)


@posix_only
def test_a_project_is_not_created_where_writing_is_forbidden(open_folder: Path) -> None:
    with unprivileged(), pytest.raises(StoreError, match="Permission denied"):
        ProjectStore.create(open_folder / "p.cast", PROJECT)
    assert list(open_folder.iterdir()) == []


@posix_only
def test_a_full_disk_costs_no_edit(folder: Path) -> None:
    project, (big, small) = changed(changed(PROJECT, *range(1, 41))[0], 41, 42, note="x" * 300_000)
    with ProjectStore.open(folder) as store:
        before = store.load()
        size = (folder / "project.db").stat().st_size
        with full_disk(size), pytest.raises(StoreError, match="disk"):
            store.commit(big, description="Add", annotator="ann")
        assert store.load() == before
        store.commit(big, description="Add", annotator="ann")
        store.commit(small, description="Add", annotator="ann")
        assert store.load() == project
    with ProjectStore.open(folder) as store:
        assert store.load() == project


@posix_only
def test_a_project_on_a_full_disk_can_be_read_and_edited_when_there_is_room(folder: Path) -> None:
    before = contents(folder)
    with full_disk(0):
        for read_only in (False, True):
            with ProjectStore.open(folder, read_only=read_only) as store:
                assert store.load() == changed(PROJECT, *range(1, 41))[0]
                assert store.read_only
                if not read_only:
                    assert "because its disk is full or" in store.read_only_reason
        assert contents(folder) == before
    with ProjectStore.open(folder) as store:
        (changes,) = changed(PROJECT, 41)[1]
        store.commit(changes, description="Add", annotator="ann")


def test_a_project_is_created_completely_or_not_at_all(tmp_path: Path) -> None:
    with full_disk(10_000), pytest.raises(StoreError, match=r"could not be created.*disk"):
        ProjectStore.create(tmp_path / "p.cast", PROJECT)
    assert list(tmp_path.iterdir()) == []


def test_a_project_that_another_program_makes_first_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "p.cast"
    write_new = opening.write_new

    def be_late(*args: Any, **named: Any) -> None:
        write_new(*args, **named)
        folder.mkdir()
        (folder / "project.db").write_bytes(b"of the other")

    monkeypatch.setattr(opening, "write_new", be_late)
    with pytest.raises(StoreError, match="exists already and is not empty"):
        ProjectStore.create(folder, PROJECT)
    assert [path.name for path in tmp_path.iterdir()] == ["p.cast"]
    assert (folder / "project.db").read_bytes() == b"of the other"


def test_a_full_database_is_called_a_full_disk(folder: Path) -> None:
    database = sqlite3.connect(folder / "project.db", isolation_level=None)
    database.execute("PRAGMA max_page_count = 1")
    with (
        pytest.raises(StoreError, match=r"^It failed: the disk is full\. Free some space"),
        in_words("It failed", folder / "project.db"),
    ):
        database.execute("CREATE TABLE more AS SELECT randomblob(1000000)")
    database.close()
