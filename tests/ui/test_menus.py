"""The menus of the window and of the timeline."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from cast_studio.core.edits import AddSegments, AddTrack, RelabelSegments
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.ui.commands import INNER_MENUS, MENUS, Do, Need
from cast_studio.ui.timeline.content import HEADER_WIDTH
from cast_studio.ui.timeline.lanes import PICTURES
from cast_studio.ui.view_state import TrackName
from tests.ui.conftest import Desk


def titles(desk: Desk) -> list[str]:
    return [action.text() for action in desk.window.menuBar().actions()]


def right_click(desk: Desk, x: int, y: int) -> list[str]:
    """Return the words of the menu that a right click on the timeline opens."""
    timeline = desk.window.workspace.timeline
    place = QPoint(x, y)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, timeline.mapToGlobal(place))
    QApplication.sendEvent(timeline, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    words = [action.text() for action in menu.actions() if not action.isSeparator()]
    menu.close()
    return words


def test_every_menu_opens_with_alt_unless_a_command_has_that_key(labelled_desk: Desk) -> None:
    actions = labelled_desk.window.actions_
    letters = [title[title.index("&") + 1].upper() for title in titles(labelled_desk)]
    assert len(set(letters)) == len(letters) == len(MENUS) - len(INNER_MENUS)
    assert all(actions.keys.command_of(f"Alt+{letter}") is None for letter in letters)
    actions.use_keys(actions.keys.assign(Do.MUTE, ("Alt+F",))[0])
    assert titles(labelled_desk)[:2] == ["File", "&Edit"]


def test_a_right_click_offers_what_can_be_done_with_what_was_clicked(labelled_desk: Desk) -> None:
    timeline = labelled_desk.window.workspace.timeline
    strip = right_click(labelled_desk, HEADER_WIDTH + 5, timeline.content.lane_rect(PICTURES).top())
    assert strip[0] == "Pictures on the timeline"
    active = timeline.content.active
    assert active is not None
    y = timeline.content.lane_rect(active.key).center().y()
    assert "Add a track…" in right_click(labelled_desk, HEADER_WIDTH // 2, y)
    ground = right_click(labelled_desk, timeline.width() - 20, y)
    assert {"Mark in", "Paste"} <= set(ground)
    assert "Split" not in ground
    track = labelled_desk.studio.annotations.track
    frames = labelled_desk.studio.state.frames
    assert track is not None
    assert frames is not None
    labelled_desk.session.do(AddSegments(track.id, (Segment("s", frames.span, {"verb": 0}),)))
    label = right_click(labelled_desk, HEADER_WIDTH + 5, y)
    assert {"Split", "Delete label"} <= set(label)
    assert "Accept" not in label


def test_what_needs_another_track_waits_for_one(labelled_desk: Desk) -> None:
    desk, actions = labelled_desk, labelled_desk.window.actions_
    for do in (Do.NEXT_TRACK, Do.TRACK_UP, Do.HIDE_TRACK):
        assert actions.missing(do) is Need.TRACKS
    desk.session.do(AddTrack(Track("other", desk.studio.state.video_id, "Other", "ada")))
    desk.wait(lambda: actions.missing(Do.HIDE_TRACK) is None)
    assert actions.missing(Do.SHOW_TRACKS) is Need.HIDDEN
    desk.studio.tracks.hide()
    desk.wait(lambda: actions.missing(Do.SHOW_TRACKS) is None)


def test_a_changed_import_is_not_told_to_come_from_the_model(labelled_desk: Desk) -> None:
    desk, frames = labelled_desk, labelled_desk.studio.state.frames
    track = desk.studio.annotations.track
    assert track is not None
    assert frames is not None
    label = Segment("s", frames.span, {"verb": 0}, origin=Origin.IMPORTED)
    desk.session.do(AddSegments(track.id, (label,)))
    desk.wait(lambda: desk.window.workspace.label_panel.view is not None)
    desk.session.do(RelabelSegments(("s",), {"verb": 1}))
    desk.wait(lambda: shown_kind(desk) == "Label, corrected")


def shown_kind(desk: Desk) -> str:
    view = desk.window.workspace.label_panel.view
    return view.kind if view is not None else ""


def test_a_dragged_track_takes_its_place_among_all_and_undo_brings_it_back(
    labelled_desk: Desk,
) -> None:
    desk = labelled_desk
    video, tracks = desk.studio.state.video_id, desk.studio.tracks
    own = tracks.all_tracks[0]
    for place, name in enumerate(("b", "hidden", "c"), start=1):
        desk.session.do(AddTrack(Track(name, video, name, "ada", position=place)))
    desk.studio.state.hide_tracks(frozenset({TrackName("hidden", "ada")}))
    assert [track.id for track in tracks.shown_tracks] == [own.id, "b", "c"]
    desk.window.workspace.timeline.track_moved.emit(own.id, 2)
    assert [track.id for track in tracks.all_tracks] == ["b", "hidden", own.id, "c"]
    assert desk.session.undo_text == "Reorder tracks"
    tracks.move_to("b", 3)
    assert [track.id for track in tracks.all_tracks] == ["hidden", own.id, "c", "b"]
    assert desk.studio.annotations.track is not None
    assert desk.studio.annotations.track.id == "b"
    tracks.move_to("c", 1)  # where it is
    desk.studio.undo()
    desk.studio.undo()
    assert [track.id for track in tracks.all_tracks] == [own.id, "b", "hidden", "c"]


def test_undo_of_very_many_labels_reads_as_a_sentence(labelled_desk: Desk) -> None:
    desk, track = labelled_desk, labelled_desk.studio.annotations.track
    assert track is not None
    start = track.segments[-1].span.end if track.segments else 0
    many = tuple(
        Segment(f"m{n}", TimeSpan(start + n, start + n), {"verb": 0}) for n in range(1_234)
    )
    desk.session.do(AddSegments(track.id, many))
    desk.wait(
        lambda: desk.window.actions_[Do.UNDO].text() == "Undo add 1\u202f234 segments",
    )


def test_panels_are_hidden_by_a_command_and_what_is_checked_follows_them(
    labelled_desk: Desk,
) -> None:
    actions, docks = labelled_desk.window.actions_, labelled_desk.window.workspace.docks
    actions.use_keys(actions.keys.assign(Do.VIDEOS_PANEL, ("Ctrl+Alt+V",))[0])
    assert actions[Do.VIDEOS_PANEL].isChecked()
    labelled_desk.press("Ctrl+Alt+V")
    assert docks["videos"].isHidden()
    assert not actions[Do.VIDEOS_PANEL].isChecked()
    labelled_desk.press("Ctrl+Alt+V")
    assert not docks["videos"].isHidden()
    docks["timeline"].close()
    assert not actions[Do.TIMELINE_PANEL].isChecked()
    actions[Do.RESTORE_LAYOUT].trigger()
    assert actions[Do.TIMELINE_PANEL].isChecked()
