"""Whether a file holds as much as its header promises, said in a sentence."""

from __future__ import annotations

from fractions import Fraction

import av

from cast_studio.core.timing import FrameIndex
from cast_studio.media.packet_table import PacketTable
from cast_studio.media.reader import StreamReader
from cast_studio.said import say

# Containers whose header says a length that was written, not guessed from the bit rate.
_HONEST_LENGTH = frozenset({"mov", "mp4", "matroska", "webm", "avi", "asf", "flv"})
# Sound may last a little longer than the picture; a file that was cut off is missed by more.
_SLACK_SECONDS = 1.0


def missing_part(reader: StreamReader, index: FrameIndex, packets: PacketTable) -> str | None:
    """Return a sentence for the user if the file ends before its header says; else None.

    Args:
        reader: After a pass over all its packets.
        index: The frames that the packets of the file make.
        packets: Those of the stream that could be read.
    """
    promised_frames = reader.stream.frames
    if promised_frames > _places(reader, packets):
        return say(
            "“{file}” is incomplete: {count} of {promised_frames} frames can be read. Copy "
            "it again from its source to have the rest.",
            file=reader.path.name,
            count=len(index),
            promised_frames=promised_frames,
        )
    end = float(index.end_pts * index.timebase)
    promised_end = _promised_end(reader)
    if promised_end is not None and promised_end - end > _SLACK_SECONDS:
        return say(
            "“{file}” is incomplete: it ends after {end:.1f} of {promised_end:.1f} "
            "seconds. Copy it again from its source to have the rest.",
            file=reader.path.name,
            end=end,
            promised_end=promised_end,
        )
    if reader.demux_failed:
        return say(
            "“{file}” is damaged: nothing can be read after {end:.1f} seconds. Copy it "
            "again from its source to have the rest.",
            file=reader.path.name,
            end=end,
        )
    return None


def _places(reader: StreamReader, packets: PacketTable) -> int:
    """Return for how many frames there is a place in what was read: AVI counts empty ones, too."""
    if "avi" not in reader.container.format.name.split(",") or not packets.has_dts.any():
        return len(packets)
    return max(len(packets), int(packets.dts[packets.has_dts].max()) + 1)


def _promised_end(reader: StreamReader) -> float | None:
    if _HONEST_LENGTH.isdisjoint(reader.container.format.name.split(",")):
        return None
    stream = reader.stream
    if stream.duration and stream.time_base:
        return float((stream.duration + (stream.start_time or 0)) * stream.time_base)
    tagged = _seconds_of_tag(stream.metadata.get("DURATION", ""))
    if tagged is not None:
        return tagged
    # The length of the whole file: that of the picture only where there is nothing else.
    if reader.container.duration and len(reader.container.streams) == 1:
        return float(Fraction(reader.container.duration, av.time_base))
    return None


def _seconds_of_tag(text: str) -> float | None:
    """Read ``00:00:10.333000000``, which Matroska files carry for each stream."""
    parts = text.split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds
