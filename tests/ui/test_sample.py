"""Opening the sample project from the window, which goes on while the sample is copied."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.samples import prepare_sample
from cast_studio.app.session import Session
from cast_studio.ui.commands import Do
from tests.fakes import SCHEMA
from tests.ui.conftest import WAIT_MS, Desk


class Sample:
    """The real preparation of a small sample, which can be held up.

    Args:
        source: As it would be bundled.
        folders: Where the copy goes.
    """

    def __init__(self, source: Path, folders: AppFolders) -> None:
        self.source = source
        self.place = folders.data / "samples"
        self.threads: list[int] = []
        """The threads that prepared it, one for each time."""
        self.began = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self._folders = folders

    def prepare(self, annotator: str) -> Path:
        """Do what the program does for its window."""
        self.threads.append(threading.get_ident())
        self.began.set()
        assert self.may_go_on.wait(WAIT_MS / 1000)
        return prepare_sample(self._folders, annotator=annotator, source=self.source)


@pytest.fixture
def sample(tmp_path: Path, numbered_video: Path, preferences: Preferences) -> Sample:
    """A sample of one video, which nobody has opened yet."""
    source = tmp_path / "bundled" / "table"
    (source / "videos").mkdir(parents=True)
    shutil.copy(numbered_video, source / "videos" / "a.mp4")
    videos = [{"file": "a.mp4", "role": "train", "segments": []}]
    description = {"schema": {"verb": ["rise", "fall"]}, "videos": videos}
    (source / "sample.json").write_text(json.dumps(description))
    return Sample(source, preferences.folders)


@pytest.fixture
def sample_desk(make_desk: Callable[..., Desk], sample: Sample) -> Desk:
    """A window without a project, whose sample is that small one."""
    return make_desk(prepare_sample=sample.prepare)


def test_the_sample_opens_from_the_welcome_page(sample_desk: Desk, sample: Sample) -> None:
    desk = sample_desk
    welcome = desk.window.welcome
    (button,) = (b for b in welcome.findChildren(QPushButton) if b.text() == "Open sample project")
    desk.bot.mouseClick(button, Qt.MouseButton.LeftButton)
    desk.wait(lambda: desk.studio.session is not None)
    assert desk.session.folder == sample.place / "table" / "table.cast"
    assert not desk.session.read_only
    assert [track.annotator for track in desk.session.project.tracks] == ["ada"]
    desk.wait(lambda: desk.window.workspace.video_view.image is not None)
    assert desk.told.told == []


def test_the_window_goes_on_while_the_sample_is_copied(sample_desk: Desk, sample: Sample) -> None:
    desk, window = sample_desk, sample_desk.window
    opening = (Do.OPEN_SAMPLE, Do.OPEN_VIDEO, Do.OPEN_PROJECT)
    sample.may_go_on.clear()
    window.actions_[Do.OPEN_SAMPLE].trigger()
    desk.wait(lambda: window.status.work == "Opening the sample project…")
    assert not window.welcome.isEnabled()
    desk.wait(lambda: not any(window.actions_[do].isEnabled() for do in opening))
    assert "the sample project is being opened" in window.actions_[Do.OPEN_SAMPLE].toolTip()
    sample.may_go_on.set()
    desk.wait(lambda: desk.studio.session is not None)
    assert window.workspace.isVisible()
    assert threading.get_ident() not in sample.threads
    desk.wait(lambda: window.status.work != "Opening the sample project…")
    desk.wait(lambda: all(window.actions_[do].isEnabled() for do in opening))


def test_a_second_click_is_harmless(sample_desk: Desk, sample: Sample) -> None:
    sample.may_go_on.clear()
    for _ in range(3):
        sample_desk.window.actions_[Do.OPEN_SAMPLE].trigger()
    sample.may_go_on.set()
    sample_desk.wait(lambda: not sample_desk.studio.sample.is_busy)
    assert len(sample.threads) == 1
    assert sample_desk.session.project.name
    assert [path.name for path in sample.place.iterdir()] == ["table"]
    assert sample_desk.told.told == []


def test_asking_for_the_open_sample_leaves_it_open(sample_desk: Desk, sample: Sample) -> None:
    sample_desk.studio.open_sample()
    sample_desk.wait(lambda: sample_desk.studio.session is not None)
    first = sample_desk.session
    sample_desk.studio.open_sample()
    sample_desk.wait(lambda: not sample_desk.studio.sample.is_busy)
    assert len(sample.threads) == 2
    assert sample_desk.session is first


def test_a_sample_that_cannot_be_copied_is_told_and_can_be_tried_again(
    sample_desk: Desk, sample: Sample
) -> None:
    desk, welcome = sample_desk, sample_desk.window.welcome
    video = sample.source / "videos" / "a.mp4"
    kept = video.rename(video.with_name("elsewhere.mp4"))
    desk.window.actions_[Do.OPEN_SAMPLE].trigger()
    desk.wait(lambda: bool(desk.told.told))
    ((level, sentence),) = desk.told.told
    assert level == "error"
    assert sentence.startswith("The sample project cannot be copied to “")
    assert desk.window.notices.text == sentence
    assert desk.window.status.work != "Opening the sample project…"
    assert welcome.isEnabled()
    assert welcome.isAncestorOf(QApplication.focusWidget())
    desk.wait(desk.window.actions_[Do.OPEN_SAMPLE].isEnabled)
    kept.rename(video)
    desk.window.actions_[Do.OPEN_SAMPLE].trigger()
    desk.wait(lambda: desk.studio.session is not None)


def test_what_nobody_foresaw_is_told_too(make_desk: Callable[..., Desk]) -> None:
    def prepare(annotator: str) -> Path:
        raise ZeroDivisionError("by zero")

    desk = make_desk(prepare_sample=prepare)
    desk.window.actions_[Do.OPEN_SAMPLE].trigger()
    desk.wait(lambda: bool(desk.told.told))
    text = "Opening the sample project failed: by zero. The log file has the details."
    assert desk.told.told == [("error", text)]
    assert desk.window.welcome.isEnabled()


def test_a_project_that_is_opened_meanwhile_stays_open(
    sample_desk: Desk, sample: Sample, tmp_path: Path
) -> None:
    folder = tmp_path / "other.cast"
    Session.create(folder, name="other", schema=SCHEMA, annotator="ada").close()
    sample.may_go_on.clear()
    sample_desk.studio.open_sample()
    sample_desk.studio.projects.open_paths([folder])
    sample.may_go_on.set()
    sample_desk.wait(lambda: not sample_desk.studio.sample.is_busy)
    assert sample_desk.session.project.name == "other"
    sample_desk.studio.open_sample()
    sample_desk.wait(lambda: sample_desk.session.project.name != "other")


def test_closing_the_window_meanwhile_leaves_a_whole_copy(
    sample_desk: Desk, sample: Sample, make_desk: Callable[..., Desk]
) -> None:
    sample_desk.studio.open_sample()
    assert sample.began.wait(WAIT_MS / 1000)
    sample_desk.window.close()
    QApplication.processEvents()
    assert sample_desk.studio.session is None
    assert sample_desk.told.told == []
    assert [path.name for path in sample.place.iterdir()] == ["table"]
    again = make_desk(prepare_sample=sample.prepare)
    again.studio.open_sample()
    again.wait(lambda: again.studio.session is not None)
    assert len(again.session.project.videos) == 1
    assert [path.name for path in sample.place.iterdir()] == ["table"]
