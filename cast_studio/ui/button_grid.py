"""Buttons beside each other, in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from cast_studio.ui import tokens


class ButtonGrid(QWidget):
    """Lays buttons out anew when its width changes: large text takes fewer columns.

    Args:
        buttons: In the order in which they are read.
        columns: At most so many beside each other.
        parent: Owns it.
    """

    def __init__(
        self, buttons: Sequence[QWidget], columns: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._buttons = tuple(buttons)
        self._most = columns
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(tokens.SPACE_XS)
        self._columns = 0
        self._arrange(columns)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for one column, so that the grid never asks for more than it needs."""
        widest = max((button.sizeHint().width() for button in self._buttons), default=0)
        return QSize(widest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Use the room there is."""
        super().resizeEvent(event)
        self._use_room()

    def event(self, event: QEvent) -> bool:
        """Lay the buttons out anew when one of them wants more room or less."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._use_room()
        return done

    def _use_room(self) -> None:
        widest = max((button.sizeHint().width() for button in self._buttons), default=1)
        fitting = (self.width() + tokens.SPACE_XS) // (widest + tokens.SPACE_XS)
        # Four buttons in three columns would leave one alone.
        choices = [n for n in range(1, self._most + 1) if n <= max(1, fitting)]
        even = [n for n in choices if len(self._buttons) % n == 0]
        self._arrange(max(even or choices))

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for column in range(self._most):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for number, button in enumerate(self._buttons):
            self._grid.addWidget(button, number // columns, number % columns)
        self.updateGeometry()
