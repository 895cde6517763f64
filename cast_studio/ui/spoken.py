"""What screen readers say by themselves, although the focus has not moved."""

from __future__ import annotations

import sys
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

_READS_DESCRIPTIONS: Final = sys.platform.startswith("linux")
"""There readers say a new description of what has the focus; elsewhere it is only there to be asked for."""


def announce(widget: QWidget, text: str) -> None:
    """Have a text said now. GUI thread.

    On Linux, Orca does so from version 45 on.

    Args:
        widget: What it is about.
        text: A sentence or less; nothing is said for "".
    """
    if text and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def describe(widget: QWidget, text: str) -> None:
    """Give a widget another description, which is said at once if it has the focus. GUI thread."""
    if text == widget.accessibleDescription():
        return
    widget.setAccessibleDescription(text)
    if widget.hasFocus() and not _READS_DESCRIPTIONS:
        announce(widget, text)


class CurrentLine(QObject):
    """Describes a field by the line of a list that its keys have chosen, and has that said.

    The focus stays in the field, so nobody would hear of the list.

    Args:
        field: Has the focus while its arrow keys walk through the list.
        view: The list, with its model.

    Signals:
        changed: The line, as it is said.
    """

    changed = Signal(str)

    def __init__(self, field: QWidget, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._field = field
        self._view = view
        # A list that is filled anew has no line for a moment.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._say)
        view.selectionModel().currentChanged.connect(self._later)
        view.model().modelReset.connect(self._later)

    @Slot()
    def _later(self) -> None:
        self._soon.start(0)

    @Slot()
    def _say(self) -> None:
        index: QModelIndex = self._view.currentIndex()
        text = index.data(Qt.ItemDataRole.AccessibleTextRole) if index.isValid() else ""
        describe(self._field, text)
        self.changed.emit(text)
