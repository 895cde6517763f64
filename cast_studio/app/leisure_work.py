"""Work that nobody waits for: on a thread of its own, what was wished for last, part by part."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.latest import LatestSlot
from cast_studio.app.leisure import Leisure
from cast_studio.app.threads import STOP_TIMEOUT_MS, Worker, WorkerThread
from cast_studio.errors import MediaError

log = logging.getLogger(__name__)

Wish = TypeVar("Wish")
Parts = Generator[None, None, None]
"""Work that yields wherever what comes next has to wait until there is time."""


class LeisureWorker(Worker, Generic[Wish]):
    """Base of what works while there is time, and on nothing that is not wished for any more.

    Attributes:
        wished: What comes next.
        leisure: When there is time.
        subject: What is worked on, for the log.
    """

    def __init__(self, leisure: Leisure) -> None:
        super().__init__()
        self.wished: LatestSlot[Wish] = LatestSlot()
        self.leisure = leisure
        self.subject = ""
        self._parts: Parts = (None for _ in ())

    def parts_of(self, wish: Wish) -> Parts:
        """Do what is wished for; closed in the midst when something else is."""
        raise NotImplementedError

    @Slot()
    def serve(self) -> None:
        """Work until all is done, or there is no time for it.

        Not to be overridden: PySide would then call it on the thread of the signal.
        """
        try:
            while not self.wished.is_closed:
                wish = self.wished.take()
                if wish is not None:
                    self._parts.close()
                    self._parts = self.parts_of(wish)
                elif not self.leisure.is_now():
                    return
                for _ in self._parts:
                    break
                else:
                    return
        except Exception as error:
            # What nobody waits for is no reason to disturb anybody.
            level = logging.INFO if isinstance(error, MediaError) else logging.ERROR
            log.log(level, "no %s", self.subject, exc_info=True)
            self.release()

    def may_go_on(self) -> bool:
        """Return whether a part may be brought to its end."""
        return not self.wished.is_closed and self.leisure.is_now()

    def release(self) -> None:
        """Leave what is not done."""
        self._parts.close()


class LeisureService(QObject, Generic[Wish]):
    """Base of what has a worker on another thread, which it wakes for a wish and when there is time."""

    _serve = Signal()

    def __init__(self, worker: LeisureWorker[Wish], name: str, parent: QObject | None) -> None:
        super().__init__(parent)
        self._wished = worker.wished
        self._serve.connect(worker.serve)
        worker.leisure.began.connect(worker.serve)
        self._thread = WorkerThread(worker, name=name)
        self._thread.start()

    def _have_done(self, wish: Wish) -> None:
        """Have this done instead of what was wished for before."""
        if self._wished.put(wish):
            self._serve.emit()

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Have nothing done any more and end the thread; return whether it ended in time."""
        self._wished.close()
        return self._thread.stop(timeout_ms)
