"""Giving memory that nobody uses any more back to the system."""

from __future__ import annotations

import ctypes
import sys


def give_back_free_memory() -> None:
    """Give back what was freed and the C library still has. Any thread; other threads go on meanwhile.

    glibc keeps what threads have freed, once it has seen large pieces come and go: the tables that a
    scan needed for a moment, or all frames of a video that was closed. Elsewhere nothing is to be done. It
    takes milliseconds: for threads that nobody waits for, after something large.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(ctypes.c_size_t(0))
