"""The way of edits to the disk, as the GUI thread sees it."""

from __future__ import annotations

from datetime import datetime
from threading import Event

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.store_writer import CloseReport, PendingCommit, StoreWriter
from cast_studio.app.threads import WorkerThread
from cast_studio.storage.store import ProjectStore


class Saving(QObject):
    """Hands edits to the thread that writes them, in order, and knows what is not on the disk yet.

    GUI thread; the :class:`StoreWriter` works on a thread of its own until :meth:`close`.

    Signals:
        saved: Revision and moment (UTC datetime) when an edit is on the disk.
        failed: A sentence. What is not saved stays queued, in order.
        backed_up: "" when a backup was made or was not needed, else why it failed.
    """

    saved = Signal(int, object)
    failed = Signal(str)
    backed_up = Signal(str)
    _write_requested = Signal(object)
    _retry_requested = Signal()
    _drain_requested = Signal(object)
    _backup_requested = Signal()

    def __init__(self, store: ProjectStore, parent: QObject | None = None) -> None:
        """Start the writer's thread.

        Args:
            store: Written and closed by that thread from now on.
            parent: Owns this.
        """
        super().__init__(parent)
        self._in_flight = 0
        self._close_report: CloseReport | None = None
        self._writer = StoreWriter(store)
        self._write_requested.connect(self._writer.write)
        self._retry_requested.connect(self._writer.retry)
        self._drain_requested.connect(self._writer.drain)
        self._backup_requested.connect(self._writer.back_up)
        self._writer.saved.connect(self._on_saved)
        self._writer.failed.connect(self.failed)
        self._writer.backed_up.connect(self.backed_up)
        self._thread = WorkerThread(self._writer, name="project writer")
        self._thread.start()

    @property
    def unsaved_count(self) -> int:
        """How many edits were written without ``saved`` having told of them."""
        return self._in_flight

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._close_report is not None

    def write(self, commit: PendingCommit) -> None:
        """Have an edit written behind those before it."""
        self._in_flight += 1
        self._write_requested.emit(commit)

    def retry(self) -> None:
        """Try again to write what could not be written."""
        self._retry_requested.emit()

    def back_up(self) -> None:
        """Have a backup made of what is on the disk then; nothing happens if nothing has changed."""
        self._backup_requested.emit()

    def flush(self, timeout_ms: int) -> bool:
        """Wait until everything is on the disk or could not be written.

        Args:
            timeout_ms: How long the calling thread waits at most.

        Returns:
            Whether everything is on the disk.
        """
        done = Event()
        self._drain_requested.emit(done)
        return done.wait(timeout_ms / 1000) and self._writer.unsaved_count == 0

    def close(self, timeout_ms: int) -> CloseReport:
        """Write what is waiting and end the thread. A second call returns the first report.

        Args:
            timeout_ms: How long the calling thread waits at most.
        """
        if self._close_report is None:
            has_ended = self._thread.stop(timeout_ms)
            self._close_report = CloseReport.of(
                self._writer.unsaved_count, has_ended=has_ended, problem=self._writer.problem
            )
        return self._close_report

    @Slot(int, object)
    def _on_saved(self, revision: int, moment: datetime) -> None:
        self._in_flight -= 1
        self.saved.emit(revision, moment)
