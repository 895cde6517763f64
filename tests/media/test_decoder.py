from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cast_studio.core.timing import TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.decoder import VideoDecoder
from tests import videos
from tests.exactness.formats import FORMATS

# Room for a single picture: nothing that was decoded before helps.
NO_CACHE = 1


def _smooth(**more: str) -> dict[str, str]:
    """Encoder options that keep the group of pictures as it is asked for."""
    return {"sc_threshold": "1000000000", "qscale": "2", **more}


def _shuffled(count: int) -> list[int]:
    order = list(range(count))
    random.Random(7).shuffle(order)
    return order


def _wrong(decoder: VideoDecoder, order: Iterable[int]) -> list[tuple[int, int]]:
    """Return what was asked and what was shown, where they differ."""
    shown = [(index, videos.read_number(decoder.frame_at(index).to_rgb())) for index in order]
    return [(index, number) for index, number in shown if index != number]


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_a_frame_shows_its_number_in_any_order(tmp_path: Path, suffix: str) -> None:
    with VideoDecoder(videos.b_frames(tmp_path / f"clip.{suffix}")) as decoder:
        count = len(decoder)

        assert count == 120
        assert _wrong(decoder, _shuffled(count)) == []
        assert _wrong(decoder, range(count)) == []
        assert _wrong(decoder, reversed(range(count))) == []
        assert decoder.warnings == ()


def test_a_false_key_frame_is_never_started_from(tmp_path: Path) -> None:
    path = videos.write_video(
        tmp_path / "clip.mp4", count=96, gop=16, options={"intra-refresh": "1"}
    )

    with VideoDecoder(path, cache_bytes=NO_CACHE) as decoder:
        assert int(decoder.index.is_key.sum()) > 1, "the file should mark frames as key frames"
        assert _wrong(decoder, reversed(range(96))) == []
        assert _wrong(decoder, _shuffled(96)) == []


def test_every_frame_marked_as_a_key_frame_is_not_believed(tmp_path: Path) -> None:
    original = videos.write_video(tmp_path / "right.mp4", codec="mpeg4", options=_smooth())
    path = videos.remuxed(original, tmp_path / "wrong.mp4", mark_all_as_keys=True)

    with VideoDecoder(path, cache_bytes=NO_CACHE) as decoder:
        assert decoder.index.is_key.all()
        assert _wrong(decoder, reversed(range(48))) == []
        assert _wrong(decoder, _shuffled(48)) == []


def test_frames_whose_references_were_cut_away_do_not_exist(tmp_path: Path) -> None:
    whole = videos.write_video(
        tmp_path / "whole.mkv", codec="mpeg2video", rate=25, b_frames=2, options=_smooth()
    )
    path = videos.remuxed(whole, tmp_path / "cut.mkv", first_key=1)
    with av.open(str(path)) as container:
        shown = [
            videos.read_number(frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        ]
        packets = sum(1 for _ in videos.packets_of(path))

    assert len(shown) < packets, "the file should hold frames that cannot be decoded"
    with VideoDecoder(path, cache_bytes=NO_CACHE) as decoder:
        order = _shuffled(len(decoder))
        numbers = {i: videos.read_number(decoder.frame_at(i).to_rgb()) for i in order}
        assert [numbers[i] for i in range(len(decoder))] == shown
        assert decoder.warnings == ()


@pytest.mark.parametrize("suffix", ["ts", "mkv", "h264"])
def test_files_joined_end_to_end_play_through(tmp_path: Path, suffix: str) -> None:
    single = videos.b_frames(tmp_path / f"single.{suffix}", count=60)
    joined = tmp_path / f"joined.{suffix}"
    joined.write_bytes(single.read_bytes() * 2)

    with VideoDecoder(joined, cache_bytes=NO_CACHE) as decoder:
        numbers = {
            i: videos.read_number(decoder.frame_at(i).to_rgb()) for i in _shuffled(len(decoder))
        }

    assert [numbers[i] for i in range(120)] == [*range(60), *range(60)]


def test_frames_cut_off_by_an_edit_list_do_not_exist(tmp_path: Path) -> None:
    # Times below zero: the MP4 writer makes an edit list that starts at zero.
    path = videos.write_video(tmp_path / "clip.mp4", times=range(-5, 43))

    with VideoDecoder(path, cache_bytes=NO_CACHE) as decoder:
        assert len(decoder) == 43
        assert decoder.index.pts_of(0) == 0
        for index in (0, 42, 20, 1, 0):
            assert videos.read_number(decoder.frame_at(index).to_rgb()) == index + 5


def test_times_are_those_of_the_file(tmp_path: Path) -> None:
    times = [0, 10, 50, 250, 283, 300]
    path = videos.write_video(
        tmp_path / "clip.mkv", count=6, times=times, timebase=Fraction(1, 1000)
    )

    with VideoDecoder(path) as decoder:
        assert decoder.timebase == Fraction(1, 1000)
        assert decoder.index.pts.tolist() == times
        frame = decoder.frame_at(3)
        assert (frame.index, frame.pts, frame.seconds) == (3, 250, 0.25)
        assert decoder.index.end_pts > 300


def test_a_start_after_zero_is_kept(tmp_path: Path) -> None:
    with VideoDecoder(videos.start_offset(tmp_path / "clip.mp4")) as decoder:
        assert decoder.frame_at(0).seconds == 1.5
        assert decoder.average_rate == 24


def test_frame_played_at_is_the_one_on_screen(tmp_path: Path) -> None:
    path = videos.write_video(
        tmp_path / "clip.mkv", count=4, times=[100, 200, 500, 600], timebase=Fraction(1, 1000)
    )

    with VideoDecoder(path) as decoder:
        played = [decoder.frame_played_at(pts).index for pts in (0, 100, 199, 200, 499, 500, 9999)]

    assert played == [0, 0, 0, 1, 1, 2, 3]


def test_frames_in_gives_each_frame_of_a_span_once(tmp_path: Path) -> None:
    with VideoDecoder(videos.b_frames(tmp_path / "clip.mp4"), cache_bytes=NO_CACHE) as decoder:
        span = decoder.index.span_of_frames(40, 75)
        frames = list(decoder.frames_in(span))
        nothing = list(decoder.frames_in(TimeSpan(span.start, span.start)))

        assert [frame.index for frame in frames] == list(range(40, 75))
        # Frames outlive what the decoder does next.
        assert [videos.read_number(frame.to_rgb()) for frame in frames] == list(range(40, 75))
        assert nothing == []


def test_other_requests_in_between_do_not_disturb_a_running_span(tmp_path: Path) -> None:
    with VideoDecoder(videos.b_frames(tmp_path / "clip.mp4"), cache_bytes=NO_CACHE) as decoder:
        seen = []
        for frame in decoder.frames_in(decoder.index.span_of_frames(10, 30)):
            decoder.frame_at(110 - frame.index)
            seen.append(videos.read_number(frame.to_rgb()))

    assert seen == list(range(10, 30))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("size", [(96, 64), (64, 112)])
def test_a_rotated_video_is_shown_upright(
    tmp_path: Path, degrees: int, size: tuple[int, int]
) -> None:
    path = videos.rotated(tmp_path / "clip.mp4", degrees=degrees, size=size)

    with VideoDecoder(path) as decoder:
        pixels = decoder.frame_at(7).to_rgb()

        assert decoder.rotation == degrees
        assert (decoder.width, decoder.height) == size
        assert pixels.shape == (size[1], size[0], 3)
        assert pixels.flags.c_contiguous
        assert videos.read_number(pixels) == 7


@pytest.mark.parametrize(("degrees", "aspect"), [(0, Fraction(4, 3)), (90, Fraction(3, 4))])
def test_pixels_stay_as_stored_and_their_shape_is_told(
    tmp_path: Path, degrees: int, aspect: Fraction
) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", count=3, sample_aspect=Fraction(4, 3))
    if degrees == 90:
        videos.set_display_matrix(path, 0, 1, -1, 0)

    with VideoDecoder(path) as decoder:
        assert decoder.sample_aspect == aspect
        assert sorted(decoder.frame_at(0).to_rgb().shape) == [3, 64, 96]


def test_the_largest_stream_is_read_and_any_can_be_chosen(tmp_path: Path) -> None:
    path = videos.with_two_streams(tmp_path / "clip.mkv", small=(32, 24), large=(96, 64))

    with VideoDecoder(path) as decoder:
        assert (decoder.stream, decoder.width, decoder.height) == (1, 96, 64)
        choices = [(stream.number, stream.width, stream.codec) for stream in decoder.streams]
        assert choices == [(0, 32, "h264"), (1, 96, "h264")]
    with VideoDecoder(path, stream=0) as decoder:
        assert (decoder.stream, decoder.width, decoder.height) == (0, 32, 24)
        assert len(decoder) == 6


def test_a_stream_that_is_not_there_gives_a_sentence(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mkv", count=3, with_audio=True)

    for number in (1, 7):
        with pytest.raises(MediaError, match=f"has no video stream {number}"):
            VideoDecoder(path, stream=number)


def test_what_a_file_says_of_damage_is_not_believed_of_empty_places(tmp_path: Path) -> None:
    path = FORMATS["mpeg4 avi, dropped frames"].make(tmp_path)

    with VideoDecoder(path) as decoder:
        assert decoder.warnings == ()
        assert np.diff(decoder.index.pts).max() == 6


def test_what_it_says_of_itself(tmp_path: Path) -> None:
    with VideoDecoder(str(videos.constant_rate(tmp_path / "clip.mp4"))) as decoder:
        assert decoder.codec == "h264"
        assert decoder.path == tmp_path / "clip.mp4"
        assert decoder.average_rate == 24
        assert decoder.sample_aspect == 1
        assert np.flatnonzero(decoder.index.is_key).tolist() == [0, 12, 24, 36]


@pytest.mark.parametrize("index", [-1, 48, 10**9])
def test_a_frame_that_is_not_there(tmp_path: Path, index: int) -> None:
    with (
        VideoDecoder(videos.constant_rate(tmp_path / "clip.mp4")) as decoder,
        pytest.raises(IndexError),
    ):
        decoder.frame_at(index)


def test_the_array_is_the_callers_own(tmp_path: Path) -> None:
    with VideoDecoder(videos.constant_rate(tmp_path / "clip.mp4")) as decoder:
        decoder.frame_at(5).to_rgb()[:] = 0

        assert videos.read_number(decoder.frame_at(5).to_rgb()) == 5


def test_frames_stay_usable_after_closing_and_the_decoder_does_not(tmp_path: Path) -> None:
    decoder = VideoDecoder(videos.constant_rate(tmp_path / "clip.mp4"))
    frame = decoder.frame_at(9)
    decoder.close()
    decoder.close()

    assert videos.read_number(frame.to_rgb()) == 9
    with pytest.raises(ValueError, match="closed"):
        decoder.frame_at(0)
