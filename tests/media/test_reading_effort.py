"""How much is decoded and sought, counted at the reader: what makes scrubbing and passes cheap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from cast_studio.core.clips import ClipSpec
from cast_studio.media.clip_reader import ClipReader
from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.reader import StreamReader
from tests import videos


@dataclass
class Effort:
    frames: int = 0
    seeks: int = 0

    def forget(self) -> None:
        self.frames = self.seeks = 0


@pytest.fixture
def effort(monkeypatch: pytest.MonkeyPatch) -> Iterator[Effort]:
    counted = Effort()
    read, seek, restart = StreamReader.read, StreamReader.seek, StreamReader.restart

    def counting_read(self: StreamReader) -> VideoFrame | None:
        frame = read(self)
        counted.frames += frame is not None
        return frame

    def counting_seek(self: StreamReader, timestamp: int) -> bool:
        counted.seeks += 1
        return seek(self, timestamp)

    def counting_restart(self: StreamReader) -> None:
        counted.seeks += 1
        restart(self)

    monkeypatch.setattr(StreamReader, "read", counting_read)
    monkeypatch.setattr(StreamReader, "seek", counting_seek)
    monkeypatch.setattr(StreamReader, "restart", counting_restart)
    return counted


@pytest.fixture(scope="module")
def long_groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 frames, key frames at 0, 50 and 100."""
    return videos.b_frames(tmp_path_factory.mktemp("effort") / "clip.mp4")


def test_reading_on_decodes_each_frame_once_and_never_seeks(
    long_groups: Path, effort: Effort
) -> None:
    with VideoDecoder(long_groups, cache_bytes=1) as decoder:
        at_opening = effort.frames
        effort.forget()
        for index in range(len(decoder)):
            decoder.frame_at(index)

    # A few frames at the start were decoded at opening and fell out of the tiny cache.
    assert at_opening <= 8
    assert effort.frames <= 120
    assert effort.seeks <= 1


def test_a_jump_decodes_from_the_nearest_key_frame(long_groups: Path, effort: Effort) -> None:
    with VideoDecoder(long_groups) as decoder:
        effort.forget()
        decoder.frame_at(105)

    assert effort.frames == 6
    assert effort.seeks <= 2


def test_a_short_way_on_is_decoded_not_sought(long_groups: Path, effort: Effort) -> None:
    with VideoDecoder(long_groups) as decoder:
        decoder.frame_at(47)
        effort.forget()
        decoder.frame_at(52)

    assert (effort.frames, effort.seeks) == (5, 0)


def test_stepping_back_inside_a_group_uses_what_was_decoded(
    long_groups: Path, effort: Effort
) -> None:
    with VideoDecoder(long_groups) as decoder:
        decoder.frame_at(90)
        effort.forget()
        for index in range(89, 50, -1):
            decoder.frame_at(index)

    assert (effort.frames, effort.seeks) == (0, 0)


def test_overlapping_clips_take_one_pass(
    long_groups: Path, effort: Effort, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As with large frames, of which hardly any fit into the cache.
    monkeypatch.setattr("cast_studio.media.clip_reader._CACHE_BYTES", 1)
    spec = ClipSpec(frames=8, size=32, window_seconds=1.0, hop_seconds=0.2)
    with ClipReader(long_groups, spec) as reader:
        effort.forget()
        clips = list(reader.read_each(spec.windows(reader.index)))

    assert len(clips) > 15
    assert effort.frames <= 120
    assert effort.seeks <= 1
