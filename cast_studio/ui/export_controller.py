"""Writing the CSV without holding up the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.exporting import Exported, Exporter, export_csv
from cast_studio.app.session import Session
from cast_studio.ui import wording


class ExportController(QObject):
    """Exports the open project, one file at a time. GUI thread.

    Signals:
        began: A file is being written.
        ended: Nothing is being written any more.
    """

    began = Signal()
    ended = Signal()

    def __init__(self, messages: UserMessages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._session: Session | None = None
        self._exporter: Exporter | None = None

    def set_session(self, session: Session | None) -> None:
        """Export another project, or none."""
        self._session = session

    def start(self, path: Path) -> None:
        """Write labels and predictions; the user is told how it went."""
        if self._session is None or (self._exporter is not None and self._exporter.is_busy):
            return
        self._exporter = export_csv(self._session, path)
        self._exporter.exported.connect(self._on_exported)
        self._exporter.failed.connect(self._on_failed)
        self.began.emit()

    @Slot(object)
    def _on_exported(self, done: Exported) -> None:
        self.ended.emit()
        rows = wording.counted(done.rows, "row")
        told = f"Exported {rows} to {done.path}."
        self._messages.tell(
            "warning" if done.warnings else "info", " ".join((told, *done.warnings))
        )

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.ended.emit()
        self._messages.tell("error", sentence)
