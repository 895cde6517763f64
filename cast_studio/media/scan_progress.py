"""How far the scan of a long video is, and stopping it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from cast_studio.errors import MediaError
from cast_studio.said import say

OnProgress = Callable[[float], bool]
"""Is called with the share that is done, from 0 to 1; returns whether to go on."""

_FIRST_AFTER_SECONDS = 0.3
_SECONDS_BETWEEN = 0.1


class ScanCanceledError(MediaError):
    """A video was not opened because the user did not want to wait for it."""


class ScanProgress:
    """Tells of a scan that takes longer than a moment. Use from the thread that scans.

    Args:
        path: The video.
        size_bytes: Size of its file.
        tell: Is called a few times a second.
    """

    def __init__(self, path: Path, size_bytes: int, tell: OnProgress) -> None:
        self._path = path
        self._size = max(size_bytes, 1)
        self._tell = tell
        self._next = time.monotonic() + _FIRST_AFTER_SECONDS
        self._start, self._end = 0.0, 1.0
        self._told = 0.0

    def begin_pass(self, start: float, end: float) -> None:
        """Say which share of the whole work the next pass over the file makes up."""
        self._start, self._end = start, end

    def reach(self, position: int | None) -> None:
        """Say up to which byte the file was read, None where the format does not tell.

        Raises:
            ScanCanceledError: The user wants no more of it.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SECONDS_BETWEEN
        share = min(max((position or 0) / self._size, 0.0), 1.0)
        # Packets may lie a little out of order.
        self._told = max(self._told, self._start + share * (self._end - self._start))
        if not self._tell(self._told):
            raise ScanCanceledError(
                say("“{file}” was not opened: it was canceled.", file=self._path.name)
            )
