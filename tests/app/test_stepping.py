"""Stepping, jumping and resting with real files: every frame the right one, and ready in time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from cast_studio.app.playback import Player
from cast_studio.media.reader import StreamReader
from tests import videos
from tests.app.conftest import WAIT_MS
from tests.app.test_playback import Screen, SlowDecoder, open_video, slow_decoder

__all__ = ["slow_decoder"]

_ONE_FRAME = 96 * 64 * 3 // 2


@pytest.fixture(scope="module")
def long_groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 frames, three B-frames in a row, key frames at 0, 50 and 100."""
    return videos.b_frames(tmp_path_factory.mktemp("stepping") / "clip.mp4")


@pytest.fixture
def read_frames(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one for each frame that is decoded."""
    counted: list[int] = []
    read = StreamReader.read

    def counting(self: StreamReader) -> VideoFrame | None:
        frame = read(self)
        if frame is not None:
            counted.append(1)
        return frame

    monkeypatch.setattr(StreamReader, "read", counting)
    return counted


def go(qtbot: QtBot, player: Player, screen: Screen, frame_index: int) -> None:
    player.show(frame_index)
    qtbot.waitUntil(lambda: player.shown == frame_index and player.is_exact, timeout=WAIT_MS)
    assert screen.frames[-1] == (frame_index, frame_index)


@pytest.mark.parametrize("cache_frames", [1, 12, 60, 1000])
def test_every_frame_is_the_right_one_back_on_and_shuffled(
    qtbot: QtBot, qapp: object, long_groups: Path, cache_frames: int
) -> None:
    player = Player(cache_bytes=cache_frames * _ONE_FRAME)
    try:
        screen = open_video(qtbot, player, long_groups)
        shuffled = np.random.default_rng(1).permutation(120)[:20].tolist()
        for frame_index in [*range(119, 40, -1), *range(40, 110), *shuffled]:
            go(qtbot, player, screen, frame_index)
        assert all(index == number for index, number in screen.frames)
        assert all(index == number for index, number in screen.previews)
        assert player.store.most_bytes <= max(cache_frames, 2) * _ONE_FRAME * 1.5
    finally:
        assert player.close()


def test_stepping_back_through_groups_does_not_decode_one_for_each_step(
    qtbot: QtBot, player: Player, long_groups: Path, read_frames: list[int]
) -> None:
    screen = open_video(qtbot, player, long_groups)
    go(qtbot, player, screen, 119)
    for frame_index in range(118, -1, -1):
        go(qtbot, player, screen, frame_index)
    # Each of 120, and some again at the turns, as the threads come by: at each step it would be 3,000.
    assert len(read_frames) <= 300


def test_the_group_before_is_decoded_before_the_playhead_gets_there(
    qtbot: QtBot, player: Player, long_groups: Path
) -> None:
    screen = open_video(qtbot, player, long_groups)
    go(qtbot, player, screen, 80)
    go(qtbot, player, screen, 79)
    qtbot.waitUntil(lambda: set(range(0, 80)) <= player.store.held(), timeout=WAIT_MS)


@pytest.mark.parametrize(
    ("cache_frames", "jump", "needed"),
    [
        (60, 95, range(50, 96)),
        (60, 105, range(60, 106)),
        (1000, 105, range(50, 106)),
        (12, 105, range(104, 106)),
    ],
)
def test_after_a_jump_the_way_back_is_at_hand_and_the_decoder_comes_to_rest(
    qtbot: QtBot,
    qapp: object,
    long_groups: Path,
    read_frames: list[int],
    cache_frames: int,
    jump: int,
    needed: range,
) -> None:
    player = Player(cache_bytes=cache_frames * _ONE_FRAME)
    try:
        player.set_screen(48, 32)
        screen = open_video(qtbot, player, long_groups)
        go(qtbot, player, screen, jump)
        # First what has to be there: a busy machine may rest before.
        qtbot.waitUntil(lambda: set(needed) <= player.store.held(), timeout=WAIT_MS)
        qtbot.waitUntil(lambda: has_come_to_rest(qtbot, read_frames), timeout=WAIT_MS)
        assert set(needed) <= player.store.held()
        assert len(read_frames) < 500
        assert player.store.held_bytes <= player.store.limit_bytes
    finally:
        assert player.close()


def has_come_to_rest(qtbot: QtBot, read_frames: list[int]) -> bool:
    before = len(read_frames)
    qtbot.wait(400)
    return len(read_frames) == before


def test_reading_ahead_goes_on_through_the_next_key_frame(
    qtbot: QtBot, player: Player, long_groups: Path
) -> None:
    open_video(qtbot, player, long_groups)
    qtbot.waitUntil(lambda: set(range(61)) <= player.store.held(), timeout=WAIT_MS)


def test_after_a_jump_the_key_frame_is_shown_as_not_exact_until_the_frame_is_there(
    qtbot: QtBot, player: Player, long_groups: Path, slow_decoder: type[SlowDecoder]
) -> None:
    screen = Screen(player)
    player.set_video(long_groups)
    slow_decoder.leave.release()
    qtbot.waitUntil(lambda: screen.frames == [(0, 0)], timeout=WAIT_MS)
    player.show(98)
    # What was being decoded ahead, then the key frame.
    qtbot.waitUntil(lambda: _lets_one_through(slow_decoder, screen), timeout=WAIT_MS)
    assert screen.previews[0] == (50, 50)
    assert not player.is_exact
    assert screen.exactness[-1] is False
    slow_decoder.leave.release(1000)
    qtbot.waitUntil(lambda: screen.frames[-1] == (98, 98), timeout=WAIT_MS)
    assert player.is_exact
    assert screen.exactness[-1] is True


def test_a_jump_within_a_group_is_seen_at_once_although_the_key_frame_is_farther(
    qtbot: QtBot, player: Player, long_groups: Path, slow_decoder: type[SlowDecoder]
) -> None:
    screen = Screen(player)
    player.set_video(long_groups)
    slow_decoder.leave.release()
    qtbot.waitUntil(lambda: screen.frames == [(0, 0)], timeout=WAIT_MS)
    player.show(45)
    qtbot.waitUntil(lambda: _lets_one_through(slow_decoder, screen), timeout=WAIT_MS)
    assert 0 < screen.previews[0][0] < 45
    slow_decoder.leave.release(1000)
    qtbot.waitUntil(lambda: screen.frames[-1] == (45, 45), timeout=WAIT_MS)


def _lets_one_through(decoder: type[SlowDecoder], screen: Screen) -> bool:
    if not screen.previews and decoder.entered.acquire(blocking=False):
        decoder.leave.release()
    return bool(screen.previews)


def test_a_late_frame_is_marked_although_nothing_else_can_be_shown(
    qtbot: QtBot, player: Player, numbered_video: Path, slow_decoder: type[SlowDecoder]
) -> None:
    screen = Screen(player)
    player.set_video(numbered_video)
    slow_decoder.leave.release()
    qtbot.waitUntil(lambda: screen.frames == [(0, 0)], timeout=WAIT_MS)
    player.show(1)
    qtbot.waitUntil(lambda: not player.is_exact, timeout=WAIT_MS)
    slow_decoder.leave.release(1000)
    qtbot.waitUntil(lambda: player.is_exact, timeout=WAIT_MS)
    assert player.shown == 1


def test_pictures_are_no_larger_than_the_screen_and_whole_when_magnified(
    qtbot: QtBot, player: Player, long_groups: Path
) -> None:
    sizes: list[tuple[int, int]] = []
    player.frame_shown.connect(lambda _i, image: sizes.append((image.width(), image.height())))
    player.set_screen(48, 32)
    open_video(qtbot, player, long_groups)
    assert sizes == [(48, 32)]
    player.set_screen(960, 640)
    qtbot.waitUntil(lambda: sizes[-1] == (96, 64), timeout=WAIT_MS)


def test_frames_that_were_kept_small_are_shown_whole_at_rest(
    qtbot: QtBot, qapp: object, long_groups: Path
) -> None:
    sizes: list[tuple[int, int]] = []
    player = Player(cache_bytes=60 * _ONE_FRAME)
    try:
        player.frame_shown.connect(lambda _i, image: sizes.append((image.width(), image.height())))
        player.set_screen(48, 32)
        screen = open_video(qtbot, player, long_groups)
        for frame_index in range(119, 45, -1):
            go(qtbot, player, screen, frame_index)
        player.set_screen(960, 640)
        qtbot.waitUntil(lambda: sizes[-1] == (96, 64), timeout=WAIT_MS)
        assert screen.frames[-1] == (46, 46)
    finally:
        assert player.close()


def test_a_segment_is_played_again_and_again(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    screen = open_video(qtbot, player, numbered_video)
    player.show(10)
    player.play(rate=8.0, stop_at=16, loop_from=10)
    qtbot.waitUntil(
        lambda: sum(b < a for a, b in pairwise(screen.positions)) >= 2,
        timeout=WAIT_MS,
    )
    player.pause()
    assert set(screen.positions) <= set(range(10, 16))


def test_brightness_changes_what_is_seen(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    images: list[QImage] = []
    player.frame_shown.connect(lambda _i, image: images.append(image))
    open_video(qtbot, player, numbered_video)
    player.set_look(1.0, 0.0)
    qtbot.waitUntil(lambda: len(images) == 2, timeout=WAIT_MS)
    assert images[1].pixelColor(5, 5).getRgb()[:3] == (255, 255, 255)
    player.set_look(0.0, 0.0)
    qtbot.waitUntil(lambda: len(images) == 3, timeout=WAIT_MS)
    assert images[2] == images[0]
