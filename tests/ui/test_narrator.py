"""What screen readers are told of painted widgets."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cast_studio.ui.class_list import ClassListModel
from cast_studio.ui.class_picker import ClassPicker
from cast_studio.ui.label_habits import LabelHabits
from cast_studio.ui.label_question import LabelQuestion, LabelTarget
from cast_studio.ui.palette import Palette
from tests.fakes import SCHEMA
from tests.ui.conftest import WAIT_MS, Desk
from tests.ui.labelling import label_range


def test_the_timeline_tells_where_the_playhead_is_and_what_is_selected(labelled_desk: Desk) -> None:
    desk = labelled_desk
    timeline = desk.window.workspace.timeline
    said: list[str] = []
    desk.window.narrator.announced.connect(said.append)
    label_range(desk, 24, 47)
    desk.show_frame(48)
    desk.wait(lambda: "frame 48 of 144" in timeline.accessibleDescription())
    assert timeline.accessibleDescription().startswith("2.000 s")
    timeline.setFocus()
    desk.press("Shift+Tab")
    desk.wait(lambda: any("Label" in words for words in said))
    assert "Label" in timeline.accessibleDescription()
    assert said[-1] in timeline.accessibleDescription()


def test_a_marked_range_is_told(labelled_desk: Desk) -> None:
    desk = labelled_desk
    said: list[str] = []
    desk.window.narrator.announced.connect(said.append)
    timeline = desk.window.workspace.timeline
    timeline.setFocus()
    desk.show_frame(24)
    desk.press("I")
    desk.show_frame(47)
    desk.press("O")
    desk.wait(lambda: "Range from 1.000 s to 2.000 s" in timeline.accessibleDescription())
    desk.wait(lambda: "Range from 1.000 s to 2.000 s" in said)


def test_edits_are_told_and_what_is_taken_back(labelled_desk: Desk) -> None:
    desk = labelled_desk
    said: list[str] = []
    desk.window.narrator.announced.connect(said.append)
    label_range(desk, 24, 47)
    desk.wait(lambda: "Add segment" in said)
    desk.press("Ctrl+Z")
    assert said[-1] == "Undone: Add segment"
    desk.press("Ctrl+Shift+Z")
    assert said[-1] == "Done again: Add segment"


def test_a_label_that_was_begun_is_told_once_while_time_goes_on(labelled_desk: Desk) -> None:
    desk = labelled_desk
    said: list[str] = []
    desk.window.narrator.announced.connect(said.append)
    desk.window.workspace.timeline.setFocus()
    desk.show_frame(24)
    desk.press("1")
    desk.wait(lambda: len(said) == 1)
    name = SCHEMA.heads[0].active[0].name
    assert said[0].endswith(f": {name}")
    desk.show_frame(40)
    timeline = desk.window.workspace.timeline
    desk.wait(lambda: "frame 40" in timeline.accessibleDescription())
    assert "Range" not in timeline.accessibleDescription()
    assert len(said) == 1


def test_the_class_that_the_keys_have_chosen_is_said(qtbot: QtBot) -> None:
    picker = ClassPicker(LabelQuestion("New label", LabelTarget(), SCHEMA))
    qtbot.addWidget(picker)
    picker.show()
    column = picker.columns[0]
    said: list[str] = []
    column.line.changed.connect(said.append)
    names = [found.name for found in column.head.active]
    QTest.keyClick(column.field, Qt.Key.Key_Down)
    QTest.keyClick(column.field, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: bool(said) and said[-1].startswith(names[1]), timeout=WAIT_MS)
    assert column.field.accessibleDescription() == said[-1]
    QTest.keyClicks(column.field, "a name that no class has")
    qtbot.waitUntil(lambda: said[-1] == "Add new class “a name that no class has”", timeout=WAIT_MS)


def test_the_command_that_the_keys_have_chosen_is_said_with_what_is_missing(desk: Desk) -> None:
    palette = Palette(desk.window.actions_, None, parent=desk.window)
    palette.show()
    said: list[str] = []
    palette.line.changed.connect(said.append)
    QTest.keyClicks(palette.field, "split")
    desk.wait(lambda: bool(said) and said[-1].startswith("Label: Split"))
    assert "first" in said[-1]
    QTest.keyClicks(palette.field, " a banana in quarters")
    desk.wait(lambda: said[-1] == "")
    palette.close()


def test_the_heatmap_is_told_in_words(labelled_desk: Desk) -> None:
    desk = labelled_desk
    view = desk.window.workspace.video_view
    # Whatever a model that arrives or a frame that comes late takes off the screen is gone by then.
    desk.wait(lambda: bool(desk.studio.services.inference.model_id))
    desk.show_frame(24)
    desk.wait(lambda: "1.000 s" in view.accessibleDescription())
    heat = np.zeros((6, 6))
    heat[5, 0] = 1.0
    view.show_heat(heat)
    desk.wait(lambda: "most at the bottom left" in view.accessibleDescription())
    view.show_heat(None)
    desk.wait(lambda: "most" not in view.accessibleDescription())


def test_what_a_key_switches_on_and_off_is_told(labelled_desk: Desk) -> None:
    desk = labelled_desk
    said: list[str] = []
    desk.window.narrator.announced.connect(said.append)
    desk.press("Ctrl+L")
    desk.press("Ctrl+L")
    assert said == ["Letters label: on", "Letters label: off"]


def test_messages_are_announced(desk: Desk) -> None:
    said: list[str] = []
    desk.window.narrator.announced.connect(said.append)
    desk.studio.services.messages.tell("warning", "The disk is full.")
    assert said == ["The disk is full."]


def test_a_line_of_the_class_list_is_read_with_its_key_and_probability() -> None:
    head = SCHEMA.heads[0]
    chosen = head.classes[0]
    model = ClassListModel(head, {chosen.id: 0.5}, LabelHabits(), {chosen.id: "1"})
    spoken = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert isinstance(spoken, str)
    assert spoken.startswith(f"{chosen.name}, ")
    assert "1" in spoken
    assert "50" in spoken
