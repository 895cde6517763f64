from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, VideoDecoder
from tests import videos


def _sentence(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        VideoDecoder(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_missing_file(tmp_path: Path) -> None:
    assert "was not found" in _sentence(tmp_path / "gone.mp4")


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in _sentence(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()

    assert "is empty" in _sentence(path)


@pytest.mark.parametrize("suffix", [".mp4", ".txt", ".avi", ".mkv"])
@pytest.mark.parametrize("content", [b"hello there\n" * 500, bytes(50_000), os.urandom(50_000)])
def test_a_file_that_is_no_video(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"clip{suffix}"
    path.write_bytes(content)

    _sentence(path)


def test_a_picture_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "rgb24"
        picture = videos.numbered_picture(1, 32, 24)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))

    assert "is not a video but a picture" in _sentence(path)


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    target = videos.constant_rate(tmp_path / "secret.mp4")
    path = tmp_path / "list.mp4"
    path.write_text(f"ffconcat version 1.0\nfile '{target.name}'\n")

    assert "is not a video but a picture, a playlist" in _sentence(path)


def test_sound_alone(tmp_path: Path) -> None:
    assert "has sound but no picture" in _sentence(videos.audio_only(tmp_path / "song.m4a"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permission bits")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # may read everything; another user may not
        os.seteuid(65534)
    try:
        sentence = _sentence(path)
    finally:
        os.seteuid(user)

    assert "may not be read" in sentence


def test_an_mp4_without_its_index(tmp_path: Path) -> None:
    whole = videos.constant_rate(tmp_path / "whole.mp4").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: whole.index(b"moov") - 4])

    assert "damaged or incomplete" in _sentence(path)


def test_no_picture_can_be_decoded(tmp_path: Path) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4")
    data = path.read_bytes()
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])

    assert "no picture that can be decoded" in _sentence(path)


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.75, 0.95])
def test_what_is_left_of_a_truncated_file_is_exact(tmp_path: Path, keep: float) -> None:
    path = videos.truncated(tmp_path / "clip.mp4", keep=keep)

    with VideoDecoder(path, cache_bytes=1) as decoder:
        count = len(decoder)
        shown = [videos.read_number(decoder.frame_at(i).to_rgb()) for i in reversed(range(count))]
        (warning,) = decoder.warnings

    assert 0 < count < 120
    # The last frames before the cut may lack some in between, but never show another number twice.
    assert shown == sorted(set(shown), reverse=True)
    assert shown[-20:] == list(reversed(range(20)))
    assert f"{count} of 120 frames can be read" in warning
    assert path.name in warning


def test_a_truncated_recording_says_how_long_it_should_be(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mkv", count=240, options={"qp": "20"})
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])

    with VideoDecoder(path) as decoder:
        (warning,) = decoder.warnings
        assert videos.read_number(decoder.frame_at(len(decoder) - 1).to_rgb()) == len(decoder) - 1

    assert "of 10.0 seconds" in warning


def test_a_hole_in_the_middle_leaves_the_rest_usable(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", codec="mjpeg", pixel_format="yuvj420p")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + 4 + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)

    with VideoDecoder(path, cache_bytes=1) as decoder:
        assert len(decoder) == 48
        assert videos.read_number(decoder.frame_at(0).to_rgb()) == 0
        assert videos.read_number(decoder.frame_at(47).to_rgb()) == 47


def test_a_damaged_frame_is_named_and_left_out(tmp_path: Path) -> None:
    path = videos.with_damaged_frames(tmp_path / "clip.mkv", damaged=range(20, 23))

    with VideoDecoder(path, cache_bytes=1) as decoder:
        assert len(decoder) == 48
        for _ in range(2):
            with pytest.raises(DamagedFrameError, match=r"Frame 21 of “clip\.mkv” cannot be decod"):
                decoder.frame_at(21)
        assert videos.read_number(decoder.frame_at(23).to_rgb()) == 23
        assert videos.read_number(decoder.frame_at(19).to_rgb()) == 19
        seen = [f.index for f in decoder.frames_in(decoder.index.span_of_frames(18, 26))]

    assert seen == [18, 19, 23, 24, 25]


def test_a_file_that_goes_while_it_is_open_gives_a_sentence(tmp_path: Path) -> None:
    # Its frames can be counted only, and it has one key frame: going back opens it anew.
    path = videos.write_video(tmp_path / "clip.h264", b_frames=2, gop=100)
    with VideoDecoder(path, cache_bytes=1) as decoder:
        decoder.frame_at(40)
        path.write_bytes(b"something else")

        for _ in range(2):
            with pytest.raises(MediaError, match=r"“clip\.h264” has changed or gone"):
                decoder.frame_at(3)


def _cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _blank(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))


@pytest.mark.parametrize("change", [_cut_in_half, _blank, Path.unlink])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
def test_a_file_that_changes_while_it_is_open_gives_frames_or_sentences(
    tmp_path: Path, suffix: str, change: Callable[[Path], None]
) -> None:
    path = videos.b_frames(tmp_path / f"clip.{suffix}")
    with VideoDecoder(path, cache_bytes=1) as decoder:
        decoder.frame_at(100)
        try:
            change(path)
        except PermissionError:
            pytest.skip("this system does not let go of an open file")
        for index in (3, 119, 60, 0, 61):
            with contextlib.suppress(MediaError):
                assert decoder.frame_at(index).to_rgb().shape == (64, 96, 3)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files cannot be listed here")
def test_no_file_stays_open(tmp_path: Path) -> None:
    good = videos.constant_rate(tmp_path / "good.mp4")
    sound = videos.audio_only(tmp_path / "sound.m4a")

    with VideoDecoder(good) as decoder:
        decoder.frame_at(3)
    with pytest.raises(MediaError):
        VideoDecoder(sound)

    assert not [target for target in _open_files() if target.is_relative_to(tmp_path)]


def _open_files() -> list[Path]:
    targets = []
    for entry in Path("/proc/self/fd").iterdir():
        # The entry of this very listing is gone when it is read.
        with contextlib.suppress(FileNotFoundError):
            targets.append(entry.readlink())
    return targets
