"""The classes of one head as a table that can be edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap

from cast_studio.core.edits import ClassKey
from cast_studio.core.labels import LabelClass, LabelHead
from cast_studio.core.schema_impact import Usage
from cast_studio.ui import wording
from cast_studio.ui.actions import native
from cast_studio.ui.fuzzy import score
from cast_studio.ui.language import marked, shown

Index = QModelIndex | QPersistentModelIndex
Field = Literal["name", "shortcut", "category", "description"]
_NO_PARENT = QModelIndex()
HEADERS = (
    marked("Class"),
    marked("Key"),
    marked("Category"),
    marked("Description"),
    marked("Labels"),
)
FIELDS: tuple[Field, ...] = ("name", "shortcut", "category", "description")
_SWATCH = 14


class SchemaTable(QAbstractTableModel):
    """Shows a head; what is typed into a cell is asked for, not done.

    Signals:
        edit_wanted: Class id, name of the :data:`Field` and what was typed.
    """

    edit_wanted = Signal(int, str, str)

    def __init__(self, usage: Mapping[ClassKey, Usage], *, can_edit: bool) -> None:
        super().__init__()
        self._usage = usage
        self._can_edit = can_edit
        self._head = LabelHead("action", ())
        self._keys: Mapping[int, str] = {}
        self._typed = ""
        self._rows: tuple[LabelClass, ...] = ()

    def show_head(self, head: LabelHead, keys: Mapping[int, str], typed: str) -> None:
        """Show other classes.

        Args:
            head: Whose.
            keys: Class id to the key that labels with it.
            typed: Only those that fit it are shown; empty for all.
        """
        self.beginResetModel()
        self._head, self._keys, self._typed = head, keys, typed
        self._rows = tuple(
            one
            for one in head.classes
            if not typed.strip()
            or score(typed, one.name) is not None
            or (one.category and score(typed, one.category) is not None)
        )
        self.endResetModel()

    @property
    def is_filtered(self) -> bool:
        """Whether only some classes are shown."""
        return len(self._rows) != len(self._head.classes)

    def class_at(self, row: int) -> LabelClass | None:
        """Return the class of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, class_id: int) -> int:
        """Return the row of a class, -1 if it is not shown."""
        return next((at for at, one in enumerate(self._rows) if one.id == class_id), -1)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of classes shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(  # noqa: N802  (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return a column's title."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return shown(HEADERS[section]) if 0 <= section < len(HEADERS) else None
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return that cells are chosen and, but for the count, edited."""
        flags = super().flags(index)
        if index.isValid() and self._can_edit and index.column() < len(FIELDS):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for."""
        one = self.class_at(index.row()) if index.isValid() else None
        if one is None:
            return None
        if role == Qt.ItemDataRole.EditRole:
            return self._text(one, index.column(), editing=True)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(one, index.column(), editing=False)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return swatch(one.color)
        if role == Qt.ItemDataRole.FontRole and one.retired:
            font = QFont()
            font.setItalic(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(one)
        return None

    def setData(  # noqa: N802  (Qt's name)
        self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Ask for what was typed; the table is shown anew once it is done."""
        one = self.class_at(index.row()) if index.isValid() else None
        if one is None or role != Qt.ItemDataRole.EditRole or index.column() >= len(FIELDS):
            return False
        if value == self.data(index, role):
            return False
        self.edit_wanted.emit(one.id, FIELDS[index.column()], str(value))
        return True

    def _text(self, one: LabelClass, column: int, *, editing: bool) -> str:
        match column:
            case 0:
                if editing or not one.retired:
                    return one.name
                return self.tr("{name} (retired)").format(name=one.name)
            case 1:
                if editing:
                    return one.shortcut or ""
                return native(self._keys.get(one.id, ""))
            case 2:
                return one.category
            case 3:
                return one.description
            case _:
                usage = self._usage.get((self._head.name, one.id))
                if usage is None:
                    return ""
                videos = wording.counted(usage.videos, "video")
                return self.tr("{n} in {videos}").format(n=f"{usage.segments:,}", videos=videos)

    def _tip(self, one: LabelClass) -> str | None:
        usage = self._usage.get((self._head.name, one.id))
        formerly = self.tr("Formerly {names}").format(names=", ".join(one.former_names))
        parts = [
            one.name,
            one.description,
            formerly if one.former_names else "",
            wording.told(usage.text) if usage is not None else self.tr("No label has it"),
        ]
        return "\n".join(part for part in parts if part)


def swatch(color: str) -> QIcon:
    """Return a small square of a class's color."""
    found = QIcon(_swatch(color, Qt.PenStyle.NoPen))
    # Qt would mix the color with that of the selection, and hide one that is like it.
    found.addPixmap(_swatch(color, Qt.PenStyle.SolidLine), QIcon.Mode.Selected)
    return found


def _swatch(color: str, outline: Qt.PenStyle) -> QPixmap:
    pixmap = QPixmap(_SWATCH * 2, _SWATCH * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(Qt.GlobalColor.black, 1, outline))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(1, 1, _SWATCH - 2, _SWATCH - 2, 3, 3)
    painter.end()
    return pixmap
