"""Small widgets that several panels are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from cast_studio.ui import tokens
from cast_studio.ui.theme import scaled, set_kind, with_tabular_figures

_TITLE_BAR = QSize(0, 40)
T = TypeVar("T")


def separator(parent: QWidget | None = None) -> QFrame:
    """Return a hairline."""
    line = QFrame(parent)
    line.setProperty("kind", "separator")
    line.setFixedHeight(1)
    return line


def add_choices(
    menu: QMenu, choices: Iterable[tuple[T, str]], chosen: T, choose: Callable[[T], object]
) -> dict[T, QAction]:
    """Add entries of which one is checked.

    Args:
        menu: At whose end they go.
        choices: What can be chosen, with its text.
        chosen: Which it is now.
        choose: Called with what the user chooses.

    Returns:
        The entry of each.
    """
    group = QActionGroup(menu)
    actions = {}
    for value, text in choices:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(value == chosen)
        action.triggered.connect(lambda _checked=False, value=value: choose(value))
        group.addAction(action)
        actions[value] = action
    return actions


def resize_with_text(window: QWidget, width: int, height: int) -> None:
    """Give a window a size that grows with the text, as far as the screen allows.

    Args:
        window: Not shown yet.
        width: In pixels, at the usual size of text.
        height: In pixels, at the usual size of text.
    """
    room = window.screen().availableSize() - _TITLE_BAR
    window.resize(QSize(scaled(width), scaled(height)).boundedTo(room))


def text_label(text: str = "", *, kind: str = "", wraps: bool = False) -> QLabel:
    """Return a label of one of the kinds that the style rules know."""
    label = QLabel(text)
    label.setWordWrap(wraps)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if kind:
        set_kind(label, kind)
    return label


def push_button(text: str = "", *, primary: bool = False) -> QPushButton:
    """Return a button that a click does not give the focus, so that Space keeps playing.

    With the focus, Enter presses it as Space does.
    """
    button = QPushButton(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAutoDefault(True)
    button.setProperty("primary", primary)
    return button


class ActionButton(QPushButton):
    """A button for a command: it takes its words, icon, tooltip and possibility from the action."""

    def __init__(
        self,
        action: QAction,
        *,
        text: str | None = None,
        primary: bool = False,
        shows_key: bool = False,
    ) -> None:
        """Make a button.

        Args:
            action: What it triggers.
            text: Other words than the action's.
            primary: Whether it is the next step of its panel.
            shows_key: Whether the key stands beside the words, as where a panel is empty.
        """
        super().__init__()
        self._action = action
        self._text = text
        self._shows_key = shows_key
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(True)
        self.setProperty("primary", primary)
        if not primary:
            self.setIcon(action.icon())
        self.setCheckable(action.isCheckable())
        self.clicked.connect(action.trigger)
        action.changed.connect(self._on_action_changed)
        self._on_action_changed()

    def _on_action_changed(self) -> None:
        text = self._action.text().rstrip("…") if self._text is None else self._text
        keys = self._action.shortcuts()
        if self._shows_key and keys:
            text += f"   {keys[0].toString(QKeySequence.SequenceFormat.NativeText)}"
        self.setText(text)
        self.setToolTip(self._action.toolTip())
        self.setAccessibleName(self._action.text())
        self.setEnabled(self._action.isEnabled())
        self.setChecked(self._action.isChecked())


def tool_button(action: QAction, *, with_text: bool = False) -> QToolButton:
    """Return a flat button for a command, as toolbars have them."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text())
    if with_text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button


class CopyLabel(QToolButton):
    """A number that is copied by a click; its digits are equally wide."""

    def __init__(self, name: str, widest: str) -> None:
        super().__init__()
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setToolTip(self.tr("Copy the {name}").format(name=name.lower()))
        self.setFont(with_tabular_figures(self.font()))
        self._widest = widest
        self._copied = ""
        self.clicked.connect(self._on_clicked)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return room for the widest text, so that nothing moves while it counts."""
        size = super().sizeHint()
        width = self.fontMetrics().horizontalAdvance(self._widest) + 2 * tokens.SPACE_S
        return QSize(max(width, size.width()), size.height())

    def show_number(self, text: str, copied: str) -> None:
        """Show a text, and copy another one: what can be typed to come back here."""
        self._copied = copied
        self.setText(text)

    def _on_clicked(self) -> None:
        copied = self._copied or self.text()
        QGuiApplication.clipboard().setText(copied)
        place = self.mapToGlobal(self.rect().topLeft())
        QToolTip.showText(place, self.tr("Copied {text}").format(text=copied), self)


class ElidedLabel(QLabel):
    """A line of text that is shortened where there is no room for it: names in their middle."""

    def __init__(
        self,
        text: str = "",
        *,
        kind: str = "",
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
    ) -> None:
        super().__init__(text)
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if kind:
            set_kind(self, kind)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint what fits; the whole text is the tooltip where it does not."""
        painter = QPainter(self)
        area = self.contentsRect()
        metrics = self.fontMetrics()
        shown = metrics.elidedText(self.text(), self._elide, area.width())
        self.setToolTip(self.text() if shown != self.text() else "")
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(area, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()


def scrolled(page: QWidget) -> QScrollArea:
    """Return a page that is scrolled up and down where it does not fit; it never takes the focus."""
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


class EmptyState(QWidget):
    """What a panel shows while it has nothing: what it is for, and the next step as a button."""

    activated = Signal()

    def __init__(self, title: str, detail: str, buttons: Sequence[QAbstractButton] = ()) -> None:
        super().__init__()
        self._title = text_label(title, wraps=True)
        self._detail = text_label(detail, kind="muted", wraps=True)
        for label in (self._title, self._detail):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        layout.addStretch(2)
        layout.addWidget(self._title)
        layout.addWidget(self._detail)
        for button in buttons:
            layout.addSpacing(tokens.SPACE_XS)
            layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def tell(self, title: str, detail: str) -> None:
        """Show other words."""
        self._title.setText(title)
        self._detail.setText(detail)
