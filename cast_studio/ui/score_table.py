"""The model's opinion: per head its five best classes with name, bar and number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cast_studio.core.labels import LabelHead
from cast_studio.core.predictions import Prediction
from cast_studio.ui import tokens, wording
from cast_studio.ui.theme import colors_of, scaled, sized, with_tabular_figures

TOP = 5
_ROW = 24
_TITLE = 24
_BAR = 84
_NUMBER = 38


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One class of one head.

    Attributes:
        head: Name of the head.
        name: Of the class.
        probability: 0 to 1.
        is_chosen: Whether the label says this class.
    """

    head: str
    name: str
    probability: float
    is_chosen: bool = False


def score_rows(
    prediction: Prediction, heads: Sequence[LabelHead], chosen: dict[str, str]
) -> tuple[ScoreRow, ...]:
    """Return the best classes of each head, best first.

    Args:
        prediction: Scores in the order of ``heads``' classes.
        heads: Of the model.
        chosen: Head name to the name of the class that the label says.
    """
    return tuple(
        ScoreRow(
            head.name,
            head.classes[position].name,
            probability,
            chosen.get(head.name) == head.classes[position].name,
        )
        for head in heads
        if head.name in prediction.scores
        for position, probability in prediction.top(head.name, TOP)
    )


class ScoreTable(QWidget):
    """Paints the rows; a click on one chooses that class.

    Signals:
        class_clicked: Name of the head and name of the class.
    """

    class_clicked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ScoreRow, ...] = ()
        self._hovered: ScoreRow | None = None
        self._can_choose = True
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("What the model thinks"))

    def show_rows(self, rows: Sequence[ScoreRow], *, can_choose: bool = True) -> None:
        """Show other rows, those of one head after each other."""
        self._rows = tuple(rows)
        self._can_choose = can_choose
        self._hovered = None
        spoken = (f"{row.head} {row.name} {wording.percent(row.probability)}" for row in self._rows)
        self.setAccessibleDescription(", ".join(spoken))
        self.updateGeometry()
        self.update()

    @property
    def rows(self) -> tuple[ScoreRow, ...]:
        """What is shown."""
        return self._rows

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for all rows and the titles of the heads."""
        heads = len({row.head for row in self._rows})
        return QSize(
            240, heads * (scaled(_TITLE) + tokens.SPACE_S) + len(self._rows) * scaled(_ROW)
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a width at which names are still readable."""
        return QSize(200, self.sizeHint().height())

    def row_rects(self) -> list[tuple[ScoreRow, QRectF]]:
        """Return where each row is."""
        found, top, head = [], 0.0, ""
        title, line = scaled(_TITLE), scaled(_ROW)
        for row in self._rows:
            if row.head != head:
                top += title + (tokens.SPACE_S if head else 0)
                head = row.head
            found.append((row, QRectF(0, top, self.width(), line)))
            top += line
        return found

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint titles and rows."""
        colors = colors_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = sized(self.font(), tokens.TEXT_BODY)
        figures = with_tabular_figures(body)
        head = ""
        for row, area in self.row_rects():
            if row.head != head:
                head = row.head
                painter.setFont(sized(self.font(), tokens.TEXT_SMALL))
                painter.setPen(QColor(colors.muted))
                title = area.translated(tokens.SPACE_S, -scaled(_TITLE))
                painter.drawText(title, int(Qt.AlignmentFlag.AlignVCenter), head)
            self._paint_row(painter, row, area, body, figures)
        painter.end()

    def _paint_row(
        self, painter: QPainter, row: ScoreRow, area: QRectF, body: QFont, figures: QFont
    ) -> None:
        colors = colors_of(self)
        if row == self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.hover))
            painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)
        inner = area.adjusted(tokens.SPACE_S, 0, -tokens.SPACE_S, 0)
        name = QRectF(inner)
        name.setRight(inner.right() - _BAR - scaled(_NUMBER) - tokens.SPACE_S)
        font = QFont(body)
        font.setWeight(QFont.Weight.DemiBold if row.is_chosen else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        text = f"✓ {row.name}" if row.is_chosen else row.name
        shown = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(name.width())
        )
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(name, middle, shown)
        track = QRectF(name.right() + tokens.SPACE_S, area.center().y() - 3, _BAR, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.line))
        painter.drawRoundedRect(track, 3, 3)
        track.setWidth(max(2.0, _BAR * row.probability))
        painter.setBrush(QColor(colors.accent))
        painter.drawRoundedRect(track, 3, 3)
        painter.setFont(figures)
        painter.setPen(QColor(colors.text if row.probability >= 0.1 else colors.muted))
        number = wording.probability(row.probability)
        painter.drawText(inner, middle | int(Qt.AlignmentFlag.AlignRight), number)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Show which row a click would choose."""
        self._hover(self._row_at(event))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Show no row as hovered any more."""
        self._hover(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Choose the row under the pointer."""
        row = self._row_at(event)
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self.class_clicked.emit(row.head, row.name)

    def _row_at(self, event: QMouseEvent) -> ScoreRow | None:
        if not self._can_choose:
            return None
        rows = self.row_rects()
        return next((row for row, area in rows if area.contains(event.position())), None)

    def _hover(self, row: ScoreRow | None) -> None:
        if row == self._hovered:
            return
        self._hovered = row
        shape = Qt.CursorShape.ArrowCursor if row is None else Qt.CursorShape.PointingHandCursor
        self.setCursor(shape)
        text = "" if row is None else self.tr("Label as “{name}”").format(name=row.name)
        self.setToolTip(text)
        self.update()
