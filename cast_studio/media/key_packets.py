"""Key packets of a stream, known again by where they lie and by their bytes."""

from __future__ import annotations

from array import array
from zlib import crc32

import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

_NO_PLACE = -(1 << 62)
_SIGNED_BYTES = 256
_PLACE, _SIZE, _CHECK, _POSITION = range(4)


class KeyPackets:
    """Where in the order of the file the key packets of a stream are.

    In some videos every packet is one: they are numbers in one array, not objects. Read-only.

    Args:
        rows: int64, ``(n, 4)``: the place in the file in bytes, the size in bytes, a check sum of the
            first bytes, and the position among all packets.

    Raises:
        ValueError: The rows are of another shape.
    """

    def __init__(self, rows: NDArray[np.int64]) -> None:
        if rows.ndim != 2 or rows.shape[1] != 4:
            raise ValueError(f"key packets are rows of 4 numbers, not of shape {rows.shape}")
        self._columns = np.ascontiguousarray(rows[np.argsort(rows[:, _CHECK], kind="stable")].T)

    def __len__(self) -> int:
        return int(self._columns.shape[1])

    @classmethod
    def none(cls) -> KeyPackets:
        """Return those of a stream whose packets nobody has to know again."""
        return cls(np.empty((0, 4), np.int64))

    @property
    def rows(self) -> NDArray[np.int64]:
        """What it can be made of again."""
        return self._columns.T

    def are_within(self, count: int) -> bool:
        """Return whether all of them are among the first ``count`` packets of a file."""
        positions = self._columns[_POSITION]
        return bool(np.all((positions >= 0) & (positions < count)))

    def position_of(self, packet: Packet[VideoStream]) -> int | None:
        """Return which packet of the file this is; None if it is none of these, or one of two alike."""
        place, size, check = _signature(packet)
        columns = self._columns
        first, stop = np.searchsorted(columns[_CHECK], (check, check + 1))
        near = columns[:, first:stop]
        alike = (near[_PLACE] == place) & (near[_SIZE] == size)
        return int(near[_POSITION][alike][0]) if np.count_nonzero(alike) == 1 else None


class KeyPacketNotes:
    """Collects the key packets while a file is read."""

    def __init__(self) -> None:
        self._numbers = array("q")

    def add(self, packet: Packet[VideoStream], position: int) -> None:
        """Note a key packet.

        Args:
            packet: As it was read.
            position: Its place in the order of all packets, from 0.
        """
        self._numbers.extend((*_signature(packet), position))

    def to_key_packets(self) -> KeyPackets:
        """Return what was noted."""
        return KeyPackets(np.array(self._numbers, dtype=np.int64).reshape(-1, 4))


def _signature(packet: Packet[VideoStream]) -> tuple[int, int, int]:
    place = _NO_PLACE if packet.pos is None else packet.pos
    return place, packet.size, crc32(memoryview(packet)[:_SIGNED_BYTES])
