"""The writer's thread: changes reach the disk in order; none is forgotten when one fails."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Final

from PySide6.QtCore import QTimer, Signal, Slot

from cast_studio.app.threads import Worker, sentence_of
from cast_studio.core.edits import Changes
from cast_studio.errors import StoreError
from cast_studio.storage.store import ProjectStore

log = logging.getLogger(__name__)

_IDLE_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class PendingCommit:
    """One edit on its way to the disk.

    Attributes:
        changes: What the edit changed.
        description: The edit in words, for the project's history.
        annotator: Who made it.
    """

    changes: Changes
    description: str
    annotator: str


@dataclass(frozen=True, slots=True)
class CloseReport:
    """How closing a project went.

    Attributes:
        unsaved_count: Edits that did not reach the disk.
        text: A sentence for the user; "" when everything is saved.
    """

    unsaved_count: int = 0
    text: str = ""

    @classmethod
    def of(cls, unsaved_count: int, *, has_ended: bool, problem: str) -> CloseReport:
        """Put into words how closing went.

        Args:
            unsaved_count: Edits that did not reach the disk.
            has_ended: Whether the writer has ended; if not, it is still trying.
            problem: The sentence of the last failure, or "".
        """
        if unsaved_count == 0:
            return cls()
        edits = "One edit is" if unsaved_count == 1 else f"{unsaved_count} edits are"
        if not has_ended:
            return cls(unsaved_count, f"{edits} still being written; wait a moment.")
        return cls(unsaved_count, f"{edits} not saved. {problem}".strip())


class StoreWriter(Worker):
    """Owns the store of an open project.

    What cannot be saved stays at the head of the queue, in front of everything after it, and is
    tried again with the next edit, by :meth:`retry` and when the project is closed.

    Signals:
        saved: Revision and the moment (UTC) of each transaction that returned.
        failed: A sentence.
    """

    saved = Signal(int, object)
    failed = Signal(str)

    def __init__(self, store: ProjectStore) -> None:
        super().__init__()
        self._store = store
        self._lock = Lock()
        self._pending: deque[PendingCommit] = deque()
        self._has_saved = False
        self._problem = ""
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_MS)
        self._idle.timeout.connect(self._on_idle)

    @property
    def unsaved_count(self) -> int:
        """How many edits are not on the disk. Any thread."""
        with self._lock:
            return len(self._pending)

    @property
    def problem(self) -> str:
        """The sentence of the last failure, until something is saved again. Any thread."""
        return self._problem

    @Slot(object)
    def write(self, commit: PendingCommit) -> None:
        """Save one more edit, after those that are still waiting."""
        with self._lock:
            self._pending.append(commit)
        self.retry()

    @Slot()
    def retry(self) -> None:
        """Save what is waiting, oldest first, up to the first that fails."""
        while self._pending:
            try:
                self._save(self._pending[0])
            except StoreError as error:
                log.warning("saving failed", exc_info=True)
                self._fail(str(error))
                return
            except Exception as error:
                log.exception("saving failed")
                self._fail(sentence_of(error, doing="Saving the project"))
                return
        self._idle.start()

    @Slot(object)
    def drain(self, done: Event) -> None:
        """Save what is waiting and set ``done``."""
        try:
            self.retry()
        finally:
            done.set()

    def release(self) -> None:
        """Save what is waiting, back up what was changed, and close the store."""
        self._idle.stop()
        self.retry()
        self._idle.stop()
        if self._has_saved:
            self.back_up()
        self._store.close()

    @Slot()
    def back_up(self) -> None:
        """Copy the database into the project's backups, unless nothing has changed since the last."""
        try:
            self._store.backup()
        except StoreError:
            # Everything is saved all the same; the next closing makes another one.
            log.warning("no backup was made", exc_info=True)

    def _fail(self, sentence: str) -> None:
        self._problem = sentence
        self.failed.emit(sentence)

    def _save(self, commit: PendingCommit) -> None:
        revision = self._store.commit(
            commit.changes, description=commit.description, annotator=commit.annotator
        )
        with self._lock:
            self._pending.popleft()
        self._has_saved = True
        self._problem = ""
        self.saved.emit(revision, datetime.now(UTC))

    @Slot()
    def _on_idle(self) -> None:
        try:
            self._store.checkpoint()
        except StoreError:
            # Nothing is lost: the next checkpoint, or SQLite itself, will do it.
            log.warning("the write-ahead log could not be folded in", exc_info=True)
