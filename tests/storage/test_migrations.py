"""Projects of every version that was ever released open in this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from cast_studio.core.edits import apply_changes
from cast_studio.errors import StoreError
from cast_studio.storage import schema
from cast_studio.storage.salvage import salvage
from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, Clock, changed

NOW = schema.FORMAT_VERSION
NEXT = NOW + 1
SAMPLES = Path(__file__).parent / "samples"


def thaw(folder: Path, version: int) -> Path:
    """Make a project folder out of the frozen sample of a version."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "project.db")) as database:
        database.executescript((SAMPLES / f"version{version}.sql").read_text(encoding="utf-8"))
    return folder


def structure(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return the name and the statement of all that a database has."""
    rows = database.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
    return {(str(name), str(statement)) for name, statement in rows}


def rate_segments(database: sqlite3.Connection) -> None:
    database.execute("ALTER TABLE segments ADD COLUMN rating INTEGER NOT NULL DEFAULT 3")


def fail_halfway(database: sqlite3.Connection) -> None:
    rate_segments(database)
    database.execute("INSERT INTO nowhere VALUES (1)")


@pytest.fixture
def newer_program(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make this program one that writes the next version, by way of ``rate_segments``."""
    monkeypatch.setattr(schema, "FORMAT_VERSION", NEXT)
    monkeypatch.setattr(schema, "MIGRATIONS", {NOW: rate_segments})
    return monkeypatch


def test_there_is_a_sample_and_a_way_up_for_every_version() -> None:
    versions = range(1, schema.FORMAT_VERSION + 1)
    assert {path.name for path in SAMPLES.iterdir()} == {f"version{n}.sql" for n in versions}
    assert set(schema.MIGRATIONS) == set(versions) - {schema.FORMAT_VERSION}


@pytest.mark.parametrize("version", range(1, schema.FORMAT_VERSION + 1))
def test_a_project_of_each_version_opens(tmp_path: Path, version: int) -> None:
    with ProjectStore.open(thaw(tmp_path / "old.cast", version)) as store:
        assert store.load() == changed(PROJECT, 1)[0]
        assert [edit.description for edit in store.edits()] == ["Create project", "Add 2 segments"]
        # What an older program has done can still be taken back.
        assert apply_changes(changed(PROJECT, 1)[0], store.changes_of(2).inverse()) == PROJECT
        assert not store.changes_of(1).is_empty
        with closing(sqlite3.connect(":memory:")) as fresh:
            schema.create_tables(fresh)
            current = structure(fresh)
    with closing(sqlite3.connect(store.folder / "project.db")) as database:
        # When this fails, the tables were changed: raise the version and write a migration.
        assert structure(database) == current


@pytest.mark.parametrize("version", range(1, schema.FORMAT_VERSION + 1))
def test_a_project_of_each_version_can_be_salvaged(tmp_path: Path, version: int) -> None:
    """A damaged project is never brought up to date, so what is left of it is as old as it was."""
    found = salvage(thaw(tmp_path / "old.cast", version))
    assert found.project == changed(PROJECT, 1)[0]
    assert (found.lost, found.backup) == ((), None)


def test_an_older_project_is_backed_up_and_then_migrated(
    tmp_path: Path, newer_program: pytest.MonkeyPatch
) -> None:
    folder = thaw(tmp_path / "old.cast", NOW)
    with ProjectStore.open(folder, clock=Clock()) as store:
        assert store.load() == changed(PROJECT, 1)[0]
    with closing(sqlite3.connect(folder / "project.db")) as database:
        assert schema.format_version(database) == NEXT
        assert database.execute("SELECT DISTINCT rating FROM segments").fetchall() == [(3,)]
    (backup,) = (folder / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as database:
        assert schema.format_version(database) == NOW


def test_a_failed_migration_leaves_the_project_as_it_was(
    tmp_path: Path, newer_program: pytest.MonkeyPatch
) -> None:
    folder = thaw(tmp_path / "old.cast", NOW)
    newer_program.setattr(schema, "MIGRATIONS", {NOW: fail_halfway})
    with pytest.raises(StoreError, match="no such table: nowhere"):
        ProjectStore.open(folder)
    newer_program.undo()
    with ProjectStore.open(folder) as store:
        assert store.load() == changed(PROJECT, 1)[0]


def test_a_version_without_a_way_up_is_refused(
    tmp_path: Path, newer_program: pytest.MonkeyPatch
) -> None:
    folder = thaw(tmp_path / "old.cast", NOW)
    no_steps: Mapping[int, schema.Migration] = {}
    newer_program.setattr(schema, "MIGRATIONS", no_steps)
    for read_only in (False, True):
        with pytest.raises(StoreError, match=f"no migration leads on from version {NOW}"):
            ProjectStore.open(folder, read_only=read_only)


def test_an_older_project_can_be_read_without_changing_it(
    tmp_path: Path, newer_program: pytest.MonkeyPatch
) -> None:
    folder = thaw(tmp_path / "old.cast", NOW)
    before = (folder / "project.db").read_bytes()
    with ProjectStore.open(folder, read_only=True) as store:
        assert store.load() == changed(PROJECT, 1)[0]
    assert (folder / "project.db").read_bytes() == before
