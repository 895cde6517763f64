"""What one pass over the packets of a stream tells, before anything is decoded."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cast_studio.media.reader import StreamReader

_NONE = -(1 << 63)


@dataclass(frozen=True, eq=False)
class PacketTable:
    """The packets of a stream in the order of the file, one entry per packet in each array.

    Attributes:
        pts: int64; :attr:`has_all_pts` tells whether each packet has one.
        dts: int64; where a packet has none, its pts stands in.
        has_dts: bool, the packet has one of its own.
        duration: int64 ticks, 0 where unknown.
        is_key: bool, decoding can start here.
        is_shown: bool, False for what an edit list cuts off.
        has_all_pts: Whether every packet says when it is presented.
        is_corrupt: Whether the container marks a packet as incomplete.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    has_dts: NDArray[np.bool_]
    duration: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    has_all_pts: bool
    is_corrupt: bool

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def has_clean_times(self) -> bool:
        """Whether presentation times are complete and unique, and decoding times never go back."""
        if not self.has_all_pts or len(np.unique(self.pts)) != len(self.pts):
            return False
        return not np.any(np.diff(self.dts[self.has_dts]) < 0)

    @property
    def is_reordered(self) -> bool:
        """Whether any packet is presented at another time than it is decoded."""
        return not self.has_all_pts or bool(np.any(self.pts != self.dts))

    def position_of(self, pts: int) -> int | None:
        """Return where in the file the packet with this presentation time lies, None if nowhere."""
        found = int(np.searchsorted(self._sorted_pts, pts))
        if found < len(self) and int(self._sorted_pts[found]) == pts:
            return int(self._by_pts[found])
        return None

    @cached_property
    def _by_pts(self) -> NDArray[np.int64]:
        return np.argsort(self.pts, kind="stable")

    @cached_property
    def _sorted_pts(self) -> NDArray[np.int64]:
        return self.pts[self._by_pts]


def read_packets(reader: StreamReader) -> PacketTable:
    """Read all packets of the stream from where ``reader`` stands, without decoding."""
    pts, dts, duration = array("q"), array("q"), array("q")
    has_dts, is_key, is_shown = bytearray(), bytearray(), bytearray()
    is_corrupt = False
    while (packet := reader.read_packet()) is not None:
        shown_at = _NONE if packet.pts is None else packet.pts
        pts.append(shown_at)
        dts.append(shown_at if packet.dts is None else packet.dts)
        has_dts.append(packet.dts is not None)
        duration.append(max(packet.duration or 0, 0))
        is_key.append(packet.is_keyframe)
        is_shown.append(not packet.is_discard)
        is_corrupt = is_corrupt or packet.is_corrupt
    times = np.frombuffer(pts, dtype=np.int64) if pts else np.empty(0, dtype=np.int64)
    return PacketTable(
        pts=times,
        dts=np.array(dts, dtype=np.int64),
        has_dts=np.array(has_dts, dtype=np.bool_),
        duration=np.array(duration, dtype=np.int64),
        is_key=np.array(is_key, dtype=np.bool_),
        is_shown=np.array(is_shown, dtype=np.bool_),
        has_all_pts=bool(np.all(times != _NONE)),
        is_corrupt=is_corrupt,
    )
