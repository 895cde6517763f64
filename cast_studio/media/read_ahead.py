"""Which frames to decode before they are asked for. Pure: no threads, no pictures."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

import numpy as np

from cast_studio.core.timing import FrameIndex

# Travel of so many seconds is kept ahead of the playhead at least.
_AHEAD_SECONDS: Final = 2.0
# Within so many seconds of travel, a gap is filled even if only a part of it fits.
_URGENT_SECONDS: Final = 4.0
_LEAST_SPEED: Final = 30.0


@dataclass(frozen=True, slots=True)
class Travel:
    """Where the playhead is and how it moves.

    Attributes:
        position: Frame index.
        direction: 1 forward, -1 backward.
        speed: Frames a second, above 0; what a held key does where nothing plays.
    """

    position: int
    direction: int
    speed: float = _LEAST_SPEED

    def frames_in(self, seconds: float) -> int:
        """Return how many frames are passed in a time."""
        return round(max(self.speed, _LEAST_SPEED) * seconds)

    def turned(self) -> Travel:
        """Return the same travel the other way."""
        return Travel(self.position, -self.direction, self.speed)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames to decode: all up to ``last`` from wherever decoding starts, those from ``first`` to keep."""

    first: int
    last: int


def next_stretch(
    index: FrameIndex, held: Container[int], travel: Travel, *, capacity: int, room: int
) -> Stretch | None:
    """Return what to decode next for a playhead on its way; None when enough is held.

    Forward that is the next two seconds. Backward it is the rest of the group of pictures and the
    whole one before it, because a frame there takes decoding its group up to it: the group before
    is decoded while the playhead passes through this one. Where a group is more than fits, as much of its
    end as fits is kept, but not before a good part does.

    Args:
        index: The frames of the video.
        held: The frames that need no decoding, those that cannot be decoded among them.
        travel: The playhead.
        capacity: How many frames can be held ahead of the playhead at all.
        room: How many more can be held between the first gap ahead and the end of what is wanted.
    """
    if travel.direction > 0:
        return _forward(index, held, travel, room)
    return _backward(index, held, travel, capacity, room)


def wanted_frames(index: FrameIndex, travel: Travel) -> range:
    """Return what should be held ahead of a playhead, the nearest first."""
    least = travel.frames_in(_AHEAD_SECONDS)
    if travel.direction > 0:
        return range(travel.position, min(travel.position + least + 1, len(index)))
    first = index.key_at_or_before(travel.position)
    if first > 0:
        first = index.key_at_or_before(first - 1)
    first = min(first, max(travel.position - least, 0))
    return range(travel.position, first - 1, -1)


def most_wanted(index: FrameIndex) -> int:
    """Return the most frames that :func:`wanted_frames` names anywhere for a held key on its way back."""
    groups = np.diff(np.append(np.flatnonzero(index.is_key), len(index)), prepend=0)
    pairs = groups[:-1] + groups[1:]
    least = Travel(0, -1).frames_in(_AHEAD_SECONDS) + 1
    return max(int(pairs.max(initial=0)), int(groups.max(initial=0)), least)


def _forward(index: FrameIndex, held: Container[int], travel: Travel, room: int) -> Stretch | None:
    gap = next((i for i in wanted_frames(index, travel) if i not in held), None)
    if gap is None or room < 1:
        return None
    return Stretch(gap, min(wanted_frames(index, travel)[-1], gap + room - 1))


def _backward(
    index: FrameIndex, held: Container[int], travel: Travel, capacity: int, room: int
) -> Stretch | None:
    gap = next((i for i in wanted_frames(index, travel) if i not in held), None)
    if gap is None or room < 1:
        return None
    start = index.key_at_or_before(gap)
    kept = min(gap - start + 1, room)
    is_urgent = travel.position - gap <= travel.frames_in(_URGENT_SECONDS)
    least = min(gap - start + 1, max(capacity // (6 if is_urgent else 3), 1))
    return Stretch(gap - kept + 1, gap) if kept >= least else None
