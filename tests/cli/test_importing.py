"""``cast-studio import``, and what it says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cast_studio.__main__ import main
from cast_studio.app.session import Session
from cast_studio.storage.store import ProjectStore
from tests.cli.conftest import Program
from tests.epic_files import write_epic_file


def loaded(folder: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201
    with ProjectStore.open(folder) as store:
        return store.load()


@pytest.fixture
def epic_file(tmp_path: Path) -> Path:
    return write_epic_file(tmp_path / "epic.csv", rows=120)


def test_a_project_is_made_and_gives_the_same_file_back(
    program: Program, epic_file: Path, tmp_path: Path
) -> None:
    folder, out = tmp_path / "new.cast", tmp_path / "out.csv"
    ended = program("import", epic_file, "--format", "epic", "--project", folder)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "120 rows read, 120 segments to add." in ended.stdout
    assert ended.stdout.endswith(f"Imported into the new project “{folder}”.\n")
    ended = program("export", folder, "--format", "epic", "--out", out)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert out.read_bytes() == epic_file.read_bytes()


def test_a_dry_run_changes_nothing(
    epic_file: Path, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new.cast"
    assert main(["import", str(epic_file), "--project", str(folder), "--dry-run"]) == 0
    assert not folder.exists()
    before = loaded(project)
    assert main(["import", str(epic_file), "--project", str(project), "--dry-run"]) == 0
    assert loaded(project) == before
    told = capsys.readouterr()
    assert told.out.count("Nothing was changed: this was a dry run.") == 2
    assert told.err == ""


def test_an_open_project_gets_the_labels_as_one_edit(
    epic_file: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(epic_file), "--project", str(project)]) == 0
    assert sum(len(track.segments) for track in loaded(project).tracks) == 123
    with ProjectStore.open(project) as store:
        assert store.edits()[-1].description == "Import 120 segments"
    capsys.readouterr()
    assert main(["import", str(epic_file), "--project", str(project)]) == 0
    told = capsys.readouterr().out
    assert "120 segments already in the project: they stay as they are." in told
    assert told.endswith(f"There was nothing to add to “{project}”.\n")


def test_json_makes_the_same_project_again(project: Path, tmp_path: Path) -> None:
    out, folder = tmp_path / "all.json", tmp_path / "again.cast"
    assert main(["export", str(project), "--format", "json", "--out", str(out)]) == 0
    assert main(["import", str(out), "--project", str(folder)]) == 0
    first, second = loaded(project), loaded(folder)
    assert (second.id, second.schema, second.tracks) == (first.id, first.schema, first.tracks)
    session = Session.open(folder)
    assert all(session.video_path(video.id).is_file() for video in second.videos)
    session.close()


def test_refused_rows_are_told_with_their_lines(
    epic_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = epic_file.read_text("utf-8").splitlines()
    lines[4] = lines[4].replace("00:", "xx:")
    epic_file.write_text("\n".join(lines) + "\n", "utf-8")
    assert main(["import", str(epic_file), "--project", str(tmp_path / "n.cast")]) == 0
    told = capsys.readouterr()
    assert "  Line 5: “xx:" in told.err
    assert "  1 row refused.\n" in told.out


@pytest.mark.parametrize("data", [None, b"", b"\x00\x01", b"a,b\n1,2\n"])
def test_a_bad_file_makes_no_project(
    tmp_path: Path, data: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "bad.csv", tmp_path / "new.cast"
    if data is not None:
        path.write_bytes(data)
    assert main(["import", str(path), "--project", str(folder)]) == 1
    assert str(path) in capsys.readouterr().err
    assert not folder.exists()


def test_a_project_that_is_open_elsewhere_is_not_changed(
    epic_file: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = Session.open(project)
    try:
        assert main(["import", str(epic_file), "--project", str(project)]) == 1
    finally:
        holder.close()
    assert capsys.readouterr().err.strip()
    assert sum(len(track.segments) for track in loaded(project).tracks) == 3


def test_a_dry_run_leaves_a_project_of_an_older_version_as_it_is(
    qapp: object, tmp_path: Path, epic_file: Path
) -> None:
    folder = tmp_path / "old.cast"
    folder.mkdir()
    sample = Path(__file__).parents[1] / "storage" / "samples" / "version2.sql"
    with closing(sqlite3.connect(folder / "project.db")) as database:
        database.executescript(sample.read_text("utf-8"))
    before = (folder / "project.db").read_bytes()
    assert main(["import", str(epic_file), "--project", str(folder), "--dry-run"]) == 0
    assert (folder / "project.db").read_bytes() == before
    assert not (folder / "backups").exists()


@pytest.mark.parametrize("name", ["file/inside/new.cast", "x" * 300, "link.cast"])
def test_where_no_project_can_be_that_is_told(
    epic_file: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link.cast").symlink_to(tmp_path / "gone" / "there.cast")
    assert main(["import", str(epic_file), "--project", str(tmp_path / name)]) == 1
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_a_new_project_without_anything_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, folder = tmp_path / "late.csv", tmp_path / "new.cast"
    path.write_text("video_path,start_time_s,stop_time_s,label\na.mp4,5,2,run\n", "utf-8")
    assert main(["import", str(path), "--project", str(folder)]) == 0
    told = capsys.readouterr()
    assert "Line 2: it ends before it starts." in told.err
    assert told.out.endswith(f"There was nothing to add to the new project “{folder}”.\n")
