"""The classes of one head as the picker lists them: filtered by what is typed, a new one last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from cast_studio.core.labels import LabelHead
from cast_studio.ui import wording
from cast_studio.ui.label_question import NewClass

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One line.

    Attributes:
        text: What is read.
        choice: What it stands for: a class id or a class to be made.
        color: Of the class, empty for a new one.
        probability: What the model thinks, None when it has no opinion.
    """

    text: str
    choice: int | NewClass
    color: str = ""
    probability: float | None = None


def matching_rows(
    head: LabelHead, typed: str, probabilities: Mapping[int, float]
) -> tuple[ClassRow, ...]:
    """Return the lines for what is typed.

    Without text the model's favorites come first. With text come the classes that contain all of
    its words, those first whose name begins with it; and, when no class has just this name, a line
    that makes it.

    Args:
        head: Whose classes.
        typed: As it stands in the field.
        probabilities: Class id to probability.
    """
    typed = " ".join(typed.split())
    words = typed.casefold().replace("-", " ").split()
    found = [
        cls
        for cls in head.active
        if all(word in cls.name.casefold().replace("-", " ") for word in words)
    ]

    def rank(cls_name: str, class_id: int) -> tuple[bool, float]:
        starts = cls_name.casefold().startswith(typed.casefold())
        return not starts, -probabilities.get(class_id, 0.0)

    found.sort(key=lambda cls: rank(cls.name, cls.id))
    rows = [ClassRow(cls.name, cls.id, cls.color, probabilities.get(cls.id)) for cls in found]
    names = {cls.name.casefold() for cls in head.active}
    if typed and typed.casefold() not in names:
        rows.append(ClassRow(f"Add new class “{typed}”", NewClass(typed)))
    return tuple(rows)


class ClassListModel(QAbstractListModel):
    """The lines as an item model."""

    def __init__(self, head: LabelHead, probabilities: Mapping[int, float]) -> None:
        super().__init__()
        self._head = head
        self._probabilities = dict(probabilities)
        self._rows = matching_rows(head, "", self._probabilities)

    def filter(self, typed: str) -> None:
        """Show the lines for what is typed."""
        self.beginResetModel()
        self._rows = matching_rows(self._head, typed, self._probabilities)
        self.endResetModel()

    def row(self, index: Index) -> ClassRow | None:
        """Return the line at a model index, None for an invalid one."""
        return self._rows[index.row()] if index.isValid() else None

    def position_of(self, class_id: int) -> int | None:
        """Return where a class is listed, None if it is filtered out."""
        return next((i for i, row in enumerate(self._rows) if row.choice == class_id), None)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: text and color."""
        row = self.row(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == Qt.ItemDataRole.DecorationRole and row.color:
            return QColor(row.color)
        if role == Qt.ItemDataRole.AccessibleTextRole and row.probability is not None:
            return f"{row.text}, {wording.percent(row.probability)}"
        return None
