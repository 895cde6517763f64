"""Moved videos are found by their content: at opening, or all siblings of one that is found."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.relink_service import RelinkService
from cast_studio.app.relinking import (
    edits_to_relink,
    find_in,
    find_siblings,
    missing_videos,
    without_taken,
)
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddVideo
from cast_studio.core.project import VideoRef
from cast_studio.errors import MediaError
from tests.app.conftest import WAIT_MS
from tests.fakes import MessageRecorder


@pytest.fixture
def disk(session: Session, tmp_path: Path, other_video: Path) -> Path:
    """A folder with four videos in a tree, which are part of the project."""
    root = tmp_path / "disk"
    for number, name in enumerate(("day1/a.mp4", "day1/b.mp4", "day2/c.mp4", "day2/cam/d.mp4")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(other_video.read_bytes() + bytes([number]) * (1 + number % 2))
        session.add_video(scan_video(path, video_id=path.stem).video)
    return root


def _missing(session: Session) -> tuple[VideoRef, ...]:
    return missing_videos(session.project, session.folder)


def _names(videos: Sequence[VideoRef]) -> list[str]:
    return [video.id for video in videos]


def test_what_is_missing_is_told(session: Session, disk: Path) -> None:
    assert _missing(session) == ()
    (disk / "day1" / "b.mp4").unlink()
    shutil.rmtree(disk / "day2")
    assert _names(_missing(session)) == ["b", "c", "d"]


def test_videos_whose_content_nobody_knows_are_found_by_name_or_as_chosen(
    session: Session, disk: Path
) -> None:
    """Labels that came before their videos wait for them."""
    for name in ("A.MP4", "e.mp4"):
        session.do(AddVideo(VideoRef(name, f"nowhere/{name}", 0, "")))
    missing = _missing(session)
    (by_name,) = find_in(missing, disk)
    assert (by_name.video.id, by_name.path) == ("A.MP4", disk / "day1" / "a.mp4")
    # That is another video of the project, so it stays missing.
    assert without_taken([by_name], session.project, session.folder) == ()
    (disk / "day1" / "a.mp4").rename(disk / "day1" / "a-was-here.mp4")
    shutil.copy(disk / "day2" / "c.mp4", disk / "a.mp4")
    (by_name,) = find_in(missing, disk)
    assert without_taken([by_name], session.project, session.folder) == (by_name,)
    unseen = session.project.video("e.mp4")
    other = disk / "other.mp4"
    shutil.copy(disk / "day2" / "c.mp4", other)
    found = find_siblings(other, unseen, missing, session.folder)
    assert [one.path for one in found] == [other, disk / "a.mp4"]
    session.do(*edits_to_relink(found, session.folder))
    linked = session.project.video("e.mp4")
    assert session.video_path("e.mp4") == other
    assert (linked.size_bytes, linked.fingerprint) == (
        other.stat().st_size,
        session.project.video("c").fingerprint,
    )


def test_videos_are_found_by_content_whatever_they_are_called(session: Session, disk: Path) -> None:
    new = disk.parent / "elsewhere" / "deep"
    new.mkdir(parents=True)
    (disk / "day1" / "a.mp4").rename(new / "b.mp4")
    (disk / "day1" / "b.mp4").rename(new / "renamed.mov")
    (disk / "day2" / "c.mp4").unlink()
    (new / "c.mp4").write_bytes((disk / "day2" / "cam" / "d.mp4").read_bytes()[:-1] + b"x")
    found = {moved.video.id: moved.path for moved in find_in(_missing(session), new.parent)}
    assert found == {"a": new / "b.mp4", "b": new / "renamed.mov"}


def test_one_that_is_found_leads_to_its_siblings(session: Session, disk: Path) -> None:
    new = disk.parent / "archive" / "2026"
    new.parent.mkdir()
    disk.rename(new)
    missing = _missing(session)
    moved = find_siblings(new / "day2" / "c.mp4", missing[2], missing, session.folder)
    assert {one.video.id: one.path.relative_to(new).as_posix() for one in moved} == {
        "a": "day1/a.mp4",
        "b": "day1/b.mp4",
        "c": "day2/c.mp4",
        "d": "day2/cam/d.mp4",
    }


def test_a_tree_that_was_flattened_is_found_beside_the_chosen_file(
    session: Session, disk: Path
) -> None:
    flat = disk.parent / "flat"
    flat.mkdir()
    for path in disk.rglob("*.mp4"):
        path.rename(flat / f"moved-{path.name}")
    missing = _missing(session)
    moved = find_siblings(flat / "moved-a.mp4", missing[0], missing, session.folder)
    assert {one.video.id: one.path.name for one in moved} == {
        name: f"moved-{name}.mp4" for name in "abcd"
    }


def test_another_video_is_refused(session: Session, disk: Path, numbered_video: Path) -> None:
    (disk / "day1" / "a.mp4").unlink()
    (video,) = _missing(session)
    with pytest.raises(MediaError, match=r"is not the video “a\.mp4”: its content differs"):
        find_siblings(numbered_video, video, (video,), session.folder)


class Heard:
    """A service at work, and what it said."""

    def __init__(self, session: Session) -> None:
        messages = UserMessages()
        self.told = MessageRecorder()
        messages.message.connect(self.told.on_message)
        self.service = RelinkService(messages)
        self.found: list[object] = []
        self.refused: list[str] = []
        self.relinked: list[frozenset[str]] = []
        self.service.found.connect(self.found.append)
        self.service.refused.connect(self.refused.append)
        self.service.relinked.connect(self.relinked.append)
        self._session = session

    def open(self, bot: QtBot) -> frozenset[str]:
        with bot.waitSignal(self.service.searched, timeout=WAIT_MS) as caught:
            self.service.set_session(self._session)
        absent: frozenset[str] = caught.args[0]
        return absent


def test_at_opening_videos_near_the_project_relink_by_themselves(
    qtbot: QtBot, session: Session, disk: Path
) -> None:
    inside, beside = session.folder / "media", session.folder.parent / "beside"
    inside.mkdir()
    (disk / "day1").rename(inside / "one")
    (disk / "day2").rename(beside)
    heard = Heard(session)
    assert heard.open(qtbot) == {"a", "b", "c", "d"}
    assert _missing(session) == ()
    assert heard.relinked == [frozenset("abcd")]
    assert session.project.video("a").path == "media/one/a.mp4"
    assert session.video_path("d") == beside / "cam" / "d.mp4"
    assert "4 videos were moved" in heard.told.told[0][1]
    session.undo()
    assert session.video_path("a") == disk / "day1" / "a.mp4", "it is one step"
    assert session.project.video("d").path.endswith("disk/day2/cam/d.mp4")
    assert _names(_missing(session)) == ["a", "b", "c", "d"]


def test_what_is_nowhere_near_stays_missing_and_is_located_with_its_siblings(
    qtbot: QtBot,
    session: Session,
    disk: Path,
    tmp_path_factory: pytest.TempPathFactory,
    numbered_video: Path,
) -> None:
    far = tmp_path_factory.mktemp("far") / "disk"
    shutil.move(disk, far)
    heard = Heard(session)
    assert heard.open(qtbot) == frozenset("abcd")
    assert _names(_missing(session)) == ["a", "b", "c", "d"]
    heard.service.locate("a", numbered_video)
    qtbot.waitUntil(lambda: bool(heard.refused), timeout=WAIT_MS)
    assert heard.found == []
    with qtbot.waitSignal(heard.service.found, timeout=WAIT_MS) as caught:
        heard.service.locate("a", far / "day1" / "a.mp4")
    revision = session.undo_text
    heard.service.relink(caught.args[0])
    assert _missing(session) == ()
    assert session.video_path("c") == far / "day2" / "c.mp4"
    session.undo()
    assert session.undo_text == revision
    assert _names(_missing(session)) == ["a", "b", "c", "d"]


def test_a_project_that_was_left_is_not_touched(qtbot: QtBot, session: Session, disk: Path) -> None:
    disk.rename(session.folder / "disk")
    heard = Heard(session)
    heard.service.set_session(session)
    heard.service.set_session(None)
    qtbot.wait(50)
    assert heard.relinked == []
    assert session.video_path("a") == disk / "day1" / "a.mp4"
