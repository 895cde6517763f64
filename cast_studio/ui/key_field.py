"""A button that waits for a key and tells which was pressed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPushButton

from cast_studio.ui.actions import native
from cast_studio.ui.shortcut_guard import key_of
from cast_studio.ui.theme import scaled

_ONLY_MODIFIERS = {
    Qt.Key.Key_Shift,
    Qt.Key.Key_Control,
    Qt.Key.Key_Alt,
    Qt.Key.Key_Meta,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock,
    Qt.Key.Key_unknown,
}
_WIDTH = 150


class KeyField(QPushButton):
    """Shows a key. A click, Space or Enter lets it wait for another; Esc lets it be.

    Signals:
        chosen: The key that was pressed, in the notation of the key map.
    """

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        """Make a field.

        Args:
            name: What it is the key of, for screen readers.
        """
        super().__init__()
        self._key = ""
        self._is_waiting = False
        self._name = name
        self.setMinimumWidth(scaled(_WIDTH))
        self.setAutoDefault(False)
        self.clicked.connect(self._wait)
        self.show_key("")

    @property
    def key(self) -> str:
        """The key that is shown, empty for none."""
        return self._key

    @property
    def is_waiting(self) -> bool:
        """Whether the next key is taken."""
        return self._is_waiting

    def show_key(self, key: str) -> None:
        """Show another key, or none."""
        self._key = key
        self._is_waiting = False
        self._tell()

    def event(self, event: QEvent) -> bool:
        """Take the next key before it means anything else, also Tab and Esc."""
        if not self._is_waiting or not isinstance(event, QKeyEvent):
            return super().event(event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self._take(event)
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802  (Qt's name)
        """Wait no longer."""
        super().focusOutEvent(event)
        self._is_waiting = False
        self._tell()

    def _wait(self) -> None:
        self._is_waiting = True
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._tell()

    def _take(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in _ONLY_MODIFIERS:
            return
        self._is_waiting = False
        self._tell()
        if Qt.Key(event.key()) != Qt.Key.Key_Escape or event.modifiers():
            self.chosen.emit(key_of(event))

    def _tell(self) -> None:
        shown = native(self._key) if self._key else self.tr("None")
        self.setText(self.tr("Press a key…") if self._is_waiting else shown)
        self.setProperty("primary", self._is_waiting)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setAccessibleName(f"{self._name}: {self.text()}")
        self.setToolTip(
            self.tr("Press the key to use, or Esc")
            if self._is_waiting
            else self.tr("Click to press another key")
        )
