"""Time in a video: integer ticks of its own clock, half-open spans, and the index of its frames.

Ticks are presentation times (pts) as the file stores them. Seconds and frame indices are derived
from them and never stored beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.immutable import frozen_array

Timebase = Fraction
"""Seconds per tick of a video stream."""

# A time written as text (in a CSV, in a dialog) is rounded: it may fall short of its tick by this.
_TICK_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """A half-open stretch of time; with equal ends, a point event.

    Attributes:
        start: First tick inside.
        end: First tick after it, never before ``start``.

    Raises:
        ValueError: The end lies before the start.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span cannot end ({self.end}) before it starts ({self.start})")

    @property
    def duration(self) -> int:
        """Length in ticks; 0 for a point event."""
        return self.end - self.start

    @property
    def is_point(self) -> bool:
        """Whether this is a point event."""
        return self.start == self.end

    def contains(self, pts: int) -> bool:
        """Return whether the moment ``pts`` lies inside; a point event contains its own moment."""
        return self.start <= pts < self.end or self.start == pts == self.end

    def intersects(self, other: TimeSpan) -> bool:
        """Return whether both share a moment; spans that only touch do not."""
        if self.is_point:
            return other.contains(self.start)
        if other.is_point:
            return self.contains(other.start)
        return self.start < other.end and other.start < self.end

    def intersection(self, other: TimeSpan) -> TimeSpan | None:
        """Return what both share, or None."""
        if not self.intersects(other):
            return None
        return TimeSpan(max(self.start, other.start), min(self.end, other.end))

    def iou(self, other: TimeSpan) -> float:
        """Return intersection over union in [0, 1]; two equal point events give 1."""
        if self == other:
            return 1.0
        shared = self.intersection(other)
        if shared is None:
            return 0.0
        return shared.duration / (self.duration + other.duration - shared.duration)

    def hull(self, other: TimeSpan) -> TimeSpan:
        """Return the shortest span that covers both."""
        return TimeSpan(min(self.start, other.start), max(self.end, other.end))

    def minus(self, hole: TimeSpan) -> tuple[TimeSpan, ...]:
        """Return what is left of this span without ``hole``: none, one or two spans.

        A point event takes its one tick out of a longer span, so that nothing left contains it.
        """
        if not self.intersects(hole):
            return (self,)
        hole_end = hole.end + 1 if hole.is_point else hole.end
        parts = []
        if self.start < hole.start:
            parts.append(TimeSpan(self.start, hole.start))
        if hole_end < self.end:
            parts.append(TimeSpan(hole_end, self.end))
        return tuple(parts)


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """When each frame of a video is on screen, from a scan of the file.

    Right for variable frame rates, reordered frames and files that do not start at 0. Two indices
    are equal if their contents are.

    Attributes:
        pts: Start of each frame in ticks, shape (n,), int64, strictly rising, n >= 1. Read-only.
        is_key: Whether decoding can start at the frame, shape (n,), bool. Read-only.
        timebase: Seconds per tick, above 0.
        end_pts: When the last frame leaves the screen, after ``pts[-1]``.

    Raises:
        ValueError: The contents do not fit each other.
    """

    pts: NDArray[np.int64]
    is_key: NDArray[np.bool_]
    timebase: Timebase
    end_pts: int

    def __post_init__(self) -> None:
        pts = frozen_array(self.pts, np.int64)
        is_key = frozen_array(self.is_key, np.bool_)
        if pts.ndim != 1 or pts.shape != is_key.shape or len(pts) == 0:
            raise ValueError(
                "a frame index needs at least one frame and one key flag for each, "
                f"found shapes {pts.shape} and {is_key.shape}"
            )
        if np.any(np.diff(pts) <= 0):
            raise ValueError("the presentation times of a frame index must rise strictly")
        if self.end_pts <= int(pts[-1]):
            raise ValueError(f"end_pts {self.end_pts} does not lie after the last frame {pts[-1]}")
        if self.timebase <= 0:
            raise ValueError(f"the time base {self.timebase} is not above 0")
        object.__setattr__(self, "pts", pts)
        object.__setattr__(self, "is_key", is_key)

    def __len__(self) -> int:
        return len(self.pts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FrameIndex):
            return NotImplemented
        return (
            self.timebase == other.timebase
            and self.end_pts == other.end_pts
            and np.array_equal(self.pts, other.pts)
            and np.array_equal(self.is_key, other.is_key)
        )

    def __hash__(self) -> int:
        return hash((self.timebase, self.end_pts, self.pts.tobytes()))

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.is_key)

    @property
    def span(self) -> TimeSpan:
        """From the first frame's start to the last frame's end, in ticks."""
        return TimeSpan(int(self.pts[0]), self.end_pts)

    @property
    def average_rate(self) -> Fraction:
        """Frames per second over the whole video, exactly."""
        return len(self) / (self.span.duration * self.timebase)

    def pts_of(self, frame_index: int) -> int:
        """Return the start of a frame in ticks.

        Raises:
            IndexError: There is no such frame; negative indices do not count from the end.
        """
        self._check(frame_index)
        return int(self.pts[frame_index])

    def end_of(self, frame_index: int) -> int:
        """Return when a frame leaves the screen, in ticks.

        Raises:
            IndexError: There is no such frame.
        """
        self._check(frame_index)
        following = frame_index + 1
        return int(self.pts[following]) if following < len(self) else self.end_pts

    def seconds_of(self, frame_index: int) -> float:
        """Return the start of a frame in seconds, by the file's own timestamps.

        Raises:
            IndexError: There is no such frame.
        """
        return self.to_seconds(self.pts_of(frame_index))

    def to_seconds(self, pts: int) -> float:
        """Return a time in ticks as seconds, by the file's own timestamps."""
        return float(pts * self.timebase)

    def to_ticks(self, seconds: float) -> int:
        """Return seconds, a time or a length, as the nearest tick."""
        return round(Fraction(seconds) / self.timebase)

    def index_played_at(self, pts: int) -> int:
        """Return the frame that is on screen at ``pts``, clamped to the first and the last."""
        position = int(np.searchsorted(self.pts, pts, side="right")) - 1
        return min(max(position, 0), len(self) - 1)

    def index_at_seconds(self, seconds: float) -> int:
        """Return the frame that is on screen at a time in seconds, clamped to the video.

        A time that is a hair short of a tick counts as that tick: ``seconds_of(i)`` gives ``i``
        back.
        """
        ticks = float(Fraction(seconds) / self.timebase)
        nearest = round(ticks)
        is_tick = math.isclose(ticks, nearest, rel_tol=0.0, abs_tol=_TICK_TOLERANCE)
        return self.index_played_at(nearest if is_tick else math.floor(ticks))

    def snap(self, pts: int) -> int:
        """Return the nearest start of a frame in ticks; of two equally near ones the earlier."""
        return self._nearest(self.pts, pts)

    def snap_edge(self, pts: int) -> int:
        """Return the nearest edge of a frame in ticks: a start, or the end of the last frame."""
        start = self.snap(pts)
        return self.end_pts if abs(self.end_pts - pts) < abs(start - pts) else start

    def frames_in(self, span: TimeSpan) -> range:
        """Return the indices of the frames that start inside ``span``; may be empty."""
        first, stop = np.searchsorted(self.pts, (span.start, span.end), side="left")
        return range(int(first), int(stop))

    def key_at_or_before(self, frame_index: int) -> int:
        """Return the last key frame not after a frame; 0 if the file marks none before it.

        Raises:
            IndexError: There is no such frame.
        """
        self._check(frame_index)
        position = int(np.searchsorted(self._keys, frame_index, side="right")) - 1
        return int(self._keys[position]) if position >= 0 else 0

    def span_of_frames(self, first: int, stop: int) -> TimeSpan:
        """Return the span of the frames ``first`` up to, not including, ``stop``.

        Args:
            first: Frame index, 0 to n.
            stop: Frame index, ``first`` to n.

        Raises:
            IndexError: The frames are not in the video, or ``stop`` lies before ``first``.
        """
        if not 0 <= first <= stop <= len(self):
            raise IndexError(f"frames {first} to {stop} of a video with {len(self)} frames")
        return TimeSpan(self._edge(first), self._edge(stop))

    def _edge(self, frame_index: int) -> int:
        return int(self.pts[frame_index]) if frame_index < len(self) else self.end_pts

    def _check(self, frame_index: int) -> None:
        if not 0 <= frame_index < len(self):
            raise IndexError(f"frame {frame_index} of a video with {len(self)} frames")

    @staticmethod
    def _nearest(sorted_times: NDArray[np.int64], pts: int) -> int:
        after = int(np.searchsorted(sorted_times, pts, side="left"))
        candidates = sorted_times[max(after - 1, 0) : after + 1]
        return min((int(time) for time in candidates), key=lambda time: abs(time - pts))
