"""The videos of the project as an item model, in the order and with the filter of the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from itertools import groupby

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QStringListModel, Qt

from cast_studio.ui.video_entries import Order, VideoEntry, arranged

Index = QModelIndex | QPersistentModelIndex
_MANY_RUNS = 50
"""From so many separate runs of rows that come or go, starting afresh is quicker."""


class VideoListModel(QStringListModel):
    """The lines as an item model.

    Whether lines come, go or move, the others keep their selection. The strings are the names, and
    Qt's own model of strings counts the rows: the view asks twice for each row whenever it lays them
    out, and answers from Python would take most of that time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[VideoEntry, ...] = ()
        self._entries: list[VideoEntry] = []
        self._rows: dict[str, int] = {}
        self._order = Order.NAME
        self._wanted = ""

    @property
    def total(self) -> int:
        """How many videos there are, also those that the filter hides."""
        return len(self._all)

    @property
    def entries(self) -> tuple[VideoEntry, ...]:
        """The lines that are shown, in order."""
        return tuple(self._entries)

    @property
    def order(self) -> Order:
        """How the lines are sorted."""
        return self._order

    def show_entries(self, entries: Sequence[VideoEntry]) -> None:
        """Take over new lines; what stays where it was keeps its selection and place."""
        self._all = tuple(entries)
        self._arrange()

    def sort_by(self, order: Order) -> None:
        """Sort the lines otherwise."""
        self._order = order
        self._arrange()

    def filter(self, wanted: str) -> None:
        """Show the lines only whose name or note has these words."""
        self._wanted = wanted
        self._arrange()

    def entry(self, index: Index) -> VideoEntry:
        """Return the line at a model index."""
        return self._entries[index.row()]

    def row_of(self, video_id: str) -> int | None:
        """Return the row of a video, None if it is not in the list."""
        return self._rows.get(video_id)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a line: choose it. Strings could be edited and dropped on."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: the name, a spoken description, or the whole name as a tip."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return super().data(index, role)
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.spoken}"
        if role == Qt.ItemDataRole.ToolTipRole:
            note = f"\n{entry.note}" if entry.note else ""
            return f"{entry.name}\n{entry.spoken}{note}"
        return None

    def _arrange(self) -> None:
        after = arranged(self._all, self._order, self._wanted)
        gone = _runs(self._entries, {entry.id for entry in after})
        come = _runs(after, self._rows.keys())
        if len(gone) + len(come) > _MANY_RUNS:
            self._hold(after)
            self.setStringList([entry.name for entry in after])
            return
        for first, end in reversed(gone):
            self.removeRows(first, end - first)
            self._hold([*self._entries[:first], *self._entries[end:]])
        staying = [entry for entry in after if entry.id in self._rows]
        if [entry.id for entry in staying] != list(self._rows):
            self._move(staying)
        self._change(staying)
        for first, end in come:
            self._hold([*self._entries[:first], *after[first:end], *self._entries[first:]])
            self.insertRows(first, end - first)
            self._name(first, end)

    def _hold(self, entries: list[VideoEntry]) -> None:
        self._entries, self._rows = entries, {entry.id: row for row, entry in enumerate(entries)}

    def _name(self, first: int, end: int) -> None:
        """Put the names of lines where Qt has its strings, which tells views of it."""
        for row in range(first, end):
            self.setData(self.index(row), self._entries[row].name)

    def _change(self, after: list[VideoEntry]) -> None:
        """Take over what the same lines say now, in the same order."""
        before = self._entries
        self._entries = after
        for row, (old, entry) in enumerate(zip(before, after, strict=True)):
            if old.name != entry.name:
                self._name(row, row + 1)
            elif old != entry:
                self.dataChanged.emit(self.index(row), self.index(row))

    def _move(self, after: list[VideoEntry]) -> None:
        """Put the same lines into another order; who holds an index goes with its line."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        ids = [self._entries[index.row()].id for index in held]
        self._hold(after)
        self.blockSignals(True)  # a view would ask for lines that are between two orders
        self._name(0, len(after))
        self.blockSignals(False)
        self.changePersistentIndexList(held, [self.index(self._rows[id_]) for id_ in ids])
        self.layoutChanged.emit()


def _runs(entries: Iterable[VideoEntry], others: Set[str]) -> list[tuple[int, int]]:
    """Return the runs of rows, first and end, of what is not among others."""
    found = []
    for is_other, run in groupby(enumerate(entries), lambda row: row[1].id in others):
        rows = [row for row, _ in run]
        if not is_other:
            found.append((rows[0], rows[-1] + 1))
    return found
