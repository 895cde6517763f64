"""Which stream is decoded and by what, chosen in the Play menu of the real window, on real files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from cast_studio.core.edits import AddSegments
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.media.clip_reader import ClipReader
from cast_studio.ui.stream_menu import StreamMenu
from tests import videos
from tests.app.test_playback import pixels_of
from tests.fakes import SMALL_CLIPS
from tests.ui.conftest import Desk


@pytest.fixture
def menu(desk: Desk) -> StreamMenu:
    found = desk.window.findChild(StreamMenu)
    assert found is not None
    return found


def entries(menu: QMenu) -> list[QAction]:
    """Return what a user sees who opens a menu."""
    menu.aboutToShow.emit()
    return menu.actions()


def shown_number(desk: Desk) -> int:
    """Read the number in the picture on screen."""
    image = desk.window.workspace.video_view.image
    return -1 if image is None else videos.read_number(pixels_of(image))


def test_a_file_with_one_stream_offers_no_choice(
    desk: Desk, menu: StreamMenu, numbered_video: Path
) -> None:
    desk.open_videos(numbered_video)
    assert not menu.menuAction().isVisible()


def test_another_stream_is_shown_labelled_and_remembered(
    desk: Desk, menu: StreamMenu, tmp_path: Path
) -> None:
    desk.open_videos(videos.two_streams(tmp_path / "two.mp4"))
    assert menu.menuAction().isVisible()
    assert [action.text() for action in entries(menu)] == [
        "0: 96 × 64 · 24 frames/s · h264",
        "1: 64 × 48 · 10 frames/s · h264 · deu",
    ]
    assert [action.isChecked() for action in entries(menu)] == [True, False]
    session = desk.session
    (video,) = session.project.videos
    assert video.tick.denominator == 12_288
    track = session.label_track(video.id)
    assert track is not None
    session.do(AddSegments(track.id, (Segment("s", TimeSpan(6_144, 12_288), {"verb": 0}),)))
    desk.show_frame(36)

    entries(menu)[1].trigger()
    desk.wait(lambda: desk.session.project.videos[0].stream == 1)
    desk.wait(lambda: desk.studio.state.frames is not None and desk.studio.services.player.is_exact)
    desk.wait(lambda: desk.studio.state.frame_index == 15)
    desk.wait(lambda: shown_number(desk) == videos.SECOND_STREAM + 15)

    assert [action.isChecked() for action in entries(menu)] == [False, True]
    after = session.project.videos[0]
    assert (after.n_frames, after.width, after.height) == (20, 64, 48)
    assert after.tick.denominator == 10_240
    assert session.frame_index(video.id) == desk.studio.state.frames
    (segment,) = session.project.tracks[0].segments
    assert segment.span == TimeSpan(5_120, 10_240)
    # What the model is given comes from the same stream.
    with ClipReader(session.video_path(video.id), SMALL_CLIPS, stream=after.stream) as clips:
        assert clips.index == desk.studio.state.frames

    folder = session.folder
    desk.studio.projects.close()
    desk.studio.projects.open_project(folder)
    desk.wait(lambda: desk.studio.state.frames is not None)
    assert len(desk.studio.state.frames or ()) == 20

    desk.studio.undo()
    desk.wait(lambda: len(desk.studio.state.frames or ()) == 48)
    desk.wait(lambda: shown_number(desk) == desk.studio.state.frame_index)
    (segment,) = desk.session.project.tracks[0].segments
    assert segment.span == TimeSpan(6_144, 12_288)


def test_a_stream_that_cannot_be_read_is_told_and_not_chosen(
    desk: Desk, menu: StreamMenu, tmp_path: Path
) -> None:
    path = videos.two_streams(tmp_path / "two.mp4")
    desk.open_videos(path)
    second = entries(menu)[1]
    path.unlink()
    second.trigger()
    desk.wait(lambda: any(level == "error" for level, _ in desk.told.told))
    assert desk.session.project.videos[0].stream is None
    assert [action.isChecked() for action in entries(menu)] == [True, False]


def test_hardware_can_be_switched_off_and_what_decodes_is_told(
    desk: Desk, numbered_video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(desk.studio.services.player, "set_hardware", told.append)
    (menu,) = (m for m in desk.window.findChildren(QMenu) if m.title() == "Hardware decoding")
    assert [(a.text(), a.isChecked()) for a in entries(menu)] == [
        ("Automatic", True),
        ("Off", False),
    ]
    entries(menu)[1].trigger()
    assert not desk.studio.services.preferences.uses_hardware
    assert told == [False]
    desk.open_videos(numbered_video)
    assert desk.window.status.frame_facts.decoder == "h264, decoded by the processor"
