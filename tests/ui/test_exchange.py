"""Import and export in the window: what is asked, what is told, and that undo takes it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit

from cast_studio.ui import exchange
from cast_studio.ui.commands import Do
from cast_studio.ui.exchange_dialogs import ExportDialog, ImportDialog
from cast_studio.ui.status_bar import Work
from tests.epic_files import write_epic_file
from tests.ui.conftest import Desk


@pytest.fixture
def epic_file(tmp_path: Path) -> Path:
    return write_epic_file(tmp_path / "epic.csv", rows=150)


def ask(desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportDialog:
    """Import by the key; the system's dialog is answered with a path. Return the report."""
    monkeypatch.setattr(exchange, "ask_for_labels", lambda _parent, _files: path)
    desk.press("Ctrl+Shift+I")
    desk.wait(lambda: isinstance(QApplication.activeModalWidget(), ImportDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ImportDialog)
    return dialog


def close(desk: Desk, dialog: QDialog, key: str) -> None:
    desk.press(key, on=QApplication.focusWidget() or dialog)
    desk.wait(lambda: QApplication.activeModalWidget() is None)


def test_an_import_is_reported_done_and_undone(
    labelled_desk: Desk, epic_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = labelled_desk
    before = desk.session.project
    dialog = ask(desk, epic_file, monkeypatch)
    assert desk.session.project is before
    assert dialog.default_button.text() == "Import 150 segments"
    close(desk, dialog, "Return")
    assert desk.session.undo_text == "Import 150 segments"
    assert ("info", "Imported 150 segments from epic.csv.") in desk.told.told
    desk.wait(lambda: desk.window.actions_[Do.UNDO].text() == "Undo import 150 segments")
    desk.window.activateWindow()
    desk.press("Ctrl+Z")
    assert desk.session.project == before


def test_escape_leaves_everything_as_it_was(
    labelled_desk: Desk, epic_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = labelled_desk
    before = desk.session.project
    close(desk, ask(desk, epic_file, monkeypatch), "Esc")
    assert desk.session.project is before
    assert desk.told.told == []


def test_refused_rows_can_be_read_by_the_keyboard(
    labelled_desk: Desk, epic_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = epic_file.read_text("utf-8").splitlines()
    lines[2] += ",more"
    epic_file.write_text("\n".join(lines) + "\n", "utf-8")
    dialog = ask(labelled_desk, epic_file, monkeypatch)
    box = dialog.findChild(QPlainTextEdit)
    assert box is not None
    assert box.toPlainText() == "Line 3: it has 16 cells instead of 15."
    assert box.accessibleName()
    assert box.focusPolicy() & box.focusPolicy().TabFocus
    close(labelled_desk, dialog, "Esc")


def test_what_is_there_already_needs_no_import(
    labelled_desk: Desk, epic_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = labelled_desk
    close(desk, ask(desk, epic_file, monkeypatch), "Return")
    dialog = ask(desk, epic_file, monkeypatch)
    assert dialog.default_button.text() == "Close"
    close(desk, dialog, "Return")
    assert desk.session.undo_text == "Import 150 segments"


def test_without_a_project_one_is_made_beside_the_file(
    desk: Desk, epic_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = ask(desk, epic_file, monkeypatch)
    assert not epic_file.with_suffix(".cast").exists()
    close(desk, dialog, "Return")
    desk.wait(lambda: desk.studio.session is not None)
    assert desk.session.folder == epic_file.with_suffix(".cast")
    assert sum(len(track.segments) for track in desk.session.project.tracks) == 150
    desk.wait(lambda: not desk.window.status.work.startswith("Reading"))
    # The video that would be shown is not there, which is told in its place.
    view = desk.window.workspace.video_view
    desk.wait(lambda: "was not found" in view.message[1])


def test_a_bad_file_is_told(
    labelled_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = labelled_desk
    path = tmp_path / "x.csv"
    path.write_bytes(b"\0")
    monkeypatch.setattr(exchange, "ask_for_labels", lambda _parent, _files: path)
    desk.press("Ctrl+Shift+I")
    desk.wait(lambda: any(level == "error" for level, _ in desk.told.told))
    assert "no format that can be recognized" in desk.told.told[-1][1]
    assert not desk.window.status.work.startswith("Reading")


def test_reading_can_be_stopped_in_the_status_bar(labelled_desk: Desk, epic_file: Path) -> None:
    desk = labelled_desk
    desk.studio.imports.start(epic_file)
    assert desk.window.status.work.startswith("Reading labels")
    desk.window.status.cancel_requested.emit(Work.IMPORTING)
    desk.wait(lambda: not desk.studio.imports.is_busy)
    assert ("info", "The import was stopped; nothing has changed.") in desk.told.told
    assert not desk.window.status.work.startswith("Reading")


def test_the_format_is_chosen_with_what_it_cannot_carry(
    labelled_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = labelled_desk
    out = tmp_path / "out.json"
    monkeypatch.setattr(
        exchange, "ask_for_export", lambda _parent, _files, _suggested, _chosen: out
    )
    desk.press("Ctrl+E")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ExportDialog)
    assert dialog.chosen.name == "csv"
    assert dialog.predictions.isEnabled()
    said = {dialog.losses.text()}
    for _ in range(dialog.formats.count() - 1):
        desk.press("Down", on=dialog.formats)
        said.add(dialog.losses.text())
    assert len(said) == dialog.formats.count()
    dialog.choose("json")
    assert not dialog.predictions.isEnabled()
    close(desk, dialog, "Return")
    desk.wait(lambda: any(text.startswith("Exported ") for _, text in desk.told.told))
    assert out.read_text("utf-8").startswith('{"cast_studio_project"')
    # It is remembered.
    desk.window.activateWindow()
    desk.press("Ctrl+E")
    again = QApplication.activeModalWidget()
    assert isinstance(again, ExportDialog)
    assert again.chosen.name == "json"
    close(desk, again, "Esc")
