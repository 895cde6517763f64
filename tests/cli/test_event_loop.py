"""Waiting for signals: it ends, it fails, it hears Ctrl+C, and it leaves no trace."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from PySide6.QtCore import QObject, QTimer, Signal

from cast_studio.cli.event_loop import EventLoop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends itself POSIX signals")


class Bell(QObject):
    rung = Signal(int, str)


@pytest.fixture
def loop(qapp: object) -> EventLoop:
    return EventLoop()


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_any_signal_can_end_it(loop: EventLoop) -> None:
    bell = Bell()
    bell.rung.connect(loop.end)
    QTimer.singleShot(0, lambda: bell.rung.emit(1, "now"))

    loop.run()


def test_an_end_before_it_runs_counts_once(loop: EventLoop) -> None:
    loop.end()
    loop.run()

    ended_later: list[str] = []
    QTimer.singleShot(0, lambda: (ended_later.append("yes"), loop.end()))
    loop.run()
    assert ended_later == ["yes"]


def test_an_exception_in_a_slot_comes_out(loop: EventLoop) -> None:
    def fail() -> None:
        raise ValueError("in a slot")

    QTimer.singleShot(0, fail)

    with pytest.raises(ValueError, match="in a slot"):
        loop.run()


def test_ctrl_c_ends_it(loop: EventLoop) -> None:
    QTimer.singleShot(0, press_ctrl_c)

    with pytest.raises(KeyboardInterrupt):
        loop.run()


def test_ctrl_c_can_be_asked_to_wait(loop: EventLoop) -> None:
    asked: list[int] = []

    def on_interrupt() -> bool:
        asked.append(len(asked))
        QTimer.singleShot(0, press_ctrl_c if len(asked) == 1 else loop.end)
        return True

    QTimer.singleShot(0, press_ctrl_c)
    loop.run(on_interrupt=on_interrupt)

    assert asked == [0, 1]


def test_hooks_are_as_before(loop: EventLoop) -> None:
    before = (sys.excepthook, signal.getsignal(signal.SIGINT))
    loop.end()
    loop.run()

    assert (sys.excepthook, signal.getsignal(signal.SIGINT)) == before
