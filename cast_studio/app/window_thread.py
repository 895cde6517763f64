"""How the interpreter is set while a window must answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cast_studio.app.garbage import garbage_collected_here

HANDOVER_SECONDS: Final = 0.0005
"""So long a thread holds the interpreter at most while another one waits for it.

The window's thread gives the interpreter away whenever Qt paints or lays out, and has to get it back
from a worker each time, dozens of times for one event. With Python's 5 ms it stood still for a third
of a second while a file was read, with 1 ms for up to a tenth.
"""


@contextmanager
def window_thread() -> Iterator[None]:
    """Let this thread answer quickly while the block runs: it collects garbage, and is given way.

    For the GUI thread, which needs an event loop that runs within the block.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, HANDOVER_SECONDS))
    try:
        with garbage_collected_here():
            yield
    finally:
        sys.setswitchinterval(before)
