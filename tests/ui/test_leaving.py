"""Leaving a project by every way there is: nothing unsaved is given up without asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from cast_studio.app.session import Session
from cast_studio.errors import StoreError
from cast_studio.storage.store import ProjectStore
from tests.fakes import SCHEMA
from tests.ui.conftest import Desk
from tests.ui.labelling import add_labels, label_range

STAY = "Stay"
LEAVE = "Close and lose it"

Way = Callable[[Desk, Path], object]


@pytest.fixture
def other_project(tmp_path: Path) -> Path:
    """A project that is not open."""
    folder = tmp_path / "other.cast"
    Session.create(folder, name="other", schema=SCHEMA, annotator="ada").close()
    return folder


@contextmanager
def full_disk() -> Iterator[None]:
    """Let nothing be saved."""

    def refuse(_store: ProjectStore, *_args: object, **_options: object) -> int:
        raise StoreError("The disk is full; free some space.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ProjectStore, "commit", refuse)
        yield


@contextmanager
def answering(desk: Desk, words: str) -> Iterator[list[str]]:
    """Press the button with these words in each question that comes; yields the questions."""
    asked: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            asked.append(box.text())
            next(button for button in box.buttons() if button.text() == words).click()

    timer = QTimer(desk.window)
    timer.timeout.connect(answer)
    timer.start(5)
    try:
        yield asked
    finally:
        timer.stop()


def by_key(desk: Desk, _other: Path) -> None:
    """Close the project with its key."""
    desk.press("Ctrl+W")


def by_another_project(desk: Desk, other: Path) -> None:
    """Open another project, as by dropping it."""
    desk.studio.projects.open_paths([other])


def by_recent_list(desk: Desk, other: Path) -> None:
    """Choose another project in the toolbar."""
    desk.window.top.project_chosen.emit(other)


def by_window(desk: Desk, _other: Path) -> None:
    """Close the window."""
    desk.window.close()


WAYS = [by_key, by_another_project, by_recent_list, by_window]


@pytest.mark.parametrize("leave", WAYS)
def test_staying_keeps_the_project_and_every_edit(
    labelled_desk: Desk, other_project: Path, leave: Way
) -> None:
    desk = labelled_desk
    before, folder = desk.session, desk.session.folder
    with full_disk(), answering(desk, STAY) as asked:
        add_labels(desk, 0, 1, 2)
        add_labels(desk, 0)
        leave(desk, other_project)
        assert asked == ["2 edits are not saved"]
    assert desk.studio.session is before
    assert len(desk.labels) == 4
    before.retry_save()
    desk.wait(lambda: before.is_saved)
    desk.studio.projects.close()
    reopened = Session.open(folder)
    try:
        assert len(reopened.project.tracks[0].segments) == 4
    finally:
        reopened.close()


@pytest.mark.parametrize("leave", WAYS)
def test_leaving_all_the_same_closes_the_project(
    labelled_desk: Desk, other_project: Path, leave: Way
) -> None:
    desk = labelled_desk
    before = desk.session
    with full_disk(), answering(desk, LEAVE) as asked:
        add_labels(desk, 0)
        leave(desk, other_project)
        assert asked == ["1 edit is not saved"]
        assert desk.studio.session is not before


def test_another_project_is_free_again_when_the_user_stays(
    labelled_desk: Desk, other_project: Path
) -> None:
    desk = labelled_desk
    with full_disk(), answering(desk, STAY):
        add_labels(desk, 0)
        assert not desk.studio.projects.open_project(other_project)
    again = Session.open(other_project)
    try:
        assert not again.read_only
    finally:
        again.close()


def test_what_can_be_saved_is_saved_without_asking(labelled_desk: Desk) -> None:
    desk = labelled_desk
    folder = desk.session.folder
    with answering(desk, STAY) as asked:
        add_labels(desk, 0, 1)
        desk.press("Ctrl+W")
        assert asked == []
    assert desk.studio.session is None
    reopened = Session.open(folder)
    try:
        assert len(reopened.project.tracks[0].segments) == 2
    finally:
        reopened.close()


@pytest.mark.parametrize("leave", WAYS)
def test_a_note_that_is_being_typed_is_kept(
    labelled_desk: Desk, other_project: Path, leave: Way
) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    folder = desk.session.folder
    desk.press("Ctrl+N")
    desk.bot.keyClicks(desk.window.workspace.label_panel.note_field, "blurred")
    assert desk.labels[0].note == ""
    leave(desk, other_project)
    assert desk.studio.session is None or desk.session.folder == other_project
    reopened = Session.open(folder)
    try:
        assert reopened.project.tracks[0].segments[0].note == "blurred"
    finally:
        reopened.close()
