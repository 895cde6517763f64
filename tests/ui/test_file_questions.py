"""Questions for files and folders begin where the last one of their purpose ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.ui.exchange_dialogs import ExportDialog
from cast_studio.ui.file_questions import FileQuestions
from tests.ui.conftest import Desk


class Answers:
    """Answers the system's dialogs in a user's place, and keeps where each of them began."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[Path] = []
        self.answer = ""
        for name, is_folder, is_many in (
            ("getOpenFileName", False, False),
            ("getSaveFileName", False, False),
            ("getOpenFileNames", False, True),
            ("getExistingDirectory", True, False),
        ):
            monkeypatch.setattr(QFileDialog, name, self._dialog(is_folder, is_many))

    def _dialog(self, is_folder: bool, is_many: bool) -> Callable[..., object]:
        def ask(_parent: object, _title: str, start: str, _filters: str = "") -> object:
            self.begun.append(Path(start))
            if is_folder:
                return self.answer
            chosen = [self.answer] if self.answer else []
            return (chosen if is_many else self.answer), ""

        return ask


@pytest.fixture
def widget(qtbot: QtBot) -> QWidget:
    """What the dialogs stand above."""
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Whoever answers the system's dialogs in this test."""
    return Answers(monkeypatch)


def test_videos_are_looked_for_where_the_last_ones_were(
    desk: Desk, answers: Answers, own_colors: Path
) -> None:
    answers.answer = str(own_colors)
    desk.press("Ctrl+O")
    desk.wait(lambda: desk.studio.state.frames is not None)
    assert answers.begun[-1] != own_colors.parent
    answers.answer = ""
    desk.press("Ctrl+O")
    assert answers.begun[-1] == own_colors.parent


def said_of_exports(desk: Desk) -> int:
    """Return how many exports the window has told of."""
    return sum(text.startswith("Exported ") for _, text in desk.told.told)


def test_exports_go_where_the_last_one_went_under_the_name_of_the_project(
    labelled_desk: Desk, answers: Answers, tmp_path: Path
) -> None:
    desk = labelled_desk
    place = tmp_path / "handed over"
    place.mkdir()
    answers.answer = str(place / "first.csv")
    name = f"{desk.session.project.name}.csv"
    for exported, begins in enumerate((desk.session.folder.parent, place), start=1):
        desk.window.activateWindow()
        desk.press("Ctrl+E")
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ExportDialog)
        dialog.accept()
        desk.wait(lambda n=exported: said_of_exports(desk) == n)
        assert answers.begun[-1] == begins / name


def test_each_purpose_has_its_own_folder_also_the_next_time(
    widget: QWidget, answers: Answers, tmp_path: Path
) -> None:
    films, lists = tmp_path / "films", tmp_path / "lists"
    for folder in (films, lists):
        folder.mkdir()
    files = FileQuestions(Preferences(AppFolders.default()))
    answers.answer = str(films / "a.mp4")
    assert files.files(widget, "videos", "Videos") == [films / "a.mp4"]
    answers.answer = str(lists / "a.txt")
    assert files.file(widget, "classes", "Lists") == lists / "a.txt"
    again = FileQuestions(Preferences(AppFolders.default()))
    assert (again.start("videos"), again.start("classes")) == (films, lists)
    assert again.start("imports", tmp_path) == tmp_path


def test_a_folder_that_is_gone_is_not_begun_in(
    widget: QWidget, answers: Answers, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    files = FileQuestions(Preferences(AppFolders.default()))
    answers.answer = str(gone / "a.csv")
    files.target(widget, "exports", "Export", "", tmp_path / "b.csv")
    assert files.start("exports", tmp_path) == gone
    gone.rmdir()
    assert files.start("exports", tmp_path) == tmp_path
    assert files.start("exports", gone).is_dir()
    assert files.place_for("exports", gone) == gone


def test_a_question_that_is_not_answered_changes_nothing(
    widget: QWidget, answers: Answers, tmp_path: Path
) -> None:
    files = FileQuestions(Preferences(AppFolders.default()))
    usual = files.start("projects", tmp_path)
    assert files.file(widget, "projects", "") is None
    assert files.files(widget, "projects", "") == []
    assert files.folder(widget, "projects", "") is None
    assert files.target(widget, "projects", "", "", tmp_path / "a") is None
    assert files.start("projects", tmp_path) == usual == tmp_path


def test_a_project_is_opened_beside_the_last_one_and_a_new_one_put_into_the_place_chosen(
    widget: QWidget, answers: Answers, tmp_path: Path
) -> None:
    files = FileQuestions(Preferences(AppFolders.default()))
    project = tmp_path / "kitchen.cast"
    project.mkdir()
    answers.answer = str(project)
    files.folder(widget, "projects", "Open")
    assert files.start("projects") == tmp_path
    files.folder(widget, "projects", "Where to keep it", is_place=True)
    assert files.start("projects") == project
