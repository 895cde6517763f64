"""The videos of the project as an item model, in the order and with the filter of the user."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from cast_studio.ui.video_entries import Order, VideoEntry, arranged

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


class VideoListModel(QAbstractListModel):
    """The lines as an item model."""

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

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: the name, a spoken description, or the whole name as a tip."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.spoken}"
        if role == Qt.ItemDataRole.ToolTipRole:
            note = f"\n{entry.note}" if entry.note else ""
            return f"{entry.name}\n{entry.spoken}{note}"
        return None

    def _arrange(self) -> None:
        before, after = self._entries, arranged(self._all, self._order, self._wanted)
        rows = {entry.id: row for row, entry in enumerate(after)}
        if rows == self._rows:
            self._entries = after
            for row, (old, entry) in enumerate(zip(before, after, strict=True)):
                if old != entry:
                    self.dataChanged.emit(self.index(row), self.index(row))
        elif rows.keys() == self._rows.keys():
            self._move(after, rows)
        else:
            self.beginResetModel()
            self._entries, self._rows = after, rows
            self.endResetModel()

    def _move(self, after: list[VideoEntry], rows: dict[str, int]) -> None:
        """Put the same lines into another order; who holds an index goes with its line."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        ids = [self._entries[index.row()].id for index in held]
        self._entries, self._rows = after, rows
        self.changePersistentIndexList(held, [self.index(rows[video_id]) for video_id in ids])
        self.layoutChanged.emit()
