"""The picture on the stage: magnified, moved, marked while it is not exact, brighter, and heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.app.preferences import Preferences
from cast_studio.app.sound import SoundState
from cast_studio.core.timing import TimeSpan
from cast_studio.ui import wording
from cast_studio.ui.commands import Do
from cast_studio.ui.picture_zoom import MOST, PictureZoom
from cast_studio.ui.video_view import VideoView
from tests import videos
from tests.ui.conftest import Desk

AREA, WIDE = QSizeF(800, 600), QSizeF(1600, 900)


def turn_wheel(view: VideoView, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, view.mapToGlobal(at.toPoint()).toPointF(), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


@given(st.lists(st.tuples(st.floats(0.2, 5), st.floats(0, 800), st.floats(0, 600))))
def test_a_magnified_picture_leaves_no_gap_and_a_whole_one_is_centered(
    moves: list[tuple[float, float, float]],
) -> None:
    zoom = PictureZoom()
    for by, x, y in moves:
        zoom.zoom(by, AREA, WIDE, QPointF(x, y))
        zoom.pan(QPointF(x - 400, y - 300), AREA, WIDE)
        rect = zoom.rect(AREA, WIDE)
        assert 1.0 <= zoom.factor <= MOST
        assert rect.width() / rect.height() == pytest.approx(16 / 9)
        for start, end, length in (
            (rect.left(), rect.right(), 800.0),
            (rect.top(), rect.bottom(), 600.0),
        ):
            if end - start <= length:
                assert start + end == pytest.approx(length)
            else:
                assert start <= 1e-6
                assert end >= length - 1e-6
    zoom.fit()
    assert zoom.rect(AREA, WIDE) == QRectF(0, 75, 800, 450)


def test_the_point_under_the_pointer_stays_where_it_is() -> None:
    zoom = PictureZoom()
    zoom.zoom(4.0, AREA, WIDE)
    before, pointer = zoom.rect(AREA, WIDE), QPointF(390, 310)
    zoom.zoom(1.25, AREA, WIDE, pointer)
    after = zoom.rect(AREA, WIDE)
    assert (pointer.x() - before.left()) / before.width() == pytest.approx(
        (pointer.x() - after.left()) / after.width()
    )


def test_the_wheel_magnifies_dragging_moves_and_a_double_click_shows_all(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    screens: list[tuple[int, int]] = []
    view.screen_changed.connect(lambda width, height: screens.append((width, height)))
    view.show_shape(400, 300)
    view.show_image(QImage(400, 300, QImage.Format.Format_RGB32))
    turn_wheel(view, QPointF(200, 150), 4)
    assert view.zoom_factor == pytest.approx(1.25**4)
    assert screens[-1] == (round(400 * 1.25**4), round(300 * 1.25**4))
    before = view.picture_rect()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(view, QPoint(230, 140))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(230, 140))
    moved = view.picture_rect().topLeft() - before.topLeft()
    assert (moved.x(), moved.y()) == pytest.approx((30, -10))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    assert view.picture_rect() == QRectF(0, 0, 400, 300)


def test_pixels_that_are_not_square_are_stretched_and_the_heatmap_with_them(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show_shape(100, 100, 2.0)
    view.show_image(QImage(100, 100, QImage.Format.Format_RGB32))
    assert view.picture_rect() == QRectF(0, 100, 400, 200)
    assert view.heat_rect() == QRectF(0, 100, 400, 200)


def test_keys_magnify_the_picture_and_the_player_is_told(desk: Desk, numbered_video: Path) -> None:
    desk.open_videos(numbered_video)
    view = desk.window.workspace.video_view
    view.setFocus()
    desk.press("+", "+")
    assert view.zoom_factor == pytest.approx(1.25**2)
    desk.press("-")
    assert view.zoom_factor == pytest.approx(1.25)
    desk.press("=")
    assert view.zoom_factor == 1.0


def test_a_frame_that_is_not_there_yet_is_marked_in_the_picture_and_beside_its_number(
    desk: Desk, numbered_video: Path
) -> None:
    desk.open_videos(numbered_video)
    player, workspace = desk.studio.services.player, desk.window.workspace
    desk.wait(lambda: player.is_exact)
    marks: list[tuple[str, str]] = []
    player.exact_changed.connect(
        lambda _exact: marks.append((workspace.video_view.mark, workspace.transport.frame_text))
    )
    player.exact_changed.emit(False)
    assert marks[-1] == ("", "f 0 …")
    player.exact_changed.emit(True)
    assert marks[-1] == ("", "f 0")


@pytest.mark.parametrize(
    ("typed", "frame"), [("30", 30), ("f 31", 31), ("1.5s", 36), ("0:01.5", 36), ("pts 512", 1)]
)
def test_places_to_go_to(desk: Desk, numbered_video: Path, typed: str, frame: int) -> None:
    desk.open_videos(numbered_video)
    assert desk.studio.playback.show_text(typed)
    assert desk.studio.state.frame_index == frame


def test_jumps_are_as_long_as_was_chosen(
    desk: Desk, numbered_video: Path, preferences: Preferences
) -> None:
    desk.open_videos(numbered_video)
    desk.window.workspace.video_view.setFocus()
    desk.press("Shift+Right")
    assert desk.studio.state.frame_index == 24
    preferences.short_jump_seconds = 0.5
    desk.press("Shift+Right", "Shift+Left", "Shift+Left")
    assert desk.studio.state.frame_index == 12
    preferences.long_jump_seconds = 1.0
    desk.press("Ctrl+Right")
    assert desk.studio.state.frame_index == 36


def test_a_range_is_played_in_a_loop(desk: Desk, numbered_video: Path) -> None:
    desk.open_videos(numbered_video)
    frames = desk.studio.state.frames
    assert frames is not None
    player, positions = desk.studio.services.player, []
    player.position_changed.connect(positions.append)
    desk.studio.playback.choose_rate(8.0)
    desk.studio.playback.play_span(TimeSpan(frames.pts_of(4), frames.pts_of(8)), loops=True)
    desk.wait(lambda: positions.count(4) >= 3)
    player.pause()
    assert set(positions) <= {4, 5, 6, 7}


def test_numbers_are_copied_as_they_can_be_typed(desk: Desk, numbered_video: Path) -> None:
    desk.open_videos(numbered_video)
    desk.show_frame(30)
    facts = desk.window.status.frame_facts
    assert facts.text.startswith("frame 30 · pts ")
    assert " · 1.250 s from the start · 24 frames/s" in facts.text
    for button in facts.findChildren(type(desk.window.workspace.transport._time)):
        button.click()
        copied = QGuiApplication.clipboard().text()
        assert wording.parse_position(copied) is not None
        desk.show_frame(0)
        desk.studio.playback.show_text(copied)
        assert desk.studio.state.frame_index == 30


def test_without_sound_the_button_says_why(desk: Desk, numbered_video: Path) -> None:
    desk.open_videos(numbered_video)
    button = desk.window.workspace.transport.sound
    desk.wait(lambda: desk.studio.sound.state is SoundState.SILENT_FILE)
    assert not button.isEnabled()
    assert button.toolTip() == "This video has no sound"


def test_muting_and_the_volume_slider(desk: Desk, preferences: Preferences) -> None:
    button = desk.window.workspace.transport.sound
    button.slider.setValue(35)
    assert preferences.volume == pytest.approx(0.35)
    desk.studio.sound.set_muted(True)
    assert desk.window.actions_[Do.MUTE].isChecked()
    assert preferences.is_muted
    button.slider.setValue(60)
    assert not preferences.is_muted
    assert not desk.window.actions_[Do.MUTE].isChecked()


def test_brightness_reaches_the_picture(make_desk: Callable[..., Desk], tmp_path: Path) -> None:
    desk = make_desk()
    desk.open_videos(videos.constant_rate(tmp_path / "clip.mp4"))
    view, look = desk.window.workspace.video_view, desk.window.workspace.transport.look
    look.brightness.setValue(100)
    desk.wait(lambda: view.image is not None and view.image.pixelColor(5, 5).value() == 255)
    look.reset()
    desk.wait(lambda: view.image is not None and view.image.pixelColor(5, 5).value() < 60)
