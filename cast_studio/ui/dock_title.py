"""The slim title of a dock: it can be dragged by, and closes the dock."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.parts import text_label
from cast_studio.ui.theme import scaled

HEIGHT = 34


class DockTitle(QWidget):
    """A line with words or a widget, more widgets, and a button that closes the dock."""

    def __init__(
        self, dock: QDockWidget, *, lead: QWidget | None = None, tools: tuple[QWidget, ...] = ()
    ) -> None:
        super().__init__(dock)
        close = QToolButton()
        close.setIcon(icon(Icon.CLOSE))
        close.setProperty("kind", "small")
        close.setAutoRaise(True)
        close.setToolTip(self.tr("Close this panel; the View menu brings it back"))
        close.setAccessibleName(self.tr("Close the panel {name}").format(name=dock.windowTitle()))
        close.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        left = 0 if lead is not None else tokens.SPACE_M
        layout.setContentsMargins(left, 0, tokens.SPACE_XS, 0)
        layout.setSpacing(0)
        layout.addWidget(lead or text_label(dock.windowTitle(), kind="muted"))
        layout.addStretch(1)
        for tool in (*tools, close):
            layout.addWidget(tool)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a height that suits all titles: Qt gives a title its hint, whatever it needs."""
        return QSize(super().sizeHint().width(), max(HEIGHT, scaled(HEIGHT - 4)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the same height, and the least width."""
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())
