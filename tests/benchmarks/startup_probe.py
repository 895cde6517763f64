"""The program itself, with an eye on its first paint: what ``startup`` runs in a fresh process.

It prints one line of JSON and closes the window as soon as that can be used: the first paint of the
main window is done and the event loop has nothing left to do.
"""

from __future__ import annotations

import json
import os
import sys
import time

from PySide6.QtCore import QAbstractEventDispatcher, QEvent, QObject, Slot
from PySide6.QtWidgets import QApplication, QMainWindow

from cast_studio.__main__ import main

_MARKS: dict[str, int] = {}


class FirstPaint(QObject):
    """Waits for the first paint of a main window, then for the first pause of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._window: QMainWindow | None = None
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """See the paint coming; it is over when the event loop is asked to wait."""
        is_paint = event.type() == QEvent.Type.Paint
        if is_paint and isinstance(watched, QMainWindow) and watched.isWindow():
            self._window = watched
            _mark("painting")
            QApplication.instance().removeEventFilter(self)
            QAbstractEventDispatcher.instance().aboutToBlock.connect(self._on_idle)
        return False

    @Slot()
    def _on_idle(self) -> None:
        if self._window is not None:
            _mark("usable")
            _MARKS["torch"] = int("torch" in sys.modules)
            window, self._window = self._window, None
            window.close()


def _mark(name: str) -> None:
    _MARKS.setdefault(name, time.monotonic_ns())


def _report() -> dict[str, object]:
    started = int(os.environ["STARTED_AT_NS"])
    steps = {name: round((_MARKS[name] - started) / 1e9, 4) for name in ("qt_imported", "painting")}
    return {
        "seconds": (_MARKS["usable"] - started) / 1e9,
        "torch_imported": bool(_MARKS["torch"]),
        "steps": steps,
    }


if __name__ == "__main__":
    _mark("qt_imported")
    # The program takes over an application that exists; made here, it can be watched from the start.
    sys.argv = ["cast-studio"]
    QApplication(sys.argv)
    watcher = FirstPaint()
    code = main([])
    sys.stdout.write(json.dumps(_report()) + "\n")
    sys.exit(code)
