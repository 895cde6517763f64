"""The window of backups, the rescue of a damaged project, and the second window on a project."""

from __future__ import annotations

import random
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QTreeWidgetItem

from cast_studio.app.session import Session
from cast_studio.core.edits import AddSegments
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.storage.backups import list_backups
from cast_studio.ui.backups_dialog import BackupsDialog
from tests.ui.conftest import Desk


def label(session: Session, number: int) -> None:
    track = session.project.tracks[0]
    span = TimeSpan(400 * number, 400 * number + 300)
    session.do(AddSegments(track.id, (Segment(f"s{number}", span, {"verb": 0}),)))


def backups_dialog(desk: Desk) -> BackupsDialog:
    """Return the open window of backups, when it has compared what is chosen."""
    QApplication.processEvents()
    (dialog,) = [found for found in desk.window.findChildren(BackupsDialog) if found.isVisible()]
    return dialog


def test_going_back_to_a_backup_is_backed_up_and_can_be_undone(labelled_desk: Desk) -> None:
    desk, session = labelled_desk, labelled_desk.session
    label(session, 1)
    desk.window.asked.show_backups()
    dialog = backups_dialog(desk)
    desk.wait(lambda: "There is no backup yet" in dialog.facts)
    dialog.backup_button.click()
    desk.wait(lambda: dialog.facts == "It is the same as the project now.")
    assert not dialog.restore_button.isEnabled()
    dialog.reject()

    label(session, 2)
    edited = session.project
    desk.window.asked.show_backups()
    dialog = backups_dialog(desk)
    desk.wait(dialog.restore_button.isEnabled)
    assert "Restoring it: 1 label goes. The present state is backed up first" in dialog.facts
    item = dialog.table.topLevelItem(0)
    assert item is not None
    assert [item.text(column) for column in (1, 2, 3, 4)] == ["1", "1", "Add segment", "ada"]
    assert item.text(0).startswith("today ")
    dialog.restore_button.click()
    desk.wait(lambda: session.undo_text.startswith("Restore backup of today"))
    QApplication.processEvents()
    assert [found.id for found in desk.labels] == ["s1"]
    assert len(list_backups(session.folder)) == 2
    assert desk.told.told[-1][0] == "info"
    desk.studio.undo()
    assert session.project == edited


def damage(folder: Path) -> bytes:
    data = bytearray((folder / "project.db").read_bytes())
    data[100:] = random.Random(5).randbytes(len(data) - 100)
    (folder / "project.db").write_bytes(data)
    return bytes(data)


def test_a_damaged_project_goes_on_from_its_backup(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label(desk.session, 1)
    before, folder = desk.session.project, desk.session.folder
    assert desk.studio.projects.close()
    spoiled = damage(folder)
    assert not desk.studio.projects.open_project(folder)
    assert "is damaged" in desk.told.told[-1][1]
    dialog = backups_dialog(desk)
    assert dialog.backup_button.isHidden()
    desk.wait(lambda: dialog.current != "" and dialog.restore_button.isEnabled())
    assert (folder / "project.db").read_bytes() == spoiled

    def backups() -> list[QTreeWidgetItem]:
        rows = map(dialog.table.topLevelItem, range(dialog.table.topLevelItemCount()))
        return [item for item in rows if item is not None and item.text(4) == "ada"]

    desk.wait(lambda: bool(backups()))  # what can be salvaged may be told before
    dialog.table.setCurrentItem(backups()[0])
    desk.wait(dialog.restore_button.isEnabled)
    dialog.restore_button.click()
    desk.wait(lambda: desk.studio.session is not None)
    assert desk.session.project == before
    (aside,) = folder.glob("set-aside-*")
    assert (aside / "project.db").read_bytes() == spoiled
    assert str(aside) in desk.told.told[-1][1]


def test_a_damaged_project_without_backup_goes_on_from_what_can_be_read(
    labelled_desk: Desk,
) -> None:
    desk = labelled_desk
    for number in range(200):
        label(desk.session, number)
    folder = desk.session.folder
    assert desk.studio.projects.close()
    for backup in list_backups(folder):
        backup.unlink()
    path = folder / "project.db"
    data = path.read_bytes()
    middle = len(data) // 2 // 4096 * 4096
    path.write_bytes(data[:middle] + b"\xff" * 4096 + data[middle + 4096 :])
    assert not desk.studio.projects.open_project(folder)
    dialog = backups_dialog(desk)
    desk.wait(lambda: "could be read" in dialog.facts)
    dialog.restore_button.click()
    desk.wait(lambda: desk.studio.session is not None)
    assert len(desk.session.project.tracks[0].segments) > 100
    (aside,) = folder.glob("set-aside-*")
    assert (aside / "project.db").stat().st_size == len(data)


def test_the_second_window_takes_over(labelled_desk: Desk) -> None:
    desk = labelled_desk
    folder = desk.session.folder
    assert desk.studio.projects.close()
    first = Session.open(folder, annotator="eve")
    assert desk.studio.projects.open_project(folder)
    assert desk.session.read_only
    assert "is open in another window" in desk.window.notices.text
    label(first, 1)
    assert first.close().text == ""
    desk.studio.lock_watch.look()
    desk.wait(lambda: "can be edited here now" in desk.window.notices.text)
    desk.window.notices._button.click()
    desk.wait(lambda: not desk.session.read_only)
    assert [found.id for found in desk.session.project.tracks[0].segments] == ["s1"]
    assert desk.studio.state.video_id == "colors"


def test_del_in_the_list_removes_the_video_and_not_the_label(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label(desk.session, 1)
    from cast_studio.ui.view_state import LabelSelection

    desk.studio.state.select(LabelSelection("s1"))
    view = desk.window.workspace.video_list.view
    view.setFocus()
    desk.press(Qt.Key.Key_Delete, on=view)
    assert desk.session.project.videos == ()
    assert desk.session.undo_text == "Remove video"
    desk.studio.undo()
    assert len(desk.session.project.tracks[0].segments) == 1
