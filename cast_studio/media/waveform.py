"""How loud a video is over time: the lowest and highest sample of short stretches, at several zooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 500.0
"""Stretches a second at the closest zoom."""
MOST_STRETCHES: Final = 4 << 20
"""Of the closest zoom: two hours and twenty minutes; what is longer has longer stretches."""
_FACTOR: Final = 4
_FEWEST: Final = 16
# Stretches in a column at least: the two at its edges may reach into its neighbors.
_FINENESS: Final = 2
_LOWEST, _HIGHEST = 127, -128
_FIRST_SIZE: Final = 1 << 14


@dataclass(frozen=True, eq=False, slots=True)
class Waveform:
    """The sound of a video, as far as it was read. Immutable.

    Attributes:
        start: When the first stretch begins, in seconds of the file: pictures count the same.
        rate: Stretches a second of the first level.
        levels: Lowest and highest sample of each stretch, shape (n, 2), int8; those of each level are
            four times as long as those of the one before. Where there is no sound, the lowest is above
            the highest.
        is_complete: Whether all was read.
    """

    start: float
    rate: float
    levels: tuple[NDArray[np.int8], ...]
    is_complete: bool

    @classmethod
    def of(
        cls, peaks: NDArray[np.int8], *, start: float, rate: float, is_complete: bool
    ) -> Waveform:
        """Return the waveform with such stretches.

        Args:
            peaks: The first level; is not copied.
            start: As the attribute.
            rate: As the attribute.
            is_complete: As the attribute.
        """
        levels = [peaks]
        while len(levels[-1]) >= _FEWEST * _FACTOR:
            levels.append(_merged(levels[-1], _FACTOR))
        return cls(start, rate, tuple(levels), is_complete)

    @property
    def end(self) -> float:
        """When the last stretch ends, in seconds of the file."""
        return self.start + len(self.levels[0]) / self.rate

    def columns(self, first: float, step: float, count: int) -> NDArray[np.int8]:
        """Return the lowest and highest samples of columns side by side, shape (count, 2).

        It takes as long for two hours as for a second.

        Args:
            first: When the first column begins, in seconds of the file.
            step: Seconds of a column.
            count: How many columns.
        """
        level, rate = 0, self.rate
        while level + 1 < len(self.levels) and rate / _FACTOR * step >= _FINENESS:
            level, rate = level + 1, rate / _FACTOR
        peaks = self.levels[level]
        found = _nothing(count)
        if not len(peaks):
            return found
        edges = (first - self.start + step * np.arange(count + 1)) * rate
        begin = np.floor(edges[:-1]).astype(np.int64)
        stop = np.minimum(np.maximum(np.ceil(edges[1:]).astype(np.int64), begin + 1), len(peaks))
        for offset in range(int((stop - begin).max(initial=0))):
            at = begin + offset
            inside = (at >= 0) & (at < stop)
            taken = peaks[at[inside]]
            found[inside, 0] = np.minimum(found[inside, 0], taken[:, 0])
            found[inside, 1] = np.maximum(found[inside, 1], taken[:, 1])
        return found


class WaveformBuilder:
    """Collects samples as they are decoded. Use from one thread.

    Its memory does not grow beyond what :data:`MOST_STRETCHES` take: longer sound has fewer stretches
    a second.

    Args:
        rate: Stretches a second.
        most_stretches: Most of them.
    """

    def __init__(self, *, rate: float = RATE, most_stretches: int = MOST_STRETCHES) -> None:
        self._rate = rate
        self._most = most_stretches
        self._peaks = _nothing(min(_FIRST_SIZE, most_stretches))
        self._count = 0
        self._start: float | None = None

    @property
    def has_sound(self) -> bool:
        """Whether there was any sample."""
        return self._count > 0

    def add(self, seconds: float, samples: NDArray[np.int16], sample_rate: int) -> None:
        """Take in a stretch of sound; what lies before the first one is left out.

        Args:
            seconds: When it begins, in seconds of the file.
            samples: Shape (channels, n).
            sample_rate: Samples a second of each channel.
        """
        if self._start is None:
            self._start = seconds
        # A sample on an edge belongs to what begins there, whatever the rounding.
        offset = (seconds - self._start) * sample_rate + 1e-6
        skipped = max(0, int(np.ceil(-offset)))
        samples, offset = samples[:, skipped:], offset + skipped
        if not samples.size:
            return
        self._make_room(offset + samples.shape[1], sample_rate)
        length = sample_rate / self._rate
        first = int(offset / length)
        last = int((offset + samples.shape[1] - 1) / length)
        edges = np.ceil(np.arange(first, last + 1) * length - offset).astype(np.int64)
        edges = edges.clip(0, samples.shape[1] - 1)
        lowest = np.minimum.reduceat(samples.min(axis=0), edges)
        highest = np.maximum.reduceat(samples.max(axis=0), edges)
        part = self._peaks[first : last + 1]
        np.minimum(part[:, 0], _eight_bit(lowest), out=part[:, 0])
        np.maximum(part[:, 1], _eight_bit(highest), out=part[:, 1])
        self._count = max(self._count, last + 1)

    def waveform(self, *, is_complete: bool) -> Waveform:
        """Return all that was taken in; it does not change any more."""
        return Waveform.of(
            self._peaks[: self._count].copy(),
            start=self._start or 0.0,
            rate=self._rate,
            is_complete=is_complete,
        )

    def _make_room(self, n_samples: float, sample_rate: int) -> None:
        while n_samples / sample_rate * self._rate >= self._most - 1:
            merged = _merged(self._peaks[: self._count], 2)
            self._rate, self._count = self._rate / 2, len(merged)
            self._peaks[: self._count] = merged
            self._peaks[self._count :] = (_LOWEST, _HIGHEST)
        needed = int(n_samples / sample_rate * self._rate) + 2
        if needed > len(self._peaks):
            larger = _nothing(min(self._most, max(needed, 2 * len(self._peaks))))
            larger[: self._count] = self._peaks[: self._count]
            self._peaks = larger


def _nothing(count: int) -> NDArray[np.int8]:
    peaks = np.empty((count, 2), np.int8)
    peaks[:] = (_LOWEST, _HIGHEST)
    return peaks


def _merged(peaks: NDArray[np.int8], count: int) -> NDArray[np.int8]:
    """Return the peaks of so many stretches each."""
    whole = -(-len(peaks) // count) * count
    padded = _nothing(whole)
    padded[: len(peaks)] = peaks
    groups = padded.reshape(-1, count, 2)
    return np.stack((groups[..., 0].min(axis=1), groups[..., 1].max(axis=1)), axis=1)


def _eight_bit(samples: NDArray[np.int16]) -> NDArray[np.int8]:
    return ((samples.astype(np.int32) + 128) >> 8).clip(-128, 127).astype(np.int8)
