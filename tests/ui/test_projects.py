"""Opening, creating and closing projects in the real window, and what the user is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton

from cast_studio.app.preferences import Preferences
from cast_studio.app.session import Session
from cast_studio.core.edits import AddSegments, AddVideo
from cast_studio.core.project import VideoRef
from cast_studio.core.tracks import Segment
from cast_studio.ui.commands import Do
from cast_studio.ui.project_controller import free_folder
from cast_studio.ui.theme import colors_of
from cast_studio.ui.view_state import LabelSelection
from tests.fakes import SCHEMA
from tests.ui.conftest import Desk
from tests.videos import constant_rate, truncated


@pytest.fixture
def own_video(numbered_video: Path, tmp_path: Path) -> Path:
    """A video in a folder that the user may write to."""
    folder = tmp_path / "mine"
    folder.mkdir()
    return Path(shutil.copy(numbered_video, folder / "clip one.mp4"))


def test_a_video_without_project_gets_one_beside_it(desk: Desk, own_video: Path) -> None:
    desk.open_videos(own_video)
    assert desk.session.folder == own_video.with_name("clip one.cast")
    assert desk.session.project.schema == SCHEMA
    assert [video.path for video in desk.session.project.videos] == ["../clip one.mp4"]
    assert ("info", f"Your labels are kept in {desk.session.folder}.") in desk.told.told
    assert desk.window.windowTitle() == "clip one – CAST Studio"
    assert "frame 0" in desk.window.status.facts


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_beside_a_video_that_cannot_be_written_the_project_goes_to_the_user(
    desk: Desk, own_video: Path, preferences: Preferences
) -> None:
    own_video.parent.chmod(0o555)
    try:
        desk.open_videos(own_video)
        assert desk.session.folder.is_relative_to(preferences.folders.projects)
    finally:
        own_video.parent.chmod(0o755)


def test_where_no_folder_can_be_made_beside_it_the_project_goes_to_the_user(
    desk: Desk, own_video: Path, preferences: Preferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    desk.open_videos(own_video)
    assert desk.session.folder.is_relative_to(preferences.folders.projects)
    assert any(str(desk.session.folder) in text for _, text in desk.told.told)


def test_opening_the_same_video_again_goes_on_with_its_project(desk: Desk, own_video: Path) -> None:
    desk.open_videos(own_video)
    first = desk.session.project.id
    desk.studio.projects.close()
    assert desk.window.welcome.isVisible()
    desk.open_videos(own_video)
    assert desk.session.project.id == first
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    assert len(desk.session.project.videos) == 1


def test_a_second_video_joins_the_open_project(
    desk: Desk, own_video: Path, color_video: Path
) -> None:
    desk.open_videos(own_video)
    desk.studio.projects.open_paths([color_video])
    desk.wait(lambda: len(desk.session.project.videos) == 2)
    model = desk.window.workspace.video_list.model
    assert model.rowCount() == 2
    shown = desk.session.project.video(desk.studio.state.video_id)
    assert shown.name == color_video.name


def test_the_video_that_is_opened_comes_to_sight_in_the_list(
    labelled_desk: Desk, numbered_video: Path, tmp_path: Path
) -> None:
    desk = labelled_desk
    paths = [Path(shutil.copy(numbered_video, tmp_path / f"{i:02d}.mp4")) for i in range(14)]
    desk.studio.projects.open_paths(paths)
    desk.wait(lambda: len(desk.session.project.videos) == 15)
    videos = desk.window.workspace.video_list
    chosen: list[str] = []
    videos.video_chosen.connect(chosen.append)
    for video in (desk.session.project.videos[-1], desk.session.project.videos[0]):
        desk.studio.state.show_video(video.id)
        desk.wait(lambda video=video: videos.view.currentIndex().data() == video.name)
        place = videos.view.visualRect(videos.view.currentIndex())
        assert videos.view.viewport().rect().contains(place.center())
    assert chosen == []


def test_whoever_removes_videos_goes_on_with_the_next_one_in_the_list(
    labelled_desk: Desk, numbered_video: Path, tmp_path: Path
) -> None:
    desk = labelled_desk
    paths = [Path(shutil.copy(numbered_video, tmp_path / f"{name}.mp4")) for name in "zyxw"]
    desk.studio.projects.open_paths(paths)
    desk.wait(lambda: len(desk.session.project.videos) == 5)
    ids = {video.name: video.id for video in desk.session.project.videos}
    videos = desk.window.workspace.video_list
    names = [entry.name for entry in videos.model.entries]
    assert names[1:] == ["w.mp4", "x.mp4", "y.mp4", "z.mp4"]
    desk.studio.state.show_video(ids["x.mp4"])
    desk.studio.projects.remove_videos([ids["x.mp4"], ids["y.mp4"]])
    assert shown_name(desk) == "z.mp4"
    desk.studio.projects.remove_videos([ids["z.mp4"]])
    assert shown_name(desk) == "w.mp4"
    assert [entry.name for entry in videos.model.entries] == names[:2]
    desk.studio.undo()
    desk.studio.undo()
    assert [entry.name for entry in videos.model.entries] == names
    desk.wait(lambda: videos.view.currentIndex().data() == shown_name(desk) == "w.mp4")


def drop(desk: Desk, *paths: Path) -> None:
    """Drop files on the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    plain, place = Qt.KeyboardModifier.NoModifier, QPoint(300, 300)
    enter = QDragEnterEvent(place, copy, mime, left, plain)
    QApplication.sendEvent(desk.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(desk.window, QDropEvent(QPointF(place), copy, mime, left, plain))


def test_a_dropped_video_opens(desk: Desk, own_video: Path) -> None:
    drop(desk, own_video)
    desk.wait(lambda: desk.window.workspace.video_view.image is not None)
    assert desk.session.project.name == "clip one"


def test_a_dropped_project_opens(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "other.cast"
    Session.create(folder, name="other", schema=SCHEMA, annotator="ada").close()
    drop(desk, folder)
    assert desk.session.project.name == "other"
    assert desk.window.welcome.isHidden()


def test_what_is_no_video_is_told_and_harms_nothing(desk: Desk, tmp_path: Path) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_text("milk, bread")
    desk.studio.projects.open_paths([notes])
    desk.wait(lambda: any(level == "error" for level, _ in desk.told.told))
    level, text = desk.told.told[-1]
    assert level == "error"
    assert "notes.mp4" in text
    assert desk.window.notices.text == text
    assert desk.window.isVisible()


def test_a_video_without_its_end_is_told_once_while_its_project_is_open(
    desk: Desk, numbered_video: Path, tmp_path: Path
) -> None:
    short = truncated(tmp_path / "cut short.mp4")
    warned: list[str] = []
    desk.studio.services.player.warned.connect(warned.append)

    def told() -> list[str]:
        return [text for level, text in desk.told.told if level == "warning"]

    desk.open_videos(short)
    desk.wait(lambda: len(warned) == 1)
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    assert told() == warned
    desk.open_videos(Path(shutil.copy(numbered_video, tmp_path / "whole.mp4")))
    desk.wait(lambda: len(desk.session.project.videos) == 2)
    desk.studio.state.show_video(desk.session.project.videos[0].id)
    desk.wait(lambda: len(warned) == 2)
    assert len(told()) == 1
    folder = desk.session.folder
    desk.studio.projects.close()
    desk.studio.projects.open_project(folder)
    desk.wait(lambda: len(warned) == 3)
    assert len(told()) == 2


def test_without_project_only_videos_that_open_get_one(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("milk, bread")
    desk.studio.projects.open_paths([tmp_path / "gone.mp4", tmp_path / "notes.mp4"])
    desk.wait(lambda: len(desk.told.told) == 2)
    assert {level for level, _ in desk.told.told} == {"error"}
    assert desk.studio.session is None
    assert desk.window.welcome.isVisible()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.mp4"]


def test_a_project_is_named_after_the_first_video_that_opens(
    desk: Desk, numbered_video: Path, tmp_path: Path
) -> None:
    names = ("gone", "long", "short")
    paths = [tmp_path / f"{name}.mp4" for name in names]
    constant_rate(paths[1], count=480)
    shutil.copy(numbered_video, paths[2])
    desk.studio.projects.open_paths(paths)
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    desk.wait(lambda: desk.studio.session is not None)
    assert desk.session.folder == tmp_path / "long.cast"
    assert [video.name for video in desk.session.project.videos] == ["long.mp4", "short.mp4"]


def test_videos_do_not_follow_into_a_project_that_is_opened_meanwhile(
    desk: Desk, own_video: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "other.cast"
    Session.create(folder, name="other", schema=SCHEMA, annotator="ada").close()
    desk.studio.projects.open_paths([own_video])
    desk.studio.projects.open_paths([folder])
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    assert desk.session.folder == folder
    assert desk.session.project.videos == ()
    assert not own_video.with_suffix(".cast").exists()


def test_what_is_no_project_is_told_and_the_open_one_stays(
    labelled_desk: Desk, tmp_path: Path
) -> None:
    before = labelled_desk.session
    empty = tmp_path / "empty.cast"
    empty.mkdir()
    assert not labelled_desk.studio.projects.open_project(empty)
    assert labelled_desk.session is before
    assert labelled_desk.told.told[-1][0] == "error"


def test_a_project_that_is_open_elsewhere_is_shown_but_not_changed(
    desk: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "shared.cast"
    other = Session.create(folder, name="shared", schema=SCHEMA, annotator="bob")
    try:
        desk.studio.projects.open_project(folder)
        assert desk.session.read_only
        assert desk.told.told[-1] == ("warning", desk.session.read_only_reason)
        assert not desk.window.actions_[Do.RETRAIN].isEnabled()
    finally:
        other.close()


def test_edits_are_on_disk_when_the_toolbar_says_saved(labelled_desk: Desk) -> None:
    desk = labelled_desk
    track, frames = desk.studio.annotations.track, desk.studio.state.frames
    assert track is not None
    assert frames is not None
    segment = Segment("s", frames.span_of_frames(0, 9), {"verb": 1})
    desk.session.do(AddSegments(track.id, (segment,)))
    assert desk.window.top.saved_text == "Saving…"
    desk.wait(lambda: desk.window.top.saved_text.startswith("Saved "))
    folder = desk.session.folder
    desk.studio.projects.close()
    reopened = Session.open(folder)
    try:
        assert reopened.project.segment("s")[1] == segment
    finally:
        reopened.close()


def test_recent_projects_are_offered(desk: Desk, own_video: Path) -> None:
    desk.open_videos(own_video)
    folder = desk.session.folder
    desk.studio.projects.close()
    assert desk.studio.projects.recent == (folder,)
    desk.window.welcome.project_chosen.emit(folder)
    assert desk.session.folder == folder


def recent_button(desk: Desk, folder: Path) -> QPushButton:
    """Wait for the entry of a project; an older list may still be on its way out."""

    def entries() -> list[QPushButton]:
        buttons = desk.window.welcome.findChildren(QPushButton)
        return [found for found in buttons if found.toolTip() == str(folder)]

    desk.wait(lambda: len(entries()) == 1 and entries()[0].isVisible())
    return entries()[0]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_recent_project_opens_by_key(desk: Desk, own_video: Path, key: Qt.Key) -> None:
    desk.open_videos(own_video)
    folder = desk.session.folder
    desk.studio.projects.close()
    recent_button(desk, folder).setFocus()
    desk.press(key)
    desk.wait(lambda: desk.studio.session is not None)
    assert desk.session.folder == folder


def test_the_frame_of_a_focused_recent_project_is_as_wide_as_its_row(
    desk: Desk, own_video: Path
) -> None:
    desk.open_videos(own_video)
    folder = desk.session.folder
    desk.studio.projects.close()
    button = recent_button(desk, folder)
    button.setFocus()
    shown = button.grab().toImage()
    middle, last = shown.height() // 2, shown.width() - 1
    accent = QColor(colors_of(button).accent).rgb()
    assert [shown.pixel(x, middle) for x in (0, last)] == [accent, accent]
    # No second frame further in, which would run through the letters.
    assert len({shown.pixel(x, middle) for x in range(last - 40, last - 2)}) == 1


def test_a_project_is_taken_off_the_list_and_stays_on_disk(desk: Desk, own_video: Path) -> None:
    desk.open_videos(own_video)
    folder = desk.session.folder
    desk.studio.projects.close()

    def entries() -> list[QPushButton]:
        buttons = desk.window.welcome.findChildren(QPushButton)
        return [button for button in buttons if button.toolTip() == str(folder)]

    desk.wait(lambda: len(entries()) == 1)
    (entry,) = entries()
    assert entry.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu
    (action,) = entry.actions()
    assert action.text() == "Remove from this list"
    action.trigger()
    desk.wait(lambda: entries() == [])
    assert desk.studio.projects.recent == ()
    assert (folder / "project.db").is_file()


def shown_name(desk: Desk) -> str:
    return Path(desk.session.project.video(desk.studio.state.video_id).path).name


@pytest.mark.parametrize("is_open_before", [False, True])
def test_of_several_videos_the_first_is_shown(
    desk: Desk, own_video: Path, tmp_path: Path, is_open_before: bool
) -> None:
    if is_open_before:
        desk.open_videos(own_video)
    # The first takes the longest to scan.
    several = [
        constant_rate(tmp_path / name, count=count)
        for name, count in (("z.mp4", 480), ("a.mp4", 12), ("m.mp4", 24))
    ]
    desk.studio.projects.open_paths(several)
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    desk.wait(lambda: len(desk.session.project.videos) == 3 + is_open_before)
    assert shown_name(desk) == "z.mp4"
    # One that is opened afterwards is shown, also if the project has it already.
    desk.studio.projects.open_paths([several[1]])
    desk.wait(lambda: shown_name(desk) == "a.mp4")


def test_a_video_whose_labels_came_first_is_the_one_that_is_opened(
    desk: Desk, own_video: Path, tmp_path: Path
) -> None:
    desk.open_videos(own_video)
    late = tmp_path / "late.mp4"
    desk.session.do(AddVideo(VideoRef("late", late.as_posix(), 0, "")))
    constant_rate(late, count=12)
    desk.studio.projects.open_paths([late])
    desk.wait(lambda: desk.session.project.video("late").timebase is not None)
    assert len(desk.session.project.videos) == 2
    assert desk.studio.state.video_id == "late"


def test_of_several_videos_the_first_that_opens_is_shown(desk: Desk, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("milk, bread")
    good = [constant_rate(tmp_path / name, count=12) for name in ("b.mp4", "a.mp4")]
    desk.studio.projects.open_paths([bad, *good])
    desk.wait(lambda: not desk.studio.projects.opener.is_busy)
    desk.wait(lambda: desk.studio.session is not None and len(desk.session.project.videos) == 2)
    assert shown_name(desk) == "b.mp4"


def test_another_project_begins_at_normal_speed(desk: Desk, own_video: Path) -> None:
    desk.open_videos(own_video)
    transport = desk.window.workspace.transport
    transport.rate_chosen.emit(2.0)
    assert transport.rate_text == "2×"
    folder = desk.session.folder
    desk.studio.projects.close()
    desk.studio.projects.open_project(folder)
    desk.wait(lambda: desk.studio.state.frames is not None)
    assert transport.rate_text == "1×"
    desk.press("Space")
    assert desk.studio.services.player.rate == 1.0


def test_a_note_that_cannot_be_written_does_not_look_like_a_field(
    desk: Desk, own_video: Path
) -> None:
    desk.open_videos(own_video)
    folder, track = desk.session.folder, desk.studio.annotations.track
    assert track is not None
    spans = [desk.studio.state.frames.span_of_frames(start, start + 10) for start in (0, 20)]
    segments = tuple(
        Segment(name, span, {"verb": 0}, note=note)
        for name, span, note in zip(("a", "b"), spans, ("", "a bit late"), strict=True)
    )
    desk.session.do(AddSegments(track.id, segments))
    desk.studio.projects.close()
    held = Session.open(folder)
    try:
        desk.studio.projects.open_project(folder)
        assert desk.session.read_only
        desk.wait(lambda: desk.studio.state.frames is not None)
        field = desk.window.workspace.label_panel.note_field
        desk.studio.state.select(LabelSelection("b"))
        desk.wait(lambda: field.text() == "a bit late")
        assert field.isVisible()
        assert field.isReadOnly()
        shown = field.grab().toImage()
        assert shown.pixelColor(shown.width() // 2, 0) == shown.pixelColor(shown.width() - 3, 5)
        desk.studio.state.select(LabelSelection("a"))
        desk.wait(lambda: not field.isVisible())
    finally:
        held.close()


def test_a_free_folder_never_touches_what_is_there(tmp_path: Path) -> None:
    wanted = tmp_path / "a.cast"
    assert free_folder(wanted) == wanted
    wanted.mkdir()
    (tmp_path / "a 2.cast").write_text("a file")
    assert free_folder(wanted) == tmp_path / "a 3.cast"


def test_the_layout_is_remembered(make_desk: Callable[[], Desk], labelled_desk: Desk) -> None:
    workspace = labelled_desk.window.workspace
    workspace.docks["videos"].close()
    labelled_desk.window.resize(1100, 700)
    labelled_desk.window.close()
    again = make_desk()
    assert again.window.workspace.docks["videos"].isHidden()
    assert again.window.height() == 700
    again.window.actions_[Do.RESTORE_LAYOUT].trigger()
    assert not again.window.workspace.docks["videos"].isHidden()
