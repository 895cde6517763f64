"""Parts beside each other on as many lines as they need: large text does not widen the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget


class WrappingRow(QWidget):
    """Lays parts out anew when its width changes. The last part stands at the right.

    Args:
        parts: From left to right; a part is never divided.
        spacing: Pixels between two parts of a line.
        parent: Owns it.
    """

    def __init__(
        self, parts: Sequence[QWidget], *, spacing: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._parts = tuple(parts)
        self._spacing = spacing
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._lines: list[list[QWidget]] = []
        self._arrange([list(self._parts)])

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for the widest part alone, and for all lines that there are now."""
        widest = max((part.minimumSizeHint().width() for part in self._parts), default=0)
        return QSize(widest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Use the room there is."""
        super().resizeEvent(event)
        self._wrap()

    def event(self, event: QEvent) -> bool:
        """Lay the parts out anew when one of them wants more room or less."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._wrap()
        return done

    def _wrap(self) -> None:
        lines: list[list[QWidget]] = [[]]
        left = self.width()
        for part in self._parts:
            width = part.sizeHint().width()
            if lines[-1] and width > left:
                lines.append([])
                left = self.width()
            lines[-1].append(part)
            left -= width + self._spacing
        self._arrange(lines)

    def _arrange(self, lines: list[list[QWidget]]) -> None:
        if lines == self._lines:
            return
        self._lines = lines
        while (item := self._column.takeAt(0)) is not None:
            row = item.layout()
            while row is not None and row.count():
                row.takeAt(0)
        for line in lines:
            row = QHBoxLayout()
            row.setSpacing(self._spacing)
            for number, part in enumerate(line):
                if part is self._parts[-1] and number:
                    row.addStretch(1)
                row.addWidget(part)
            if line[-1] is not self._parts[-1] or len(line) == 1:
                row.addStretch(1)
            self._column.addLayout(row)
        self.updateGeometry()
