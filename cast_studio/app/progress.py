"""Progress and cancel as one: the work tells how far it is, and is stopped when it does."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject, SignalInstance
from shiboken6 import isValid

from cast_studio.errors import CancelledError
from cast_studio.said import say

Tell = Callable[[int, int], None]
"""Is told how much of how much is done; may raise to stop."""

_TELL_SECONDS: Final = 0.1
_STEPS: Final = 1_000


def stoppable(stop: Event, emit: Callable[[float], object]) -> Tell:
    """Return what tells a share at most ten times a second, and stops the work when asked to.

    Args:
        stop: When it is set, the next call raises ``CancelledError``.
        emit: Gets the share, 0 to 1.
    """
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if stop.is_set():
            raise CancelledError(say("It was stopped; nothing has changed."))
        now = monotonic()
        if total and (now - last >= _TELL_SECONDS or done == total):
            last = now
            emit(done / total)

    return tell


def telling(owner: QObject, told: SignalInstance) -> Callable[[float], None]:
    """Return what emits a signal from any thread, as long as its owner is there to have it."""

    def emit(share: float) -> None:
        if isValid(owner):
            told.emit(share)

    return emit


def part_of(tell: Tell, begin: float, end: float) -> Tell:
    """Return what tells the progress of a part as that of the whole.

    Args:
        tell: Is told of the whole.
        begin: Where the part begins, 0 to 1.
        end: Where it ends, 0 to 1.
    """

    def tell_part(done: int, total: int) -> None:
        share = done / total if total else 0.0
        tell(round(_STEPS * (begin + (end - begin) * share)), _STEPS)

    return tell_part
