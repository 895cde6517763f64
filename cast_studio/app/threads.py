"""The two ways off the GUI thread: a long-lived worker per resource, and one call on the pool."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QRunnable, QThread, QThreadPool, Signal, SignalInstance, Slot
from shiboken6 import isValid

from cast_studio.errors import CastStudioError
from cast_studio.said import say

log = logging.getLogger(__name__)

STOP_TIMEOUT_MS: Final = 5_000

# A QThread that is destroyed while it runs ends the program, and a Python object that nothing
# refers to is destroyed. What is still at work is therefore kept here.
_unfinished_threads: set[WorkerThread] = set()
_running_calls: set[BackgroundCall] = set()


def has_unfinished_threads() -> bool:
    """Return whether a worker goes on that was asked to end, or a call on the pool.

    A process that ends the usual way would destroy the worker's thread, and Qt would abort the process;
    and it would wait for the pool, invisibly, as long as a download waits for its server.
    """
    # A call stays in the set until its end was heard, which is never where nobody listens any more.
    at_work = any(call.is_at_work for call in _running_calls)
    return at_work or any(thread.is_running for thread in _unfinished_threads)


def sentence_of(error: BaseException, *, doing: str) -> str:
    """Return what the user is told about an error that a worker caught.

    Args:
        error: A :class:`CastStudioError` speaks for itself; everything else is named beside what
            was being done.
        doing: What failed, as the subject of a sentence: ``"Reading the video"``.
    """
    if isinstance(error, CastStudioError):
        return str(error)
    detail = str(error) or type(error).__name__
    return say(
        "{doing} failed: {detail}. The log file has the details.", doing=doing, detail=detail
    )


class Worker(QObject):
    """Base of the objects that live on a :class:`WorkerThread`.

    Its slots run on that thread when they are connected as bound, decorated methods; the
    constructor runs on the thread that made it.
    """

    def release(self) -> None:
        """Give back what the worker owns. Called last, on the worker's thread."""

    @Slot()
    def finish(self) -> None:
        """Release what is owned and end the thread that this runs on."""
        try:
            self.release()
        finally:
            QThread.currentThread().quit()


class WorkerThread(QObject):
    """One thread with an event loop and the one worker that lives on it.

    Shutdown is cooperative: the worker finishes what it is doing, releases what it owns and quits
    its own event loop. The thread is never terminated.
    """

    _finish_requested = Signal()

    def __init__(self, worker: Worker, *, name: str) -> None:
        """Move ``worker`` to a new thread; :meth:`start` runs it.

        Args:
            worker: Has no parent.
            name: For the log and for debuggers.
        """
        super().__init__()
        self._worker = worker
        self._thread = QThread()
        self._thread.setObjectName(name)
        worker.moveToThread(self._thread)
        self._finish_requested.connect(worker.finish)

    @property
    def is_running(self) -> bool:
        """Whether the thread was started and has not ended."""
        return self._thread.isRunning()

    def start(self) -> None:
        """Start the event loop of the worker."""
        _unfinished_threads.add(self)
        self._thread.start()

    def stop(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Ask the worker to finish and wait for its thread to end.

        Args:
            timeout_ms: How long the calling thread waits at most.

        Returns:
            Whether the thread has ended. If not, it ends by itself when the worker is done.
        """
        if self._thread.isRunning():
            self._finish_requested.emit()
            if not self._thread.wait(timeout_ms):
                log.warning("thread %s is still at work", self._thread.objectName())
                return False
        _unfinished_threads.discard(self)
        return True


class _Runnable(QRunnable):
    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        # Python's own reference owns it: a pool that deletes what it ran would leave a call that is
        # taken back with a pointer to nothing.
        self.setAutoDelete(False)
        self._work = work

    def run(self) -> None:
        self._work()


class BackgroundCall(QObject):
    """One call on a thread pool, with exactly one of two ends. Lives on the thread that started it.

    Signals:
        succeeded: With what the call returned.
        failed: With a sentence for the user.
    """

    succeeded = Signal(object)
    failed = Signal(str)
    _returned = Signal(object)
    _raised = Signal(str)

    def __init__(self, work: Callable[[], object], *, doing: str) -> None:
        super().__init__()
        self._work = work
        self._doing = doing
        self._is_at_work = False
        self._waiting: tuple[QThreadPool, _Runnable] | None = None
        self._returned.connect(self._on_returned)
        self._raised.connect(self._on_raised)

    @property
    def is_at_work(self) -> bool:
        """Whether the work has begun, or waits for its turn, and has not ended."""
        return self._is_at_work

    def start(self, pool: QThreadPool) -> None:
        """Run the call on ``pool``."""
        runnable = _Runnable(self._run)
        self._is_at_work = True
        self._waiting = pool, runnable
        _running_calls.add(self)
        pool.start(runnable)

    def take_back(self, pool: QThreadPool) -> None:
        """Withdraw the call if it waits for its turn on ``pool``; it then has no end."""
        if (
            self._waiting is not None
            and self._waiting[0] is pool
            and pool.tryTake(self._waiting[1])
        ):
            self._is_at_work = False
            _running_calls.discard(self)

    def _run(self) -> None:
        try:
            value = self._call_work()
        except CastStudioError as error:
            log.info("%s failed", self._doing, exc_info=True)
            self._come_back(self._raised, str(error))
        except Exception as error:
            log.exception("%s failed", self._doing)
            self._come_back(self._raised, sentence_of(error, doing=self._doing))
        else:
            self._come_back(self._returned, value)

    def _call_work(self) -> object:
        try:
            return self._work()
        finally:
            self._is_at_work = False

    def _come_back(self, end: SignalInstance, value: object) -> None:
        if isValid(self):
            end.emit(value)
        else:
            log.info("%s ended after the program", self._doing)

    @Slot(object)
    def _on_returned(self, value: object) -> None:
        _running_calls.discard(self)
        self.succeeded.emit(value)

    @Slot(str)
    def _on_raised(self, sentence: str) -> None:
        _running_calls.discard(self)
        self.failed.emit(sentence)


def take_back_waiting(pool: QThreadPool) -> None:
    """Withdraw all calls that wait for their turn on ``pool``; what runs goes on.

    Instead of the pool's own ``clear()``, of which the calls would not hear: they would count as at work
    for ever.
    """
    for call in tuple(_running_calls):
        call.take_back(pool)


def run_in_background(
    work: Callable[[], object],
    *,
    doing: str,
    on_success: Callable[..., object] | SignalInstance | None = None,
    on_failure: Callable[..., object] | SignalInstance | None = None,
    pool: QThreadPool | None = None,
) -> BackgroundCall:
    """Run ``work`` on a thread pool and come back to the calling thread, which needs an event loop.

    Args:
        work: Touches nothing that another thread changes.
        doing: What the log and an unforeseen error call it: ``"Exporting"``.
        on_success: Called with what ``work`` returned, on the calling thread.
        on_failure: Called with a sentence for the user, on the calling thread.
        pool: The program's own by default.

    Returns:
        The call; both of its ends are signals.
    """
    call = BackgroundCall(work, doing=doing)
    if on_success is not None:
        call.succeeded.connect(on_success)
    if on_failure is not None:
        call.failed.connect(on_failure)
    call.start(pool if pool is not None else QThreadPool.globalInstance())
    return call
