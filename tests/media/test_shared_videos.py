"""Real videos against an independent decode of every frame, and against published time tables."""

from __future__ import annotations

import json
import random

import av
import numpy as np
import pytest

from cast_studio.media.decoder import VideoDecoder
from tests import videos

# Name of the file -> the stream that is the best, quarter turns counter-clockwise to be upright.
FILES = {
    "arm_wrestling.mp4": (0, 0),
    "av1_video.mkv": (0, 0),
    "bt709_full_range.mp4": (0, 0),
    "flipping_a_pancake.mkv": (0, 0),
    "h264_10bits.mp4": (0, 0),
    "h265_video.mp4": (0, 0),
    "mmaction_test.avi": (0, 0),
    "nasa_13013.mp4": (3, 0),
    "nasa_13013_rotated.mp4": (0, 1),
    "rotated_90.mov": (0, 3),
    "testsrc2_mpeg4.avi": (0, 0),
    "testsrc2_vp9.webm": (0, 0),
}


@pytest.mark.parametrize("name", FILES)
def test_every_frame_equals_an_independent_decode(name: str) -> None:
    path = videos.shared_video(name)
    stream, turns = FILES[name]
    with av.open(str(path)) as container:
        frames = container.decode(container.streams[stream])
        expected = [np.rot90(frame.to_ndarray(format="rgb24"), turns) for frame in frames]
    count = len(expected)
    shuffled = random.Random(5).sample(range(count), min(count, 60))

    with VideoDecoder(path, cache_bytes=8 << 20) as decoder:
        assert len(decoder) == count
        for order in (shuffled, range(count), reversed(range(count))):
            wrong = [
                i for i in order if not np.array_equal(decoder.frame_at(i).to_rgb(), expected[i])
            ]
            assert wrong == []
        assert decoder.warnings == ()


@pytest.mark.parametrize(("name", "stream"), [("nasa_13013.mp4", 3), ("nasa_13013_rotated.mp4", 0)])
def test_times_equal_the_published_tables(name: str, stream: int) -> None:
    path = videos.shared_video(name)
    table = json.loads(
        videos.shared_video(f"{name}.stream{stream}.all_frames_info.json").read_text()
    )

    with VideoDecoder(path) as decoder:
        index = decoder.index
        starts = [index.seconds_of(i) for i in range(len(index))]
        lengths = [index.to_seconds(index.end_of(i) - index.pts_of(i)) for i in range(len(index))]

    assert starts == pytest.approx([float(row["pts_time"]) for row in table], abs=1e-6)
    assert lengths == pytest.approx([float(row["duration_time"]) for row in table], abs=1e-6)


def test_times_that_contradict_the_output_are_derived_from_its_order() -> None:
    with VideoDecoder(videos.shared_video("mmaction_test.avi")) as decoder:
        assert decoder.index.pts.tolist() == list(range(164))
        assert decoder.index.end_pts == 164
        assert decoder.average_rate == 25
