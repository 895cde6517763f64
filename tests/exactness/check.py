"""Compares the decoder, asked in any order, with a plain decode of every frame in order."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.frame import Orientation, RgbConverter

# Room for a single picture: nothing that was decoded before helps.
NO_CACHE = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """What a comparison found.

    Attributes:
        frames: How many the independent decode gives.
        count: How many the decoder counts.
        asked: Frames that were compared, over all orders.
        wrong: What was asked, by order, and not given.
        has_times: Whether the file's own times rise with the output, so that they could be compared.
        times_differ: Whether the decoder tells other times than the frames of the file.
        warnings: What the decoder says of the file.
    """

    frames: int
    count: int
    asked: int
    wrong: dict[str, list[int]]
    has_times: bool
    times_differ: bool
    warnings: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether everything was right; of a damaged file, what is left."""
        is_whole = self.frames == self.count or bool(self.warnings)
        return is_whole and not self.wrong and not self.times_differ


def check(path: Path, *, stream: int | None = None, is_ordered_by_time: bool = False) -> Checked:
    """Ask for every frame forwards, backwards and shuffled, with no cache to help.

    Args:
        path: The video.
        stream: Its number in the container; else the decoder chooses.
        is_ordered_by_time: The frames count in the order of their times, which the output is not in.
    """
    with VideoDecoder(path, cache_bytes=NO_CACHE, stream=stream) as decoder:
        expected, times = _plain_decode(path, decoder.stream)
        if is_ordered_by_time:
            order_of_times = sorted(range(len(times)), key=lambda i: times[i] or 0)
            expected = [expected[i] for i in order_of_times]
            times = [times[i] for i in order_of_times]
        both = min(len(decoder), len(expected))
        orders: dict[str, Iterable[int]] = {
            "forwards": range(both),
            "backwards": reversed(range(both)),
            "shuffled": random.Random(7).sample(range(both), both),
        }
        wrong = {}
        for name, order in orders.items():
            found = [i for i in order if _digest(decoder.frame_at(i).to_rgb()) != expected[i]]
            if found:
                wrong[name] = found
        has_times = all(a is not None and b is not None and a < b for a, b in pairwise(times))
        told = decoder.index.pts.tolist()
        return Checked(
            frames=len(expected),
            count=len(decoder),
            asked=both * len(orders),
            wrong=wrong,
            has_times=has_times,
            times_differ=has_times and told[:both] != times[:both],
            warnings=decoder.warnings,
        )


def _plain_decode(path: Path, stream: int) -> tuple[list[bytes], list[int | None]]:
    """Decode a file from its start to its end on one thread, as FFmpeg's own tools do."""
    pictures: list[bytes] = []
    times: list[int | None] = []
    converter: RgbConverter | None = None
    with av.open(str(path), metadata_errors="replace") as container:
        video = container.streams[stream]
        video.codec_context.thread_count = 1
        for frame in _frames(container, video):
            if converter is None:
                converter = RgbConverter(frame.width, frame.height, Orientation.of(frame))
            pictures.append(_digest(converter.convert(frame)))
            times.append(frame.pts)
    return pictures, times


def _frames(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[av.VideoFrame]:
    """Yield what comes out, passing over packets that cannot be decoded."""
    for packet in container.demux(stream):
        with contextlib.suppress(av.FFmpegError):
            yield from stream.decode(packet)


def _digest(rgb: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(rgb), digest_size=16).digest()
