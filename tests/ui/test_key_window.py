"""Changing keys, finding commands and reading the cheat sheet, on the real windows."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.ui.actions import Actions
from cast_studio.ui.cheat_sheet import CheatSheet
from cast_studio.ui.commands import COMMANDS, Do, Need
from cast_studio.ui.key_hints import how_to_begin, how_to_label, how_to_predict
from cast_studio.ui.key_table import KeyTable
from cast_studio.ui.key_window import KeyChoice, KeyWindow
from cast_studio.ui.keys.key_map import KeyMap
from cast_studio.ui.palette import Palette, palette_rows
from tests.fakes import SCHEMA
from tests.ui.conftest import Desk

Window = TypeVar("Window", bound=QDialog)
FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def open_window(desk: Desk, kind: type[Window]) -> Window:
    """Return the one open window of a kind."""
    found = [window for window in desk.window.findChildren(kind) if window.isVisible()]
    assert len(found) == 1
    return found[0]


def make_window(qtbot: QtBot, keys: KeyMap | None = None) -> KeyWindow:
    window = KeyWindow(KeyChoice(keys or KeyMap(), False, 0), SCHEMA)
    qtbot.addWidget(window)
    window.show()
    return window


def test_a_command_gets_another_key_and_acts_on_it_at_once(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.press("Ctrl+Alt+K")
    window = open_window(desk, KeyWindow)
    desk.bot.keyClicks(window.search, "to end")
    assert window.command is not None
    assert window.command.do is Do.TO_END
    desk.bot.mouseClick(window.fields[0], Qt.MouseButton.LeftButton)
    assert window.fields[0].is_waiting
    desk.bot.keyClick(window.fields[0], Qt.Key.Key_B)
    assert window.fields[0].key == "B"
    window.accept()
    desk.wait(lambda: QApplication.activeWindow() is desk.window)
    desk.press("B")
    assert desk.studio.state.frame_index == 143
    desk.press("Home")
    desk.press("End")
    assert desk.studio.state.frame_index == 0
    assert "(B)" in desk.window.actions_[Do.TO_END].toolTip()
    again = Preferences(AppFolders.default())
    assert (again.key_preset, again.key_changes) == ("editor", {"TO_END": ("B",)})


def test_keys_that_were_not_applied_are_offered_again(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.press("Ctrl+Alt+K", "Esc")
    assert "not applied" not in desk.window.notices.text
    desk.press("Ctrl+Alt+K")
    window = open_window(desk, KeyWindow)
    window.show_command(Do.TO_END)
    desk.bot.mouseClick(window.fields[0], Qt.MouseButton.LeftButton)
    desk.bot.keyClick(window.fields[0], Qt.Key.Key_B)
    window.reject()
    assert desk.window.actions_.keys.keys(Do.TO_END) == ("End",)
    assert "not applied" in desk.window.notices.text
    desk.bot.mouseClick(desk.window.notices.findChild(QPushButton), Qt.MouseButton.LeftButton)
    open_window(desk, KeyWindow).accept()
    assert desk.window.actions_.keys.keys(Do.TO_END) == ("B",)


def test_hints_name_the_keys_that_commands_have_now(labelled_desk: Desk) -> None:
    actions, workspace = labelled_desk.window.actions_, labelled_desk.window.workspace
    keys = actions.keys.assign(Do.MARK_IN, ("Z",))[0].assign(Do.FASTER, ())[0]
    actions.use_keys(keys)
    assert "press Z and O; then Return" in how_to_label(actions)
    assert "begins with Z and" in how_to_begin(actions)
    speed = workspace.transport.findChild(QToolButton, "playback-speed")
    assert speed is not None
    assert speed.toolTip() == "Playback speed (J slower, K pause)"
    actions.use_keys(keys.assign(Do.PREDICT, ())[0].assign(Do.MARK_OUT, ())[0])
    assert how_to_predict(actions) == "Choose “Predict” to let the model make a first pass."
    assert how_to_label(actions) == "Drag here to mark a range, then label it."


def test_the_window_fits_a_small_screen(labelled_desk: Desk) -> None:
    assert labelled_desk.window.minimumSizeHint().width() <= 1280


def test_any_key_can_be_given_also_those_that_move_the_focus(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    window.show_command(Do.HEATMAP)
    field = window.fields[1]
    for key, modifier, expected in (
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier, "Ctrl+Tab"),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, "Down"),
        (Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier, "?"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, "Space"),
    ):
        field.click()
        qtbot.keyClick(field, Qt.Key.Key_Shift)  # a modifier alone is not a key yet
        assert field.is_waiting
        qtbot.keyClick(field, key, modifier)
        assert window.choice.keys.keys(Do.HEATMAP) == ("H", expected)
    field.click()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not field.is_waiting
    assert window.choice.keys.keys(Do.HEATMAP) == ("H", "Space")
    assert window.isVisible()


def test_a_conflict_is_told_and_can_be_undone(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    assert not window.undo.isVisible()
    window.show_command(Do.PREDICT)
    window.assign(0, "S")
    assert window.message.text() == "S was taken from “Split”, which has no key now."
    assert window.undo.isVisible()
    window.undo.click()
    assert window.choice.keys == KeyMap()
    assert window.message.text() == ""
    window.assign(1, "1")
    assert "1 labels with “take” always" in window.message.text()
    window.reset_one.click()
    assert window.choice.keys == KeyMap()


def test_presets_are_chosen_and_all_is_reset(qtbot: QtBot) -> None:
    window = make_window(qtbot, KeyMap("editor", {"SPLIT": ("X",)}))
    window.presets.setCurrentIndex(1)
    window.presets.activated.emit(1)
    assert window.choice.keys == KeyMap("boris")
    assert window.choice.letters_label
    assert "1 commands" in window.message.text()
    window.undo.click()
    assert window.choice.keys.keys(Do.SPLIT) == ("X",)
    window.reset_all.click()
    assert window.choice.keys == KeyMap()
    window.reaction.setValue(250)
    assert window.choice.reaction_ms == 250


def test_commands_are_found_by_name_and_by_key(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    for typed, do in (("Ctrl+P", Do.PREDICT), ("merge", Do.MERGE), ("?", Do.CHEAT_SHEET)):
        window.search.setText(typed)
        assert window.command is not None
        assert window.command.do is do
    window.search.setText("zzzz")
    assert window.command is None
    assert not window.fields[0].isEnabled()
    window.show_command(Do.SPLIT)
    assert window.search.text() == ""


def test_the_table_of_keys_keeps_qts_rules(qapp: QApplication) -> None:
    model = KeyTable(KeyMap())
    _tester = QAbstractItemModelTester(model, FATAL)
    assert model.rowCount() == len(COMMANDS)
    model.search("frame")
    model.show_keys(KeyMap("boris"))
    shown = [model.data(model.index(row, 0)) for row in range(model.rowCount())]
    assert "Play: Next frame" in shown
    works = {
        str(model.data(model.index(row, 0))): model.data(model.index(row, 3))
        for row in range(model.rowCount())
    }
    assert works["Play: Next frame"] == "Not while typing"


def test_the_cheat_sheet_shows_the_keys_as_they_are(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    keys, _ = KeyMap().assign(Do.SPLIT, ("Ctrl+J", "U"))
    actions = Actions(host, keys)
    sheet = CheatSheet(actions, SCHEMA, host)
    texts = [label.text() for label in sheet.findChildren(QLabel)]
    assert texts[texts.index("Split") + 1] == "Ctrl+J or U"
    assert texts[texts.index("take") + 1] == "1"
    assert texts.index("take") < texts.index("New project")  # what is looked up most comes first
    assert texts[texts.index("Select what is in a rectangle") + 1] == "Shift and drag"
    actions.use_keys(KeyMap())
    assert actions.key_texts(Do.SPLIT) == "S"


def test_the_palette_runs_what_is_typed(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.press("Ctrl+Shift+P")
    palette = open_window(desk, Palette)
    desk.bot.keyClicks(palette.field, "go to end")
    desk.bot.keyClick(palette.field, Qt.Key.Key_Return)
    desk.wait(lambda: desk.studio.state.frame_index == 143)
    desk.press("Ctrl+Shift+P")
    (first, *_) = palette_rows("", desk.window.actions_, None, desk.window.asked.recent)
    assert first.what is Do.TO_END
    again = open_window(desk, Palette)
    desk.bot.keyClick(again.field, Qt.Key.Key_Down)
    assert again.list.currentIndex().row() == 1
    again.reject()


def test_the_palette_finds_themes_which_can_have_keys(labelled_desk: Desk) -> None:
    desk = labelled_desk
    actions, preferences = desk.window.actions_, desk.studio.services.preferences
    (first, *_) = palette_rows("contrast", actions, None, ())
    assert first.text == "Theme: High contrast"
    desk.press("Ctrl+Shift+P")
    palette = open_window(desk, Palette)
    desk.bot.keyClicks(palette.field, "theme light")
    desk.bot.keyClick(palette.field, Qt.Key.Key_Return)
    desk.wait(lambda: preferences.theme == "light")
    actions.use_keys(actions.keys.assign(Do.THEME_DARK, ("Ctrl+Alt+D",))[0])
    assert actions[Do.THEME_LIGHT].isChecked()
    desk.press("Ctrl+Alt+D")
    assert preferences.theme == "dark"
    assert not actions[Do.THEME_LIGHT].isChecked()


def test_the_palette_says_why_something_cannot_be_done(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.press("Ctrl+Shift+P")
    palette = open_window(desk, Palette)
    desk.bot.keyClicks(palette.field, "split")
    assert palette.reason == "Not possible now: select a label first."
    desk.bot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    desk.bot.keyClicks(palette.field, "zzzz")
    assert palette.reason == "No command has such a name."
    palette.reject()


def test_the_palette_labels_with_a_class(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.show_frame(10)
    desk.press("I", "Right", "O", "Ctrl+Shift+P")
    palette = open_window(desk, Palette)
    desk.bot.keyClicks(palette.field, "bread")
    desk.bot.keyClick(palette.field, Qt.Key.Key_Return)
    desk.wait(lambda: bool(desk.labels))
    assert desk.labels[0].labels == {"noun": 1}


def test_every_command_is_in_the_palette_with_its_key(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    actions = Actions(host)
    actions.update_enabled(frozenset(Need))
    rows = {row.what: row for row in palette_rows("", actions, None)}
    assert set(rows) == set(Do) - {Do.PALETTE}
    assert all(not row.reason for row in rows.values())
    native = QKeySequence.SequenceFormat.NativeText
    assert rows[Do.UNDO].key == QKeySequence("Ctrl+Z").toString(native)


def test_every_control_has_a_name_for_screen_readers(qtbot: QtBot) -> None:
    window = make_window(qtbot)
    controls = [window.presets, window.search, window.table, window.reaction, *window.fields]
    assert all(control.accessibleName() for control in controls)
