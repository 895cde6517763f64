"""How a project was looked at comes back with it: tracks, and a label that a crash left open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cast_studio.app.preferences import Preferences, ProjectView
from cast_studio.core.edits import AddTrack, RemoveVideo
from cast_studio.core.tracks import Track
from cast_studio.ui.view_state import TrackName
from tests.ui.conftest import Desk


def add_track(desk: Desk, name: str) -> None:
    desk.session.do(AddTrack(Track(desk.session.new_id(), "colors", name, "bob")))


def reopen(desk: Desk) -> None:
    folder = desk.session.folder
    desk.studio.projects.close()
    desk.studio.projects.open_project(folder)
    desk.wait(lambda: desk.studio.state.frames is not None)


def test_hidden_tracks_and_the_labelled_one_come_back(labelled_desk: Desk) -> None:
    desk = labelled_desk
    add_track(desk, "Left hand")
    add_track(desk, "Right hand")
    left, right = TrackName("Left hand", "bob"), TrackName("Right hand", "bob")
    desk.studio.state.choose_track(right)
    desk.studio.state.hide_tracks(frozenset([left]))
    reopen(desk)
    assert desk.studio.state.track == right
    assert desk.studio.state.hidden_tracks == {left}
    desk.studio.tracks.show_all()
    reopen(desk)
    assert desk.studio.state.hidden_tracks == frozenset()


def test_the_last_video_is_shown_again(labelled_desk: Desk, numbered_video: Path) -> None:
    desk = labelled_desk
    last = desk.open_another(numbered_video)
    reopen(desk)
    assert desk.studio.state.video_id == last
    desk.session.do(RemoveVideo(last))
    reopen(desk)
    assert desk.studio.state.video_id == "colors"


def test_a_video_goes_on_where_it_was_left(labelled_desk: Desk, numbered_video: Path) -> None:
    desk = labelled_desk
    other = desk.open_another(numbered_video)
    for video_id, frame in ((other, 31), ("colors", 77)):
        desk.studio.state.show_video(video_id)
        desk.wait(lambda: desk.studio.state.frames is not None)
        desk.show_frame(frame)
    for video_id, frame in ((other, 31), ("colors", 77)):
        desk.studio.state.show_video(video_id)
        desk.wait(lambda at=frame: desk.studio.state.frame_index == at)


def test_a_track_that_is_gone_is_not_chosen(labelled_desk: Desk) -> None:
    desk = labelled_desk
    gone = ProjectView(track=("Gone", "eve"), hidden=(("Gone", "eve"),))
    desk.studio.services.preferences.set_view_of(desk.session.project.id, gone)
    reopen(desk)
    assert desk.studio.state.track is None
    assert desk.studio.state.hidden_tracks == frozenset()


def test_a_label_that_was_begun_before_a_crash_is_gone_on_with(
    labelled_desk: Desk, preferences: Preferences
) -> None:
    desk = labelled_desk
    project = desk.session.project
    desk.show_frame(24)
    desk.press("1")
    (begun,) = preferences.view_of(project.id).begun
    assert begun.video_id == "colors"
    assert begun.start == desk.studio.state.playhead
    desk.press("Esc")
    assert preferences.view_of(project.id) == ProjectView()
    desk.press("1")
    left = preferences.view_of(project.id)
    desk.studio.projects.close()
    preferences.set_view_of(project.id, left)  # as a crash leaves it
    desk.studio.projects.open_project(preferences.recent_projects[0])
    desk.wait(lambda: desk.studio.class_labelling.open_label is not None)
    desk.wait(lambda: any("was not ended" in text for _, text in desk.told.told))
    desk.show_frame(47)
    desk.press("1")
    (label,) = desk.labels
    assert label.span.start == left.begun[0].start
    assert preferences.view_of(project.id) == ProjectView()


def test_a_label_that_was_begun_waits_for_its_video(
    labelled_desk: Desk, numbered_video: Path
) -> None:
    desk = labelled_desk
    desk.open_another(numbered_video)
    desk.studio.state.show_video("colors")
    desk.wait(lambda: desk.studio.state.frames is not None)
    desk.show_frame(24)
    desk.press("1")
    begun = desk.studio.class_labelling.open_label
    desk.window.workspace.video_list.step(1)
    assert desk.studio.class_labelling.open_label is None
    assert "go back to “colors.mp4”" in desk.told.told[-1][1]
    assert "since" not in desk.window.status.labelling_text
    desk.wait(lambda: desk.studio.state.frames is not None)
    desk.press("1")  # another one, from beginning to end
    desk.show_frame(10)
    desk.press("1")
    desk.wait(lambda: desk.studio.class_labelling.open_label is None)
    desk.show_frame(20)
    desk.press("2")  # and one that waits here
    assert len(desk.studio.class_labelling.begun) == 2
    desk.window.workspace.video_list.step(-1)
    desk.wait(lambda: desk.studio.class_labelling.open_label == begun)
    desk.wait(lambda: desk.studio.state.marked is not None)
    assert "since 00:00:01.000" in desk.window.status.labelling_text
    desk.press("Esc", "Esc")
    desk.window.workspace.video_list.step(1)
    desk.wait(lambda: desk.studio.state.marked is not None)
    assert "go back to “numbered.mp4”" in desk.told.told[-1][1]
    desk.window.workspace.video_list.step(-1)
    desk.wait(lambda: desk.studio.state.video_id == "colors")
    assert desk.studio.class_labelling.open_label is None


def test_a_view_that_cannot_be_read_is_none(preferences: Preferences) -> None:
    from PySide6.QtCore import QSettings

    for text in (
        "[]",
        "{",
        '{"track": 5}',
        '{"hidden": [["a"]]}',
        '{"begun": [7]}',
        '{"begun": [{"labels": {}}]}',
        '{"begun": [{"video_id": "v", "start": "x", "labels": {}}]}',
    ):
        file = QSettings(str(preferences.folders.settings_file), QSettings.Format.IniFormat)
        file.setValue("views/p", text)
        file.sync()
        assert Preferences(preferences.folders).view_of("p") == ProjectView(), text


def test_ctrl_s_keeps_a_backup_and_says_so(labelled_desk: Desk) -> None:
    desk = labelled_desk
    folder = desk.session.folder
    before = set(folder.rglob("*.db"))
    desk.press("Ctrl+S")
    desk.wait(lambda: any("backup of this state is kept" in text for _, text in desk.told.told))
    assert len(set(folder.rglob("*.db")) - before) == 1
    assert desk.window.top.saved_text.startswith("Saved ")


def test_several_videos_are_removed_in_one_step(
    desk: Desk, color_video: Path, numbered_video: Path, make_desk: Callable[..., Desk]
) -> None:
    desk.open_videos(color_video, numbered_video)
    videos = desk.window.workspace.video_list
    desk.wait(lambda: videos.model.total == 2)
    videos.view.setFocus()
    videos.view.selectAll()
    assert len(videos.selected) == 2
    desk.press("Del", on=videos.view)
    desk.wait(lambda: not desk.session.project.videos)
    assert desk.session.undo_text == "Remove 2 videos"
    desk.studio.undo()
    assert len(desk.session.project.videos) == 2
