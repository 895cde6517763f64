"""The strips of the timeline and the pictures of the list, as they are seen and hidden in the window."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage

from cast_studio.core.timing import FrameIndex
from cast_studio.media.waveform import Waveform
from cast_studio.ui.commands import Do
from cast_studio.ui.scaled_pictures import ScaledPictures
from cast_studio.ui.timeline.lanes import PICTURES, SOUND
from cast_studio.ui.timeline.picture_lane import PictureLane
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.timeline.sound_lane import shape_of
from cast_studio.ui.video_list_paint import THUMBNAIL_WIDTH
from tests import videos
from tests.ui.conftest import Desk

INK = 0xFF102030


def pixels_of(image: QImage) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return an image as RGB, shape (H, W, 3)."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def numbers_on_strip(desk: Desk) -> list[int]:
    """Return which frames the pictures on the timeline show, those that are seen whole."""
    timeline = desk.window.workspace.timeline
    content = timeline.content
    lane = next(lane for lane in content.lanes if lane.key == PICTURES)
    assert isinstance(lane, PictureLane)
    assert content.scale is not None
    area = content.lane_rect(PICTURES)
    shown = pixels_of(timeline.grab().toImage())
    size, found = lane.picture_size, []
    for slot in lane.slots(content.scale, 0, content.width):
        x = area.left() + round(slot.x)
        if slot.x >= 0 and slot.x + size.width() <= content.width:
            part = shown[area.top() + 2 : area.top() + 2 + size.height(), x : x + size.width()]
            found.append(videos.read_number(part))
    return found


def frames_of_strip(desk: Desk) -> list[int]:
    """Return the frames that are on screen at the left edges of these pictures."""
    content = desk.window.workspace.timeline.content
    lane = next(lane for lane in content.lanes if lane.key == PICTURES)
    assert isinstance(lane, PictureLane)
    assert content.scale is not None
    width = lane.picture_size.width()
    return [
        slot.frame_index
        for slot in lane.slots(content.scale, 0, content.width)
        if slot.x >= 0 and slot.x + width <= content.width
    ]


def lane_keys(desk: Desk) -> list[str]:
    return [lane.key for lane in desk.window.workspace.timeline.content.lanes]


@pytest.fixture
def loud_video(tmp_path: Path) -> Path:
    times = np.arange(16_000) / 8000
    samples = np.where(times < 1, 20_000 * np.sin(2765 * times), 0).astype(np.int16)
    return videos.with_sound(tmp_path / "loud.mkv", samples, count=48)


def test_the_timeline_shows_the_frames_at_their_times(desk: Desk, tmp_path: Path) -> None:
    desk.window.workspace.video_view.setFocus()
    desk.open_videos(videos.b_frames(tmp_path / "clip.mp4"))
    desk.wait(lambda: numbers_on_strip(desk) == frames_of_strip(desk))
    whole = frames_of_strip(desk)
    assert len(whole) > 5
    timeline = desk.window.workspace.timeline
    timeline.zoom(3, around_x=timeline.content.width / 2)
    assert frames_of_strip(desk) != whole
    desk.wait(lambda: numbers_on_strip(desk) == frames_of_strip(desk))
    assert timeline.content.scale is not None
    timeline.set_scale(timeline.content.scale.panned(130))
    desk.wait(lambda: numbers_on_strip(desk) == frames_of_strip(desk))


def test_no_picture_is_ever_seen_where_it_does_not_belong(desk: Desk, tmp_path: Path) -> None:
    """While pictures are being made there are placeholders, or the key frame before."""
    desk.open_videos(videos.b_frames(tmp_path / "clip.mp4"))
    frames = desk.studio.state.frames
    assert frames is not None
    timeline = desk.window.workspace.timeline
    rng = np.random.default_rng(3)
    for _ in range(12):
        timeline.zoom(float(rng.uniform(0.4, 2.5)), around_x=float(rng.uniform(0, 900)))
        desk.bot.wait(40)
        for number, frame in zip(numbers_on_strip(desk), frames_of_strip(desk), strict=True):
            # A placeholder is uniform and dark, and a pale picture dark too: both read as 0.
            assert number in (frame, frames.key_at_or_before(frame), 0)


def test_the_strip_is_hidden_and_shown_and_that_is_remembered(desk: Desk, tmp_path: Path) -> None:
    desk.open_videos(videos.b_frames(tmp_path / "clip.mp4"))
    assert lane_keys(desk)[0] == PICTURES
    preferences = desk.studio.services.preferences
    desk.press("Ctrl+Alt+P")
    assert PICTURES not in lane_keys(desk)
    assert not preferences.shows_pictures
    desk.press("Ctrl+Alt+P")
    assert lane_keys(desk)[0] == PICTURES
    desk.wait(lambda: numbers_on_strip(desk) == frames_of_strip(desk))


def test_hidden_strips_stay_hidden_in_the_next_window(make_desk: Callable[..., Desk]) -> None:
    first = make_desk()
    first.window.actions_[Do.SHOW_PICTURES].trigger()
    first.window.actions_[Do.SHOW_WAVEFORM].trigger()
    second = make_desk()
    for do in (Do.SHOW_PICTURES, Do.SHOW_WAVEFORM):
        assert second.window.actions_[do].isCheckable()
        assert not second.window.actions_[do].isChecked()


def test_sound_has_a_strip_and_a_silent_video_has_none(
    desk: Desk, loud_video: Path, color_video: Path
) -> None:
    desk.open_videos(loud_video)
    desk.wait(lambda: lane_keys(desk)[:2] == [PICTURES, SOUND])
    timeline = desk.window.workspace.timeline
    area = timeline.content.lane_rect(SOUND)

    def ink(x: float) -> int:
        """Return how many pixels of a column stand out."""
        shown = pixels_of(timeline.grab().toImage()).astype(int)
        column = shown[area.top() : area.bottom(), area.left() + round(x)]
        return int((np.abs(column - column[0]).sum(axis=1) > 60).sum())

    width = timeline.content.width
    desk.wait(lambda: ink(0.2 * width) > 8)
    desk.wait(lambda: (w := desk.studio.waveforms.waveform) is not None and w.is_complete)
    assert ink(0.45 * width) > 8
    assert ink(0.55 * width) <= 2
    desk.window.actions_[Do.SHOW_WAVEFORM].trigger()
    assert SOUND not in lane_keys(desk)
    desk.window.actions_[Do.SHOW_WAVEFORM].trigger()
    desk.wait(lambda: SOUND in lane_keys(desk))
    desk.studio.projects.open_paths([color_video])
    desk.wait(lambda: desk.studio.services.player.path == color_video)
    desk.wait(lambda: desk.studio.state.frames is not None)
    desk.wait(lambda: SOUND not in lane_keys(desk))


def test_a_press_on_a_strip_moves_the_playhead_and_a_drag_takes_it_along(
    desk: Desk, loud_video: Path
) -> None:
    desk.open_videos(loud_video)
    timeline = desk.window.workspace.timeline
    area = timeline.content.lane_rect(PICTURES)
    here = QPoint(area.left() + area.width() // 2, area.center().y())
    desk.bot.mousePress(timeline, Qt.MouseButton.LeftButton, pos=here)
    desk.wait(lambda: desk.studio.state.frame_index in (23, 24))
    desk.bot.mouseMove(timeline, QPoint(area.left() + area.width() // 4, here.y()))
    desk.wait(lambda: desk.studio.state.frame_index in (11, 12))
    desk.bot.mouseRelease(timeline, Qt.MouseButton.LeftButton, pos=here)
    assert desk.studio.state.marked is None


def test_the_list_shows_a_picture_of_each_video_and_a_placeholder_for_a_missing_one(
    desk: Desk, own_colors: Path
) -> None:
    desk.open_videos(own_colors)
    view = desk.window.workspace.video_list.view

    def is_red() -> bool:
        place = view.visualRect(view.model().index(0, 0))
        inside = QRect(place.left() + 14, place.top() + 16, THUMBNAIL_WIDTH - 4, 26)
        red, green, blue = pixels_of(view.viewport().grab(inside).toImage()).mean(axis=(0, 1))
        return bool(red > 180 and green < 60 and blue < 60)

    # A tenth of the video of red, green and blue is red.
    desk.wait(is_red)
    own_colors.rename(own_colors.with_name("away.mp4"))
    desk.studio.missing.look()
    desk.wait(lambda: not is_red())
    own_colors.with_name("away.mp4").rename(own_colors)
    desk.studio.missing.look()
    desk.wait(is_red)


def test_placeholders_do_not_move_while_the_view_is_panned() -> None:
    frames = FrameIndex(np.arange(1000) * 10, np.arange(1000) % 50 == 0, Fraction(1, 1000), 10_000)
    lane = PictureLane("", "", lambda _frame: None, ScaledPictures(), frames)
    scale = TimeScale.fitting(frames.span, 900, frame_ticks=10).zoomed(4, around=100)
    before = {s.frame_index: s.x for s in lane.slots(scale, 0, scale.width)}
    after = {s.frame_index: s.x for s in lane.slots(scale.panned(33), 0, scale.width)}
    both = before.keys() & after.keys()
    assert len(both) > 5
    assert all(before[frame] - after[frame] == pytest.approx(33) for frame in both)


def test_a_part_of_the_strip_has_the_same_places_as_the_whole() -> None:
    frames = FrameIndex(np.arange(1000) * 10, np.arange(1000) % 50 == 0, Fraction(1, 1000), 10_000)
    lane = PictureLane("", "", lambda _frame: None, ScaledPictures(), frames)
    scale = TimeScale.fitting(frames.span, 900, frame_ticks=10).zoomed(3, around=700)
    whole = list(lane.slots(scale, 0, scale.width))
    for left in range(0, 880, 17):
        part = list(lane.slots(scale, left, left + 17))
        assert part == [s for s in whole if s in part]
        width = lane.picture_size.width()
        assert {s.x for s in whole if s.x <= left + 17 and s.x + width > left} <= {
            s.x for s in part
        }


def test_only_what_costs_little_is_made_beside_key_frames() -> None:
    count = 2 * 3600 * 25
    keys = np.arange(count) % 250 == 0
    frames = FrameIndex(np.arange(count), keys, Fraction(1, 25), count)
    lane = PictureLane("", "", lambda _frame: None, ScaledPictures(), frames)
    whole = TimeScale.fitting(frames.span, 1800, frame_ticks=1)
    for zoom in (1.0, 10.0, 100.0, 3000.0):
        wanted = lane.frames_in_view(whole.zoomed(zoom, around=900))
        assert 0 < len(wanted) <= 2 * 24
        cost, at = 0, -1
        for frame in wanted:
            key = frames.key_at_or_before(frame)
            cost += frame - (at if key <= at <= frame else key)
            at = frame
        assert cost <= 600
    # Where it costs little, each picture is the very frame.
    close = whole.zoomed(3000, around=900)
    assert {s.frame_index for s in lane.slots(close, 0, 1800)} <= set(lane.frames_in_view(close))


def test_the_shape_of_a_waveform_reaches_from_the_lowest_to_the_highest_sample() -> None:
    columns = np.array([[-128, 127], [0, 0], [127, -128], [0, 127]], np.int8)
    shape = shape_of(columns, 33, INK)
    heights = (shape == INK).sum(axis=0).tolist()
    assert heights[0] >= 32
    assert heights[1:3] == [1, 0]
    assert heights[3] == 17
    assert shape[16, 1] == INK
    assert set(np.unique(shape)) == {0, INK}


def test_two_hours_of_sound_are_drawn_from_few_stretches() -> None:
    peaks = np.zeros((2 * 3600 * 500, 2), np.int8)
    found = Waveform.of(peaks, start=0.0, rate=500.0, is_complete=True)
    assert sum(len(level) for level in found.levels) < 1.4 * len(peaks)
    assert len(found.columns(0.0, 4.0, 1800)) == 1800
