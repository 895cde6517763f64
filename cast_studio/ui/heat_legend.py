"""The key to the heatmap's colors."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.heat_colors import color_table
from cast_studio.ui.theme import colors_of, scaled, sized

_STOPS = 16


class HeatLegend(QWidget):
    """A strip of the color map, from little to much."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Colors of the heatmap, from little to much attention"))

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for the strip and its two words."""
        return QSize(200, 12 + scaled(16))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint the strip and its words."""
        painter = QPainter(self)
        strip = QRect(0, 0, self.width(), 8)
        gradient = QLinearGradient(0, 0, self.width(), 0)
        table = color_table()
        for stop in range(_STOPS):
            share = stop / (_STOPS - 1)
            red, green, blue = (int(part) for part in table[round(share * 255)])
            gradient.setColorAt(share, QColor(red, green, blue))
        painter.fillRect(strip, gradient)
        painter.setFont(sized(self.font(), tokens.TEXT_SMALL))
        painter.setPen(QColor(colors_of(self).muted))
        below = QRect(0, 12, self.width(), scaled(16))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), self.tr("little attention"))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), self.tr("much"))
        painter.end()
