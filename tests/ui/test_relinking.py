"""Missing videos in the window: marked in the list, located in a dialog, relinked in one step."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.ui.commands import Do
from cast_studio.ui.relinking import RelinkDialog
from tests.ui.conftest import Desk


@pytest.fixture
def far(
    session: Session, color_video: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project of three videos is closed, and its videos are moved here."""
    near = tmp_path / "videos"
    near.mkdir()
    for number in range(3):
        path = near / f"clip{number}.mp4"
        path.write_bytes(color_video.read_bytes() + bytes(number))
        session.add_video(scan_video(path, video_id=f"v{number}").video)
    session.close()
    place = tmp_path_factory.mktemp("far") / "videos"
    shutil.move(near, place)
    return place


def _choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> list[str]:
    """Answer the next question for a file; return the titles of what was asked."""
    asked: list[str] = []

    def answer(_parent: object, title: str, *_more: object) -> tuple[str, str]:
        asked.append(title)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    return asked


def _details(desk: Desk) -> list[str]:
    model = desk.window.workspace.video_list.model
    return [model.entry(model.index(row)).detail for row in range(model.rowCount())]


def test_missing_videos_are_located_together(
    desk: Desk, session: Session, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.studio.projects.open_project(session.folder)
    desk.wait(lambda: len(desk.studio.missing.ids) == 3)
    desk.wait(lambda: not desk.studio.relinking.is_searching)
    desk.wait(lambda: all("file not found" in detail for detail in _details(desk)))
    assert "3 videos are not where they were" in desk.window.notices.text
    assert "was not found in" not in desk.window.notices.text, "told once"
    asked = _choose(monkeypatch, far / "clip0.mp4")
    desk.window.actions_[Do.LOCATE_VIDEO].trigger()
    assert asked == ["Where is “clip0.mp4” now?"]
    desk.wait(lambda: bool(desk.window.findChildren(RelinkDialog)))
    (dialog,) = desk.window.findChildren(RelinkDialog)
    assert len(dialog.chosen) == 3
    line = dialog.table.topLevelItem(2)
    assert line is not None
    line.setCheckState(0, Qt.CheckState.Unchecked)
    dialog.accept()
    desk.wait(lambda: desk.studio.missing.ids == {"v2"})
    assert desk.session.video_path("v1") == far / "clip1.mp4"
    desk.wait(lambda: desk.window.workspace.video_view.image is not None)
    desk.wait(lambda: "file not found" not in _details(desk)[0])
    desk.studio.undo()
    desk.wait(lambda: len(desk.studio.missing.ids) == 3)


def test_a_single_one_needs_no_second_question(
    desk: Desk, session: Session, far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        shutil.copy(far / f"clip{number}.mp4", tmp_path / f"clip{number}.mp4")
    desk.studio.projects.open_project(session.folder)
    desk.wait(lambda: desk.studio.missing.ids == {"v0"})
    assert desk.session.video_path("v2") == tmp_path / "clip2.mp4", "relinked by itself"
    _choose(monkeypatch, far / "clip0.mp4")
    desk.window.workspace.video_list.locate_wanted.emit("v0")
    desk.wait(lambda: not desk.studio.missing.ids)
    assert not desk.window.findChildren(RelinkDialog)


def test_another_file_is_refused_in_words(
    desk: Desk,
    session: Session,
    far: Path,
    numbered_video: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk.studio.projects.open_project(session.folder)
    desk.wait(lambda: len(desk.studio.missing.ids) == 3)
    _choose(monkeypatch, numbered_video)
    desk.window.relinking.locate("v1")
    desk.wait(lambda: "is not the video “clip1.mp4”" in desk.window.notices.text)


def test_a_video_that_goes_while_it_is_open_is_marked(
    desk: Desk, own_colors: Path, color_video: Path
) -> None:
    desk.open_videos(own_colors)
    own_colors.unlink()
    desk.studio.playback.open(own_colors)
    desk.wait(lambda: bool(desk.studio.missing.ids))
    desk.wait(lambda: any("was not found" in text for _, text in desk.told.told))
    desk.wait(lambda: "file not found" in _details(desk)[0])
