"""The main job by keys alone, on the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from cast_studio.core.tracks import Origin
from cast_studio.ui.commands import Do
from cast_studio.ui.view_state import LabelSelection
from tests.ui.conftest import Desk
from tests.ui.labelling import label_range, picker_of
from tests.videos import constant_rate


def test_a_range_is_marked_labelled_and_undone(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    (segment,) = desk.labels
    frames = desk.studio.state.frames
    assert frames is not None
    assert segment.span == frames.span_of_frames(10, 30)
    assert segment.labels == {"verb": 0, "noun": 0}
    assert segment.origin is Origin.MANUAL
    assert desk.studio.state.selection == LabelSelection(segment.id)
    assert desk.studio.state.marked is None
    assert desk.window.actions_[Do.UNDO].text() == "Undo add segment"
    desk.press("Ctrl+Z")
    assert desk.labels == ()
    desk.press("Ctrl+Shift+Z")
    assert desk.labels == (segment,)


def test_arrows_and_their_modifiers_move_the_playhead(labelled_desk: Desk) -> None:
    desk = labelled_desk
    state = desk.studio.state
    desk.show_frame(60)
    for key, frame in (
        ("Right", 61),
        (".", 62),
        (",", 61),
        ("Left", 60),
        ("Shift+Right", 84),
        ("Shift+Left", 60),
        ("End", 143),
        ("Home", 0),
        ("Ctrl+Right", 143),
        ("Ctrl+Left", 0),
    ):
        desk.press(key)
        assert state.frame_index == frame, key


def test_space_plays_and_k_pauses(desk: Desk, tmp_path: Path) -> None:
    player = desk.studio.services.player
    # So long that a busy machine does not come to its end between two keys.
    desk.open_videos(constant_rate(tmp_path / "long.mp4", count=2400))
    desk.press("Space")
    assert player.is_playing
    desk.press("Space")
    assert not player.is_playing
    desk.press("L", "L")
    assert player.rate == 2.0
    desk.press("J", "J")
    assert player.rate == 0.5
    desk.press("K")
    assert not player.is_playing


def test_edges_are_nudged_split_merged_and_deleted(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    frames = desk.studio.state.frames
    assert frames is not None
    desk.press("[", "Alt+]", "Alt+]", "]")
    assert desk.labels[0].span == frames.span_of_frames(10, 32)
    desk.show_frame(20)
    desk.press("S")
    assert [s.span for s in desk.labels] == [
        frames.span_of_frames(10, 20),
        frames.span_of_frames(20, 32),
    ]
    desk.press("M")
    assert [s.span for s in desk.labels] == [frames.span_of_frames(10, 32)]
    desk.press("Del")
    assert desk.labels == ()


def test_tab_visits_segments_and_accept_reject_work(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    predicted = desk.studio.annotations.predictions
    assert predicted is not None
    assert len(predicted.predictions) >= 3
    desk.press("Home", "A")
    (segment,) = desk.labels
    assert segment.origin is Origin.ACCEPTED
    assert segment.model_id == "fake-model"
    desk.press("Tab")
    rejected = desk.studio.annotations.current.prediction
    assert rejected is not None
    assert rejected.span != segment.span
    desk.press("R")
    assert rejected.span in desk.session.rejected_predictions("colors")
    desk.press("Shift+Tab")
    assert desk.studio.state.selection == LabelSelection(segment.id)


def test_a_rejection_is_taken_back_like_any_other_step(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    before = desk.studio.annotations.predictions
    assert before is not None
    desk.press("Home", "R")
    after = desk.studio.annotations.predictions
    assert after is not None
    assert after.predictions == before.predictions[1:]
    undo = desk.window.actions_[Do.UNDO]
    desk.wait(lambda: undo.text() == "Undo reject prediction")
    desk.press("Ctrl+Z")
    assert desk.studio.annotations.predictions == before
    desk.press("Ctrl+Shift+Z")
    assert desk.studio.annotations.predictions == after


def test_a_wrong_prediction_is_corrected(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    desk.press("Home", "E")
    picker = picker_of(desk)
    assert picker.answer == {"verb": 0, "noun": 0}  # what the model says is chosen already
    desk.bot.keyClicks(picker.columns[0].field, "cut")
    desk.press(Qt.Key.Key_Return, Qt.Key.Key_Return)
    (segment,) = desk.labels
    assert segment.origin is Origin.CORRECTED
    assert segment.labels == {"verb": 2, "noun": 0}


def test_a_new_class_is_made_by_typing_it(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    desk.press("E")
    picker = picker_of(desk)
    desk.bot.keyClicks(picker.columns[0].field, "stir-fry")
    desk.press(Qt.Key.Key_Return, Qt.Key.Key_Return)
    added = desk.session.project.schema.head("verb").class_named("stir-fry")
    assert added is not None
    assert desk.labels[0].labels == {"verb": added.id, "noun": 0}


@pytest.mark.parametrize("on", ["label", "prediction", "range"])
def test_a_new_class_and_its_label_are_one_step(labelled_desk: Desk, on: str) -> None:
    desk = labelled_desk
    if on == "label":
        label_range(desk, 10, 29)
    elif on == "prediction":
        desk.predict()
        desk.press("Home")
    else:
        desk.press("Home", "I", "Right", "Right", "O")
    before = desk.session.project
    desk.press("E")
    picker = picker_of(desk)
    for column, name in zip(picker.columns, ("stir-fry", "wok"), strict=True):
        desk.bot.keyClicks(column.field, name)
        desk.press(Qt.Key.Key_Return)
    after = desk.session.project
    verb, noun = after.schema.heads
    names = [verb.class_named("stir-fry"), noun.class_named("wok")]
    assert None not in names
    desk.press("Ctrl+Z")
    assert desk.session.project == before
    desk.press("Ctrl+Shift+Z")
    assert desk.session.project == after


def test_no_single_key_fires_while_text_is_typed(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    before = desk.labels
    desk.press("Ctrl+N")
    field = desk.window.workspace.label_panel.note_field
    assert field.hasFocus()
    desk.bot.keyClicks(field, "as is, rome")
    desk.press("Left", "Home", "Del", "Space")
    assert field.text() == " s is, rome"
    assert [s.span for s in desk.labels] == [s.span for s in before]
    assert not desk.studio.services.player.is_playing
    desk.press(Qt.Key.Key_Return)
    assert desk.labels[0].note == " s is, rome"


@pytest.mark.parametrize("key", ["Return", "Esc"])
def test_a_field_of_the_label_is_left_for_the_video(labelled_desk: Desk, key: str) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    for opens in ("Ctrl+N", "Ctrl+Shift+N"):
        desk.press(opens)
        desk.bot.keyClicks(QApplication.focusWidget(), "blurred")
        desk.press(key)
        assert desk.window.workspace.video_view.hasFocus(), opens
    assert (desk.labels[0].note, desk.labels[0].subject) == ("blurred", "blurred")
    desk.press("Right")
    assert desk.studio.state.frame_index == 30


def test_the_filter_of_videos_is_left_by_keys(labelled_desk: Desk, numbered_video: Path) -> None:
    desk = labelled_desk
    desk.open_another(numbered_video)
    videos = desk.window.workspace.video_list
    desk.studio.state.show_video("colors")
    videos.filter_field.setFocus()
    desk.bot.keyClicks(videos.filter_field, "numb")
    desk.press("Return")
    assert videos.view.hasFocus()
    assert desk.studio.state.video_id != "colors"
    videos.filter_field.setFocus()
    desk.bot.keyClicks(videos.filter_field, "x")
    desk.press("Return")
    assert videos.filter_field.hasFocus()
    desk.press("Esc")
    assert desk.window.workspace.video_view.hasFocus()


def test_videos_are_visited_by_keys(labelled_desk: Desk, numbered_video: Path) -> None:
    desk = labelled_desk
    other = desk.open_another(numbered_video)
    desk.window.workspace.video_view.setFocus()
    for key, shown in (
        ("PgDown", other),
        ("PgUp", "colors"),
        ("PgUp", "colors"),
        ("PgDown", other),
    ):
        desk.press(key)
        assert desk.studio.state.video_id == shown
    assert desk.window.workspace.video_view.hasFocus()
    videos = desk.window.workspace.video_list
    videos.filter_field.setText("color")
    desk.press("PgDown")
    assert desk.studio.state.video_id == "colors"


def test_menus_open_by_their_letters_while_text_is_typed(labelled_desk: Desk) -> None:
    desk = labelled_desk
    field = desk.window.workspace.video_list.filter_field
    field.setFocus()
    menu = desk.window.menuBar().actions()[0].menu()
    assert isinstance(menu, QMenu)
    desk.press("Alt+F")
    assert menu.isVisible()
    assert field.text() == ""
    menu.close()


def test_commands_with_ctrl_work_while_text_is_typed(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    desk.press("Ctrl+N")
    scale = desk.window.workspace.timeline.content.scale
    assert scale is not None
    desk.press("Ctrl+Up")
    closer = desk.window.workspace.timeline.content.scale
    assert closer is not None
    assert closer.per_pixel < scale.per_pixel


def test_tab_leaves_a_panel_instead_of_visiting_segments(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    desk.window.workspace.tabs.setFocus()
    selection = desk.studio.state.selection
    desk.press("Tab")
    assert desk.studio.state.selection == selection
    assert not desk.window.workspace.tabs.hasFocus()


def test_space_presses_a_focused_button(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.window.workspace.show_page(desk.window.workspace.why_panel)
    desk.wait(lambda: desk.window.actions_[Do.HEATMAP].isEnabled())
    button = desk.window.workspace.why_panel.switch
    button.setFocus()
    desk.press("Space")
    assert desk.studio.attention.is_on
    assert not desk.studio.services.player.is_playing


def test_f6_walks_through_the_panels_and_back(labelled_desk: Desk) -> None:
    desk = labelled_desk
    workspace = desk.window.workspace
    workspace.video_view.setFocus()
    seen = []
    for _ in range(5):
        desk.press("F6")
        seen.append(QApplication.focusWidget())
    assert seen[0] is workspace.timeline
    assert seen[1] is workspace.tabs
    assert workspace.video_list.isAncestorOf(seen[2])
    assert desk.window.top.isAncestorOf(seen[3])
    assert seen[4] is workspace.video_view
    desk.press("Shift+F6", "Shift+F6")
    assert workspace.video_list.isAncestorOf(QApplication.focusWidget())


def test_esc_backs_out_step_by_step(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    desk.show_frame(40)
    desk.press("I")
    desk.studio.services.messages.tell("info", "Something happened.")
    assert desk.window.notices.text == "Something happened."
    desk.press("Esc")
    assert desk.window.notices.text == ""
    assert desk.studio.state.marked is not None
    desk.press("Esc")
    assert desk.studio.state.marked is None
    assert desk.studio.state.selection is not None
    desk.press("Esc")
    assert desk.studio.state.selection is None


def test_a_command_that_is_not_possible_says_why(labelled_desk: Desk) -> None:
    actions = labelled_desk.window.actions_
    assert not actions[Do.SPLIT].isEnabled()
    assert "select a label first" in actions[Do.SPLIT].toolTip()
    assert "(S)" in actions[Do.SPLIT].toolTip()
