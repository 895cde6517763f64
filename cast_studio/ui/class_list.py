"""The classes of one head as the picker lists them: filtered by what is typed, a new one last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from cast_studio.core.labels import LabelHead
from cast_studio.ui import wording
from cast_studio.ui.class_ranking import ranked
from cast_studio.ui.label_habits import LabelHabits
from cast_studio.ui.label_question import NewClass
from cast_studio.ui.language import translate

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
        category: Of the class; may be empty.
        key: That labels with it; empty for none.
        description: Of the class; may be empty.
    """

    text: str
    choice: int | NewClass
    color: str = ""
    probability: float | None = None
    category: str = ""
    key: str = ""
    description: str = ""


def matching_rows(
    head: LabelHead,
    typed: str,
    probabilities: Mapping[int, float],
    habits: LabelHabits,
    keys: Mapping[int, str],
) -> tuple[ClassRow, ...]:
    """Return the lines for what is typed: classes, the best first, and one that makes a new class.

    Args:
        head: Whose classes.
        typed: As it stands in the field; the new class has just this name.
        probabilities: Class id to probability.
        habits: What the project labels.
        keys: Class id to the key that labels with it.
    """
    typed = " ".join(typed.split())
    rows = [
        ClassRow(
            cls.name,
            cls.id,
            cls.color,
            probabilities.get(cls.id),
            cls.category,
            keys.get(cls.id, ""),
            cls.description,
        )
        for cls in ranked(head, typed, probabilities, habits)
    ]
    names = {cls.name.casefold() for cls in head.active}
    if typed and typed.casefold() not in names:
        words = translate("ClassList", "Add new class “{name}”").format(name=typed)
        rows.append(ClassRow(words, NewClass(typed)))
    return tuple(rows)


class ClassListModel(QAbstractListModel):
    """The lines as an item model."""

    def __init__(
        self,
        head: LabelHead,
        probabilities: Mapping[int, float],
        habits: LabelHabits | None = None,
        keys: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__()
        self._head = head
        self._probabilities = dict(probabilities)
        self._habits = habits or LabelHabits()
        self._keys = keys or {}
        self._rows = self._matching("")

    def filter(self, typed: str) -> None:
        """Show the lines for what is typed."""
        self.beginResetModel()
        self._rows = self._matching(typed)
        self.endResetModel()

    def _matching(self, typed: str) -> tuple[ClassRow, ...]:
        return matching_rows(self._head, typed, self._probabilities, self._habits, self._keys)

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
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (row.text, row.description) if part)
        if role == Qt.ItemDataRole.DecorationRole and row.color:
            return QColor(row.color)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            likely = "" if row.probability is None else wording.percent(row.probability)
            return ", ".join(part for part in (row.text, row.category, row.key, likely) if part)
        return None
