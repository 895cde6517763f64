"""Videos that are opened while there is no project yet: which of them it is named after."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cast_studio.core.project import VideoRef
from cast_studio.core.timing import FrameIndex

Scanned = tuple[VideoRef, FrameIndex]


class WaitingVideos:
    """Keeps what was scanned until the project is there that it belongs to.

    A project is named after the first video, in the user's order, that can be opened. Which scan
    ends first must not matter: opening the same videos again has to find the same project.
    """

    def __init__(self) -> None:
        self._expected: dict[Path, Scanned | None] = {}

    def expect(self, paths: Iterable[Path]) -> None:
        """Wait for the scans of these files too."""
        for path in paths:
            self._expected.setdefault(path.absolute())

    def keep(self, video: VideoRef, index: FrameIndex) -> None:
        """Keep what a scan found; ignored when nobody waits for it any more."""
        path = Path(video.path)
        if path in self._expected:
            self._expected[path] = (video, index)

    def give_up(self, path: Path) -> None:
        """Wait no longer for a file: it cannot be opened."""
        self._expected.pop(path.absolute(), None)

    def give_up_missing(self) -> None:
        """Wait no longer for any file that was not scanned."""
        self._expected = {path: found for path, found in self._expected.items() if found}

    @property
    def namesake(self) -> Path | None:
        """The video that the project is named after; None as long as that is open."""
        path, found = next(iter(self._expected.items()), (None, None))
        return path if found is not None else None

    def take(self) -> tuple[Scanned, ...]:
        """Return what was kept, in the user's order, and wait for nothing any more."""
        kept = tuple(found for found in self._expected.values() if found is not None)
        self._expected.clear()
        return kept
