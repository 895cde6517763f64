"""Which bars are selected after a click or a rubber band. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from cast_studio.ui.timeline.rows import Row

How = Literal["only", "toggle", "extend"]
"""A plain click, one with Ctrl, one with Shift."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selected labels.

    Attributes:
        primary: The one that panels show and that Shift extends from; empty without any.
        keys: All of them, the primary one too.
    """

    primary: str = ""
    keys: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, keys: frozenset[str], primary: str = "") -> Chosen:
        """Return a selection of keys, led by ``primary`` if it is among them."""
        if primary in keys:
            return cls(primary, keys)
        return cls(min(keys, default=""), keys)

    def clicked(self, key: str, how: How, rows: Sequence[Row]) -> Chosen:
        """Return the selection after a click on a bar.

        Args:
            key: Of the bar.
            how: Whether it was a plain click.
            rows: Of the lanes, to find what lies between two bars.
        """
        if how == "toggle":
            if key in self.keys:
                return Chosen.of(self.keys - {key}, self.primary)
            return Chosen(key, self.keys | {key})
        if how == "extend":
            row = next((row for row in rows if row.bar(key) and row.bar(self.primary)), None)
            if row is not None:
                first, last = row.position_of(self.primary), row.position_of(key)
                if first is not None and last is not None:
                    run = row.bars[min(first, last) : max(first, last) + 1]
                    return Chosen(self.primary, self.keys | {bar.key for bar in run})
            return Chosen(self.primary or key, self.keys | {key})
        return Chosen(key, frozenset((key,)))

    def banded(self, found: frozenset[str], *, adds: bool) -> Chosen:
        """Return the selection after a rubber band was drawn around bars.

        Args:
            found: Keys of the bars inside.
            adds: Whether what was selected before stays so.
        """
        return Chosen.of(found | self.keys if adds else found, self.primary)
