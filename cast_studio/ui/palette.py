"""The list of all commands that is searched by typing: it runs them and says why one cannot run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cast_studio.core.edits import ClassKey
from cast_studio.core.labels import LabelSchema
from cast_studio.ui import tokens
from cast_studio.ui.actions import Actions, native
from cast_studio.ui.commands import COMMANDS, Do
from cast_studio.ui.fuzzy import score
from cast_studio.ui.keys.class_keys import class_keys
from cast_studio.ui.language import shown, translate
from cast_studio.ui.parts import resize_with_text, text_label
from cast_studio.ui.spoken import CurrentLine
from cast_studio.ui.theme import colors_of, scaled, sized

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}
_MOST_CLASSES = 20
_NOT_LISTED = (Do.PALETTE,)


@dataclass(frozen=True, slots=True)
class PaletteRow:
    """One line.

    Attributes:
        what: The command, or the class to label with.
        text: What is read.
        key: As the platform writes it; empty for none.
        reason: Why it cannot be done now; empty when it can.
    """

    what: Do | ClassKey
    text: str
    key: str = ""
    reason: str = ""


def palette_rows(
    typed: str, actions: Actions, schema: LabelSchema | None, recent: Sequence[Do] = ()
) -> tuple[PaletteRow, ...]:
    """Return what fits what was typed, the best first.

    Without text: what was run last, then everything that is possible, then the rest.

    Args:
        typed: As it stands in the field.
        actions: Know words, keys and what is missing.
        schema: Whose classes can be given, None when none can.
        recent: What was run here, the last one first.
    """
    found: list[tuple[tuple[float, ...], PaletteRow]] = []
    for place, command in enumerate(COMMANDS):
        text = actions[command.do].text().rstrip("…")
        fits = [score(typed, text), _part(score(typed, f"{shown(command.menu)} {text}"))]
        fit = max((one for one in fits if one is not None), default=None)
        if fit is None or command.do in _NOT_LISTED:
            continue
        missing = actions.missing(command.do)
        row = PaletteRow(
            command.do,
            f"{shown(command.menu)}: {text}",
            actions.key_text(command.do),
            "" if missing is None else shown(missing.value),
        )
        late = recent.index(command.do) if command.do in recent else len(recent)
        found.append(((-fit, late, missing is not None, place), row))
    if typed.strip() and schema is not None:
        found += _class_rows(typed, schema)
    return tuple(row for _, row in sorted(found, key=lambda entry: entry[0]))


def _part(fit: float | None) -> float | None:
    return None if fit is None else fit / 2


def _class_rows(typed: str, schema: LabelSchema) -> list[tuple[tuple[float, ...], PaletteRow]]:
    keys = {found: key for key, found in class_keys(schema).items()}
    rows: list[tuple[tuple[float, ...], PaletteRow]] = []
    for head in schema.heads:
        for place, one in enumerate(head.active):
            fit = score(typed, one.name)
            if fit is not None and fit > 0:
                key = native(keys.get((head.name, one.id), ""))
                row = PaletteRow(
                    (head.name, one.id),
                    translate("Palette", "Label with {head}: {name}").format(
                        head=head.name, name=one.name
                    ),
                    key,
                )
                rows.append(((-fit * 0.9, 1.0, 0.0, float(place)), row))
    return sorted(rows, key=lambda entry: entry[0])[:_MOST_CLASSES]


class PaletteModel(QAbstractListModel):
    """The lines as an item model."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[PaletteRow, ...] = ()

    def show_rows(self, rows: tuple[PaletteRow, ...]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, index: Index) -> PaletteRow | None:
        """Return the line at a model index, None for an invalid one."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: the text, and for screen readers key and reason."""
        row = self.row(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (row.text, row.key, row.reason) if part)
        return None


class _RowDelegate(QStyledItemDelegate):
    """Paints name, reason and key."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Return the height of a line."""
        return QSize(200, scaled(tokens.ROW_HEIGHT + 2))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        model = index.model()
        row = model.row(index) if isinstance(model, PaletteModel) else None
        if row is None:
            return
        colors = colors_of(option.widget)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area = QRectF(option.rect).adjusted(tokens.SPACE_XS, 1, -tokens.SPACE_XS, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)
        quiet = QColor(colors.on_accent if is_selected else colors.muted)
        inner = area.adjusted(tokens.SPACE_S, 0, -tokens.SPACE_S, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        right = int(middle | Qt.AlignmentFlag.AlignRight)
        painter.setFont(sized(option.font, tokens.TEXT_BODY))
        metrics = painter.fontMetrics()
        painter.setPen(quiet)
        painter.drawText(inner, right, row.key)
        inner.setRight(inner.right() - metrics.horizontalAdvance(row.key) - tokens.SPACE_M)
        is_possible = not row.reason
        painter.setPen(
            QColor(colors.on_accent if is_selected else colors.text) if is_possible else quiet
        )
        shown = metrics.elidedText(row.text, Qt.TextElideMode.ElideRight, int(inner.width()))
        painter.drawText(inner, int(middle), shown)
        if not is_possible:
            inner.setLeft(inner.left() + metrics.horizontalAdvance(shown) + tokens.SPACE_M)
            painter.setPen(quiet)
            painter.setFont(sized(option.font, tokens.TEXT_SMALL))
            elide = Qt.TextElideMode.ElideRight
            reason = painter.fontMetrics().elidedText(row.reason, elide, int(inner.width()))
            painter.drawText(inner, int(middle), reason)
        painter.restore()


class Palette(QDialog):
    """A field and the list below it; Enter runs the chosen line.

    Signals:
        chosen: The :class:`PaletteRow` to run; the window is closed by then.
    """

    chosen = Signal(object)

    def __init__(
        self,
        actions: Actions,
        schema: LabelSchema | None,
        recent: Sequence[Do] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._schema, self._recent = actions, schema, tuple(recent)
        self.setWindowTitle(self.tr("All commands"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Type what you want to do"))
        self.field.setAccessibleName(self.tr("Find a command"))
        self.field.textChanged.connect(self._on_typed)
        self.field.returnPressed.connect(self._run)
        self.field.installEventFilter(self)
        self.model = PaletteModel()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_RowDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.clicked.connect(self._run)
        self.line = CurrentLine(self.field, self.list)
        self._reason = text_label(kind="small", wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_M, tokens.SPACE_M, tokens.SPACE_M, tokens.SPACE_M)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._reason)
        resize_with_text(self, 620, 440)
        self._on_typed("")

    @property
    def reason(self) -> str:
        """What is told below the list."""
        return self._reason.text()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """Let the arrow keys walk through the list while the field has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = _STEPS.get(Qt.Key(event.key()))
            if step is not None:
                last = self.model.rowCount() - 1
                self._choose(min(max(self.list.currentIndex().row() + step, 0), last))
                return True
        return super().eventFilter(watched, event)

    def _on_typed(self, typed: str) -> None:
        self.model.show_rows(palette_rows(typed, self._actions, self._schema, self._recent))
        self._choose(0)
        if not self.model.rowCount():
            self._reason.setText(self.tr("No command has such a name."))

    def _choose(self, position: int) -> None:
        index = self.model.index(position)
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.list.selectionModel().setCurrentIndex(index, flag)
        self.list.scrollTo(index)
        row = self.model.row(index)
        why = "" if row is None else row.reason
        self._reason.setText(
            self.tr("Not possible now: {why}.").format(why=why)
            if why
            else self.tr("Enter runs it, Esc closes")
        )

    def _run(self) -> None:
        row = self.model.row(self.list.currentIndex())
        if row is not None and not row.reason:
            self.accept()
            self.chosen.emit(row)
