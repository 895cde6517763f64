"""Labelling with the mouse, and what the panels say about it."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from cast_studio.core.edits import RelabelSegments
from cast_studio.core.tracks import Origin
from cast_studio.ui.class_picker import ClassPicker
from cast_studio.ui.commands import Do
from cast_studio.ui.parts import CopyLabel
from cast_studio.ui.score_table import ScoreRow, ScoreTable
from cast_studio.ui.view_state import LabelSelection
from tests.fakes import SCHEMA, FakePredictor
from tests.ui.conftest import Desk
from tests.ui.labelling import label_range, picker_of
from tests.videos import constant_rate


def panel_title(desk: Desk) -> str:
    """Return what the label panel is about."""
    view = desk.window.workspace.label_panel.view
    return "" if view is None else f"{view.kind}: {view.title}"


def test_the_panel_follows_the_playhead(labelled_desk: Desk) -> None:
    desk = labelled_desk
    assert panel_title(desk) == ""
    desk.predict()
    desk.wait(lambda: panel_title(desk).endswith("take · knife"))
    desk.show_frame(70)
    assert panel_title(desk).endswith("put · bread")
    desk.show_frame(130)
    assert panel_title(desk).endswith("cut · knife")


def test_a_click_on_a_suggestion_corrects_the_model(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    desk.window.workspace.label_panel.class_clicked.emit("verb", "cut")
    (segment,) = desk.labels
    assert segment.origin is Origin.CORRECTED
    assert segment.labels == {"verb": 2, "noun": 0}
    desk.wait(lambda: panel_title(desk) == "Label, corrected from the model: cut · knife")
    view = desk.window.workspace.label_panel.view
    assert view is not None
    assert view.opinion == "The model thinks otherwise."


def test_a_click_on_a_suggestion_labels_the_marked_range(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    frames = desk.studio.state.frames
    assert frames is not None
    desk.window.workspace.timeline.range_drawn.emit(frames.span_of_frames(50, 60))
    desk.wait(lambda: panel_title(desk) == "Marked range: Not labelled yet")
    desk.window.workspace.label_panel.class_clicked.emit("verb", "put")
    (segment,) = desk.labels
    assert segment.span == frames.span_of_frames(50, 60)
    assert segment.labels == {"verb": 1, "noun": 1}
    assert segment.origin is Origin.MANUAL


def test_a_label_dragged_in_the_timeline_is_one_step_of_undo(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    frames = desk.studio.state.frames
    assert frames is not None
    before = desk.labels
    longer = frames.span_of_frames(10, 40)
    desk.window.workspace.timeline.retime_requested.emit(before[0].id, longer)
    assert desk.labels[0].span == longer
    desk.press("Ctrl+Z")
    assert desk.labels == before


def test_an_edit_that_is_refused_says_why_and_changes_nothing(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 19)
    label_range(desk, 30, 39)
    before = desk.labels
    frames = desk.studio.state.frames
    assert frames is not None
    over_both = frames.span_of_frames(10, 35)
    desk.window.workspace.timeline.retime_requested.emit(before[0].id, over_both)
    assert desk.labels == before
    level, text = desk.told.told[-1]
    assert level == "warning"
    assert "may not overlap" in text


def test_one_label_can_follow_another_without_moving_the_playhead(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 19)
    frames = desk.studio.state.frames
    assert frames is not None
    desk.show_frame(19)
    desk.press("I")
    assert desk.studio.state.marked == frames.span_of_frames(20, 21)
    # Within a label nothing is guessed.
    desk.show_frame(15)
    desk.press("I")
    marked = desk.studio.state.marked
    assert marked is not None
    assert marked.start == frames.pts_of(15)


def visible_pickers(desk: Desk) -> list[ClassPicker]:
    return [picker for picker in desk.window.findChildren(ClassPicker) if picker.isVisible()]


@pytest.mark.parametrize("key", ["Return", "E"])
def test_a_range_over_a_label_is_refused_before_anything_is_asked(
    labelled_desk: Desk, key: str
) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    frames = desk.studio.state.frames
    assert frames is not None
    desk.studio.state.select(None)
    overlapping = frames.span_of_frames(20, 40)
    desk.studio.state.mark(overlapping)
    desk.window.workspace.video_view.setFocus()
    QApplication.processEvents()
    desk.press(key)
    assert visible_pickers(desk) == []
    assert "may not overlap" in desk.window.notices.text
    # It can still be made to fit.
    assert desk.studio.state.marked == overlapping
    desk.studio.state.mark(frames.span_of_frames(40, 50))
    QApplication.processEvents()
    desk.press(key)
    picker_of(desk).reject()


def test_undoing_a_deleted_label_brings_it_back_everywhere(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    timeline = desk.window.workspace.timeline
    assert len(timeline.content.labels.bars) == 1
    desk.press("Del")
    assert timeline.content.labels.bars == ()
    desk.press("Ctrl+Z")
    assert [bar.text for bar in timeline.content.labels.bars] == ["take · knife"]


def test_removing_the_shown_video_leaves_it_and_undo_brings_it_back(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.window.actions_[Do.REMOVE_VIDEO].trigger()
    assert desk.studio.state.video_id == ""
    assert desk.window.workspace.video_view.message[0] == "No video is open"
    desk.press("Ctrl+Z")
    assert desk.window.workspace.video_list.model.rowCount() == 1
    assert desk.studio.state.video_id == "colors"


def test_the_row_says_that_the_model_is_at_work(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    gate = threading.Semaphore(0)
    desk = make_desk(predictor=FakePredictor(gate=gate))
    desk.open_videos(own_colors)
    timeline = desk.window.workspace.timeline
    desk.wait(lambda: "Press Ctrl+P" in timeline.content.hint)
    desk.studio.predict()
    assert timeline.content.hint.startswith("The model is making a first pass")
    gate.release(1000)
    desk.wait(lambda: bool(timeline.content.model.bars))
    assert not desk.studio.models.is_predicting_video(desk.studio.state.video_id)


def test_after_stopping_the_row_invites_again(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    gate = threading.Semaphore(0)
    desk = make_desk(predictor=FakePredictor(gate=gate))
    desk.open_videos(own_colors)
    timeline = desk.window.workspace.timeline
    desk.wait(lambda: "Press Ctrl+P" in timeline.content.hint)
    desk.studio.predict()
    desk.studio.models.cancel()
    gate.release(1000)
    desk.wait(lambda: "Press Ctrl+P" in timeline.content.hint)


def test_the_time_is_the_same_everywhere_and_leads_back(desk: Desk, tmp_path: Path) -> None:
    # 24 frames a second: no frame but every third starts on a whole millisecond.
    desk.open_videos(constant_rate(tmp_path / "a.mp4"))
    for index in (1, 2, 17, 46):
        desk.show_frame(index)
        clock = desk.window.workspace.transport.time_text
        assert f" = {float(clock[-6:]):.3f} s " in desk.window.status.facts
        desk.show_frame(0)
        assert desk.studio.playback.show_text(clock)
        desk.wait(lambda index=index: desk.studio.state.frame_index == index)


def test_the_csv_has_labels_and_predictions(labelled_desk: Desk, tmp_path: Path) -> None:
    desk = labelled_desk
    desk.predict()
    label_range(desk, 10, 29)
    path = tmp_path / "out.csv"
    desk.studio.exports.start(path)
    desk.wait(lambda: any(text.startswith("Exported ") for _, text in desk.told.told))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert ("info", f"Exported 4 rows to {path}.") in desk.told.told


def test_an_export_that_fails_is_told(labelled_desk: Desk, tmp_path: Path) -> None:
    desk = labelled_desk
    desk.studio.exports.start(tmp_path / "missing" / "out.csv")
    desk.wait(lambda: any(level == "error" for level, _ in desk.told.told))
    assert "out.csv" in desk.told.told[-1][1]


def test_a_missing_video_file_is_told_in_its_place(labelled_desk: Desk, tmp_path: Path) -> None:
    desk = labelled_desk
    gone = tmp_path / "gone.mp4"
    desk.studio.playback.open(gone)
    view = desk.window.workspace.video_view
    desk.wait(lambda: any(level == "error" for level, _ in desk.told.told))
    assert "gone.mp4" in desk.told.told[-1][1]
    assert desk.window.isVisible()
    assert view.isVisible()


def test_a_note_that_is_being_typed_is_kept_when_another_label_is_chosen(
    labelled_desk: Desk,
) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    label_range(desk, 40, 49)
    first, second = desk.labels
    desk.studio.state.select(LabelSelection(first.id))
    desk.wait(lambda: desk.window.workspace.label_panel.note_field.isVisible())
    desk.press("Ctrl+N")
    desk.bot.keyClicks(desk.window.workspace.label_panel.note_field, "blurred")
    desk.studio.state.select(LabelSelection(second.id))
    desk.wait(lambda: desk.session.project.segment(first.id)[1].note == "blurred")
    assert desk.session.project.segment(second.id)[1].note == ""


def test_the_panel_says_what_is_selected(labelled_desk: Desk) -> None:
    desk = labelled_desk
    panel = desk.window.workspace.label_panel
    label_range(desk, 10, 29)
    label_range(desk, 48, 59)
    first, second = desk.labels
    desk.studio.state.select(LabelSelection(second.id, frozenset({first.id})))
    both = "00:00:00.417 – 00:00:02.500"
    desk.wait(lambda: panel.view is not None and panel.view.times == both)
    assert panel.view is not None
    assert panel.view.title == "take · knife"
    desk.session.do(RelabelSegments((first.id,), {"verb": 1}, ""))
    desk.wait(lambda: panel.view is not None and panel.view.title == "Different classes")
    desk.press("Esc")
    desk.show_frame(96)
    desk.press("Shift+P")
    desk.wait(lambda: panel.view is not None and panel.view.kind == "Point event")
    assert panel.view.times == "00:00:04.000"


def test_the_panel_of_a_range_lists_the_keys(labelled_desk: Desk) -> None:
    desk = labelled_desk
    panel = desk.window.workspace.label_panel
    desk.press("I")
    desk.wait(lambda: panel.view is not None and panel.view.subject == "range")
    assert panel.view is not None
    assert panel.view.opinion.splitlines()[2:5] == ["1  take", "2  put", "3  cut"]
    assert "Alt+1  knife" in panel.view.opinion
    desk.predict()  # what the model says is worth more room
    desk.wait(lambda: bool(panel.view is not None and panel.view.rows))
    assert "1  take" not in panel.view.opinion


def test_the_panel_says_what_was_begun(labelled_desk: Desk) -> None:
    desk = labelled_desk
    panel = desk.window.workspace.label_panel
    desk.show_frame(10)
    desk.press("1")
    desk.wait(lambda: panel.view is not None and panel.view.title == "take")
    assert panel.view is not None
    assert panel.view.kind == "Label that was begun"
    desk.press("Alt+1")
    desk.wait(lambda: panel.view is not None and panel.view.title == "take · knife")
    desk.press("Esc", "I")
    desk.wait(lambda: panel.view is not None and panel.view.title == "Not labelled yet")


def test_a_project_without_videos_shows_no_lanes_of_another(
    labelled_desk: Desk, tmp_path: Path
) -> None:
    desk = labelled_desk
    timeline = desk.window.workspace.timeline
    assert timeline.content.lanes
    desk.studio.projects.create(tmp_path / "new.cast", name="new", schema=SCHEMA)
    desk.wait(lambda: desk.session.project.name == "new")
    QApplication.processEvents()
    assert timeline.content.lanes == ()


def test_the_place_can_be_typed(labelled_desk: Desk) -> None:
    desk = labelled_desk
    for text, frame in (("f 100", 100), ("0:02", 48), ("99999 f", 143)):
        assert desk.studio.playback.show_text(text)
        assert desk.studio.state.frame_index == frame
    assert not desk.studio.playback.show_text("nowhere")


def test_time_and_frame_are_copied_by_a_click(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.show_frame(36)
    copied = []
    for button in desk.window.workspace.transport.findChildren(CopyLabel):
        desk.bot.mouseClick(button, Qt.MouseButton.LeftButton)
        copied.append(QApplication.clipboard().text())
    assert copied == ["00:00:01.500", "f 36"]
    QToolTip.hideText()


def test_the_picker_stays_until_something_is_chosen(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.press("I", "Return")
    picker = picker_of(desk)
    desk.press(Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert picker.isVisible()
    assert picker.columns[0].field.hasFocus()
    desk.press(Qt.Key.Key_Escape)
    assert not picker.isVisible()
    assert desk.labels == ()


def test_a_score_row_is_clicked_where_it_is_seen(qtbot: QtBot) -> None:
    table = ScoreTable()
    qtbot.addWidget(table)
    table.resize(300, 200)
    rows = [ScoreRow("verb", "take", 0.7), ScoreRow("verb", "put", 0.2), ScoreRow("noun", "a", 0.9)]
    table.show_rows(rows)
    table.show()
    for row, area in table.row_rects():
        with qtbot.waitSignal(table.class_clicked) as clicked:
            where = area.center().toPoint()
            qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=where)
        assert clicked.args == [row.head, row.name]
    assert "verb take 70" in table.accessibleDescription()
