"""When and where Python's cyclic garbage is collected in a program with Qt and worker threads.

Python collects on whatever thread happens to allocate next. What it finds may be objects of Qt, which
are then destroyed on a thread that they do not live on, while the GUI thread makes others: the two can
wait for each other for ever. Here all of it is done on one thread, between two events.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from PySide6.QtCore import QTimer

_EVERY_MS: Final = 1000


class _Switch:
    """Python's own collecting, off while anybody wants it off. Any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wishes = 0
        self._was_enabled = True

    @contextmanager
    def off(self) -> Iterator[None]:
        with self._lock:
            if self._wishes == 0:
                self._was_enabled = gc.isenabled()
                gc.disable()
            self._wishes += 1
        try:
            yield
        finally:
            with self._lock:
                self._wishes -= 1
                if self._wishes == 0 and self._was_enabled:
                    gc.enable()


_automatic = _Switch()
_imports: set[object] = set()


@contextmanager
def garbage_collected_here() -> Iterator[None]:
    """Collect garbage on this thread alone while the block runs. For the GUI thread.

    The thread needs an event loop that runs within the block.
    """
    timer = QTimer()
    timer.setInterval(_EVERY_MS)
    timer.timeout.connect(collect_what_is_due)
    with _automatic.off():
        timer.start()
        try:
            yield
        finally:
            timer.stop()


def collect_what_is_due() -> None:
    """Collect the oldest generation of which Python itself would have thought it time. GUI thread."""
    if _imports:
        return
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation]:
            gc.collect(generation)
            return


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Keep garbage from being collected, and what is there at the end from ever being looked at.

    An import of a package as large as torch makes so many objects that the collector would look
    through all of them several times, 50 to 100 ms each, and again for 300 ms whenever somebody
    collects later; none of them is garbage. What exists when the block ends, whoever made it, is freed
    only by its count of references from then on, as :func:`gc.freeze` has it; so this is for once in
    the life of a process. Any thread; it holds for all threads.
    """
    this_import = object()
    with _automatic.off():
        _imports.add(this_import)
        try:
            yield
        finally:
            gc.freeze()
            _imports.discard(this_import)
