"""Where decoding can start, and which frame a decoded picture is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from cast_studio.core.timing import FrameIndex
from cast_studio.media.packet_table import PacketTable
from cast_studio.media.reader import StreamReader

# How far before the wanted time to look where a format lands too late, as transport streams may.
_STEPS_BACK_SECONDS = (1, 10)


class FrameLocator(Protocol):
    """Finds frames in one kind of file. Belongs to one reader; use from one thread."""

    def go_to_start(self, reader: StreamReader) -> None:
        """Move to the first packet.

        Raises:
            MediaError: The file has gone or changed.
        """

    def go_to_key(self, reader: StreamReader, key: int) -> bool:
        """Move to the packet of a key frame or to an earlier key packet.

        Args:
            reader: Is moved.
            key: Frame index of a key frame.

        Returns:
            Whether that was possible.
        """

    def identify(self, picture: VideoFrame) -> int | None:
        """Return which frame a picture is; None if it belongs to no frame.

        To be called with each picture since the last move, in order.

        Raises:
            UnstableTimesError: After a seek, the picture contradicts the scan.
        """


class UnstableTimesError(Exception):
    """After a seek, the file tells other times than from its start; seeking cannot be trusted."""


class TimedLocator:
    """Tells frames by their presentation times, which the file stores for each.

    Args:
        index: The frames.
        packets: The scan of the same file.
    """

    def __init__(self, index: FrameIndex, packets: PacketTable) -> None:
        self._index = index
        self._packets = packets
        self._has_sought = False

    def go_to_start(self, reader: StreamReader) -> None:
        """See :class:`FrameLocator`."""
        reader.restart()
        self._has_sought = False

    def rewind(self, reader: StreamReader) -> None:
        """Go to the first packet, without opening the file anew where that can be avoided.

        Raises:
            MediaError: The file has gone or changed.
        """
        if self._packets.starts_with_state or not self._go_to_packet(reader, 0):
            reader.restart()
        self._has_sought = False

    def go_to_key(self, reader: StreamReader, key: int) -> bool:
        """See :class:`FrameLocator`."""
        wanted = self._packets.position_of(self._index.pts_of(key))
        self._has_sought = True
        return wanted is not None and self._go_to_packet(reader, wanted)

    def identify(self, picture: VideoFrame) -> int | None:
        """See :class:`FrameLocator`."""
        pts = picture.pts
        if pts is not None:
            found = int(np.searchsorted(self._index.pts, pts))
            if found < len(self._index) and int(self._index.pts[found]) == pts:
                return found
        # What an edit list cuts off is in the scan, although no frame.
        is_scanned = pts is not None and self._packets.position_of(pts) is not None
        if self._has_sought and not is_scanned:
            raise UnstableTimesError
        return None

    def _go_to_packet(self, reader: StreamReader, wanted: int) -> bool:
        """Seek to a position in the file or before it.

        Formats seek by presentation or by decoding time, to an entry of an index or to somewhere
        near: each landing is checked against the scan.
        """
        for timestamp in _timestamps(self._packets, self._index, wanted):
            if not reader.seek(timestamp):
                return False
            packet = reader.peek_packet()
            if packet is not None and packet.pts is not None:
                position = self._packets.position_of(packet.pts)
                if position is not None and position <= wanted:
                    return True
        return False


class CountedLocator:
    """Tells frames by their place in the decoder's output, where stored times cannot be trusted.

    It counts from the start of the file or from a key packet that it recognizes by its bytes.

    Args:
        index: The frames; the key flags are those of the decoder's output.
        packets: The scan of the same file.
    """

    def __init__(self, index: FrameIndex, packets: PacketTable) -> None:
        self._index = index
        self._packets = packets
        self._has_sought = False
        self._is_waiting = False
        self._count = 0
        self._packet_of_key = _match_keys(index.is_key, packets.is_key)
        self._key_of_packet = {packet: key for key, packet in self._packet_of_key.items()}

    def go_to_start(self, reader: StreamReader) -> None:
        """See :class:`FrameLocator`."""
        reader.restart()
        self._has_sought = False
        self._is_waiting = False
        self._count = 0

    def go_to_key(self, reader: StreamReader, key: int) -> bool:
        """See :class:`FrameLocator`."""
        wanted = self._packet_of_key.get(key)
        if wanted is None:
            return False
        for timestamp in _timestamps(self._packets, self._index, wanted):
            if not reader.seek(timestamp):
                return False
            packet = reader.peek_packet()
            position = None if packet is None else self._packets.position_of_key_packet(packet)
            if position is not None and position <= wanted:
                self._has_sought = self._is_waiting = True
                self._count = self._key_of_packet[position]
                return True
        return False

    def identify(self, picture: VideoFrame) -> int | None:
        """See :class:`FrameLocator`."""
        is_key = bool(picture.key_frame)
        if self._is_waiting and not is_key:
            # Shown before the key frame, but dependent on what was not read.
            return None
        self._is_waiting = False
        found = self._count
        self._count += 1
        is_known = found < len(self._index)
        if self._has_sought and not (is_known and is_key == bool(self._index.is_key[found])):
            raise UnstableTimesError
        return found if is_known else None


def _match_keys(frames: NDArray[np.bool_], packets: NDArray[np.bool_]) -> dict[int, int]:
    """Return the key packet of each key frame: both come in the same order.

    Without as many packets as frames, none is safe to start from.
    """
    keys, positions = np.flatnonzero(frames), np.flatnonzero(packets)
    if len(keys) != len(positions):
        return {}
    return dict(zip(keys.tolist(), positions.tolist(), strict=True))


def _timestamps(packets: PacketTable, index: FrameIndex, wanted: int) -> Iterator[int]:
    """Yield times to seek to, in the hope of landing at a packet or before it."""
    times = []
    if packets.has_pts[wanted]:
        times.append(int(packets.pts[wanted]))
    if packets.has_dts[wanted]:
        times.append(int(packets.dts[wanted]))
    if not times:
        return
    yield from dict.fromkeys(times)
    if wanted > 0:
        for seconds in _STEPS_BACK_SECONDS:
            yield min(times) - index.to_ticks(seconds)
