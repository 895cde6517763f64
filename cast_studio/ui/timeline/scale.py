"""Which part of a video the timeline shows, and where in pixels. Pure arithmetic, no Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cast_studio.core.timing import TimeSpan

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5,
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400,
)  # fmt: skip
_TICK_DISTANCE = 90
"""Pixels that two written times of the ruler keep at least."""


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A linear map between ticks of a video and pixels of the timeline.

    Attributes:
        whole: The video, in ticks.
        first: Tick at the left edge.
        per_pixel: Ticks in one pixel, above 0.
        width: Pixels from the left to the right edge.
        closest: Smallest allowed ``per_pixel``.
    """

    whole: TimeSpan
    first: float
    per_pixel: float
    width: int
    closest: float

    @classmethod
    def fitting(cls, whole: TimeSpan, width: int, *, frame_ticks: float) -> TimeScale:
        """Return the scale that shows all of a video.

        Args:
            whole: The video, in ticks.
            width: Pixels.
            frame_ticks: Duration of a frame; at the closest zoom it is 24 pixels wide.
        """
        width = max(1, width)
        per_pixel = max(whole.duration, 1) / width
        return cls(whole, float(whole.start), per_pixel, width, min(per_pixel, frame_ticks / 24))

    @property
    def last(self) -> float:
        """Tick at the right edge."""
        return self.first + self.width * self.per_pixel

    @property
    def shows_all(self) -> bool:
        """Whether nothing of the video is outside."""
        return self.first <= self.whole.start and self.last >= self.whole.end - self.per_pixel

    def x_of(self, pts: float) -> float:
        """Return the pixel of a tick; it may be outside of the timeline."""
        return (pts - self.first) / self.per_pixel

    def pts_at(self, x: float) -> float:
        """Return the tick of a pixel, not limited to the video."""
        return self.first + x * self.per_pixel

    def resized(self, width: int) -> TimeScale:
        """Return the scale for another width: a full view stays full, others keep their zoom."""
        width = max(1, width)
        if self.shows_all:
            return replace(self, first=float(self.whole.start), width=width)._fitted()
        return replace(self, width=width)._inside()

    def reaching(self, whole: TimeSpan) -> TimeScale:
        """Return the scale for more or less time: a full view stays full, others stay as they are."""
        if whole == self.whole:
            return self
        if self.shows_all:
            return replace(self, whole=whole, first=float(whole.start))._fitted()
        return replace(self, whole=whole)._inside()

    def _fitted(self) -> TimeScale:
        per_pixel = max(self.whole.duration, 1) / self.width
        return replace(self, per_pixel=per_pixel, closest=min(self.closest, per_pixel))

    def zoomed(self, factor: float, *, around: float) -> TimeScale:
        """Return the scale magnified by ``factor``, with the pixel ``around`` staying in place."""
        farthest = max(self.whole.duration, 1) / self.width
        per_pixel = min(max(self.per_pixel / factor, self.closest), farthest)
        anchor = self.pts_at(around)
        return replace(self, first=anchor - around * per_pixel, per_pixel=per_pixel)._inside()

    def panned(self, pixels: float) -> TimeScale:
        """Return the scale moved to the right by some pixels."""
        return replace(self, first=self.first + pixels * self.per_pixel)._inside()

    def centered(self, pts: float) -> TimeScale:
        """Return the scale with a tick in the middle, as far as the video's ends allow."""
        return replace(self, first=pts - self.width * self.per_pixel / 2)._inside()

    def showing(self, pts: float) -> TimeScale:
        """Return the scale moved by a page when a tick is out of sight; otherwise itself."""
        x = self.x_of(pts)
        if 0 <= x < self.width:
            return self
        return replace(self, first=pts - self.width * self.per_pixel * 0.1)._inside()

    def _inside(self) -> TimeScale:
        rightmost = self.whole.end - self.width * self.per_pixel
        first = max(float(self.whole.start), min(self.first, rightmost))
        return replace(self, first=first)

    def ruler_step(self, seconds_per_tick: float) -> float:
        """Return the distance in seconds between two written times."""
        needed = _TICK_DISTANCE * self.per_pixel * seconds_per_tick
        return next((step for step in _STEPS if step >= needed), _STEPS[-1])

    def ruler(self, seconds_per_tick: float) -> Iterator[tuple[float, float]]:
        """Yield the visible (pixel, second) pairs where the ruler has a written time."""
        step = self.ruler_step(seconds_per_tick)
        number = int(self.first * seconds_per_tick // step)
        while (seconds := number * step) <= self.last * seconds_per_tick:
            x = self.x_of(seconds / seconds_per_tick)
            if x >= 0:
                yield x, seconds
            number += 1
