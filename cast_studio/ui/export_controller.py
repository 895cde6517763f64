"""Writing files of other programs without holding up the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.exporting import Exported, Exporter, export_as
from cast_studio.app.session import Session
from cast_studio.ui import wording


class ExportController(QObject):
    """Exports the open project, one file at a time. GUI thread.

    Signals:
        began: A file is being written.
        progressed: Share that is done, 0 to 1.
        ended: Nothing is being written any more.
    """

    began = Signal()
    progressed = Signal(float)
    ended = Signal()

    def __init__(self, messages: UserMessages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._session: Session | None = None
        self._exporter: Exporter | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return self._exporter is not None and self._exporter.is_busy

    def set_session(self, session: Session | None) -> None:
        """Export another project, or none."""
        self._session = session

    def start(
        self, path: Path, *, format_name: str = "csv", include_predictions: bool = True
    ) -> None:
        """Write the project to a file; the user is told how it went."""
        if self._session is None or self.is_busy:
            return
        self._exporter = export_as(
            self._session, path, format_name=format_name, include_predictions=include_predictions
        )
        self._exporter.progressed.connect(self._on_progressed)
        self._exporter.exported.connect(self._on_exported)
        self._exporter.failed.connect(self._on_failed)
        self._exporter.cancelled.connect(self._on_cancelled)
        self.began.emit()

    def cancel(self) -> None:
        """Stop writing; what was there before stays."""
        if self._exporter is not None:
            self._exporter.cancel()

    @Slot(float)
    def _on_progressed(self, share: float) -> None:
        if self.is_busy:
            self.progressed.emit(share)

    @Slot(object)
    def _on_exported(self, done: Exported) -> None:
        self.ended.emit()
        rows = wording.counted(done.rows, "row")
        told = self.tr("Exported {rows} to {path}.").format(rows=rows, path=done.path)
        self._messages.tell(
            "warning" if done.warnings else "info", " ".join((told, *done.warnings))
        )

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.ended.emit()
        self._messages.tell("error", sentence)

    @Slot()
    def _on_cancelled(self) -> None:
        self.ended.emit()
        self._messages.tell("info", self.tr("The export was stopped; no file was changed."))
