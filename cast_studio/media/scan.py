"""The scan at opening: when each frame is shown, where decoding can start, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from cast_studio.core.timing import FrameIndex
from cast_studio.errors import MediaError
from cast_studio.media.locator import TimedLocator
from cast_studio.media.packet_table import PacketTable, read_packets
from cast_studio.media.promise import missing_part
from cast_studio.media.reader import StreamReader
from cast_studio.said import say

# Frames decoded at opening to see whether packets and decoder agree. Reordering shows within these.
_PROBE_FRAMES = 8
# Containers that store few presentation times or none. FFmpeg guesses the others, wrongly with
# reordered frames, and otherwise after a seek than from the start.
_GUESSED_TIMES = frozenset({"avi", "mpeg"})
# Of a scan that decodes everything, the share of the time that the pass over the packets takes.
_PACKETS_SHARE = 0.1
_DEFAULT_RATE = Fraction(25)


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class KeptScan:
    """What a scan has found, without anything of the decoder: it can be kept, and shared.

    Attributes:
        index: The frames of the video.
        packets: All packets, in the order of the file; the key packets only where frames are counted.
        is_counted: The timestamps of the file cannot tell its frames apart: a frame is known by its
            place in the decoder's output alone.
        is_cut_off: Whether reading stops before the end of the file, each time.
        warnings: Sentences for the user.
    """

    index: FrameIndex
    packets: PacketTable
    is_counted: bool
    is_cut_off: bool
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        packets = self.packets.kept_with(self.index, is_counted=self.is_counted)
        object.__setattr__(self, "packets", packets)


@dataclass(frozen=True, eq=False, slots=True)
class VideoScan:
    """What is known of a video after opening.

    Attributes:
        kept: What outlives the decoder that has found it. Pictures would keep all of its memory.
        first_frames: The first frames of the video, decoded, at least one.
        is_reader_after_first_frames: Whether the reader now stands right behind them.
    """

    kept: KeptScan
    first_frames: tuple[VideoFrame, ...]
    is_reader_after_first_frames: bool


@dataclass(frozen=True, slots=True)
class _Output:
    """What the decoder put out over a whole file."""

    pts: list[int | None]
    is_key: list[bool]
    first_frames: tuple[VideoFrame, ...]

    @property
    def is_ordered(self) -> bool:
        times = [time for time in self.pts if time is not None]
        rising = all(a < b for a, b in pairwise(times))
        return rising and len(times) == len(self.pts)


def scan(reader: StreamReader) -> VideoScan:
    """Scan a video.

    One pass over the packets gives the frames, and decoding a handful confirms them. Where the
    packets have no usable times, or the decoder disagrees with them, the whole file is decoded
    once: what comes out, in the order in which it comes out, is the truth.

    Args:
        reader: At its start; is moved.

    Raises:
        MediaError: The file holds no frame that can be decoded, or it has gone.
    """
    may_guess = not _GUESSED_TIMES.isdisjoint(reader.container.format.name.split(","))
    reader.begin_pass(0.0, _PACKETS_SHARE if may_guess else 1.0)
    packets = read_packets(reader)
    if len(packets) == 0:
        raise MediaError(_nothing_decodable(reader))
    is_guessed = packets.is_reordered and may_guess
    if packets.has_clean_times and not is_guessed and bool(packets.is_shown.any()):
        confirmed = _confirm(reader, packets)
        if confirmed is not None:
            return confirmed
    return _decode_all(reader, packets, is_guessed=is_guessed)


def resume(reader: StreamReader, kept: KeptScan) -> VideoScan | None:
    """Take up a scan that was kept; None if the file's first frames contradict it.

    Args:
        reader: At its start; is moved.
        kept: The scan of the same file.

    Raises:
        MediaError: The file has gone.
    """
    frames = _read_some(reader)
    index = kept.index
    if len(frames) < min(_PROBE_FRAMES, len(index)):
        return None
    times = [-1 if frame.pts is None else frame.pts for frame in frames]
    if not kept.is_counted and times != index.pts[: len(times)].tolist():
        return None
    # Who counts the frames has not seen these.
    is_after = not kept.is_counted
    return VideoScan(kept, frames, is_after)


def _confirm(reader: StreamReader, packets: PacketTable) -> VideoScan | None:
    """Build the index from the packets; None if the decoder disagrees with it."""
    order = np.argsort(packets.pts, kind="stable")
    order = order[packets.is_shown[order]]
    index = _index(reader, packets, packets.pts[order], packets.is_key[order])
    is_cut_off = reader.demux_failed
    warning = missing_part(reader, index, packets)
    if warning is not None or packets.is_corrupt:
        kept = _decodable_tail(reader, packets, index)
        if not kept.any():
            return None
        index = _index(reader, packets, index.pts[kept], index.is_key[kept])
        warning = missing_part(reader, index, packets)
    TimedLocator(index, packets).rewind(reader)
    frames = _read_some(reader)
    times = [-1 if frame.pts is None else frame.pts for frame in frames]
    if not times:
        return None
    # Frames at the very start whose references were cut away never come out: they do not exist.
    first = int(np.searchsorted(index.pts, times[0]))
    if times != index.pts[first : first + len(times)].tolist():
        return None
    if len(times) < min(_PROBE_FRAMES, len(index) - first):
        return None
    if first > 0:
        index = _index(reader, packets, index.pts[first:], index.is_key[first:])
    warnings = () if warning is None else (warning,)
    return VideoScan(KeptScan(index, packets, False, is_cut_off, warnings), frames, True)


def _read_some(reader: StreamReader) -> tuple[VideoFrame, ...]:
    frames: list[VideoFrame] = []
    while len(frames) < _PROBE_FRAMES and (frame := reader.read()) is not None:
        frames.append(frame)
    return tuple(frames)


def _decodable_tail(
    reader: StreamReader, packets: PacketTable, index: FrameIndex
) -> NDArray[np.bool_]:
    """Return which frames to keep: all up to the last key frames, then those that come out."""
    key = index.key_at_or_before(max(index.key_at_or_before(len(index) - 1) - 1, 0))
    locator = TimedLocator(index, packets)
    if not locator.go_to_key(reader, key):
        locator.go_to_start(reader)
    seen = []
    while (frame := reader.read()) is not None:
        seen.append(-1 if frame.pts is None else frame.pts)
    before = np.arange(len(index)) < key
    return np.asarray(before | np.isin(index.pts, np.array(seen, dtype=np.int64)))


def _decode_all(reader: StreamReader, packets: PacketTable, *, is_guessed: bool) -> VideoScan:
    """Build the index from what the decoder puts out over the whole file."""
    reader.restart()
    reader.begin_pass(_PACKETS_SHARE, 1.0)
    output = _read_all(reader)
    if not output.first_frames:
        raise MediaError(_nothing_decodable(reader))
    keys = np.array(output.is_key, dtype=np.bool_)
    if output.is_ordered and packets.has_clean_times and not is_guessed:
        times = np.array(output.pts, dtype=np.int64)
        index = _index(reader, packets, times, keys)
        is_counted = False
    else:
        times = _derived_times(reader, packets, len(output.pts))
        index = _index(reader, packets, times, keys)
        is_counted = True
    warning = missing_part(reader, index, packets)
    warnings = () if warning is None else (warning,)
    kept = KeptScan(index, packets, is_counted, reader.demux_failed, warnings)
    return VideoScan(kept, output.first_frames, False)


def _read_all(reader: StreamReader) -> _Output:
    pts: list[int | None] = []
    keys: list[bool] = []
    first: list[VideoFrame] = []
    while (frame := reader.read()) is not None:
        if len(first) < _PROBE_FRAMES:
            first.append(frame)
        pts.append(frame.pts)
        keys.append(bool(frame.key_frame))
    return _Output(pts, keys, tuple(first))


def _derived_times(reader: StreamReader, packets: PacketTable, count: int) -> NDArray[np.int64]:
    """Give times to ``count`` frames: those of the packets, sorted, else by the frame rate."""
    start = reader.stream.start_time
    shown = np.unique(packets.pts[packets.is_shown])
    if packets.has_all_pts and len(shown) == count:
        # The guessed delay of reordered frames is taken out: the first frame starts the stream.
        return np.asarray(shown - shown[0] + (int(shown[0]) if start is None else start))
    timebase = reader.stream.time_base or 1 / _DEFAULT_RATE
    ticks = max(1 / (_rate(reader) * timebase), Fraction(1))
    steps = [round(position * ticks) for position in range(count)]
    return np.array(steps, dtype=np.int64) + (start or 0)


def _index(
    reader: StreamReader,
    packets: PacketTable,
    pts: NDArray[np.int64],
    is_key: NDArray[np.bool_],
) -> FrameIndex:
    timebase = reader.stream.time_base or 1 / _DEFAULT_RATE
    return FrameIndex(pts, is_key, timebase, int(pts[-1]) + _last_duration(reader, packets, pts))


def _last_duration(reader: StreamReader, packets: PacketTable, pts: NDArray[np.int64]) -> int:
    position = packets.position_of(int(pts[-1]))
    stored = 0 if position is None else int(packets.duration[position])
    if stored > 0:
        return stored
    if len(pts) > 1:
        return max(int(np.median(np.diff(pts))), 1)
    timebase = reader.stream.time_base or 1 / _DEFAULT_RATE
    return max(round(1 / (_rate(reader) * timebase)), 1)


def _rate(reader: StreamReader) -> Fraction:
    stream = reader.stream
    return stream.average_rate or stream.guessed_rate or stream.base_rate or _DEFAULT_RATE


def _nothing_decodable(reader: StreamReader) -> str:
    return say(
        "“{file}” holds no picture that can be decoded: it is damaged or incomplete. "
        "Copy it again from its source.",
        file=reader.path.name,
    )
