"""Workers and background calls: where they run, how they end, what is told when they fail."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QThreadPool, Signal, Slot
from pytestqt.qtbot import QtBot

from cast_studio.app.threads import (
    Worker,
    WorkerThread,
    has_unfinished_threads,
    run_in_background,
    sentence_of,
)
from cast_studio.errors import ExportError
from tests.app.conftest import WAIT_MS


class Asker(QObject):
    ask = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[tuple[int, bool]] = []

    @Slot(int, object)
    def on_answer(self, value: int, thread: int) -> None:
        self.answers.append((value, thread == threading.get_ident()))


class Doubler(Worker):
    answered = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.released_on: list[int] = []

    @Slot(int)
    def on_ask(self, value: int) -> None:
        self.answered.emit(2 * value, threading.get_ident())

    def release(self) -> None:
        self.released_on.append(threading.get_ident())


def test_a_worker_runs_on_its_thread_and_answers_on_the_askers(qtbot: QtBot) -> None:
    asker, worker = Asker(), Doubler()
    asker.ask.connect(worker.on_ask)
    worker.answered.connect(asker.on_answer)
    thread = WorkerThread(worker, name="doubler")
    thread.start()
    asker.ask.emit(4)
    qtbot.waitUntil(lambda: bool(asker.answers), timeout=WAIT_MS)
    assert asker.answers == [(8, False)]
    assert thread.is_running
    assert thread.stop(WAIT_MS)
    assert not thread.is_running


def test_what_was_asked_before_the_end_is_still_done(qtbot: QtBot) -> None:
    asker, worker = Asker(), Doubler()
    asker.ask.connect(worker.on_ask)
    worker.answered.connect(asker.on_answer)
    thread = WorkerThread(worker, name="doubler")
    thread.start()
    for value in range(20):
        asker.ask.emit(value)
    assert thread.stop(WAIT_MS)
    qtbot.waitUntil(lambda: len(asker.answers) == 20, timeout=WAIT_MS)


def test_a_worker_releases_what_it_owns_on_its_own_thread(qapp: object) -> None:
    worker = Doubler()
    thread = WorkerThread(worker, name="doubler")
    thread.start()
    assert thread.stop(WAIT_MS)
    assert len(worker.released_on) == 1
    assert worker.released_on[0] != threading.get_ident()
    assert thread.stop(WAIT_MS)


def test_a_thread_that_was_never_started_stops_at_once(qapp: object) -> None:
    assert WorkerThread(Doubler(), name="doubler").stop(WAIT_MS)


def test_a_call_runs_on_the_pool_and_comes_back(qtbot: QtBot) -> None:
    call = run_in_background(threading.get_ident, doing="Asking")
    with qtbot.waitSignal(call.succeeded, timeout=WAIT_MS) as done:
        pass
    assert done.args is not None
    assert done.args[0] != threading.get_ident()


def test_a_call_comes_back_even_when_nobody_keeps_it(qtbot: QtBot) -> None:
    asker = Asker()
    results: list[object] = []

    class Receiver(QObject):
        @Slot(object)
        def on_done(self, value: object) -> None:
            results.append(value)

    receiver = Receiver()
    for value in range(30):
        run_in_background(lambda value=value: value, doing="Counting", on_success=receiver.on_done)
    qtbot.waitUntil(lambda: len(results) == 30, timeout=WAIT_MS)
    assert sorted(results) == list(range(30))  # type: ignore[type-var]
    assert asker.answers == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ExportError("The disk is full; free some space."), "The disk is full; free some space."),
        (
            ValueError("seven"),
            "Exporting failed: seven. The log file has the details.",
        ),
        (ValueError(), "Exporting failed: ValueError. The log file has the details."),
    ],
)
def test_a_call_that_fails_tells_a_sentence(
    qtbot: QtBot, error: Exception, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise error

    call = run_in_background(fail, doing="Exporting", pool=QThreadPool.globalInstance())
    with qtbot.waitSignal(call.failed, timeout=WAIT_MS) as failed:
        pass
    assert failed.args == [sentence]


def test_unforeseen_errors_are_logged_with_their_traceback(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    call = run_in_background(lambda: 1 / 0, doing="Dividing")
    with qtbot.waitSignal(call.failed, timeout=WAIT_MS):
        pass
    assert "ZeroDivisionError" in caplog.text


def test_an_error_for_the_user_is_its_own_sentence() -> None:
    assert sentence_of(ExportError("Choose another name."), doing="X") == "Choose another name."


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True cannot be destroyed there")
def test_emitting_a_signal_keeps_the_references_of_true(qapp: object) -> None:
    """PySide6 6.12.0 drops one with every emission; when none is left, Python 3.11 aborts."""
    asker = Asker()
    before = sys.getrefcount(True)
    for value in range(1_000):
        asker.ask.emit(value)
    assert sys.getrefcount(True) > before - 500


@pytest.mark.parametrize("work", ["None", "1 / 0"])
def test_a_call_that_outlives_the_application_ends_quietly(work: str) -> None:
    script = f"""
import threading
import shiboken6
from PySide6.QtCore import QCoreApplication
from cast_studio.app.threads import run_in_background

gone = threading.Event()
application = QCoreApplication([])

def outlive():
    gone.wait()
    return {work}

call = run_in_background(outlive, doing="Waiting")
shiboken6.delete(call)  # as the end of the application does
gone.set()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0
    assert "Signal source" not in done.stderr


def test_a_call_that_has_ended_is_not_at_work_even_if_nobody_hears_of_it(qapp: object) -> None:
    pool = QThreadPool()
    goes_on = threading.Event()
    assert not has_unfinished_threads()
    run_in_background(goes_on.wait, doing="Waiting", pool=pool)
    assert has_unfinished_threads()
    goes_on.set()
    pool.waitForDone()  # and no event loop runs that could tell
    assert not has_unfinished_threads()
    QCoreApplication.processEvents()
