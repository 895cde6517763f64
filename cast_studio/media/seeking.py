"""Going to a key frame and making sure that one is there."""

from __future__ import annotations

from collections.abc import Iterator

from cast_studio.core.timing import FrameIndex
from cast_studio.media.packet_table import PacketTable
from cast_studio.media.reader import StreamReader

# How far before the wanted time to look where a format lands too late, as transport streams may.
_STEPS_BACK_SECONDS = (1, 10)


def go_to_key(reader: StreamReader, packets: PacketTable, index: FrameIndex, key: int) -> None:
    """Move ``reader`` to the packet of a key frame or to an earlier one.

    Formats seek by presentation or by decoding time, to an index entry or to somewhere near: each
    landing is checked against the scan, and if all are too late, reading starts with the file.

    Args:
        reader: Is moved.
        packets: The scan of the same file, with all presentation times.
        index: The frames of the same file.
        key: Frame index; 0 means the very first packet, whatever it is.

    Raises:
        MediaError: The file has gone or changed.
    """
    wanted = 0 if key == 0 else packets.position_of(index.pts_of(key))
    if wanted is not None:
        for timestamp in _timestamps(packets, index, wanted):
            if reader.seek(timestamp) and _is_at_or_before(reader, packets, wanted):
                return
    reader.restart()


def _timestamps(packets: PacketTable, index: FrameIndex, wanted: int) -> Iterator[int]:
    pts, dts = int(packets.pts[wanted]), int(packets.dts[wanted])
    yield pts
    if dts != pts:
        yield dts
    if wanted > 0:
        for seconds in _STEPS_BACK_SECONDS:
            yield min(pts, dts) - index.to_ticks(seconds)


def _is_at_or_before(reader: StreamReader, packets: PacketTable, wanted: int) -> bool:
    packet = reader.peek_packet()
    if packet is None or packet.pts is None:
        return False
    position = packets.position_of(packet.pts)
    return position is not None and position <= wanted
