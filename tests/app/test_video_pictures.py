"""A picture of each video of a list: those in sight first, kept, and none of a missing file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.leisure import Leisure
from cast_studio.app.playback import Player
from cast_studio.app.video_pictures import VideoPictures
from cast_studio.media.thumbnail_cache import ThumbnailCache
from cast_studio.media.thumbnails import Picture
from tests import videos
from tests.app.conftest import WAIT_MS


@pytest.fixture
def make(leisure: Leisure, tmp_path: Path) -> Iterator[Callable[[], VideoPictures]]:
    made: list[VideoPictures] = []

    def make_one() -> VideoPictures:
        made.append(VideoPictures(leisure, ThumbnailCache(tmp_path / "thumbnails")))
        return made[-1]

    yield make_one
    for pictures in made:
        assert pictures.close()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were decoded for a picture."""
    from cast_studio.media.thumbnails import cover_of

    names: list[str] = []

    def counting(path: Path, **options: object) -> Picture | None:
        names.append(path.name)
        return cover_of(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("cast_studio.app.video_pictures.cover_of", counting)
    return names


@pytest.fixture
def clips(numbered_video: Path, tmp_path: Path) -> list[Path]:
    return [Path(shutil.copy(numbered_video, tmp_path / f"{n}.mp4")) for n in range(6)]


def wait_for(qtbot: QtBot, pictures: VideoPictures, paths: list[Path]) -> None:
    def are_there() -> bool:
        # Each is asked for, as lines of a list are.
        found = [pictures.picture(path.name, path) for path in paths]
        return None not in found

    qtbot.waitUntil(are_there, timeout=WAIT_MS)


def test_pictures_are_made_once_and_kept(
    qtbot: QtBot, make: Callable[[], VideoPictures], decoded: list[str], tmp_path: Path
) -> None:
    paths = [videos.constant_rate(tmp_path / f"{n}.mp4", count=n + 2) for n in range(3)]
    first = make()
    wait_for(qtbot, first, paths)
    assert decoded == ["0.mp4", "1.mp4", "2.mp4"]
    wait_for(qtbot, make(), paths)
    assert len(decoded) == 3
    # The same video under another id or in another place is the same picture on the disk.
    wait_for(qtbot, first, [paths[0].rename(tmp_path / "moved.mp4")])
    assert len(decoded) == 3


def test_each_stream_has_a_picture_of_its_own(
    qtbot: QtBot, make: Callable[[], VideoPictures], tmp_path: Path
) -> None:
    path = videos.two_streams(tmp_path / "clip.mp4")
    pictures = make()
    qtbot.waitUntil(lambda: pictures.picture("v", path) is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: pictures.picture("v", path, 1) is not None, timeout=WAIT_MS)
    best, second = pictures.picture("v", path), pictures.picture("v", path, 1)
    assert best is not None
    assert second is not None
    assert best.width() / best.height() == pytest.approx(96 / 64, abs=0.05)
    assert second.width() / second.height() == pytest.approx(64 / 48, abs=0.05)


def test_what_is_in_sight_now_comes_first(
    qtbot: QtBot,
    make: Callable[[], VideoPictures],
    decoded: list[str],
    leisure: Leisure,
    player: Player,
    tmp_path: Path,
) -> None:
    paths = [videos.constant_rate(tmp_path / f"{n}.mp4", count=n + 2) for n in range(6)]
    pictures = make()
    leisure.stop()  # the user is busy, however long this takes
    assert not leisure.is_now()
    for shown in (paths[:3], paths[3:]):
        for path in shown:
            assert pictures.picture(path.name, path) is None
        qtbot.wait(5)
    assert decoded == []
    player.position_changed.emit(0)  # from here on the player rests
    wait_for(qtbot, pictures, paths)
    assert decoded == [f"{n}.mp4" for n in (3, 4, 5, 0, 1, 2)]


def test_a_missing_file_has_none_until_it_is_there(
    qtbot: QtBot, make: Callable[[], VideoPictures], decoded: list[str], clips: list[Path]
) -> None:
    away = clips[0].rename(clips[0].with_name("away"))
    pictures = make()
    with qtbot.waitSignal(pictures.arrived, timeout=WAIT_MS) as told:
        assert pictures.picture("v", clips[0]) is None
    assert told.args == ["v"]
    assert pictures.picture("v", clips[0]) is None
    qtbot.wait(20)
    assert decoded == ["0.mp4"]  # it is not tried again and again
    away.rename(clips[0])
    pictures.try_again()
    qtbot.waitUntil(lambda: pictures.picture("v", clips[0]) is not None, timeout=WAIT_MS)


def test_a_damaged_file_does_not_keep_others_from_having_one(
    qtbot: QtBot, make: Callable[[], VideoPictures], clips: list[Path]
) -> None:
    clips[0].write_bytes(b"\0" * 1000)
    pictures = make()
    assert pictures.picture("bad", clips[0]) is None
    wait_for(qtbot, pictures, clips[1:2])


def test_clearing_and_closing_in_the_midst_leave_nothing(
    qtbot: QtBot, leisure: Leisure, clips: list[Path], tmp_path: Path
) -> None:
    pictures = VideoPictures(leisure, ThumbnailCache(tmp_path / "thumbnails"))
    for path in clips:
        pictures.picture(path.name, path)
    qtbot.wait(2)
    pictures.clear()
    assert pictures.held_bytes == 0
    for path in clips:
        pictures.picture(path.name, path)
    assert pictures.close(WAIT_MS)
