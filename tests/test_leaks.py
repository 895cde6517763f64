"""The guard that fails tests which leave something running can itself fail."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget

from tests.leaks import MARK, LeakCheck


def test_nothing_left_is_nothing_found(qapp: object) -> None:
    assert LeakCheck().wait() == []


def test_a_thread_is_found() -> None:
    check = LeakCheck()
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait, name="forgotten")
    thread.start()
    try:
        assert check.wait(grace_seconds=0) == ["thread forgotten"]
    finally:
        leave.set()
        thread.join()
    assert check.wait() == []


def test_an_active_timer_is_found(qapp: object) -> None:
    check = LeakCheck()
    timer = QTimer()
    timer.start(10_000)
    assert len(check.wait(grace_seconds=0)) == 1
    timer.stop()
    assert check.wait() == []


def test_a_running_qthread_is_found(qapp: object) -> None:
    check = LeakCheck()
    thread = QThread()
    thread.setObjectName("forgotten")
    thread.start()
    assert check.wait(grace_seconds=0) == ["running QThread 'forgotten'"]
    thread.quit()
    thread.wait()
    assert check.wait() == []


def test_a_visible_window_is_found(qapp: object) -> None:
    check = LeakCheck()
    window = QWidget()
    window.setWindowTitle("forgotten")
    window.show()
    assert check.wait(grace_seconds=0) == ["window QWidget “forgotten”"]
    window.close()
    assert check.wait() == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_process_is_found_also_when_it_is_no_child_of_ours() -> None:
    check = LeakCheck()
    environment = {**os.environ, MARK: check.mark}
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=environment
    )
    try:
        found = check.wait(grace_seconds=0)
        assert len(found) == 1
        assert str(child.pid) in found[0]
    finally:
        child.communicate(b"\n")
    assert check.wait() == []
