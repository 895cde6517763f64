"""An index of rows by id that costs little to change, however many rows there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Generic, TypeVar

_Row = TypeVar("_Row")

MOST_CHANGES = 256
"""So many changes are kept beside the shared rows before all rows are copied anew."""


class SharedIndex(Generic[_Row]):
    """Rows by id. Immutable: changing it gives another one, which shares what has not changed.

    Copying the index of 100,000 rows takes milliseconds; this copies at most ``MOST_CHANGES`` of
    them nearly always.

    Args:
        rows: By id; taken over, not copied.
    """

    __slots__ = ("_changed", "_count", "_rows")

    def __init__(self, rows: Mapping[str, _Row]) -> None:
        self._rows = rows
        # None stands for a row that is gone.
        self._changed: Mapping[str, _Row | None] = {}
        self._count = len(rows)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, row_id: str) -> bool:
        return self.get(row_id) is not None

    def __getitem__(self, row_id: str) -> _Row:
        found = self.get(row_id)
        if found is None:
            raise KeyError(row_id)
        return found

    def get(self, row_id: str) -> _Row | None:
        """Return the row with an id, or None."""
        changed = self._changed
        return changed[row_id] if row_id in changed else self._rows.get(row_id)

    def ids_among(self, row_ids: Set[str]) -> Set[str]:
        """Return those of the ids that rows have."""
        # Whichever are fewer are looked up among the others: many tracks are asked for many ids.
        if len(self._rows) >= len(row_ids):
            return {row_id for row_id in row_ids if row_id in self}
        found = {row_id for row_id in self._rows if row_id in row_ids}
        for row_id, row in self._changed.items():
            if row is None:
                found.discard(row_id)
            elif row_id in row_ids:
                found.add(row_id)
        return found

    def replacing(self, removed: Iterable[str], added: Mapping[str, _Row]) -> SharedIndex[_Row]:
        """Return the index without some rows and with others.

        Args:
            removed: Ids of rows that it has.
            added: By id; a row that is there already is replaced.

        Raises:
            KeyError: There is no such row to remove.
        """
        changed, count = dict(self._changed), self._count
        for row_id in removed:
            if changed.get(row_id, self._rows.get(row_id)) is None:
                raise KeyError(row_id)
            changed[row_id] = None
            count -= 1
        for row_id, row in added.items():
            count += changed.get(row_id, self._rows.get(row_id)) is None
            changed[row_id] = row
        made: SharedIndex[_Row] = SharedIndex(self._rows)
        made._changed, made._count = changed, count
        return made if len(changed) <= MOST_CHANGES else made._copied()

    def _copied(self) -> SharedIndex[_Row]:
        """Return the same rows, with nothing beside them."""
        rows = dict(self._rows)
        for row_id, row in self._changed.items():
            if row is None:
                rows.pop(row_id, None)
            else:
                rows[row_id] = row
        return SharedIndex(rows)
