"""A quiet remark below the pages of a panel."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.parts import ElidedLabel, separator, text_label

_MOST_SHARE: Final = 1 / 4
"""Of the height of a panel; a higher remark is folded."""


class Footnote(QFrame):
    """A quiet remark below a panel; it takes no room while it has nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self._label = text_label(kind="small", wraps=True)
        self._line = ElidedLabel(kind="small", elide=Qt.TextElideMode.ElideRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(tokens.SPACE_L, 0, tokens.SPACE_L, tokens.SPACE_S)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(separator())
        layout.addWidget(self._label)
        layout.addWidget(self._line)
        self._line.hide()
        self._room = (0, 0)
        self.hide()

    @property
    def text(self) -> str:
        """What is told."""
        return self._label.text()

    @property
    def is_folded(self) -> bool:
        """Whether it is one line, with the whole of it as its tip."""
        return not self._line.isHidden()

    def show_text(self, text: str) -> None:
        """Tell something else, or nothing."""
        self._label.setText(text)
        self._line.setText(text)
        self.setVisible(bool(text))
        self.fit(*self._room)

    def fit(self, width: int, most_height: int) -> None:
        """Take one line where the whole remark would be higher than there is room for.

        Args:
            width: Of the panel, in pixels.
            most_height: Of the remark, in pixels.
        """
        self._room = (width, most_height)
        is_high = self._label.heightForWidth(width - 2 * tokens.SPACE_L) > most_height
        self._label.setVisible(not is_high)
        self._line.setVisible(is_high)


class NotedPages(QWidget):
    """Pages with a remark below, which gives way to them where they are low."""

    def __init__(self, pages: QWidget, note: Footnote) -> None:
        super().__init__()
        self._note = note
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(pages, 1)
        column.addWidget(note)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Fold the remark, or unfold it."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self._note.fit(self.width(), round(self.height() * _MOST_SHARE))
