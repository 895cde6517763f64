"""Choosing classes by typing: one column per head, Enter goes on and applies."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cast_studio.core.labels import LabelHead
from cast_studio.ui import tokens, wording
from cast_studio.ui.actions import native
from cast_studio.ui.class_list import ClassListModel, ClassRow, Index
from cast_studio.ui.keys.class_keys import class_keys
from cast_studio.ui.label_habits import LabelHabits
from cast_studio.ui.label_question import LabelQuestion, NewClass
from cast_studio.ui.parts import push_button, resize_with_text, text_label
from cast_studio.ui.spoken import CurrentLine
from cast_studio.ui.theme import colors_of, scaled, sized, with_tabular_figures

_ROOM_FOR_CATEGORY = 56


class _ClassDelegate(QStyledItemDelegate):
    """Paints color, name and probability."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Return the height of a line."""
        return QSize(120, scaled(tokens.ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        model = index.model()
        row = model.row(index) if isinstance(model, ClassListModel) else None
        if row is None:
            return
        colors = colors_of(option.widget)
        area = QRectF(option.rect).adjusted(tokens.SPACE_XS, 1, -tokens.SPACE_XS, -1)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_selected:
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)
        ink = QColor(colors.on_accent if is_selected else colors.text)
        inner = area.adjusted(tokens.SPACE_S, 0, -tokens.SPACE_S, 0)
        if row.color:
            painter.setPen(colors.panel)
            painter.setBrush(QColor(row.color))
            painter.drawRoundedRect(QRectF(inner.left(), inner.center().y() - 5, 10, 10), 2, 2)
        quiet = QColor(colors.on_accent if is_selected else colors.muted)
        name = inner.adjusted(tokens.SPACE_L + 2, 0, 0, 0)
        self._paint_right(painter, option.font, quiet, row, name)
        painter.setPen(ink)
        painter.setFont(sized(option.font, tokens.TEXT_BODY))
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(row.text, Qt.TextElideMode.ElideRight, int(name.width()))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(name, middle, shown)
        left = name.adjusted(metrics.horizontalAdvance(shown) + tokens.SPACE_S, 0, 0, 0)
        if row.category and left.width() > _ROOM_FOR_CATEGORY:
            painter.setPen(quiet)
            painter.setFont(sized(option.font, tokens.TEXT_SMALL))
            category = painter.fontMetrics().elidedText(
                row.category, Qt.TextElideMode.ElideRight, int(left.width())
            )
            painter.drawText(left, middle | int(Qt.AlignmentFlag.AlignRight), category)
        painter.restore()

    def _paint_right(
        self, painter: QPainter, font: QFont, ink: QColor, row: ClassRow, area: QRectF
    ) -> None:
        """Paint key and probability, and take their room from ``area``."""
        likely = row.probability is not None and row.probability >= 0.005
        number = wording.probability(row.probability) if likely and row.probability else ""
        painter.setPen(ink)
        painter.setFont(with_tabular_figures(sized(font, tokens.TEXT_SMALL)))
        right = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        for text, room in ((native(row.key), 0), (number, 28)):
            if text:
                painter.drawText(area, right, text)
                width = max(room, painter.fontMetrics().horizontalAdvance(text))
                area.setRight(area.right() - width - tokens.SPACE_S)


class HeadColumn(QWidget):
    """One head: a field to type into, and the classes that fit.

    Signals:
        confirmed: Enter was pressed, or a line was double-clicked.
    """

    confirmed = Signal()

    def __init__(
        self,
        head: LabelHead,
        probabilities: dict[int, float],
        chosen: int | None,
        habits: LabelHabits,
        keys: Mapping[int, str],
    ) -> None:
        super().__init__()
        self.head = head
        self._model = ClassListModel(head, probabilities, habits, keys)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Type to find or add"))
        self.field.setAccessibleName(self.tr("Find a {head}").format(head=head.name))
        self.field.textChanged.connect(self._on_typed)
        self.field.returnPressed.connect(self.confirmed)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_ClassDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(self.tr("Classes of {head}").format(head=head.name))
        self.list.doubleClicked.connect(self.confirmed)
        self.line = CurrentLine(self.field, self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(tokens.SPACE_XS)
        layout.addWidget(text_label(head.name, kind="muted"))
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        if chosen is not None:
            position = self._model.position_of(chosen)
            if position is not None:
                self._choose(position)

    @property
    def choice(self) -> int | NewClass | None:
        """What is chosen, None for nothing."""
        row = self._model.row(self.list.currentIndex())
        return None if row is None else row.choice

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """Let the arrow keys walk through the list while the field has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_PageUp: -8,
                Qt.Key.Key_PageDown: 8,
            }.get(Qt.Key(event.key()))
            if step is not None:
                now = self.list.currentIndex().row()
                last = self._model.rowCount() - 1
                self._choose(min(max(now + step, 0), last))
                return True
        return super().eventFilter(watched, event)

    def _on_typed(self, text: str) -> None:
        self._model.filter(text)
        if text.strip():
            self._choose(0)

    def _choose(self, position: int) -> None:
        index = self._model.index(position)
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.list.selectionModel().setCurrentIndex(index, flag)
        self.list.scrollTo(index)


class ClassPicker(QDialog):
    """Asks for the classes of one label; :attr:`answer` holds what was chosen once accepted."""

    def __init__(self, question: LabelQuestion, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = question
        self.setWindowTitle(question.title)
        keys = class_keys(question.schema)
        self.columns = [
            HeadColumn(
                head,
                dict(question.suggestions.get(head.name, {})),
                question.labels.get(head.name),
                question.habits,
                {found[1]: key for key, found in keys.items() if found[0] == head.name},
            )
            for head in question.schema.heads
        ]
        columns = QHBoxLayout()
        columns.setSpacing(tokens.SPACE_M)
        for number, column in enumerate(self.columns):
            columns.addWidget(column, 1)
            column.confirmed.connect(lambda number=number: self._go_on(number))
        apply = push_button(self.tr("Apply"), primary=True)
        apply.setAutoDefault(False)
        apply.clicked.connect(self._apply)
        cancel = push_button(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        hint = text_label(self.tr("Enter: next, then apply · Esc: cancel"), kind="small")
        buttons = QHBoxLayout()
        buttons.addWidget(hint, 1)
        buttons.addWidget(cancel)
        buttons.addWidget(apply)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_M)
        layout.addWidget(text_label(question.title, kind="title", wraps=True))
        layout.addLayout(columns, 1)
        layout.addLayout(buttons)
        resize_with_text(self, 260 * max(1, len(self.columns)) + 60, 420)
        if self.columns:
            self.columns[0].field.setFocus()

    @property
    def answer(self) -> dict[str, int | NewClass]:
        """Head name to what was chosen; heads without a choice are absent."""
        found = {column.head.name: column.choice for column in self.columns}
        return {head: choice for head, choice in found.items() if choice is not None}

    def _go_on(self, number: int) -> None:
        if number + 1 < len(self.columns):
            self.columns[number + 1].field.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self._apply()

    def _apply(self) -> None:
        if self.answer:
            self.accept()
        else:
            self.columns[0].field.setFocus(Qt.FocusReason.OtherFocusReason)
