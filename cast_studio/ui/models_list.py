"""The list of models and experts: what is there, then what could be, each group under its title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from cast_studio.app.library_items import LibraryItem
from cast_studio.app.library_service import Shelf
from cast_studio.app.library_words import gist, source_gist
from cast_studio.model.weights.sources import ExpertSource
from cast_studio.ui import tokens
from cast_studio.ui.language import translate
from cast_studio.ui.row_ground import paint_row_ground
from cast_studio.ui.theme import colors_of, scaled, sized, with_tabular_figures

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()
_ROW_HEIGHT = 46
_TITLE_HEIGHT = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list.

    Attributes:
        name: What is read first; of a group, its title.
        detail: Below it; "" for a group.
        what: What it stands for; None for a group.
    """

    name: str
    detail: str = ""
    what: LibraryItem | ExpertSource | None = None


def entries_of(shelf: Shelf) -> tuple[Entry, ...]:
    """Return the lines for a shelf."""
    groups: list[tuple[str, list[Entry]]] = [
        (
            translate("ModelsList", "Models"),
            [_entry(item) for item in shelf.items if item.kind != "expert"],
        ),
        (
            translate("ModelsList", "Experts"),
            [_entry(item) for item in shelf.items if item.kind == "expert"],
        ),
        (
            translate("ModelsList", "Experts to fetch"),
            [Entry(source.title, source_gist(source), source) for source in shelf.sources],
        ),
    ]
    found: list[Entry] = []
    for title, entries in groups:
        if entries:
            found += [Entry(title), *entries]
    return tuple(found)


def _entry(item: LibraryItem) -> Entry:
    return Entry(item.name, gist(item), item)


class ModelsListModel(QAbstractListModel):
    """The lines as an item model."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[Entry, ...] = ()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Take over new lines."""
        self.beginResetModel()
        self._entries = tuple(entries)
        self.endResetModel()

    def entry(self, index: Index) -> Entry:
        """Return the line at a model index."""
        return self._entries[index.row()]

    def row_named(self, name: str) -> int | None:
        """Return the row of something by its name, the first choosable one where it is gone."""
        rows = [row for row, entry in enumerate(self._entries) if entry.what is not None]
        named = (row for row in rows if _name(self._entries[row]) == name)
        return next(named, rows[0] if rows else None)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let titles be passed over."""
        if index.isValid() and self._entries[index.row()].what is None:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: the name, a spoken description, or both as a tip."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.detail}" if entry.detail else entry.name
        if role == Qt.ItemDataRole.ToolTipRole and entry.detail:
            return f"{entry.name}\n{entry.detail}"
        return None


def _name(entry: Entry) -> str:
    return entry.what.name if entry.what is not None else ""


class ModelsDelegate(QStyledItemDelegate):
    """Paints a line: its name and what it is, or the title of a group."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Return the height of a line."""
        is_title = not index.flags() & Qt.ItemFlag.ItemIsSelectable
        return QSize(200, scaled(_TITLE_HEIGHT if is_title else _ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        model, view = index.model(), option.widget
        if not isinstance(model, ModelsListModel):
            return
        colors, entry = colors_of(view), model.entry(index)
        area = QRectF(option.rect).adjusted(tokens.SPACE_XS, 1, -tokens.SPACE_XS, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.what is None:
            painter.setFont(sized(option.font, tokens.TEXT_SMALL, bold=True))
            painter.setPen(QColor(colors.muted))
            place = area.adjusted(tokens.SPACE_S, 0, 0, -tokens.SPACE_XS)
            painter.drawText(place, Qt.AlignmentFlag.AlignBottom, entry.name)
            painter.restore()
            return
        paint_row_ground(painter, option, area)
        inner = area.adjusted(tokens.SPACE_S, tokens.SPACE_XS, -tokens.SPACE_S, -tokens.SPACE_XS)
        fonts = (sized(option.font, tokens.TEXT_BODY), sized(option.font, tokens.TEXT_SMALL))
        lines = ((entry.name, colors.text), (entry.detail, colors.muted))
        half = inner.height() / 2
        for number, ((text, ink), font) in enumerate(zip(lines, fonts, strict=True)):
            painter.setFont(with_tabular_figures(font))
            painter.setPen(QColor(ink))
            place = QRectF(inner.left(), inner.top() + number * half, inner.width(), half)
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideMiddle, int(inner.width())
            )
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()
