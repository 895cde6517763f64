"""Changing what can be labelled: the window of classes, and new projects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QColorDialog, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from cast_studio.app.label_lists import BUNDLED, schema_of
from cast_studio.core.class_list import ListedClass, ListedHead
from cast_studio.core.colors import PALETTE
from cast_studio.core.edits import ChangeSchema
from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.schema_impact import Usage
from cast_studio.ui.class_picker import ClassPicker
from cast_studio.ui.commands import Do
from cast_studio.ui.new_project_dialog import NewProjectDialog
from cast_studio.ui.schema_table import SchemaTable, swatch
from cast_studio.ui.schema_window import SchemaWindow
from tests.core.examples import PROJECT
from tests.ui.conftest import WAIT_MS, Desk
from tests.ui.labelling import label_range
from tests.ui.test_key_window import FATAL, open_window


def make_window(qtbot: QtBot, project: Project = PROJECT, *, can_edit: bool = True) -> SchemaWindow:
    window = SchemaWindow(project, can_edit=can_edit)
    qtbot.addWidget(window)
    window.show()
    return window


def names(window: SchemaWindow) -> list[str]:
    assert window.head is not None
    return [one.name for one in window.head.classes]


def type_into(window: SchemaWindow, row: int, column: int, text: str) -> None:
    """Edit a cell as its editor does."""
    window.model.setData(window.model.index(row, column), text)
    QApplication.processEvents()


def test_a_rename_and_a_merge_are_one_step_that_undo_takes_back(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    before = desk.session.project
    desk.press("Ctrl+K")
    window = open_window(desk, SchemaWindow)
    window.select("take", "put")
    window.merge_into(before.schema.head("verb").classes[1])
    window.select("cut")
    type_into(window, 1, 0, "slice")
    assert window.parts.impacts.text().splitlines() == [
        "Merge class “take” into “put”: 1 segment in 1 video get “put” instead.",
        "Rename class “cut” to “slice”: models that learned “cut” still mean it.",
        "Keys move up or down: “put” 1 (was 2), “slice” 2 (was 3).",
    ]
    window.parts.apply.click()
    desk.wait(lambda: desk.session.project != before)
    assert desk.labels[0].labels == {"verb": 1, "noun": 0}
    undo = desk.window.actions_[Do.UNDO]
    desk.wait(lambda: undo.text() == "Undo change classes in 2 ways")
    put, cut = desk.session.project.schema.head("verb").classes
    assert (put.former_names, cut.former_names) == (("take",), ("cut",))
    desk.wait(lambda: QApplication.activeWindow() is desk.window)
    desk.press("Ctrl+Z")
    assert desk.session.project == before
    desk.press("Ctrl+Shift+Z")
    assert desk.labels[0].labels["verb"] == 1


def test_an_old_models_words_are_understood_after_a_rename(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    desk.press("Home")
    view = desk.window.workspace.label_panel.view
    assert view is not None
    assert "take" in view.title
    window = SchemaWindow(desk.session.project)
    window.select("take")
    type_into(window, 0, 0, "grab")
    desk.session.do(window.edit())
    QApplication.processEvents()
    view = desk.window.workspace.label_panel.view
    assert view is not None
    assert "grab" in view.title
    assert "take" not in view.title
    desk.press("A")
    (segment,) = desk.labels
    assert segment.labels["verb"] == 0
    window.deleteLater()


def test_closing_the_window_changes_nothing(labelled_desk: Desk) -> None:
    desk = labelled_desk
    before = desk.session.project
    desk.press("Ctrl+K")
    window = open_window(desk, SchemaWindow)
    window.parts.new_name.setText("wash")
    desk.bot.keyClick(window.parts.new_name, Qt.Key.Key_Return)
    assert names(window)[-1] == "wash"
    window.parts.cancel.click()
    assert desk.session.project == before


def test_what_was_not_applied_is_offered_again(labelled_desk: Desk) -> None:
    desk = labelled_desk
    before = desk.session.project
    desk.press("Ctrl+K")
    desk.press("Esc")
    assert "not applied" not in desk.window.notices.text
    desk.press("Ctrl+K")
    window = open_window(desk, SchemaWindow)
    for name in ("wash", "dry"):
        window.parts.new_name.setText(name)
        desk.bot.keyClick(window.parts.new_name, Qt.Key.Key_Return)
    desk.press("Esc")
    assert desk.session.project == before
    assert "not applied" in desk.window.notices.text
    desk.bot.mouseClick(desk.window.notices.findChild(QPushButton), Qt.MouseButton.LeftButton)
    again = open_window(desk, SchemaWindow)
    assert names(again)[-2:] == ["wash", "dry"]
    again.parts.undo.click()
    assert not again.draft.is_changed
    again.bring_in((ListedHead("verb", (ListedClass("rinse"),)),))
    again.parts.cancel.click()
    desk.session.do(ChangeSchema(LabelSchema((LabelHead("action", ()),))))
    desk.bot.mouseClick(desk.window.notices.findChild(QPushButton), Qt.MouseButton.LeftButton)
    anew = open_window(desk, SchemaWindow)  # the project has gone on: that draft fits no longer
    assert not anew.draft.is_changed
    assert anew.focusWidget() is anew.parts.new_name  # nothing to search in yet


def test_the_safe_colors_are_offered(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    window.select("take")
    window.parts.color.click()
    dialog = window.findChild(QColorDialog)
    assert isinstance(dialog, QColorDialog)
    offered = [QColorDialog.customColor(place).name() for place in range(len(PALETTE[:16]))]
    assert offered == [color.lower() for color in PALETTE[:16]]
    dialog.reject()


def test_the_table_shows_a_chosen_class_in_its_own_color() -> None:
    size = QSize(14, 14)
    chosen = swatch("#56b4e9").pixmap(size, QIcon.Mode.Selected).toImage()
    usual = swatch("#56b4e9").pixmap(size).toImage()
    middle = chosen.rect().center()
    assert chosen.pixelColor(middle).name() == usual.pixelColor(middle).name() == "#56b4e9"


def test_classes_are_added_ordered_retired_and_deleted(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    assert not window.parts.apply.isEnabled()
    assert "Nothing changes yet" in window.parts.impacts.text()
    for name in ("wash", "dry"):
        window.parts.new_name.setText(name)
        window.parts.add.click()
    assert [one.name for one in window.selected] == ["dry"]
    window.parts.up.click()
    window.parts.up.click()
    assert names(window) == ["take", "put", "dry", "cut", "wash"]
    window.select("wash", "dry")
    window.parts.delete.click()
    assert names(window) == ["take", "put", "cut"]
    window.select("take")
    window.parts.delete.click()
    assert "retire it" in window.parts.message.text()
    window.parts.retire.click()
    assert window.parts.retire.text() == "Use again"
    assert "keep it" in window.parts.impacts.text()
    window.parts.retire.click()
    window.delete_unused()
    assert names(window) == ["take", "put"]
    window.delete_unused()
    assert "nothing to delete" in window.parts.message.text()
    while window.parts.undo.isEnabled():
        window.parts.undo.click()
    assert not window.draft.is_changed
    assert window.draft.schema == PROJECT.schema


def test_cells_are_edited_in_place(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    type_into(window, 0, 1, "g")
    type_into(window, 0, 2, "hands")
    type_into(window, 0, 3, "With one hand.")
    window.select("take")
    window.set_color("#112233")
    (take,) = window.selected
    assert (take.shortcut, take.category, take.description, take.color) == (
        "G",
        "hands",
        "With one hand.",
        "#112233",
    )
    type_into(window, 1, 1, "G")
    assert "G was taken from “take”" in window.parts.message.text()
    type_into(window, 1, 1, "Ctrl+G")
    assert "cannot be used" in window.parts.message.text()
    type_into(window, 1, 0, "take")
    assert "There is a class called “take” already" in window.parts.message.text()
    assert names(window) == ["take", "put", "cut"]


def test_a_class_is_renamed_and_deleted_by_keys(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    window.select("cut")
    window.parts.table.setFocus()
    qtbot.keyClick(window.parts.table, Qt.Key.Key_F2)
    editor = window.parts.table.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, "slice")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(window) == ["take", "put", "slice"], timeout=WAIT_MS)
    window.parts.table.setFocus()
    qtbot.keyClicks(window.parts.table, "x")  # a letter replaces no name
    assert window.parts.table.findChild(QLineEdit) is None or names(window)[2] == "slice"
    qtbot.keyClick(window.parts.table, Qt.Key.Key_Delete)
    assert names(window) == ["take", "put"]
    qtbot.keyClick(window.parts.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(window) == ["take", "put", "slice"]


def test_heads_are_added_and_kept_while_they_are_used(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    window.add_head("tool")
    assert window.head is not None
    assert window.head.name == "tool"
    window.remove_head()
    assert window.draft.schema.head_names == ("verb", "noun")
    window.remove_head()
    assert "so it stays" in window.parts.message.text()


def test_lists_are_imported_beside_what_there_is(qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(qtbot)
    window.bring_in(BUNDLED[2].read())
    assert window.draft.schema.head("noun").classes[0].name == "knife"
    assert len(window.draft.schema.head("noun").active) == 300  # bread is used again
    assert len(window.draft.schema.head("verb").active) == 97
    assert "Add 94 classes to “verb”" in window.parts.impacts.text()
    window.undo()
    ethogram = {"behaviors_conf": {"0": {"code": "grooming", "key": "g", "category": "self"}}}
    (tmp_path / "mice.boris").write_text(json.dumps(ethogram))
    window.bring_in_file(tmp_path / "mice.boris")
    assert names(window)[-1] == "grooming"
    window.bring_in_file(tmp_path / "gone.txt")
    assert "cannot be read" in window.parts.message.text()


def test_three_hundred_classes_are_searched(qtbot: QtBot) -> None:
    schema = schema_of(BUNDLED[2].read())
    window = make_window(qtbot, Project(FORMAT_VERSION, "p", "p", schema))
    window.parts.tabs.setCurrentIndex(1)
    assert window.model.rowCount() == 300
    window.parts.search.setText("knif")
    assert window.model.rowCount() == 1
    window.select("knife")
    window.move_by(-1)
    assert "Clear the search first" in window.parts.message.text()


def test_a_project_that_is_read_only_shows_its_classes(qtbot: QtBot) -> None:
    window = make_window(qtbot, can_edit=False)
    assert not window.parts.new_name.isEnabled()
    assert not window.parts.bring_in.isEnabled()
    assert not window.model.flags(window.model.index(0, 0)) & Qt.ItemFlag.ItemIsEditable
    window.select("take")
    assert not window.parts.delete.isEnabled()


def test_the_table_of_classes_keeps_qts_rules(qapp: QApplication) -> None:
    model = SchemaTable({("verb", 0): Usage(3, 1)}, can_edit=True)
    _tester = QAbstractItemModelTester(model, FATAL)
    verb = PROJECT.schema.head("verb")
    model.show_head(verb, {0: "1"}, "")
    assert [model.data(model.index(0, column)) for column in range(5)] == [
        "take", "1", "", "", "3 in 1 video",
    ]  # fmt: skip
    model.show_head(verb, {}, "pu")
    assert model.rowCount() == 1
    assert model.is_filtered


@pytest.mark.parametrize(
    ("kind", "heads"),
    [
        ("empty", {}),
        ("action", {"action": 0}),
        ("pair", {"verb": 0, "noun": 0}),
        ("model", {"verb": 3, "noun": 2}),
        ("list", {"verb": 97, "noun": 300}),
        ("file", {"action": 2}),
    ],
)
def test_a_new_project_begins_with_the_labels_that_were_chosen(
    desk: Desk, tmp_path: Path, kind: str, heads: dict[str, int]
) -> None:
    desk.press("Ctrl+Alt+N")
    dialog = open_window(desk, NewProjectDialog)
    desk.bot.keyClicks(dialog.name, "kitchen")
    dialog.lists.setCurrentIndex(2)
    (tmp_path / "mine.txt").write_text("run\njump\n")
    dialog.use_file(tmp_path / "mine.txt")
    dialog.choose(kind)
    desk.bot.keyClick(dialog.name, Qt.Key.Key_Return)
    desk.wait(lambda: desk.studio.session is not None)
    schema = desk.session.project.schema
    assert {head.name: len(head.classes) for head in schema.heads} == heads
    assert desk.session.folder == desk.studio.services.preferences.folders.projects / "kitchen.cast"
    assert desk.session.project.name == "kitchen"


def test_a_new_project_needs_a_name_and_a_list(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = NewProjectDialog(tmp_path)
    qtbot.addWidget(dialog)
    for name in ("", "a/b", ".hidden"):
        dialog.name.setText(name)
        dialog._on_create()
        assert "Give the project a name" in dialog.problem.text()
    dialog.name.setText("fine")
    dialog.choose("file")
    dialog._on_create()
    assert "Choose the file" in dialog.problem.text()
    (tmp_path / "bad.json").write_text("{")
    dialog.use_file(tmp_path / "bad.json")
    assert "“bad.json” is not a list of classes" in dialog.problem.text()
    assert dialog.answer is None


def test_without_heads_labelling_leads_to_the_window_of_classes(
    labelled_desk: Desk, color_video: Path
) -> None:
    desk = labelled_desk
    video, index = desk.session.project.videos[0], desk.studio.state.frames
    assert index is not None
    place = desk.studio.services.preferences.folders.projects
    assert desk.studio.projects.create(place, name="bare", schema=LabelSchema(()))
    desk.open_videos(color_video)
    desk.press("I", "Right", "O", "Return")
    window = open_window(desk, SchemaWindow)
    assert not [p for p in desk.window.findChildren(ClassPicker) if p.isVisible()]
    window.add_head("action")
    window.parts.new_name.setText("jump")
    window.add_class()
    window.accept()
    desk.wait(lambda: bool(desk.session.project.schema.heads))
    desk.wait(lambda: QApplication.activeWindow() is desk.window)
    desk.press("1")
    assert desk.labels[0].labels == {"action": 0}
    assert video.name
