"""The rule about which keys belong to the focused widget, to a command or to a class."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from cast_studio.core.edits import ClassKey
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import BY_DO, Scope
from cast_studio.ui.keys.class_keys import SLOTS
from cast_studio.ui.keys.key_names import canonical, may_act_while_typing

_KEY_EVENTS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
_TEXT_FIELDS = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)
_MODIFIERS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_BUTTON_KEYS = {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select}
_SLIDER_KEYS = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
}  # fmt: skip
_LIST_KEYS = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_FOCUS_KEYS = {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}


class ShortcutGuard(QObject):
    """Keeps keys with the widget that has the focus when they mean something there.

    Without it a letter typed into a note would label a segment, Space would play instead of
    pressing the focused button, and Tab could never leave a panel.

    It follows the focus instead of filtering the whole application: that would be Python code for
    each of some hundred events of a frame, and every one of them would wait for the interpreter
    while the model is computing.

    Signals:
        class_pressed: The class of a key that labels.
        unused_pressed: A digit that labels with nothing, and does nothing else.
    """

    class_pressed = Signal(object)
    unused_pressed = Signal(str)

    def __init__(
        self,
        application: QApplication,
        stage: Iterable[QWidget],
        actions: Actions,
        class_of: Callable[[str], ClassKey | None],
        window: QWidget,
    ) -> None:
        """Guard the widget that has the focus.

        Args:
            application: Tells which widget that is.
            stage: Where keys of :attr:`Scope.STAGE` work: the video and the timeline.
            actions: Know which keys commands have.
            class_of: Returns the class that a key labels with at this moment, or None.
            window: Where keys of classes work; it owns the guard.
        """
        super().__init__(window)
        self._stage = tuple(stage)
        self._actions = actions
        self._class_of = class_of
        self._window = window
        application.focusChanged.connect(self._on_focus_changed)
        self._on_focus_changed(None, QApplication.focusWidget())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """Accept a key in advance when it belongs to the focused widget or to a class."""
        if (
            event.type() not in _KEY_EVENTS
            or not isinstance(event, QKeyEvent)
            or not isinstance(watched, QWidget)
            # Qt goes on to ask the parents; only the focused widget has a say.
            or watched is not QApplication.focusWidget()
        ):
            return super().eventFilter(watched, event)
        wanted = self._class_at(watched, event)
        if event.type() == QEvent.Type.KeyPress:
            if wanted is not None and not event.isAutoRepeat():
                self.class_pressed.emit(wanted)
            elif wanted is None and self._is_on_stage(watched) and key_of(event) in SLOTS:
                self.unused_pressed.emit(key_of(event))
            return wanted is not None
        if wanted is not None or self.keeps(watched, event):
            event.accept()
            return True
        return super().eventFilter(watched, event)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)

    def keeps(self, widget: QWidget, event: QKeyEvent) -> bool:
        """Return whether a key belongs to a focused widget rather than to a command."""
        key = Qt.Key(event.key())
        if key in _FOCUS_KEYS and not event.modifiers() & _MODIFIERS:
            return not self._is_on_stage(widget)
        if is_text_field(widget):
            return not self._acts_while_typing(event)
        if isinstance(widget, QComboBox):
            return key in _SLIDER_KEYS | _BUTTON_KEYS and not event.modifiers() & _MODIFIERS
        if isinstance(widget, QAbstractButton):
            return key in _BUTTON_KEYS
        if isinstance(widget, QAbstractItemView):
            return key in _LIST_KEYS and not event.modifiers() & _MODIFIERS
        if isinstance(widget, QAbstractSlider):
            return key in _SLIDER_KEYS and not event.modifiers() & _MODIFIERS
        return False

    def _is_on_stage(self, widget: QWidget) -> bool:
        return any(widget is part or part.isAncestorOf(widget) for part in self._stage)

    def _acts_while_typing(self, event: QKeyEvent) -> bool:
        key = key_of(event)
        do = self._actions.keys.command_of(key)
        if do is None:
            # A letter with Alt opens a menu, or goes to a field of a dialog; else it is typed.
            return event.modifiers() == Qt.KeyboardModifier.AltModifier
        return BY_DO[do].scope is Scope.ANYWHERE and may_act_while_typing(key)

    def _class_at(self, widget: QWidget, event: QKeyEvent) -> ClassKey | None:
        """Return the class that a key labels with; none in other windows, nor while typing."""
        if widget.window() is not self._window or isinstance(widget, (*_TEXT_FIELDS, QComboBox)):
            return None
        return self._class_of(key_of(event))


def is_text_field(widget: QWidget | None) -> bool:
    """Return whether text is typed in a widget."""
    return isinstance(widget, _TEXT_FIELDS)


def key_of(event: QKeyEvent) -> str:
    """Return the key of an event in the notation of the key map."""
    pressed = QKeySequence(event.keyCombination())
    return canonical(pressed.toString(QKeySequence.SequenceFormat.PortableText))
