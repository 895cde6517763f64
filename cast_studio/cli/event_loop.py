"""Waiting for a service's signals without a window."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

from cast_studio.app.garbage import garbage_collected_here

# Python looks at signals between two of its own instructions only, and Qt's event loop runs none
# while nothing happens.
_HEARTBEAT_MS: Final = 100

InterruptHandler = Callable[[], bool]
"""Called on Ctrl+C; returns whether to go on waiting."""


def core_application() -> QCoreApplication:
    """Return the program's application object, made without a display where there is none yet."""
    application = QCoreApplication.instance() or QCoreApplication(sys.argv[:1])
    application.setApplicationName("CAST Studio")
    return application


class EventLoop:
    """Runs Qt's events until :meth:`end`. For the main thread, with an application object.

    An exception in a slot, which Qt would only report, ends the loop and comes out of :meth:`run`.
    """

    def __init__(self) -> None:
        core_application()
        self._loop = QEventLoop()
        self._has_ended = False
        self._error: BaseException | None = None

    def end(self, *_values: object) -> None:
        """End the loop, now or as soon as it runs; connect it to any signal."""
        self._has_ended = True
        self._loop.quit()

    def run(self, *, on_interrupt: InterruptHandler | None = None) -> None:
        """Wait for :meth:`end`.

        Args:
            on_interrupt: Asked on Ctrl+C; without it, Ctrl+C ends the loop.

        Raises:
            KeyboardInterrupt: The user pressed Ctrl+C.
        """
        heartbeat = QTimer()
        heartbeat.setInterval(_HEARTBEAT_MS)
        heartbeat.timeout.connect(_do_nothing)
        heartbeat.start()
        try:
            with (
                garbage_collected_here(),
                self._errors_caught(),
                self._interrupts_caught(on_interrupt),
            ):
                if not self._has_ended:
                    self._loop.exec()
        finally:
            heartbeat.stop()
        self._has_ended = False
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _fail(self, error: BaseException) -> None:
        # What went wrong first is the cause.
        self._error = self._error or error
        self._loop.quit()

    @contextmanager
    def _errors_caught(self) -> Iterator[None]:
        def on_error(
            _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
        ) -> None:
            self._fail(error)

        before = sys.excepthook
        sys.excepthook = on_error
        try:
            yield
        finally:
            sys.excepthook = before

    @contextmanager
    def _interrupts_caught(self, on_interrupt: InterruptHandler | None) -> Iterator[None]:
        def on_signal(_number: int, _frame: FrameType | None) -> None:
            if on_interrupt is None or not on_interrupt():
                self._fail(KeyboardInterrupt())

        before = signal.signal(signal.SIGINT, on_signal)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _do_nothing() -> None:
    """Give Python the chance to look at signals."""
