"""The commands as QActions, with the keys that the user has chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.ui.commands import BY_DO, COMMANDS, Command, Do, MenuName, Need
from cast_studio.ui.icons import icon
from cast_studio.ui.keys.key_map import KeyMap
from cast_studio.ui.language import shown


class Actions(QObject):
    """One QAction for each command, added to the window that owns them.

    Signals:
        keys_changed: Commands have other keys.
        switched: One that is on or off was used: its words, and whether it is on now.
    """

    keys_changed = Signal()
    switched = Signal(str, bool)

    def __init__(self, window: QWidget, keys: KeyMap | None = None) -> None:
        super().__init__(window)
        self._keys = keys or KeyMap()
        self._met: frozenset[Need] = frozenset()
        self._actions: dict[Do, QAction] = {}
        for command in COMMANDS:
            action = self._make(command)
            self._actions[command.do] = action
            window.addAction(action)
            self._say_whether(command.do)

    def __getitem__(self, do: Do) -> QAction:
        return self._actions[do]

    @property
    def keys(self) -> KeyMap:
        """The keys in use."""
        return self._keys

    def use_keys(self, keys: KeyMap) -> None:
        """Give the commands other keys, at once."""
        self._keys = keys
        for do, action in self._actions.items():
            action.setShortcuts([QKeySequence(key) for key in keys.keys(do)])
            self._say_whether(do)
        self.keys_changed.emit()

    def key_text(self, do: Do) -> str:
        """Return the first key of a command as the platform writes it; empty without one."""
        keys = self._keys.keys(do)
        return native(keys[0]) if keys else ""

    def key_texts(self, do: Do) -> str:
        """Return all keys of a command as the platform writes them."""
        texts = list(map(native, self._keys.keys(do)))
        found = texts[0] if texts else ""
        for text in texts[1:]:
            found = self.tr("{keys} or {key}").format(keys=found, key=text)
        return found

    def missing(self, do: Do) -> Need | None:
        """Return what a command lacks just now, None when it is possible."""
        return BY_DO[do].missing(self._met)

    def connect_to(self, handlers: dict[Do, Callable[[], object]]) -> None:
        """Let each command call a function without arguments when it is triggered."""
        for do, handler in handlers.items():
            self._actions[do].triggered.connect(_without_arguments(handler))

    def update_enabled(self, met: frozenset[Need]) -> None:
        """Enable what is possible and let the tooltips of the rest say what is missing."""
        before, self._met = self._met, met
        for do, command in BY_DO.items():
            if command.missing(met) is not command.missing(before):
                self._say_whether(do)

    def _say_whether(self, do: Do) -> None:
        action, command = self._actions[do], BY_DO[do]
        action.setEnabled(command.missing(self._met) is None)
        action.setToolTip(command.tooltip(self.key_text(do), self._met))

    @Slot(bool)
    def _on_switched(self, is_on: bool) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.switched.emit(action.text(), is_on)

    def trigger_heatmap(self, is_on: bool) -> None:
        """Switch the heatmap on or off, as its key does."""
        if self._actions[Do.HEATMAP].isChecked() != is_on:
            self._actions[Do.HEATMAP].trigger()

    def name(self, do: Do, text: str) -> None:
        """Give a command other words, as undo has for each edit."""
        self._actions[do].setText(text)
        key = self.key_text(do)
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
        action = QAction(shown(command.text), self)
        action.setShortcuts([QKeySequence(key) for key in self._keys.keys(command.do)])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setCheckable(command.checkable)
        if command.checkable:
            action.triggered.connect(self._on_switched)
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


def native(key: str) -> str:
    """Return a key as the platform writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def _without_arguments(handler: Callable[[], object]) -> Callable[[], None]:
    def call() -> None:
        handler()

    return call
