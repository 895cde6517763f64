"""The player with real files: the right frames, only the newest request, time that does not lag."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from cast_studio.app import frame_decoding
from cast_studio.app.frame_reader import image_of
from cast_studio.app.latest import LatestSlot
from cast_studio.app.playback import Player
from cast_studio.app.playback_clock import PlaybackClock
from cast_studio.core.timing import FrameIndex
from cast_studio.media.decoder import Frame, VideoDecoder
from cast_studio.media.hardware import HardwareDecoders, HardwareError
from tests import videos
from tests.app.conftest import WAIT_MS
from tests.media.test_hardware import FakeDevice
from tests.media.test_hardware import decoders as decoders_of


class Screen:
    """What a view would have heard."""

    def __init__(self, player: Player) -> None:
        self.frames: list[tuple[int, int]] = []
        self.previews: list[tuple[int, int]] = []
        self.exactness: list[bool] = []
        self.positions: list[int] = []
        self.playing: list[bool] = []
        self.failures: list[str] = []
        self.warnings: list[str] = []
        self.opened: list[FrameIndex] = []
        player.frame_shown.connect(self._on_frame)
        player.preview_shown.connect(self._on_preview)
        player.exact_changed.connect(self.exactness.append)
        player.position_changed.connect(self.positions.append)
        player.playing_changed.connect(self.playing.append)
        player.failed.connect(self.failures.append)
        player.warned.connect(self.warnings.append)
        player.opened.connect(self.opened.append)

    def _on_frame(self, frame_index: int, image: QImage) -> None:
        self.frames.append((frame_index, videos.read_number(pixels_of(image))))

    def _on_preview(self, frame_index: int, image: QImage) -> None:
        self.previews.append((frame_index, videos.read_number(pixels_of(image))))


def pixels_of(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


class SlowDecoder(VideoDecoder):
    """A real decoder that waits for leave before each frame and counts what was asked of it."""

    leave = threading.Semaphore(0)
    entered = threading.Semaphore(0)
    asked: list[int] = []  # noqa: RUF012

    def frame_at(self, index: int) -> Frame:
        self.asked.append(index)
        self.entered.release()
        self.leave.acquire()
        return super().frame_at(index)


@pytest.fixture
def slow_decoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[SlowDecoder]]:
    SlowDecoder.leave = threading.Semaphore(0)
    SlowDecoder.entered = threading.Semaphore(0)
    SlowDecoder.asked = []
    monkeypatch.setattr(frame_decoding, "VideoDecoder", SlowDecoder)
    yield SlowDecoder
    SlowDecoder.leave.release(10_000)


def open_video(qtbot: QtBot, player: Player, path: Path) -> Screen:
    screen = Screen(player)
    with qtbot.waitSignals([player.opened, player.frame_shown], timeout=WAIT_MS):
        player.set_video(path)
    return screen


def test_a_video_opens_on_its_first_frame(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    screen = open_video(qtbot, player, numbered_video)
    assert screen.frames == [(0, 0)]
    assert [len(index) for index in screen.opened] == [48]
    assert player.shown == 0
    assert player.video is not None
    assert (player.video.width, player.video.height) == (96, 64)


def test_each_frame_asked_for_is_the_one_shown(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    screen = open_video(qtbot, player, numbered_video)
    for wanted in (30, 7, 47, 8):
        with qtbot.waitSignal(player.frame_shown, timeout=WAIT_MS):
            player.show(wanted)
        assert screen.frames[-1] == (wanted, wanted)


def test_frames_outside_the_video_are_clamped(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    screen = open_video(qtbot, player, numbered_video)
    with qtbot.waitSignal(player.frame_shown, timeout=WAIT_MS):
        player.show(10_000)
    assert screen.frames[-1] == (47, 47)
    with qtbot.waitSignal(player.frame_shown, timeout=WAIT_MS):
        player.step(-10_000)
    assert screen.frames[-1] == (0, 0)


def test_a_frame_asked_for_before_the_video_is_open_is_shown_when_it_is(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    screen = Screen(player)
    player.set_video(numbered_video)
    player.show(9_999)
    qtbot.waitUntil(lambda: (47, 47) in screen.frames, timeout=WAIT_MS)
    assert player.position == 47


def test_scrubbing_keeps_only_the_newest_request(
    qtbot: QtBot, player: Player, numbered_video: Path, slow_decoder: type[SlowDecoder]
) -> None:
    screen = Screen(player)
    player.set_video(numbered_video)
    assert slow_decoder.entered.acquire(timeout=WAIT_MS / 1000)
    for frame_index in range(1, 41):
        player.show(frame_index)
    slow_decoder.leave.release(100)
    qtbot.waitUntil(lambda: (40, 40) in screen.frames, timeout=WAIT_MS)
    # The way to the last one begins at its key frame; nothing between was decoded.
    assert slow_decoder.asked[:6] == [0, 36, 37, 38, 39, 40]
    assert screen.positions == list(range(1, 41))
    assert screen.frames == [(40, 40)]


def test_frames_of_the_video_before_are_dropped(
    qtbot: QtBot,
    player: Player,
    numbered_video: Path,
    other_video: Path,
    slow_decoder: type[SlowDecoder],
) -> None:
    screen = Screen(player)
    player.set_video(numbered_video)
    player.show(33)
    assert slow_decoder.entered.acquire(timeout=WAIT_MS / 1000)
    player.set_video(other_video)
    slow_decoder.leave.release(100)
    qtbot.waitUntil(lambda: bool(screen.frames), timeout=WAIT_MS)
    assert screen.frames == [(0, 0)]
    assert [len(index) for index in screen.opened] == [12]


def test_what_is_no_video_is_told_once_and_the_player_goes_on(
    qtbot: QtBot, player: Player, numbered_video: Path, no_video: Path
) -> None:
    screen = Screen(player)
    with qtbot.waitSignal(player.failed, timeout=WAIT_MS):
        player.set_video(no_video)
    player.show(5)
    player.show(6)
    with qtbot.waitSignal(player.opened, timeout=WAIT_MS):
        player.set_video(numbered_video)
    assert len(screen.failures) == 1
    assert "notes.mp4" in screen.failures[0]


def test_a_truncated_video_opens_with_a_warning(
    qtbot: QtBot, player: Player, tmp_path: Path
) -> None:
    screen = open_video(qtbot, player, videos.truncated(tmp_path / "cut.mp4"))
    qtbot.waitUntil(lambda: bool(screen.warnings), timeout=WAIT_MS)
    assert "cut.mp4" in screen.warnings[0]


def test_playing_runs_to_the_last_frame_and_pauses(
    qtbot: QtBot, player: Player, other_video: Path
) -> None:
    screen = open_video(qtbot, player, other_video)
    player.play(rate=4.0)
    qtbot.waitUntil(lambda: screen.playing == [True, False], timeout=WAIT_MS)
    assert player.position == 11
    qtbot.waitUntil(lambda: screen.frames[-1] == (11, 11), timeout=WAIT_MS)
    assert screen.positions == sorted(screen.positions)


def test_playing_at_the_end_starts_over(qtbot: QtBot, player: Player, other_video: Path) -> None:
    screen = open_video(qtbot, player, other_video)
    player.show(11)
    player.play()
    assert player.position == 0
    player.pause()
    assert screen.playing == [True, False]


def test_playing_stops_before_a_frame(qtbot: QtBot, player: Player, numbered_video: Path) -> None:
    screen = open_video(qtbot, player, numbered_video)
    player.show(10)
    player.play(rate=4.0, stop_at=20)
    qtbot.waitUntil(lambda: screen.playing == [True, False], timeout=WAIT_MS)
    assert player.position == 19


def test_playing_backward_ends_at_the_first_frame(
    qtbot: QtBot, player: Player, other_video: Path
) -> None:
    screen = open_video(qtbot, player, other_video)
    player.play(rate=-4.0)
    assert player.position == 11
    qtbot.waitUntil(lambda: screen.playing == [True, False], timeout=WAIT_MS)
    assert player.position == 0


def test_playing_keeps_the_time_when_decoding_is_slow(
    qtbot: QtBot, player: Player, numbered_video: Path, slow_decoder: type[SlowDecoder]
) -> None:
    screen = Screen(player)
    with qtbot.waitSignal(player.opened, timeout=WAIT_MS):
        player.set_video(numbered_video)
    slow_decoder.leave.release()
    qtbot.waitUntil(lambda: bool(screen.frames), timeout=WAIT_MS)
    player.play(rate=8.0)
    qtbot.waitUntil(lambda: screen.playing == [True, False], timeout=WAIT_MS)
    slow_decoder.leave.release(1000)
    qtbot.waitUntil(lambda: screen.frames[-1] == (47, 47), timeout=WAIT_MS)
    # The first frame, and the last one when playing was over: nothing of what had been due before.
    assert screen.frames == [(0, 0), (47, 47)]


def test_stepping_pauses(qtbot: QtBot, player: Player, numbered_video: Path) -> None:
    open_video(qtbot, player, numbered_video)
    player.play(rate=0.25)
    assert player.is_playing
    player.step(1)
    assert not player.is_playing


def test_a_new_video_ends_playing(
    qtbot: QtBot, player: Player, numbered_video: Path, other_video: Path
) -> None:
    screen = open_video(qtbot, player, numbered_video)
    player.play()
    with qtbot.waitSignal(player.opened, timeout=WAIT_MS):
        player.set_video(other_video)
    assert screen.playing == [True, False]
    assert player.position == 0


def test_no_video_shows_nothing_and_cannot_play(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    screen = open_video(qtbot, player, numbered_video)
    player.set_video(None)
    player.play()
    player.show(3)
    assert player.frame_index is None
    assert screen.playing == []
    assert player.position == 0


def test_closing_in_the_middle_of_a_frame_ends_the_thread(
    qtbot: QtBot, numbered_video: Path, slow_decoder: type[SlowDecoder]
) -> None:
    player = Player()
    screen = Screen(player)
    player.set_video(numbered_video)
    assert slow_decoder.entered.acquire(timeout=WAIT_MS / 1000)
    assert not player.close(timeout_ms=1)
    slow_decoder.leave.release(100)
    assert player.close(timeout_ms=WAIT_MS)
    assert screen.frames == []


def test_an_image_owns_its_memory() -> None:
    pixels = np.full((4, 6, 4), 200, np.uint8)
    image = image_of(pixels)
    pixels[:] = 0
    assert image.pixelColor(5, 3).getRgb() == (200, 200, 200, 255)


def test_an_image_of_an_odd_width_is_not_sheared() -> None:
    pixels = videos.numbered_picture(1234, 97, 65)
    screen_pixels = np.dstack([pixels[..., ::-1], np.zeros_like(pixels[..., :1])])
    assert np.array_equal(pixels_of(image_of(screen_pixels)), pixels)


def test_the_slot_asks_to_be_woken_only_when_it_was_empty() -> None:
    slot: LatestSlot[int] = LatestSlot()
    assert slot.put(1)
    assert not slot.put(2)
    assert slot.take() == 2
    assert slot.take() is None
    assert slot.put(3)
    slot.close()
    assert slot.take() is None
    assert not slot.put(4)


@pytest.mark.parametrize(("asked", "given"), [(9.0, 8.0), (0.01, 0.1), (-9.0, -8.0), (1.5, 1.5)])
def test_the_rate_is_limited(asked: float, given: float) -> None:
    clock = PlaybackClock()
    clock.start(3.0, rate=asked)
    assert clock.rate == given


def test_a_stopped_clock_holds_its_time() -> None:
    clock = PlaybackClock()
    clock.start(3.0)
    clock.stop()
    held = clock.seconds()
    assert held >= 3.0
    assert clock.seconds() == held


class HelpedDecoder(VideoDecoder):
    """A real decoder whose hardware is a device that breaks when it is told to."""

    device_at_work = FakeDevice()

    def use_hardware(self, decoders: HardwareDecoders | None = None) -> bool:
        return super().use_hardware(decoders_of(self.device_at_work))


def test_hardware_helps_at_rest_and_is_left_when_it_fails_or_is_unwanted(
    qtbot: QtBot, player: Player, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    HelpedDecoder.device_at_work = FakeDevice()
    monkeypatch.setattr(frame_decoding, "VideoDecoder", HelpedDecoder)
    path = videos.b_frames(tmp_path / "clip.mp4")
    player.set_hardware(False)
    screen = open_video(qtbot, player, path)
    qtbot.wait(400)
    assert player.device == ""

    with qtbot.waitSignal(player.device_changed, timeout=WAIT_MS) as told:
        player.set_hardware(True)
    assert told.args == ["VAAPI"]
    with qtbot.waitSignal(player.device_changed, timeout=WAIT_MS):
        player.set_hardware(False)
    assert player.device == ""
    with qtbot.waitSignal(player.device_changed, timeout=WAIT_MS):
        player.set_hardware(True)

    def broken(_number: int, _picture: VideoFrame) -> VideoFrame:
        raise HardwareError("the driver was reset")

    HelpedDecoder.device_at_work.fault = broken
    player.set_cache_bytes(1)
    with qtbot.waitSignals([player.device_changed, player.frame_shown], timeout=WAIT_MS):
        player.show(117)
    qtbot.waitUntil(lambda: screen.frames[-1] == (117, 117), timeout=WAIT_MS)
    assert player.device == ""
    assert screen.failures == screen.warnings == []
