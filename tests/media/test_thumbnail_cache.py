"""Small pictures that were kept: found again for the same file, never for another, and bounded."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cast_studio.core.timing import FrameIndex
from cast_studio.media.cache_folder import CacheFolder
from cast_studio.media.thumbnail_cache import PictureFile, ThumbnailCache
from cast_studio.media.thumbnails import Picture
from tests import videos


def index_of(count: int) -> FrameIndex:
    return FrameIndex(np.arange(count), np.arange(count) == 0, Fraction(1, 24), count)


def picture(number: int) -> Picture:
    opaque = videos.numbered_picture(number)
    return np.dstack((opaque, np.full(opaque.shape[:2], 255, np.uint8)))


def numbers(file: PictureFile, among: range) -> list[int]:
    """Return what the pictures of a file show."""
    found = [(n, file.get(n)) for n in among]
    shown = [(n, videos.read_number(p[..., :3])) for n, p in found if p is not None]
    assert all(n == number for n, number in shown)
    return [n for n, _ in shown]


def _changed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return videos.constant_rate(tmp_path / "clip.mp4", count=3)


def test_what_was_kept_is_found_again(video: Path, tmp_path: Path) -> None:
    kept = ThumbnailCache(tmp_path / "cache").frames_of(video, index_of(3))
    for number in (5, 0, 2):
        kept.put(number, picture(number))
    again = ThumbnailCache(tmp_path / "cache").frames_of(video, index_of(3))
    assert numbers(again, range(8)) == [0, 2, 5]
    assert again.get(0) is not None
    moved = video.rename(tmp_path / "other name.mp4")
    assert len(ThumbnailCache(tmp_path / "cache").frames_of(moved, index_of(3))) == 3


def test_a_changed_file_has_no_pictures(video: Path, tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path / "cache")
    cache.frames_of(video, index_of(3)).put(0, picture(0))
    cache.cover_of(video).put(0, picture(0))
    # Others than those that the player has found: the file is not the one that it has opened.
    assert len(cache.frames_of(video, index_of(4))) == 0
    status = video.stat()
    data = bytearray(video.read_bytes())
    data[-100] ^= 255
    video.write_bytes(data)
    os.utime(video, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert len(cache.frames_of(video, index_of(3))) == len(cache.cover_of(video)) == 0
    cache.cover_of(video).put(0, picture(0))
    os.utime(video, ns=(0, 0))
    assert len(cache.cover_of(video)) == 0


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        (lambda data: data[:-7], [0, 1]),
        (lambda data: data + b"TnPc and no more", [0, 1, 2]),
        (lambda data: _changed(data, len(data) // 2), [0, 2]),
        (lambda data: b"", []),
        (lambda data: b"something else" * 10, []),
    ],
)
def test_damage_costs_pictures_and_shows_no_wrong_one(
    damage: Callable[[bytes], bytes], left: list[int], video: Path, tmp_path: Path
) -> None:
    cache = ThumbnailCache(tmp_path / "cache")
    kept = cache.frames_of(video, index_of(3))
    for number in range(3):
        kept.put(number, picture(number))
    (place,) = (tmp_path / "cache").iterdir()
    place.write_bytes(damage(place.read_bytes()))
    again = cache.frames_of(video, index_of(3))
    assert numbers(again, range(3)) == left
    again.put(7, picture(7))
    assert numbers(cache.frames_of(video, index_of(3)), range(8)) == [*left, 7]


def test_two_windows_may_add_to_one_file(video: Path, tmp_path: Path) -> None:
    cache = ThumbnailCache(tmp_path / "cache")
    one, two = (cache.frames_of(video, index_of(3)) for _ in range(2))
    for number in range(0, 6, 2):
        one.put(number, picture(number))
        two.put(number + 1, picture(number + 1))
    assert numbers(one, range(6)) == [0, 2, 4]
    assert numbers(two, range(6)) == [1, 3, 5]
    assert numbers(cache.frames_of(video, index_of(3)), range(6)) == list(range(6))


def test_the_folder_is_bounded_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    one = len(_bytes_of(tmp_path / "probe"))
    cache = ThumbnailCache(folder, most_bytes=3 * one)
    paths = [videos.constant_rate(tmp_path / f"{n}.mp4", count=n + 1) for n in range(5)]
    for number, path in enumerate(paths):
        cache.cover_of(path).put(0, picture(1))
        for place in folder.iterdir():
            os.utime(place, (place.stat().st_atime, place.stat().st_mtime - 10))
        if number > 0:
            assert len(cache.cover_of(paths[0])) == 1  # looked at again and again
    kept = [number for number, path in enumerate(paths) if len(cache.cover_of(path))]
    assert kept == [0, 3, 4]
    assert sum(place.stat().st_size for place in folder.iterdir()) <= 3 * one


def _bytes_of(folder: Path) -> bytes:
    file = PictureFile(CacheFolder(folder, suffix=".x", most_bytes=1 << 20), folder / "a.x")
    file.put(0, picture(1))
    return (folder / "a.x").read_bytes()


def test_a_video_keeps_no_more_than_its_share(tmp_path: Path) -> None:
    files = CacheFolder(tmp_path / "cache", suffix=".x", most_bytes=1 << 20)
    file = PictureFile(files, tmp_path / "cache" / "a.x", most_bytes=4000)
    for number in range(100):
        file.put(number, picture(number))
    size = (tmp_path / "cache" / "a.x").stat().st_size
    assert 4000 <= size < 8000
    assert 0 < len(file) < 20


def test_nothing_is_kept_where_that_is_impossible(video: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    cache = ThumbnailCache(tmp_path / "cache")
    kept = cache.frames_of(video, index_of(3))
    kept.put(0, picture(0))
    assert kept.get(0) is None
    gone = cache.cover_of(tmp_path / "gone.mp4")
    gone.put(0, picture(0))
    assert gone.get(0) is None
