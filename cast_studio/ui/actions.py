"""The commands as QActions, and the rule about which keys belong to the focused widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from cast_studio.ui.commands import BY_DO, COMMANDS, Command, Do, MenuName, Need, Scope
from cast_studio.ui.icons import icon

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
_FOCUS_KEYS = {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}


class Actions(QObject):
    """One QAction for each command, added to the window that owns them."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._met: frozenset[Need] = frozenset()
        self._actions: dict[Do, QAction] = {}
        for command in COMMANDS:
            action = self._make(command)
            self._actions[command.do] = action
            window.addAction(action)
        self.update_enabled(frozenset())

    def __getitem__(self, do: Do) -> QAction:
        return self._actions[do]

    def connect_to(self, handlers: dict[Do, Callable[[], object]]) -> None:
        """Let each command call a function without arguments when it is triggered."""
        for do, handler in handlers.items():
            self._actions[do].triggered.connect(_without_arguments(handler))

    def update_enabled(self, met: frozenset[Need]) -> None:
        """Enable what is possible and let the tooltips of the rest say what is missing."""
        self._met = met
        for do, action in self._actions.items():
            command = BY_DO[do]
            action.setEnabled(command.missing(met) is None)
            action.setToolTip(command.tooltip(key_text(command), met))

    def trigger_heatmap(self, is_on: bool) -> None:
        """Switch the heatmap on or off, as its key does."""
        if self._actions[Do.HEATMAP].isChecked() != is_on:
            self._actions[Do.HEATMAP].trigger()

    def name(self, do: Do, text: str) -> None:
        """Give a command other words, as undo has for each edit."""
        self._actions[do].setText(text)
        key = key_text(BY_DO[do])
        self._actions[do].setToolTip(f"{text} ({key})" if key else text)

    def in_menu(self, menu: MenuName) -> Iterable[tuple[Command, QAction]]:
        """Yield the commands of a menu, in order."""
        chosen = (command for command in COMMANDS if command.menu == menu)
        return ((command, self._actions[command.do]) for command in chosen)

    def fill(self, target: QMenu, menu: MenuName) -> None:
        """Add the commands of a menu to a QMenu, with their separating lines."""
        target.setToolTipsVisible(True)
        for command, action in self.in_menu(menu):
            if command.opens_group:
                target.addSeparator()
            target.addAction(action)

    def _make(self, command: Command) -> QAction:
        action = QAction(self.tr(command.text), self)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(command.checkable)
        action.setAutoRepeat(command.repeats)
        action.setIconVisibleInMenu(False)
        if command.do is Do.QUIT:
            action.setMenuRole(QAction.MenuRole.QuitRole)
        elif command.do is Do.ABOUT:
            action.setMenuRole(QAction.MenuRole.AboutRole)
        else:
            action.setMenuRole(QAction.MenuRole.NoRole)
        if command.icon is not None:
            action.setIcon(icon(command.icon))
        return action


def key_text(command: Command) -> str:
    """Return the first key of a command as the platform writes it; empty without one."""
    if not command.keys:
        return ""
    return QKeySequence(command.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)


def key_texts(command: Command) -> str:
    """Return all keys of a command as the platform writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence(key).toString(native) for key in command.keys)


def _without_arguments(handler: Callable[[], object]) -> Callable[[], None]:
    def call() -> None:
        handler()

    return call


class ShortcutGuard(QObject):
    """Keeps keys with the widget that has the focus when they mean something there.

    Without it a letter typed into a note would label a segment, Space would play instead of
    pressing the focused button, and Tab could never leave a panel.

    It follows the focus instead of filtering the whole application: that would be Python code for
    each of some hundred events of a frame, and every one of them would wait for the interpreter
    while the model is computing.
    """

    def __init__(
        self, application: QApplication, stage: Iterable[QWidget], parent: QObject
    ) -> None:
        """Guard the widget that has the focus.

        Args:
            application: Tells which widget that is.
            stage: Where keys of :attr:`Scope.STAGE` work: the video and the timeline.
            parent: Owns the guard.
        """
        super().__init__(parent)
        self._stage = tuple(stage)
        application.focusChanged.connect(self._on_focus_changed)
        self._on_focus_changed(None, QApplication.focusWidget())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """Accept a shortcut's key in advance when it belongs to the focused widget."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QWidget)
            # Qt goes on to ask the parents; only the focused widget has a say.
            and watched is QApplication.focusWidget()
            and self.keeps(watched, event)
        ):
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
            return not any(widget is part or part.isAncestorOf(widget) for part in self._stage)
        if isinstance(widget, _TEXT_FIELDS):
            return not _works_while_typing(event)
        if isinstance(widget, QComboBox):
            return key in _SLIDER_KEYS | _BUTTON_KEYS and not event.modifiers() & _MODIFIERS
        if isinstance(widget, QAbstractButton):
            return key in _BUTTON_KEYS
        if isinstance(widget, QAbstractSlider):
            return key in _SLIDER_KEYS and not event.modifiers() & _MODIFIERS
        return False


def _works_while_typing(event: QKeyEvent) -> bool:
    pressed = QKeySequence(event.keyCombination())
    return any(
        command.scope is Scope.ANYWHERE and pressed == QKeySequence(key)
        for command in COMMANDS
        for key in command.keys
    )
