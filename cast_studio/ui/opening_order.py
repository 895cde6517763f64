"""Which of several videos that are opened together is shown: the first in the user's order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class OpeningOrder:
    """Remembers in which order the user named files; scans may end in any order.

    Files that are named later, while others are still being scanned, come before all of those.
    """

    def __init__(self) -> None:
        self._ranks: dict[Path, tuple[int, int]] = {}
        self._shown: tuple[int, int] | None = None
        self._calls = 0

    def expect(self, paths: Iterable[Path]) -> None:
        """Note that these are opened now."""
        self._calls += 1
        for position, path in enumerate(paths):
            self._ranks[path.absolute()] = (-self._calls, position)

    def is_next_shown(self, path: Path) -> bool:
        """Return whether an opened file comes before all that were opened, and note that it is."""
        rank = self._ranks.get(path.absolute(), (0, 0))
        if self._shown is not None and self._shown < rank:
            return False
        self._shown = rank
        return True

    def forget(self) -> None:
        """Begin anew: nothing is being opened any more."""
        self._ranks.clear()
        self._shown = None
