"""A message across the window: what happened, why, what to do. Never a dialog that blocks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from cast_studio.app.diagnostics import Level
from cast_studio.ui import tokens
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.parts import push_button, text_label

_ICONS: dict[str, Icon] = {
    "info": Icon.INFO,
    "warning": Icon.WARNING,
    "error": Icon.FAILED,
}


class NoticeBar(QFrame):
    """Shows one message at a time; the newest wins.

    Signals:
        dismissed: The user has closed it.
    """

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level: Level = "info"
        self._picture = QLabel()
        self._text = text_label(wraps=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = push_button()
        self._button.hide()
        self._button.clicked.connect(self._on_button_clicked)
        self._follow_up: Callable[[], object] | None = None
        self._close = QToolButton()
        self._close.setIcon(icon(Icon.CLOSE))
        self._close.setAutoRaise(True)
        self._close.setToolTip(self.tr("Close the message (Esc)"))
        self._close.setAccessibleName(self.tr("Close the message"))
        self._close.clicked.connect(self.dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_M, tokens.SPACE_XS, tokens.SPACE_S, tokens.SPACE_XS)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(self._picture)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """What is told; empty when nothing is."""
        return "" if self.isHidden() else self._text.text()

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self._level

    def tell(
        self,
        level: Level,
        text: str,
        *,
        button: str = "",
        follow_up: Callable[[], object] | None = None,
    ) -> None:
        """Show a message.

        Args:
            level: How bad it is.
            text: Sentences.
            button: Words of a button that does the next step; empty for none.
            follow_up: What the button does.
        """
        self._level = level
        self._text.setText(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._follow_up = follow_up
        self.setAccessibleName(text)
        self._show_level()
        self.show()

    def dismiss(self) -> None:
        """Close the message."""
        self.hide()
        self.dismissed.emit()

    def _on_button_clicked(self) -> None:
        follow_up = self._follow_up
        self.dismiss()
        if follow_up is not None:
            follow_up()

    def _show_level(self) -> None:
        self.setProperty("notice", self._level)
        self.style().unpolish(self)
        self.style().polish(self)
        self._picture.setPixmap(icon(_ICONS[self._level]).pixmap(tokens.ICON_SIZE))
