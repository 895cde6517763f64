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
from cast_studio.said import say
from cast_studio.storage.store import ProjectStore

log = logging.getLogger(__name__)

_IDLE_MS: Final = 2_000
RETRY_MS: Final = (2_000, 5_000, 15_000, 30_000)
"""How long after a failure saving is tried again by itself; the last one again and again."""
BACKUP_MS: Final = 600_000
"""How often a project that is being edited is backed up, besides when it is closed."""


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
    tried again with the next edit, after a while by itself, by :meth:`retry` and when the project
    is closed. While edits are made, a backup is made every ten minutes.

    Signals:
        saved: Revision and the moment (UTC) of each transaction that returned.
        failed: A sentence; while saving is tried again by itself, only when it is another one.
        backed_up: A backup was made, or was not needed; or the sentence that says why it failed.
    """

    saved = Signal(int, object)
    failed = Signal(str)
    backed_up = Signal(str)

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
        self._failures = 0
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._on_again)
        self._backups = QTimer(self)
        self._backups.setSingleShot(True)
        self._backups.setInterval(BACKUP_MS)
        self._backups.timeout.connect(self.back_up)

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
        self._save_all(is_asked=True)

    def _save_all(self, *, is_asked: bool) -> None:
        self._again.stop()
        while self._pending:
            try:
                self._save(self._pending[0])
            except StoreError as error:
                log.warning("saving failed", exc_info=True)
                self._fail(str(error), is_asked=is_asked)
                return
            except Exception as error:
                log.exception("saving failed")
                self._fail(sentence_of(error, doing=say("Saving the project")), is_asked=is_asked)
                return
        self._failures = 0
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
        for timer in (self._idle, self._again, self._backups):
            timer.stop()
        if self._has_saved:
            self.back_up()
        self._store.close()

    @Slot()
    def back_up(self) -> None:
        """Copy the database into the project's backups, unless nothing has changed since the last."""
        self._backups.stop()
        try:
            self._store.backup()
        except StoreError as error:
            # Everything is saved all the same; the next closing makes another one.
            log.warning("no backup was made", exc_info=True)
            self.backed_up.emit(str(error))
        else:
            self.backed_up.emit("")

    def _fail(self, sentence: str, *, is_asked: bool) -> None:
        is_news = sentence != self._problem
        self._problem = sentence
        self._again.start(RETRY_MS[min(self._failures, len(RETRY_MS) - 1)])
        self._failures += 1
        if is_asked or is_news:
            self.failed.emit(sentence)

    def _save(self, commit: PendingCommit) -> None:
        revision = self._store.commit(
            commit.changes, description=commit.description, annotator=commit.annotator
        )
        with self._lock:
            self._pending.popleft()
        self._has_saved = True
        self._problem = ""
        if not self._backups.isActive():
            self._backups.start()
        self.saved.emit(revision, datetime.now(UTC))

    @Slot()
    def _on_again(self) -> None:
        self._save_all(is_asked=False)

    @Slot()
    def _on_idle(self) -> None:
        try:
            self._store.checkpoint()
        except StoreError:
            # Nothing is lost: the next checkpoint, or SQLite itself, will do it.
            log.warning("the write-ahead log could not be folded in", exc_info=True)
