"""Finds what a test leaves behind: threads, active timers, processes, top-level windows."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Set
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from uuid import uuid4

MARK = "CAST_STUDIO_TEST_ID"
"""The environment variable by which child processes are found, detached ones too."""

_GRACE_SECONDS = 30.0
"""Only what really stays costs this time; a busy machine may take a part of it to end a thread."""


@dataclass
class LeakCheck:
    """What was there before; :meth:`wait` tells what is there besides."""

    mark: str = field(default_factory=lambda: uuid4().hex)
    threads: set[threading.Thread] = field(default_factory=lambda: set(threading.enumerate()))
    qt_objects: set[int] = field(default_factory=lambda: set(_running_qt_objects()))
    windows: set[int] = field(default_factory=lambda: set(_windows()))
    processes: set[str] = field(default_factory=lambda: set(_process_ids()))

    def wait(self, *, grace_seconds: float = _GRACE_SECONDS) -> list[str]:
        """Return what was left behind, in words, after giving it a moment to end by itself."""
        left = self._left()
        deadline = time.monotonic() + grace_seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            _process_events()
            left = self._left()
        return left

    def _left(self) -> list[str]:
        left = [
            f"thread {thread.name}"
            for thread in threading.enumerate()
            if thread not in self.threads and not _is_foreign(thread)
        ]
        running = _running_qt_objects()
        left += [text for key, text in running.items() if key not in self.qt_objects]
        left += [text for key, text in _windows().items() if key not in self.windows]
        return left + _processes(self.mark, self.processes)


def _is_foreign(thread: threading.Thread) -> bool:
    """Whether Python only met the thread: QThreadPool keeps its idle threads for a while."""
    return isinstance(thread, threading._DummyThread)


def _running_qt_objects() -> dict[int, str]:
    core = sys.modules.get("PySide6.QtCore")
    shiboken = sys.modules.get("shiboken6")
    if core is None or shiboken is None or core.QCoreApplication.instance() is None:
        return {}
    # Not isinstance: that asks proxies of other libraries for their class, and some mind.
    everything = gc.get_objects()
    watched = (core.QTimer, core.QThread)
    kinds = {kind for kind in set(map(type, everything)) if issubclass(kind, watched)}
    found = {}
    for candidate in compress(everything, map(kinds.__contains__, map(type, everything))):
        kind = type(candidate)
        if issubclass(kind, core.QTimer):
            if shiboken.isValid(candidate) and candidate.isActive():
                found[id(candidate)] = f"active QTimer of {candidate.parent()!r}"
        elif (
            issubclass(kind, core.QThread)
            and shiboken.isValid(candidate)
            and candidate.isRunning()
            and candidate != core.QThread.currentThread()
        ):
            found[id(candidate)] = f"running QThread {candidate.objectName()!r}"
    return found


def _windows() -> dict[int, str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return {}
    return {
        id(window): f"window {type(window).__name__} “{window.windowTitle()}”"
        for window in widgets.QApplication.topLevelWidgets()
        if window.isVisible()
    }


def _process_events() -> None:
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.processEvents()


def _process_ids() -> set[str]:
    try:
        return {found.name for found in Path("/proc").iterdir() if found.name.isdigit()}
    except OSError:  # only Linux has it
        return set()


def _processes(mark: str, before: Set[str]) -> list[str]:
    """Return the living processes that carry a mark in their environment.

    Args:
        mark: Of the test.
        before: Those that were there before it, which need no look.
    """
    found = []
    needle = f"{MARK}={mark}".encode()
    for folder in map(Path("/proc").joinpath, _process_ids() - before):
        try:
            if needle not in (folder / "environ").read_bytes():
                continue
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            # It ended meanwhile, or belongs to somebody else.
            continue
        if state != "Z" and int(folder.name) != os.getpid():
            found.append(f"process {folder.name}: {command[:120]}")
    return found
