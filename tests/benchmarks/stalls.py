"""A heartbeat in the GUI thread: whatever keeps the window from answering makes it late."""

from __future__ import annotations

import faulthandler
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from tests.benchmarks.report import percentile

BEAT_MS = 2
LONG_MS = 50.0
"""A stall that is longer is counted: about where a moving thing is seen to jump."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Time between two beats beyond the beat itself: for so long nothing else could be handled.

    Attributes:
        start_ns: The earlier beat.
        end_ns: The later beat.
        own_ms: How long the GUI thread itself was computing in between. The rest of a long stall it
            was waiting: for the interpreter's lock, for a core, or for the disk.
    """

    start_ns: int
    end_ns: int
    own_ms: float

    @property
    def milliseconds(self) -> float:
        """How late the later beat was."""
        return max(0.0, (self.end_ns - self.start_ns) / 1e6 - BEAT_MS)


@dataclass(frozen=True, slots=True)
class StallSummary:
    """The stalls of a stretch of time, in milliseconds.

    Attributes:
        longest: The longest.
        longest_own: What the GUI thread itself computed in it.
        most_own: The most that the GUI thread computed in one go.
        p99: Of all beats.
        long_count: How many were longer than 50 ms.
        beats: How many beats there were.
    """

    longest: float
    longest_own: float
    most_own: float
    p99: float
    long_count: int
    beats: int

    @classmethod
    def of(cls, stalls: list[Stall]) -> StallSummary:
        """Sum up."""
        worst = max(stalls, key=lambda stall: stall.milliseconds, default=Stall(0, 0, 0.0))
        lengths = [stall.milliseconds for stall in stalls]
        return cls(
            longest=round(worst.milliseconds, 1),
            longest_own=round(worst.own_ms, 1),
            most_own=round(max((stall.own_ms for stall in stalls), default=0.0), 1),
            p99=round(percentile(lengths, 0.99), 1),
            long_count=sum(length > LONG_MS for length in lengths),
            beats=len(stalls),
        )


class StallMeter(QObject):
    """Beats every two milliseconds on the thread that made it, and remembers when it did.

    Args:
        trace: Where all threads write what they were at when a beat is 50 ms late. That takes a
            moment itself, so it is for finding causes, not for numbers to compare.
    """

    def __init__(self, trace: TextIO | None = None) -> None:
        super().__init__()
        self._trace = trace
        # Arrays of numbers: objects would give the garbage collector work, and so make stalls.
        self._times = array("q")
        self._own = array("q")
        self._phases: list[tuple[str, int, int]] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to beat."""
        self._timer.start()

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()
        if self._trace is not None:
            faulthandler.cancel_dump_traceback_later()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Give a name to what happens meanwhile. Any thread; a name may be used again."""
        start = time.monotonic_ns()
        if self._trace is not None:
            self._trace.write(f"== {name}\n")
            self._trace.flush()
        try:
            yield
        finally:
            self._phases.append((name, start, time.monotonic_ns()))

    @property
    def phases(self) -> tuple[str, ...]:
        """The names that were used, in the order in which the phases ended first."""
        return tuple(dict.fromkeys(name for name, _, _ in self._phases))

    def stalls(self) -> list[Stall]:
        """Return all times between two beats."""
        times, own = self._times, self._own
        return [
            Stall(times[i - 1], times[i], (own[i] - own[i - 1]) / 1e6) for i in range(1, len(times))
        ]

    def stalls_in(self, name: str, *, apart_from: str = "") -> list[Stall]:
        """Return the stalls that touch a phase, and do not touch another.

        Args:
            name: The phase.
            apart_from: What is counted there is not counted here.
        """
        wanted = [(start, end) for found, start, end in self._phases if found == name]
        unwanted = [(start, end) for found, start, end in self._phases if found == apart_from]
        return [
            stall
            for stall in self.stalls()
            if _touches(stall, wanted) and not _touches(stall, unwanted)
        ]

    @Slot()
    def _beat(self) -> None:
        self._times.append(time.monotonic_ns())
        self._own.append(time.thread_time_ns())
        if self._trace is not None:
            faulthandler.dump_traceback_later(LONG_MS / 1000, file=self._trace)


def _touches(stall: Stall, phases: list[tuple[int, int]]) -> bool:
    return any(stall.start_ns < end and start < stall.end_ns for start, end in phases)
