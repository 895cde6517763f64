"""The lists behind the views."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.ui.class_list import ClassListModel, matching_rows
from cast_studio.ui.label_habits import LabelHabits
from cast_studio.ui.label_question import NewClass
from cast_studio.ui.video_entries import VideoEntry
from cast_studio.ui.video_list_model import VideoListModel
from tests.fakes import make_head

HEAD = make_head("verb", "rotate-left", "rotate-right", "left-turn", "shake")
FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def entry(name: str, n_labels: int = 0) -> VideoEntry:
    return VideoEntry(name, f"{name}.mp4", 65.0, n_labels, n_labels / 10)


def test_the_video_list_keeps_qts_rules_and_its_selection(qapp: QApplication, qtbot: QtBot) -> None:
    model = VideoListModel()
    _tester = QAbstractItemModelTester(model, FATAL)
    model.show_entries([entry("a"), entry("b")])
    with (
        qtbot.waitSignal(model.dataChanged) as changed,
        qtbot.assertNotEmitted(model.modelReset),
    ):
        model.show_entries([entry("a"), entry("b", 3)])
    assert changed.args[0].row() == 1
    with qtbot.waitSignal(model.rowsRemoved), qtbot.assertNotEmitted(model.modelReset):
        model.show_entries([entry("b", 3)])
    assert model.row_of("b") == 0
    assert model.row_of("a") is None


def test_a_video_reads_well_aloud(qapp: QApplication) -> None:
    model = VideoListModel()
    model.show_entries([entry("a", 1), VideoEntry("b", "b.mp4", None, 0, 0.0)])
    role = Qt.ItemDataRole.AccessibleTextRole
    assert model.data(model.index(0), role) == "a.mp4, 1:05 · 1 label, 10\u202f% labelled"
    assert model.data(model.index(1), role) == "b.mp4, no labels yet, 0\u202f% labelled"


def test_the_class_list_keeps_qts_rules(qapp: QApplication) -> None:
    model = ClassListModel(HEAD, {})
    _tester = QAbstractItemModelTester(model, FATAL)
    for typed in ("", "rot", "nothing like it", "rotate-left", ""):
        model.filter(typed)
    assert model.rowCount() == 4


def names(typed: str, probabilities: dict[int, float] | None = None) -> list[str]:
    return [row.text for row in matching_rows(HEAD, typed, probabilities or {}, LabelHabits(), {})]


def test_without_text_the_models_favorites_come_first() -> None:
    assert names("", {3: 0.7, 1: 0.2})[:2] == ["shake", "rotate-right"]


def test_names_that_begin_with_the_text_come_first() -> None:
    assert names("left") == ["left-turn", "rotate-left", "Add new class “left”"]


def test_words_may_be_typed_in_any_order_and_without_hyphen() -> None:
    assert names("left rot")[0] == "rotate-left"


def test_a_class_that_exists_is_not_offered_as_new() -> None:
    assert names(" Rotate-Left ") == ["rotate-left"]


def test_a_new_class_carries_the_name_without_spare_blanks() -> None:
    (row,) = matching_rows(HEAD, "  stir   fry ", {}, LabelHabits(), {})
    assert row.choice == NewClass("stir fry")
