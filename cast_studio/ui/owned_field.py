"""A field whose text belongs to something that may change while it is being typed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget


class OwnedField(QLineEdit):
    """Reports what was typed once, when the field is left or shows another thing's text.

    Signals:
        written: The owner's id, and its new text.
    """

    written = Signal(str, str)

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        """Make an empty field.

        Args:
            name: Shown while it is empty, and read out.
            tip: How it is used; the key is part of it.
            parent: Owns the field.
        """
        super().__init__(parent)
        self._owner = ""
        self._stored = ""
        self._tip = tip
        self.setPlaceholderText(name)
        self.setAccessibleName(self.tr("{name} of the label").format(name=name))
        self.editingFinished.connect(self.finish)

    def show_text(self, owner: str, text: str, *, can_edit: bool) -> None:
        """Show the text of an owner; what is being typed for the same one stays.

        Args:
            owner: Its id; empty for nothing.
            text: As it is stored.
            can_edit: Whether it may be changed.
        """
        is_other = owner != self._owner
        if is_other:
            self.finish()
        # Without the look of a field where nothing can be typed.
        self.setVisible(bool(owner) and (can_edit or bool(text)))
        self.setReadOnly(not can_edit)
        self.setToolTip(self._tip if can_edit else self.accessibleName())
        if is_other or not self.hasFocus():
            self._owner, self._stored = owner, text
            self.setText(text)

    @Slot()
    def finish(self) -> None:
        """Report what was typed."""
        if self._owner and self.text() != self._stored:
            self._stored = self.text()
            self.written.emit(self._owner, self._stored)

    def let_go(self) -> None:
        """Report what was typed and belong to nothing."""
        self.finish()
        self._owner = ""

    def begin(self) -> None:
        """Put the cursor into it."""
        if self._owner:
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.selectAll()
