"""Small pictures: of the very frame that was asked for, upright, in the shape in which it is seen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError
from cast_studio.media.thumbnails import BOX, Picture, ThumbnailReader, cover_of, small_size
from tests import videos


def number_on(picture: Picture | None) -> int:
    """Return the number that a small picture shows."""
    assert picture is not None
    return videos.read_number(picture[..., :3])


def made(path: Path, frames: list[int]) -> list[int]:
    """Return which numbers the pictures of frames show."""
    with ThumbnailReader(path) as reader:
        return [number_on(reader.picture_of(frame)) for frame in frames]


@pytest.mark.parametrize("make", [videos.b_frames, videos.start_offset, videos.variable_rate])
def test_pictures_are_of_the_frames_asked_for(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    path = make(tmp_path / "clip.mp4")
    with ThumbnailReader(path) as reader:
        keys = np.flatnonzero(reader.index.is_key).tolist()
        last = len(reader.index) - 1
    assert len(keys) > 2
    frames = [*reversed(keys), last, keys[1] + 3, 0]
    assert made(path, frames) == frames


def test_frames_known_by_their_place_alone_are_right_too(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.avi", count=60, b_frames=2, gop=20)
    assert made(path, [40, 0, 20, 59]) == [40, 0, 20, 59]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_videos_are_upright(degrees: int, tmp_path: Path) -> None:
    path = videos.rotated(tmp_path / "clip.mp4", degrees=degrees)
    with ThumbnailReader(path) as reader:
        picture = reader.picture_of(5)
    cover = cover_of(path)
    assert picture is not None
    assert cover is not None
    assert picture.shape == cover.shape == (64, 96, 4)
    assert number_on(picture) == 5


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", count=13, sample_aspect=Fraction(2))
    with ThumbnailReader(path) as reader:
        picture = reader.picture_of(12)
    cover = cover_of(path)
    assert picture is not None
    assert cover is not None
    assert picture.shape == cover.shape == (64, 192, 4)
    assert number_on(picture) == 12


@pytest.mark.parametrize(
    ("size", "aspect", "expected"),
    [
        ((1920, 1080), 1, (192, 108)),
        ((1080, 1920), 1, (61, 108)),
        ((720, 576), Fraction(64, 45), (192, 108)),
        ((96, 64), 1, (96, 64)),
        ((4000, 10), 1, (192, 1)),
        ((10, 4000), 1, (1, 108)),
    ],
)
def test_pictures_fit_into_their_box(
    size: tuple[int, int], aspect: Fraction, expected: tuple[int, int]
) -> None:
    found = small_size(*size, Fraction(aspect))
    assert found == expected
    assert found[0] <= BOX[0]
    assert found[1] <= BOX[1]


def test_a_picture_that_is_not_wanted_any_more_is_not_made(tmp_path: Path) -> None:
    path = videos.b_frames(tmp_path / "clip.mp4")
    asked: list[int] = []

    def is_wanted() -> bool:
        asked.append(1)
        return len(asked) < 4

    with ThumbnailReader(path) as reader:
        assert reader.picture_of(99, is_wanted=is_wanted) is None
        assert len(asked) == 4
        assert number_on(reader.picture_of(99)) == 99
    assert cover_of(path, is_wanted=lambda: False) is None


def test_a_damaged_frame_has_none_and_the_others_do(tmp_path: Path) -> None:
    path = videos.with_damaged_frames(tmp_path / "clip.mkv", damaged={20})
    with ThumbnailReader(path) as reader:
        with pytest.raises(DamagedFrameError):
            reader.picture_of(20)
        assert number_on(reader.picture_of(21)) == 21


def _clip(path: Path, brightness: list[int], *, gop: int) -> Path:
    """Write frames that are uniform (0 to 255), or numbered where the brightness is below 0."""
    pictures = [
        videos.numbered_picture(number) if level < 0 else np.full((64, 96, 3), level, np.uint8)
        for number, level in enumerate(brightness)
    ]
    return videos.write_video(path, count=len(pictures), pictures=pictures, gop=gop)


def test_a_cover_is_the_key_frame_at_a_tenth(tmp_path: Path) -> None:
    assert number_on(cover_of(videos.write_video(tmp_path / "a.mp4", count=240))) == 24


def test_a_cover_shows_something_where_the_video_begins_black(tmp_path: Path) -> None:
    path = _clip(tmp_path / "a.mp4", [0] * 100 + [-1] * 140, gop=12)
    assert number_on(cover_of(path)) == 120
    # One key frame alone, and it is white.
    path = _clip(tmp_path / "b.mp4", [255] * 30 + [-1] * 30, gop=250)
    assert number_on(cover_of(path)) == 30


def test_a_black_video_has_a_black_cover(tmp_path: Path) -> None:
    cover = cover_of(_clip(tmp_path / "a.mp4", [0] * 30, gop=10))
    assert cover is not None
    assert int(cover[..., :3].max()) < 10


def test_covers_of_files_that_cannot_be_sought_or_are_cut_off(tmp_path: Path) -> None:
    raw = videos.write_video(tmp_path / "clip.h264", count=30)
    assert number_on(cover_of(raw)) < 30
    assert number_on(cover_of(videos.truncated(tmp_path / "cut.mp4"))) < 120


def test_a_file_that_is_no_video_has_no_cover(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("milk, bread")
    with pytest.raises(MediaError, match=r"notes\.mp4"):
        cover_of(path)
    with pytest.raises(MediaError, match="not found"):
        cover_of(tmp_path / "gone.mp4")
