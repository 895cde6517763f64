"""Labelling by the keys of classes on the real window, with the keys counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit

from cast_studio.core.edits import ChangeSchema, ChangeTrack
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin
from cast_studio.ui.commands import Do
from cast_studio.ui.view_state import LabelSelection
from tests.ui.conftest import Desk
from tests.ui.labelling import label_range
from tests.videos import constant_rate


class CountedKeys:
    """Presses keys and counts them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.count = 0

    def press(self, *keys: str) -> None:
        self.count += len(keys)
        self._desk.press(*keys)


def give_key(desk: Desk, class_name: str, key: str) -> None:
    """Give a verb a key."""
    schema = desk.session.project.schema
    verb = schema.head("verb")
    classes = tuple(
        replace(one, shortcut=key) if one.name == class_name else one for one in verb.classes
    )
    heads = (LabelHead("verb", classes), *schema.heads[1:])
    desk.session.do(ChangeSchema(LabelSchema(heads)))


def test_a_segment_of_a_known_class_takes_three_keys(labelled_desk: Desk) -> None:
    desk, keys = labelled_desk, CountedKeys(labelled_desk)
    desk.show_frame(10)
    keys.press("I")
    desk.show_frame(29)
    keys.press("O", "2")
    assert keys.count <= 3
    (segment,) = desk.labels
    frames = desk.studio.state.frames
    assert frames is not None
    assert segment.span == frames.span_of_frames(10, 30)
    verb = desk.session.project.schema.head("verb")
    assert segment.labels == {"verb": verb.classes[1].id}
    assert desk.studio.state.selection == LabelSelection(segment.id)
    # The noun of the label that was just made, and all of it again for another range.
    desk.press("Alt+1")
    assert desk.labels[0].labels == {"verb": verb.classes[1].id, "noun": 0}
    desk.press("Esc")
    again = CountedKeys(desk)
    desk.show_frame(50)
    again.press("I")
    desk.show_frame(60)
    again.press("O", "Q")
    assert again.count <= 3
    assert desk.labels[1].labels == desk.labels[0].labels


def test_a_key_begins_a_label_and_the_next_press_ends_it(labelled_desk: Desk) -> None:
    desk, keys = labelled_desk, CountedKeys(labelled_desk)
    frames = desk.studio.state.frames
    assert frames is not None
    desk.show_frame(5)
    keys.press("1")
    assert desk.studio.class_labelling.open_label is not None
    assert "“take” since" in desk.studio.class_labelling.open_text
    desk.show_frame(20)
    assert desk.studio.state.marked == frames.span_of_frames(5, 21)  # it is seen growing
    keys.press("1")
    assert keys.count == 2
    (segment,) = desk.labels
    assert segment.span == frames.span_of_frames(5, 21)
    assert segment.origin is Origin.MANUAL
    assert desk.studio.state.marked is None
    assert desk.window.actions_[Do.UNDO].text() == "Undo add segment"


def test_another_class_ends_a_label_and_begins_the_next(labelled_desk: Desk) -> None:
    desk = labelled_desk
    frames = desk.studio.state.frames
    assert frames is not None
    desk.show_frame(5)
    desk.press("1", "Alt+1")  # a verb and its noun
    desk.show_frame(20)
    desk.press("2")
    desk.show_frame(21)
    (first,) = desk.labels
    assert first.labels == {"verb": 0, "noun": 0}
    assert first.span == frames.span_of_frames(5, 21)
    open_label = desk.studio.class_labelling.open_label
    assert open_label is not None
    assert open_label.start == first.span.end  # where the last one ended
    desk.show_frame(30)
    desk.press("2")
    assert desk.labels[1].span == frames.span_of_frames(21, 31)


def allow_overlaps(desk: Desk) -> None:
    track = desk.studio.annotations.track
    assert track is not None
    desk.session.do(ChangeTrack(track.id, track.name, track.annotator, exclusive=False))


def test_labels_are_open_side_by_side_where_they_may_overlap(labelled_desk: Desk) -> None:
    desk = labelled_desk
    labelling, frames = desk.studio.class_labelling, desk.studio.state.frames
    assert frames is not None
    allow_overlaps(desk)
    desk.show_frame(5)
    desk.press("1", "Alt+1")
    desk.show_frame(20)
    desk.press("2")  # begins beside the first
    assert [dict(one.labels) for one in labelling.open_labels] == [
        {"verb": 0, "noun": 0},
        {"verb": 1},
    ]
    assert "also “take · knife” since" in labelling.open_text
    timeline = desk.window.workspace.timeline
    desk.show_frame(30)
    assert timeline.content.ranges == (
        TimeSpan(frames.pts_of(5), frames.pts_of(30)),
        frames.span_of_frames(20, 31),
    )
    panel = desk.window.workspace.label_panel
    desk.wait(lambda: panel.view is not None and "Also begun: “take · knife”" in panel.view.opinion)
    desk.press("1")  # the one that was begun first ends first
    assert [one.span for one in desk.labels] == [frames.span_of_frames(5, 31)]
    assert desk.studio.state.marked == frames.span_of_frames(20, 31)
    desk.show_frame(40)
    desk.press("2")
    assert [one.span for one in desk.labels] == [
        frames.span_of_frames(5, 31),
        frames.span_of_frames(20, 41),
    ]
    assert not labelling.begun
    assert timeline.content.ranges == ()


def test_esc_drops_what_was_begun_last_and_leaves_the_others(labelled_desk: Desk) -> None:
    desk = labelled_desk
    labelling, frames = desk.studio.class_labelling, desk.studio.state.frames
    assert frames is not None
    allow_overlaps(desk)
    desk.show_frame(5)
    desk.press("1")
    desk.show_frame(20)
    desk.press("2")
    desk.press("Esc")
    assert [dict(one.labels) for one in labelling.begun] == [{"verb": 0}]
    desk.wait(lambda: desk.studio.state.marked == frames.span_of_frames(5, 21))
    desk.press("Esc")
    assert labelling.begun == ()
    assert desk.studio.state.marked is None
    assert not desk.labels


def test_a_key_gives_the_chosen_label_its_class(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    desk.press("3")
    verb = desk.session.project.schema.head("verb")
    assert desk.labels[0].labels["verb"] == verb.classes[2].id
    assert desk.window.actions_[Do.UNDO].text() == "Undo relabel segment"


def test_a_label_that_was_left_keeps_its_class(labelled_desk: Desk) -> None:
    desk = labelled_desk
    frames = desk.studio.state.frames
    assert frames is not None
    desk.show_frame(10)
    desk.press("1")
    desk.show_frame(29)
    desk.press("1")
    first = desk.labels[0]
    assert desk.studio.state.selection == LabelSelection(first.id)
    desk.press("2")  # still on it: a correction
    assert desk.labels[0].labels == {"verb": 1}
    desk.show_frame(40)
    desk.press("Alt+1")  # what is missing is added from anywhere
    assert desk.labels[0].labels == {"verb": 1, "noun": 0}
    desk.press("3")  # nothing is here: something begins
    open_label = desk.studio.class_labelling.open_label
    assert open_label is not None
    assert open_label.start == frames.pts_of(40)
    desk.show_frame(60)
    desk.press("3")
    assert [label.labels["verb"] for label in desk.labels] == [1, 2]
    # The label under the playhead comes before one that was chosen and left.
    desk.studio.state.select(LabelSelection(desk.labels[1].id))
    desk.show_frame(20)
    desk.press("1")
    assert [label.labels["verb"] for label in desk.labels] == [0, 2]
    desk.studio.state.select(LabelSelection(desk.labels[1].id))
    desk.show_frame(80)
    desk.press("Q")
    assert [label.labels["verb"] for label in desk.labels] == [0, 2]


def test_what_is_chosen_elsewhere_gets_the_class(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    label_range(desk, 40, 59)
    first, second = desk.labels
    desk.show_frame(100)
    desk.studio.state.select(LabelSelection(first.id))  # as a band does, which moves no playhead
    desk.press("2")
    assert desk.labels[0].labels["verb"] == 1
    desk.studio.state.select(LabelSelection(first.id, frozenset({second.id})))
    desk.show_frame(110)
    desk.press("3")
    assert [label.labels["verb"] for label in desk.labels] == [2, 2]


def test_a_digit_without_a_class_says_so(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.press("9")
    assert desk.window.notices.text == "No class has the key 9."
    desk.session.do(ChangeSchema(LabelSchema((LabelHead("action", ()),))))
    desk.press("1")
    assert "There are no classes yet" in desk.window.notices.text
    desk.window.notices.clear()
    desk.press("Ctrl+N")
    field = desk.window.workspace.video_list.filter_field
    field.setFocus()
    desk.press("9")
    assert desk.window.notices.text == ""
    assert field.text() == "9"
    assert desk.labels == ()


def test_esc_drops_what_was_begun(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.show_frame(5)
    desk.press("1", "Esc")
    assert desk.studio.class_labelling.open_label is None
    assert desk.studio.class_labelling.open_text == ""
    desk.press("1")
    desk.studio.state.show_video("")
    assert desk.studio.class_labelling.open_label is None
    assert desk.labels == ()


def test_a_label_is_not_begun_inside_another(labelled_desk: Desk) -> None:
    desk = labelled_desk
    label_range(desk, 10, 29)
    desk.press("Esc")
    desk.studio.playback.show_frame(15)
    desk.wait(lambda: desk.studio.state.frame_index == 15)
    desk.studio.class_labelling._begin("verb", 0)
    assert any("There is a label here already" in text for _, text in desk.told.told)
    assert desk.studio.class_labelling.open_label is None


def test_reaction_time_puts_edges_earlier_while_playing(desk: Desk, tmp_path: Path) -> None:
    desk.open_videos(constant_rate(tmp_path / "long.mp4", count=600))
    desk.studio.services.preferences.reaction_ms = 250
    player, state = desk.studio.services.player, desk.studio.state
    desk.show_frame(100)
    desk.press("Space")
    desk.wait(lambda: state.frame_index > 110)
    desk.press("1")
    begun = state.frame_index
    desk.wait(lambda: state.frame_index > begun + 20)
    desk.press("1")
    ended = state.frame_index
    desk.press("K")
    assert not player.is_playing
    frames = state.frames
    assert frames is not None
    (segment,) = desk.labels
    early = 6  # a quarter of a second at 24 frames a second
    assert abs(frames.index_played_at(segment.span.start) - (begun - early)) <= 3
    assert abs(frames.index_played_at(segment.span.end) - (ended - early)) <= 3


def test_point_events_are_added_and_labelled_while_playing(desk: Desk, tmp_path: Path) -> None:
    desk.open_videos(constant_rate(tmp_path / "long.mp4", count=600))
    head = LabelHead("action", (LabelClass(0, "bite"), LabelClass(1, "jump")))
    desk.session.do(ChangeSchema(LabelSchema((head,))))
    desk.studio.services.preferences.reaction_ms = 250
    state = desk.studio.state
    desk.show_frame(100)
    desk.press("Space")
    for key in ("1", "2"):
        seen = state.frame_index
        desk.wait(lambda seen=seen: state.frame_index > seen + 10)
        desk.press("Shift+P")
        added = state.frame_index
        desk.wait(lambda added=added: state.frame_index > added)
        desk.press(key)
    desk.press("K")
    assert desk.studio.class_labelling.open_label is None
    assert [label.labels for label in desk.labels] == [{"action": 0}, {"action": 1}]
    assert all(label.span.is_point for label in desk.labels)
    frames = state.frames
    assert frames is not None
    early = 6  # a quarter of a second at 24 frames a second
    assert abs(frames.index_played_at(desk.labels[1].span.start) - (added - early)) <= 3


def test_letters_label_only_in_labelling_mode(labelled_desk: Desk) -> None:
    desk = labelled_desk
    give_key(desk, "cut", "S")
    label_range(desk, 10, 29)
    desk.show_frame(20)
    desk.press("S")
    assert len(desk.labels) == 2  # split, as usual
    desk.press("Ctrl+Z", "Ctrl+L")
    assert desk.studio.services.preferences.letters_label
    desk.press("S")
    (segment,) = desk.labels
    cut = desk.session.project.schema.head("verb").class_named("cut")
    assert cut is not None
    assert segment.labels["verb"] == cut.id
    desk.press("Ctrl+L")
    desk.press("S")
    assert len(desk.labels) == 2


def test_class_keys_type_in_text_fields(labelled_desk: Desk) -> None:
    desk = labelled_desk
    give_key(desk, "cut", "x")
    desk.press("Ctrl+L")
    label_range(desk, 10, 29)
    before = desk.labels
    desk.press("Ctrl+N")
    field = desk.window.workspace.label_panel.note_field
    assert field.hasFocus()
    desk.bot.keyClicks(field, "x13")
    assert field.text() == "x13"
    assert [one.labels for one in desk.labels] == [one.labels for one in before]


@pytest.mark.parametrize("preset", ["editor", "boris", "elan"])
def test_no_single_key_of_any_command_acts_while_typing(labelled_desk: Desk, preset: str) -> None:
    desk = labelled_desk
    from cast_studio.ui.keys.key_map import KeyMap
    from cast_studio.ui.keys.key_names import is_single

    actions = desk.window.actions_
    single = ["J", "F", "5", "?", "Space", "Del", "Home", "Left", "Return", "[", "Shift+A"]
    keys = KeyMap(preset)
    # Not only with the keys of the preset: also those that a user could give to any command.
    spare = iter("BCDFTUVWXYZ")
    for do in Do:
        if not keys.keys(do) and (key := next(spare, None)) is not None:
            keys, _ = keys.assign(do, (key,))
    keys, _ = keys.assign(Do.OPEN_VIDEO, ("V",))  # works everywhere, if the key allows it
    actions.use_keys(keys)
    acted: list[Do] = []
    for do in Do:
        actions[do].triggered.disconnect()
        actions[do].setEnabled(True)
        actions[do].triggered.connect(lambda checked=False, do=do: acted.append(do))
    desk.press("Ctrl+N")
    field = QLineEdit(desk.window)
    field.show()
    field.setFocus()
    acted.clear()
    pressed = [key for do in Do for key in keys.keys(do) if is_single(key)]
    assert len(pressed) >= 35
    for key in [*pressed, *single]:
        if (key.startswith("F") and len(key) > 1) or key == "Shift+F6":
            continue  # function keys type nothing
        if key in ("Tab", "Shift+Tab", "Esc"):
            continue  # these leave the field
        field.setFocus()
        desk.press(key, on=field)
        assert acted == [], key
    desk.window.workspace.video_view.setFocus()
    desk.press("V")
    assert acted == [Do.OPEN_VIDEO]
    field.deleteLater()
    QApplication.processEvents()


def test_a_held_class_key_labels_once(labelled_desk: Desk) -> None:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    desk = labelled_desk
    desk.show_frame(5)
    desk.press("1")
    view = desk.window.workspace.video_view
    view.setFocus()
    kind, none = QEvent.Type.KeyPress, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(view, QKeyEvent(kind, Qt.Key.Key_1, none, "1", True))
    assert desk.labels == ()
    assert desk.studio.class_labelling.open_label is not None
