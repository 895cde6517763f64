"""Small pictures of the open video: the right ones, while the player rests, kept, and never in the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from cast_studio.app.leisure import Leisure
from cast_studio.app.picture_memory import PictureMemory
from cast_studio.app.playback import Player
from cast_studio.app.timeline_pictures import TimelinePictures
from cast_studio.media.thumbnail_cache import ThumbnailCache
from cast_studio.media.thumbnails import Picture, ThumbnailReader
from tests import videos
from tests.app.conftest import WAIT_MS


@pytest.fixture
def make(
    player: Player, leisure: Leisure, tmp_path: Path
) -> Iterator[Callable[[], TimelinePictures]]:
    made: list[TimelinePictures] = []

    def make_one() -> TimelinePictures:
        cache = ThumbnailCache(tmp_path / "thumbnails")
        made.append(TimelinePictures(player, leisure, cache))
        return made[-1]

    yield make_one
    for pictures in made:
        assert pictures.close()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The frames of which pictures were made, and not only read from the disk."""
    frames: list[int] = []
    original = ThumbnailReader.picture_of

    def counting(reader: ThumbnailReader, frame_index: int, **options: object) -> Picture | None:
        frames.append(frame_index)
        return original(reader, frame_index, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ThumbnailReader, "picture_of", counting)
    return frames


def number_on(image: QImage | None) -> int | None:
    """Return which frame a picture shows; None without a picture."""
    if image is None:
        return None
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return videos.read_number(rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3))


def open_video(qtbot: QtBot, player: Player, path: Path) -> None:
    with qtbot.waitSignal(player.opened, timeout=WAIT_MS):
        player.set_video(path)


def wait_for(qtbot: QtBot, pictures: TimelinePictures, frames: tuple[int, ...]) -> None:
    pictures.want(frames)
    qtbot.waitUntil(
        lambda: [number_on(pictures.picture(frame)) for frame in frames] == list(frames),
        timeout=WAIT_MS,
    )


def test_pictures_of_key_frames_arrive_and_are_kept_for_the_next_time(
    qtbot: QtBot,
    player: Player,
    make: Callable[[], TimelinePictures],
    decoded: list[int],
    tmp_path: Path,
) -> None:
    path = videos.b_frames(tmp_path / "clip.mp4")
    pictures = make()
    open_video(qtbot, player, path)
    wait_for(qtbot, pictures, (100, 0, 50))
    assert decoded == [100, 0, 50]
    # Only what is new is made.
    wait_for(qtbot, pictures, (0, 50, 57))
    assert decoded == [100, 0, 50, 57]
    again = make()
    open_video(qtbot, player, path)
    wait_for(qtbot, again, (0, 50, 57, 100))
    assert decoded == [100, 0, 50, 57]


def test_another_file_in_the_same_place_has_its_own_pictures(
    qtbot: QtBot, player: Player, make: Callable[[], TimelinePictures], tmp_path: Path
) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4")
    pictures = make()
    open_video(qtbot, player, path)
    wait_for(qtbot, pictures, (0, 12))
    shifted = [videos.numbered_picture(number + 100) for number in range(48)]
    videos.write_video(path, count=48, pictures=shifted)
    open_video(qtbot, player, path)
    assert pictures.picture(0) is None
    pictures.want((0, 12))
    qtbot.waitUntil(lambda: number_on(pictures.picture(12)) == 112, timeout=WAIT_MS)
    assert number_on(pictures.picture(0)) == 100


def test_pictures_are_of_the_stream_that_is_shown(
    qtbot: QtBot, player: Player, make: Callable[[], TimelinePictures], tmp_path: Path
) -> None:
    path = videos.two_streams(tmp_path / "clip.mp4")
    pictures = make()
    open_video(qtbot, player, path)
    wait_for(qtbot, pictures, (0, 12))
    with qtbot.waitSignal(player.opened, timeout=WAIT_MS):
        player.set_video(path, 1)
    pictures.want((0, 10))
    first, at_ten = videos.SECOND_STREAM, videos.SECOND_STREAM + 10
    qtbot.waitUntil(lambda: number_on(pictures.picture(10)) == at_ten, timeout=WAIT_MS)
    assert number_on(pictures.picture(0)) == first


def test_a_file_that_was_replaced_under_the_player_shows_nothing_of_the_other(
    qtbot: QtBot, player: Player, make: Callable[[], TimelinePictures], tmp_path: Path
) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4")
    pictures = make()
    open_video(qtbot, player, path)
    other = videos.variable_rate(tmp_path / "other.mp4")
    other.replace(path)
    pictures.want((0, 12))
    qtbot.wait(700)
    assert pictures.picture(0) is pictures.picture(12) is None


def test_nothing_is_decoded_while_it_plays_and_what_was_kept_is_shown_all_the_same(
    qtbot: QtBot,
    player: Player,
    leisure: Leisure,
    make: Callable[[], TimelinePictures],
    decoded: list[int],
    tmp_path: Path,
) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4", count=240)
    pictures = make()
    open_video(qtbot, player, path)
    wait_for(qtbot, pictures, (0, 12))
    open_video(qtbot, player, path)
    player.play()
    assert not leisure.is_now()
    pictures.want((0, 12, 24))
    qtbot.waitUntil(lambda: pictures.picture(12) is not None, timeout=WAIT_MS)
    qtbot.wait(600)
    assert player.is_playing
    assert decoded == [0, 12]
    player.pause()
    qtbot.waitUntil(lambda: number_on(pictures.picture(24)) == 24, timeout=WAIT_MS)
    assert leisure.is_now()
    player.show(100)
    assert not leisure.is_now()


def test_what_is_wanted_now_comes_before_what_was_wanted(
    qtbot: QtBot,
    player: Player,
    leisure: Leisure,
    make: Callable[[], TimelinePictures],
    decoded: list[int],
    tmp_path: Path,
) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4", count=240)
    pictures = make()
    open_video(qtbot, player, path)
    pictures.want(range(0, 120, 12))
    pictures.want((228, 216))
    wait_for(qtbot, pictures, (228, 216))
    assert decoded == [228, 216]


def test_a_damaged_frame_costs_only_its_own_picture(
    qtbot: QtBot, player: Player, make: Callable[[], TimelinePictures], tmp_path: Path
) -> None:
    path = videos.with_damaged_frames(tmp_path / "clip.mkv", damaged={20})
    pictures = make()
    open_video(qtbot, player, path)
    pictures.want((19, 20, 21))
    qtbot.waitUntil(lambda: number_on(pictures.picture(21)) == 21, timeout=WAIT_MS)
    assert pictures.picture(20) is None


def test_closing_in_the_midst_of_a_long_way_ends_the_thread(
    qtbot: QtBot, player: Player, leisure: Leisure, tmp_path: Path
) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", count=1500, gop=1500)
    pictures = TimelinePictures(player, leisure, ThumbnailCache(tmp_path / "thumbnails"))
    open_video(qtbot, player, path)
    qtbot.waitUntil(leisure.is_now, timeout=WAIT_MS)
    before = threading.active_count()
    pictures.want((1499,))
    qtbot.wait(20)
    assert pictures.close(WAIT_MS)
    assert threading.active_count() <= before
    assert pictures.picture(1499) is None


def test_memory_is_bounded_and_keeps_what_was_looked_at_last(qapp: object) -> None:
    memory: PictureMemory[int] = PictureMemory(10 * 50_000)
    for number in range(100):
        image = QImage(100, 100, QImage.Format.Format_RGB32)
        memory.put(number, image)
        assert memory.get(0) is not None
        assert memory.held_bytes <= 10 * 50_000
    assert 99 in memory
    assert 50 not in memory
    memory.put(7, None)
    assert 7 in memory
    memory.forget_absent()
    assert 7 not in memory
    memory.clear()
    assert memory.held_bytes == 0
