"""What goes wrong between an edit and the disk: told in one sentence, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app import store_writer
from cast_studio.app.lock_watch import LockWatch
from cast_studio.app.missing import MissingVideos
from cast_studio.app.session import Session
from cast_studio.core.edits import AddSegments, AddVideo, RemoveVideo, RestoreProject
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import StoreError
from cast_studio.storage.backup_contents import read_backup
from cast_studio.storage.backups import list_backups
from cast_studio.storage.store import ProjectStore
from tests.app.conftest import WAIT_MS
from tests.fakes import SCHEMA
from tests.storage.examples import full_disk

pytestmark = pytest.mark.usefixtures("_quick_retries")


@pytest.fixture
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_writer, "RETRY_MS", (20,))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except OSError:
        pytest.skip("no mount command here")
    if done.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def add_video(session: Session) -> str:
    """Add a video with a track; return the track's id."""
    session.do(AddVideo(VideoRef("v", "v.mp4", 1, "f"), (Track("t", "v", "Labels", "ada"),)))
    return "t"


def label(session: Session, number: int, note: str = "") -> None:
    span = TimeSpan(10 * number, 10 * number + 5)
    session.do(AddSegments("t", (Segment(f"s{number}", span, {"verb": 0}, note=note),)))


def on_disk(folder: Path) -> Project:
    with ProjectStore.open(folder, read_only=True) as store:
        return store.load()


def test_a_full_disk_is_told_once_and_saved_when_there_is_room(
    qtbot: QtBot, small_disk: Path
) -> None:
    session = Session.create(small_disk / "p.cast", name="p", schema=SCHEMA, annotator="ada")
    told: list[str] = []
    session.save_failed.connect(told.append)
    add_video(session)
    assert session.flush()
    filler = small_disk / "filler"
    with qtbot.waitSignal(session.save_failed, timeout=WAIT_MS) as failed:
        _fill(filler)
        label(session, 1, note="x" * 100_000)
    assert "the disk is full. Free some space on it" in failed.args[0]
    assert (session.unsaved_count, session.is_saved) == (1, False)
    qtbot.wait(150)
    assert len(told) == 1
    filler.unlink()
    qtbot.waitUntil(lambda: session.is_saved, timeout=WAIT_MS)
    assert session.close().text == ""
    assert on_disk(session.folder) == session.project


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue


def test_a_limit_on_files_is_outlived_too(qtbot: QtBot, session: Session) -> None:
    add_video(session)
    assert session.flush()
    size = (session.folder / "project.db").stat().st_size
    with full_disk(size), qtbot.waitSignal(session.save_failed, timeout=WAIT_MS) as failed:
        label(session, 1, note="x" * 300_000)
    assert "disk" in failed.args[0]
    qtbot.waitUntil(lambda: session.is_saved, timeout=WAIT_MS)


def test_a_drive_that_goes_and_comes_back_costs_nothing(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    add_video(session)
    assert session.flush()
    away = tmp_path / "elsewhere"
    session.folder.rename(away)
    with qtbot.waitSignal(session.save_failed, timeout=WAIT_MS) as failed:
        label(session, 1)
    assert "was moved or deleted while it was open" in failed.args[0]
    label(session, 2)
    away.rename(session.folder)
    qtbot.waitUntil(lambda: session.is_saved, timeout=WAIT_MS)
    assert session.close().text == ""
    assert on_disk(session.folder) == session.project


def test_what_cannot_be_saved_at_all_is_told_when_the_project_closes(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    add_video(session)
    assert session.flush()
    session.folder.rename(tmp_path / "gone for good")
    label(session, 1)
    assert not session.flush()
    report = session.close()
    assert report.unsaved_count == 1
    assert report.text.startswith("One edit is not saved. ")


def test_the_second_window_reads_and_takes_over_when_the_first_is_closed(
    qtbot: QtBot, session: Session
) -> None:
    add_video(session)
    assert session.flush()
    second = Session.open(session.folder, annotator="eve")
    assert second.is_open_elsewhere
    assert "is open in another window" in second.read_only_reason
    watch = LockWatch()
    watch.set_session(second)
    freed: list[Path] = []
    watch.freed.connect(freed.append)
    watch.look()
    qtbot.wait(100)
    assert freed == []
    label(session, 1)
    assert session.close().text == ""
    with qtbot.waitSignal(watch.freed, timeout=WAIT_MS):
        watch.look()
    watch.set_session(None)
    second.close()
    third = Session.open(session.folder, annotator="eve")
    assert not third.read_only
    assert third.project == session.project
    assert third.close().text == ""


def test_a_backup_can_be_restored_and_that_undone(qtbot: QtBot, session: Session) -> None:
    add_video(session)
    label(session, 1)
    with qtbot.waitSignal(session.backed_up, timeout=WAIT_MS) as told:
        session.back_up()
    assert told.args == [""]
    before = session.project
    session.do(RemoveVideo("v"))
    smaller = session.project
    (backup,) = list_backups(session.folder)
    session.do(RestoreProject(read_backup(backup), "12:03"))
    assert session.project == before
    assert session.undo_text == "Restore backup of 12:03"
    session.undo()
    assert session.project == smaller
    session.redo()
    assert session.close().text == ""
    assert on_disk(session.folder) == before


@pytest.mark.parametrize(
    "files", [("project.db",), ("project.db", "project.db-wal"), ("project.db-wal", "project.db")]
)
def test_a_copy_of_an_open_project_is_whole_or_refused(
    qtbot: QtBot, session: Session, tmp_path: Path, files: tuple[str, ...]
) -> None:
    """Whoever copies the files by hand gets a state that was once saved, never a mixture."""
    states, copies = [session.project], []
    add_video(session)
    states.append(session.project)
    for number in range(60):
        label(session, number, note="what was seen " * 200)
        states.append(session.project)
        if number % 6 == 5:
            copies.append(_copied(session.folder, tmp_path / f"copy{number}.cast", files))
    assert session.flush()
    for copy in copies:
        try:
            found = on_disk(copy)
        except StoreError as error:
            assert "damaged" in str(error)  # noqa: PT017
            continue
        assert found in states


def _copied(folder: Path, target: Path, files: tuple[str, ...]) -> Path:
    target.mkdir()
    for name in files:
        if (folder / name).exists():
            shutil.copyfile(folder / name, target / name)
    return target


def test_missing_files_are_found_without_waiting(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "there.mp4").write_bytes(b"0")
    for name in ("there", "gone"):
        session.do(AddVideo(VideoRef(name, str(tmp_path / f"{name}.mp4"), 1, name)))
    missing = MissingVideos()
    with qtbot.waitSignal(missing.changed, timeout=WAIT_MS):
        missing.set_session(session)
    assert missing.ids == {"gone"}
    (tmp_path / "gone.mp4").write_bytes(b"0")
    with qtbot.waitSignal(missing.changed, timeout=WAIT_MS):
        missing.look()
    assert missing.ids == frozenset()
    missing.set_session(None)
