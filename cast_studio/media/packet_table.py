"""What one pass over the packets of a stream tells, before anything is decoded."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self, TypeVar

import numpy as np
from av.packet import Packet, PktSideDataT
from av.video.stream import VideoStream
from numpy.typing import NDArray

from cast_studio.core.timing import FrameIndex
from cast_studio.media.key_packets import KeyPacketNotes, KeyPackets
from cast_studio.media.reader import StreamReader

_NONE = -(1 << 63)
# Which side data of packets a decoder keeps for the packets after them: asked of every packet, so only
# where it occurs.
_PALETTE_FORMAT = "pal8"
_CHANGING_CONTAINERS = frozenset({"flv", "live_flv"})

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False)
class PacketTable:
    """The packets of a stream in the order of the file, one entry per packet in each array.

    A video of hours has a hundred thousand packets or more, and several decoders know it at a time: what
    is the same for all of them is kept once (:func:`_compact`), and so are times that the file has in
    order anyway. Arrays are read-only.

    Attributes:
        pts: int64; meaningless where ``has_pts`` is False.
        dts: int64; meaningless where ``has_dts`` is False.
        has_pts: bool, the packet says when it is presented.
        has_dts: bool, the packet says when it is decoded.
        duration: int64 ticks, 0 where unknown.
        is_key: bool, decoding can start here.
        is_shown: bool, False for what an edit list cuts off.
        key_packets: The key packets, by where they lie and what their bytes are.
        is_corrupt: Whether the container marks a packet as incomplete.
        starts_with_state: Whether the first packet carries what later ones need (a palette), which
            FFmpeg gives once a file is opened and not again after a seek.
        changes_state: Whether a later packet does: what a frame looks like depends on all before.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    has_pts: NDArray[np.bool_]
    has_dts: NDArray[np.bool_]
    duration: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    is_shown: NDArray[np.bool_]
    key_packets: KeyPackets
    is_corrupt: bool
    starts_with_state: bool = False
    changes_state: bool = False

    def __post_init__(self) -> None:
        for name in ("pts", "dts", "has_pts", "has_dts", "duration", "is_key", "is_shown"):
            object.__setattr__(self, name, _compact(getattr(self, name)))
        if np.array_equal(self.pts, self.dts):
            object.__setattr__(self, "dts", self.pts)

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def has_all_pts(self) -> bool:
        """Whether every packet says when it is presented."""
        return bool(self.has_pts.all())

    @property
    def has_clean_times(self) -> bool:
        """Whether presentation times are complete and unique, and decoding times never go back."""
        if not self.has_all_pts or np.any(np.diff(np.sort(self.pts)) == 0):
            return False
        return not np.any(np.diff(self.dts[self.has_dts]) < 0)

    @property
    def is_reordered(self) -> bool:
        """Whether any packet is presented at another time than it is decoded."""
        return bool(np.any(self.pts != self.dts))

    def kept_with(self, index: FrameIndex, *, is_counted: bool) -> Self:
        """Return what decoders need of this, sharing with the list of frames what is the same in both.

        Args:
            index: The frames that these packets make.
            is_counted: Whether frames are known by counting from key packets, not by their times.
        """
        keys = self.key_packets if is_counted else KeyPackets.none()
        if not np.array_equal(self.pts, index.pts):
            return replace(self, key_packets=keys)
        dts = index.pts if self.dts is self.pts else self.dts
        is_key = index.is_key if np.array_equal(self.is_key, index.is_key) else self.is_key
        return replace(self, pts=index.pts, dts=dts, is_key=is_key, key_packets=keys)

    def position_of(self, pts: int) -> int | None:
        """Return where in the file the packet with this presentation time lies, None if nowhere."""
        order = self._by_pts
        found = int(np.searchsorted(self.pts, pts, sorter=order))
        if found == len(self):
            return None
        position = found if order is None else int(order[found])
        return position if int(self.pts[position]) == pts else None

    def position_of_key_packet(self, packet: Packet[VideoStream]) -> int | None:
        """Return where in the file a key packet lies; None for others, and for one of two alike."""
        return self.key_packets.position_of(packet) if packet.is_keyframe else None

    @cached_property
    def _by_pts(self) -> NDArray[np.intp] | None:
        """The positions in the order of presentation; None where that is the order of the file."""
        if not np.any(np.diff(self.pts) < 0):
            return None
        return np.argsort(self.pts, kind="stable")


def _compact(column: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """Return a read-only array of the same content, which takes no room where all entries are equal."""
    if len(column) and bool(np.all(column == column[0])):
        return np.broadcast_to(column[0], column.shape)
    column.setflags(write=False)
    return column


def read_packets(reader: StreamReader) -> PacketTable:
    """Read all packets of the stream from where ``reader`` stands, without decoding."""
    pts, dts, duration = array("q"), array("q"), array("q")
    is_key, is_shown = bytearray(), bytearray()
    keys = KeyPacketNotes()
    is_corrupt = False
    with_state: list[int] = []
    kinds = _kept_side_data(reader)
    while (packet := reader.read_packet()) is not None:
        if packet.is_keyframe:
            keys.add(packet, len(pts))
        if any(packet.has_sidedata(kind) for kind in kinds):
            with_state.append(len(pts))
        pts.append(_NONE if packet.pts is None else packet.pts)
        dts.append(_NONE if packet.dts is None else packet.dts)
        duration.append(max(packet.duration or 0, 0))
        is_key.append(packet.is_keyframe)
        is_shown.append(not packet.is_discard)
        is_corrupt = is_corrupt or packet.is_corrupt
    shown_at, decoded_at = np.array(pts, dtype=np.int64), np.array(dts, dtype=np.int64)
    return PacketTable(
        pts=shown_at,
        dts=decoded_at,
        has_pts=shown_at != _NONE,
        has_dts=decoded_at != _NONE,
        duration=np.array(duration, dtype=np.int64),
        is_key=np.array(is_key, dtype=np.bool_),
        is_shown=np.array(is_shown, dtype=np.bool_),
        key_packets=keys.to_key_packets(),
        is_corrupt=is_corrupt,
        starts_with_state=0 in with_state,
        changes_state=any(position > 0 for position in with_state),
    )


def _kept_side_data(reader: StreamReader) -> tuple[PktSideDataT, ...]:
    if reader.stream.codec_context.pix_fmt == _PALETTE_FORMAT:
        return ("palette",)
    if not _CHANGING_CONTAINERS.isdisjoint(reader.container.format.name.split(",")):
        return ("new_extradata",)
    return ()
