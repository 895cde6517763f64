"""Tracks, bulk edits, the clipboard and what was reviewed, in the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication

from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddSegments
from cast_studio.core.segment_text import to_text
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.ui.commands import Do
from cast_studio.ui.timeline.lanes import ReviewedLane
from cast_studio.ui.track_question import TrackDialog
from cast_studio.ui.view_state import LabelSelection
from tests.ui.conftest import Desk


@pytest.fixture
def desk(labelled_desk: Desk) -> Desk:
    """A window with three labels, of frames 0-9, 20-29 and 40-49."""
    desk = labelled_desk
    frames, track = desk.studio.state.frames, desk.studio.annotations.track
    assert frames is not None
    assert track is not None
    segments = tuple(
        Segment(f"s{i}", frames.span_of_frames(first, first + 10), {"verb": i % 2})
        for i, first in enumerate((0, 20, 40))
    )
    desk.session.do(AddSegments(track.id, segments))
    return desk


def frames_of(desk: Desk, segment_id: str) -> tuple[int, int]:
    """Return the first frame of a label and the one after its last."""
    frames = desk.studio.state.frames
    assert frames is not None
    inside = frames.frames_in(desk.session.project.segment(segment_id)[1].span)
    return inside.start, inside.stop


def test_everything_is_selected_and_changed_at_once(desk: Desk) -> None:
    desk.press("Ctrl+A")
    assert len(desk.studio.segments.selected) == 3
    desk.window.workspace.label_panel.subject_written.emit("s0", "left hand")
    assert {segment.subject for segment in desk.labels} == {"left hand"}
    assert desk.session.undo_text == "Change subject of 3 segments"
    desk.studio.annotations.choose_class("verb", 2)
    assert {segment.labels["verb"] for segment in desk.labels} == {2}
    assert desk.session.undo_text == "Relabel 3 segments"
    desk.press("]")
    assert [frames_of(desk, f"s{i}") for i in range(3)] == [(1, 10), (21, 30), (41, 50)]
    desk.press("Del")
    assert desk.labels == ()
    for _ in range(4):
        desk.press("Ctrl+Z")
    assert [segment.labels["verb"] for segment in desk.labels] == [0, 1, 0]


def test_trim_split_and_fill_the_gap(desk: Desk) -> None:
    desk.studio.state.select(LabelSelection("s1"))
    desk.show_frame(25)
    desk.press("Shift+I")
    assert frames_of(desk, "s1") == (25, 30)
    assert desk.session.undo_text == "Trim segment"
    desk.press("Shift+G")
    assert frames_of(desk, "s1") == (25, 40)
    desk.press("Shift+G")
    assert frames_of(desk, "s1") == (10, 40)
    desk.press("S")
    assert len(desk.labels) == 4
    desk.show_frame(60)
    desk.studio.state.select(None)
    desk.press("Shift+G")
    frames = desk.studio.state.frames
    assert frames is not None
    assert desk.studio.state.marked == frames.span_of_frames(50, 144)


def test_a_point_event_is_added_and_moved(desk: Desk) -> None:
    desk.show_frame(60)
    desk.press("Shift+P", "]", "]")
    (moment,) = (segment for segment in desk.labels if segment.span.is_point)
    frames = desk.studio.state.frames
    assert frames is not None
    assert moment.span == TimeSpan(frames.pts_of(62), frames.pts_of(62))


def add_track(desk: Desk, name: str, *, overlaps: bool = False, everywhere: bool = False) -> None:
    """Add a track by its dialog."""
    desk.press("Ctrl+Shift+T")
    (dialog,) = desk.window.findChildren(TrackDialog)
    dialog.name.setText(name)
    dialog.overlaps.setChecked(overlaps)
    dialog.everywhere.setChecked(everywhere)
    dialog.accept()
    desk.wait(lambda: not desk.window.findChildren(TrackDialog))


def test_tracks_are_added_chosen_ordered_hidden_and_removed(desk: Desk) -> None:
    tracks, first = desk.studio.tracks, desk.studio.annotations.track
    assert first is not None
    add_track(desk, "Second opinion", overlaps=True)
    second = desk.studio.annotations.track
    assert second is not None
    assert (second.name, second.exclusive) == ("Second opinion", False)
    timeline = desk.window.workspace.timeline
    assert [lane.key for lane in timeline.content.bar_lanes] == [first.id, second.id, "model"]
    desk.press("Alt+Shift+Up")
    assert [track.id for track in tracks.all_tracks] == [second.id, first.id]
    desk.press("Ctrl+Shift+H")
    assert [lane.key for lane in timeline.content.bar_lanes] == [first.id, "model"]
    tracks.show_all()
    desk.press("Ctrl+Shift+Up")
    assert desk.studio.annotations.track == tracks.all_tracks[0]
    tracks.remove()
    assert [track.id for track in tracks.all_tracks] == [first.id]
    tracks.remove()
    assert "only track" in desk.told.told[-1][1]


def test_a_track_is_added_to_all_videos_and_changed_there(desk: Desk, numbered_video: Path) -> None:
    desk.open_another(numbered_video)
    desk.studio.state.show_video("colors")
    desk.wait(lambda: desk.studio.state.frames is not None)
    before = desk.session.project

    def tracks() -> list[list[tuple[str, bool]]]:
        project = desk.session.project
        found = [project.tracks_of(video.id) for video in project.videos]
        return [[(track.name, track.exclusive) for track in of_one][-1:] for of_one in found]

    add_track(desk, "Mouse B", everywhere=True)
    assert tracks() == [[("Mouse B", True)]] * 2
    assert desk.session.undo_text == 'Add track "Mouse B" to 2 videos'
    desk.press("F2")
    (dialog,) = desk.window.findChildren(TrackDialog)
    dialog.name.setText("Mouse C")
    dialog.overlaps.setChecked(True)
    dialog.everywhere.setChecked(True)
    dialog.accept()
    desk.wait(lambda: not desk.window.findChildren(TrackDialog))
    assert tracks() == [[("Mouse C", False)]] * 2
    assert desk.session.undo_text == "Change a track of 2 videos"
    desk.studio.undo()
    desk.studio.undo()
    assert desk.session.project == before


def test_a_video_that_is_added_later_has_the_tracks_of_all(
    desk: Desk, numbered_video: Path
) -> None:
    add_track(desk, "Mouse B", overlaps=True)
    later = desk.open_another(numbered_video)
    found = [(track.name, track.exclusive) for track in desk.session.project.tracks_of(later)]
    assert found == [("Labels", True), ("Mouse B", False)]
    # The track that was labelled on is chosen there as well.
    assert desk.studio.annotations.track == desk.session.project.tracks_of(later)[1]
    assert desk.session.undo_text == f'Add video "{numbered_video.name}"'


def test_labels_move_to_another_track_and_back(desk: Desk) -> None:
    first = desk.studio.annotations.track
    assert first is not None
    add_track(desk, "Second opinion")
    second = desk.studio.annotations.track
    assert second is not None
    desk.studio.state.select(LabelSelection("s0", frozenset({"s2"})))
    desk.wait(desk.window.actions_[Do.LABEL_DOWN].isEnabled)
    desk.press("Ctrl+Alt+Down")
    project = desk.session.project
    assert [s.id for s in project.track(second.id).segments] == ["s0", "s2"]
    assert desk.session.undo_text == "Move 2 segments to another track"
    frames = desk.studio.state.frames
    assert frames is not None
    there = frames.span_of_frames(5, 15)
    timeline = desk.window.workspace.timeline
    timeline.move_requested.emit(("s0",), {"s0": there}, first.id)
    assert desk.session.project.segment("s0")[0].id == first.id
    assert desk.session.project.segment("s0")[1].span == there


def test_copied_labels_are_pasted_into_another_video(desk: Desk, numbered_video: Path) -> None:
    desk.press("Ctrl+A", "Ctrl+C")
    found = scan_video(numbered_video, video_id="other")
    desk.session.add_video(found.video, found.index)
    desk.studio.state.show_video("other")
    desk.wait(lambda: desk.studio.state.frames is not None)
    desk.show_frame(10)
    desk.press("Ctrl+V")
    frames = desk.studio.state.frames
    assert frames is not None
    # The third one would begin behind the end of its 48 frames.
    assert [segment.span for segment in desk.labels] == [
        frames.span_of_frames(10, 20),
        frames.span_of_frames(30, 40),
    ]
    assert [segment.labels for segment in desk.labels] == [{"verb": 0}, {"verb": 1}]
    assert desk.session.undo_text == "Paste 2 segments"
    assert len(desk.studio.segments.selected) == 2
    desk.press("Ctrl+X")
    assert desk.labels == ()


@pytest.mark.parametrize(
    "text",
    ["", "hello", to_text(()), to_text(()).replace("[]", '[{"track": 3}]'), "{" * 500],
)
def test_a_clipboard_without_segments_is_refused_in_words(desk: Desk, text: str) -> None:
    before = desk.labels
    QGuiApplication.clipboard().setText(text)
    desk.studio.clipboard.paste()
    assert desk.labels == before
    assert desk.told.told


def test_what_was_reviewed_is_marked_and_shown(desk: Desk) -> None:
    frames = desk.studio.state.frames
    assert frames is not None
    desk.studio.state.select(None)
    desk.show_frame(29)
    desk.press("Shift+R")
    timeline = desk.window.workspace.timeline
    assert timeline.content.reviewed == (frames.span_of_frames(0, 30),)
    assert any(isinstance(lane, ReviewedLane) for lane in timeline.content.lanes)
    desk.studio.state.mark(frames.span_of_frames(10, 20))
    desk.press("Ctrl+Shift+R")
    parts = (frames.span_of_frames(0, 10), frames.span_of_frames(20, 30))
    assert timeline.content.reviewed == parts
    desk.press("Ctrl+Z", "Ctrl+Z")
    assert timeline.content.reviewed == ()
    assert desk.session.redo_text == "Mark as reviewed"


def test_while_an_edge_is_dragged_its_frame_is_shown(desk: Desk) -> None:
    frames = desk.studio.state.frames
    assert frames is not None
    desk.show_frame(60)
    timeline = desk.window.workspace.timeline
    timeline.edge_dragged.emit(frames.pts_of(33))
    desk.wait(lambda: desk.studio.state.frame_index == 33)
    timeline.drag_ended.emit()
    desk.wait(lambda: desk.studio.state.frame_index == 60)
