"""Which moment of the video is due now, by the computer's monotonic clock."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QElapsedTimer

MIN_RATE: Final = 0.1
MAX_RATE: Final = 8.0


def clamped_rate(rate: float) -> float:
    """Return a rate of 0.1 to 8 in the same direction; 0 counts as forward."""
    speed = min(MAX_RATE, max(MIN_RATE, abs(rate)))
    return -speed if rate < 0 else speed


class PlaybackClock:
    """Turns elapsed real time into the video's own time. Used on one thread."""

    def __init__(self) -> None:
        self._elapsed = QElapsedTimer()
        self._start_seconds = 0.0
        self._rate = 1.0
        self._is_running = False

    @property
    def is_running(self) -> bool:
        """Whether time passes."""
        return self._is_running

    @property
    def rate(self) -> float:
        """Seconds of video per second of real time; below 0, time runs backward."""
        return self._rate

    def start(self, seconds: float, *, rate: float = 1.0) -> None:
        """Let time pass from a moment of the video on.

        Args:
            seconds: In the video's own time.
            rate: 0.1 to 8, or the same below 0 to run backward; clamped.
        """
        self._start_seconds = seconds
        self._rate = clamped_rate(rate)
        self._elapsed.start()
        self._is_running = True

    def seconds(self) -> float:
        """Return the moment of the video that is due."""
        if not self._is_running:
            return self._start_seconds
        return self._start_seconds + self._elapsed.nsecsElapsed() / 1e9 * self._rate

    def stop(self) -> None:
        """Hold the time that is due at this moment."""
        self._start_seconds = self.seconds()
        self._is_running = False
