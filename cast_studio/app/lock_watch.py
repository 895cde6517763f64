"""Tells when a project that another window has open can be edited."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.session import Session
from cast_studio.app.threads import run_in_background
from cast_studio.said import say
from cast_studio.storage.lock import is_free

LOOK_EVERY_MS: Final = 3_000


class LockWatch(QObject):
    """Looks now and again whether the other window has closed the project. GUI thread.

    Signals:
        freed: The folder of the project; once.
    """

    freed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._is_looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def set_session(self, session: Session | None) -> None:
        """Watch a project if another window has it open; else watch nothing."""
        is_held = session is not None and session.is_open_elsewhere
        self._folder = session.folder if session is not None and is_held else None
        if self._folder is None:
            self._timer.stop()
        else:
            self._timer.start()

    @Slot()
    def look(self) -> None:
        """Look once."""
        folder = self._folder
        if folder is not None and not self._is_looking:
            self._is_looking = True
            run_in_background(
                lambda: (folder, is_free(folder)),
                doing=say("Looking whether the project is free"),
                on_success=self._on_looked,
                on_failure=self._on_failed,
            )

    @Slot(object)
    def _on_looked(self, found: tuple[Path, bool]) -> None:
        self._is_looking = False
        folder, is_now_free = found
        if is_now_free and folder == self._folder:
            self._folder = None
            self._timer.stop()
            self.freed.emit(folder)

    @Slot(str)
    def _on_failed(self, _sentence: str) -> None:
        self._is_looking = False
