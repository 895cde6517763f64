"""A painted list of classes with how many labels teach each of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cast_studio.ui import tokens, wording
from cast_studio.ui.theme import colors_of, scaled, sized, with_tabular_figures
from cast_studio.ui.training_plan import ClassCount

_ROW = 22
_TITLE = 24
_BAR = 56
_NUMBER = 34
_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter)
_RIGHT = _MIDDLE | int(Qt.AlignmentFlag.AlignRight)


class ClassCounts(QWidget):
    """Shows the classes by head; new ones carry the word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[ClassCount, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Labels per class"))

    def show_counts(self, counts: Sequence[ClassCount]) -> None:
        """Show other counts, those of one head after each other."""
        self._counts = tuple(counts)
        spoken = (
            f"{count.head} {count.name} {count.count}{' new' if count.is_new else ''}"
            for count in self._counts
        )
        self.setAccessibleDescription(", ".join(spoken))
        self.updateGeometry()
        self.update()

    @property
    def counts(self) -> tuple[ClassCount, ...]:
        """What is shown."""
        return self._counts

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for all rows."""
        heads = len({count.head for count in self._counts})
        return QSize(220, heads * scaled(_TITLE) + len(self._counts) * scaled(_ROW))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a width at which names are still readable."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint titles and rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((count.count for count in self._counts), default=1)
        top, head = 0.0, ""
        title, line = scaled(_TITLE), scaled(_ROW)
        for count in self._counts:
            if count.head != head:
                head = count.head
                painter.setFont(sized(self.font(), tokens.TEXT_SMALL))
                painter.setPen(QColor(colors_of(self).muted))
                painter.drawText(QRectF(0, top, self.width(), title), _MIDDLE, head)
                top += title
            self._paint_row(painter, count, QRectF(0, top, self.width(), line), most)
            top += line
        painter.end()

    def _paint_row(self, painter: QPainter, count: ClassCount, area: QRectF, most: int) -> None:
        colors = colors_of(self)
        body = sized(self.font(), tokens.TEXT_BODY)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(count.color))
        painter.drawRoundedRect(QRectF(0, area.center().y() - 4, 8, 8), 2, 2)
        number = scaled(_NUMBER)
        bar = QRectF(area.right() - _BAR - number, area.center().y() - 3, _BAR, 6)
        name = area.adjusted(tokens.SPACE_L, 0, -_BAR - number - tokens.SPACE_S, 0)
        bar.setWidth(max(3.0, _BAR * count.count / most))
        painter.setBrush(QColor(colors.accent))
        painter.drawRoundedRect(bar, 3, 3)
        if count.is_new:
            painter.setFont(sized(self.font(), tokens.TEXT_SMALL))
            painter.setPen(QColor(colors.accent))
            word = self.tr("new")
            painter.drawText(name, _RIGHT, word)
            width = painter.fontMetrics().horizontalAdvance(word)
            name.setRight(name.right() - width - tokens.SPACE_XS)
        painter.setFont(body)
        painter.setPen(QColor(colors.text))
        elide = Qt.TextElideMode.ElideRight
        shown = painter.fontMetrics().elidedText(count.name, elide, int(name.width()))
        painter.drawText(name, _MIDDLE, shown)
        painter.setFont(with_tabular_figures(body))
        painter.drawText(area, _RIGHT, wording.count(count.count))
