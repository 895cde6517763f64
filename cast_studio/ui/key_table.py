"""The commands with their keys as a table: what is searched and chosen from in the window of keys."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from cast_studio.ui.actions import native
from cast_studio.ui.commands import BY_DO, COMMANDS, Command, Do, Scope
from cast_studio.ui.fuzzy import score
from cast_studio.ui.keys.key_map import KeyMap
from cast_studio.ui.keys.key_names import canonical, may_act_while_typing
from cast_studio.ui.language import marked, shown

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()
HEADERS = (marked("Command"), marked("Key"), marked("Second key"), marked("Works"))
_SCOPES = {
    Scope.ANYWHERE: marked("Everywhere"),
    Scope.WINDOW: marked("Not while typing"),
    Scope.STAGE: marked("Video and timeline"),
}


def scope_text(command: Command, keys: KeyMap) -> str:
    """Return where a command's keys work, in a few words."""
    own = keys.keys(command.do)
    if command.scope is Scope.ANYWHERE and own and not any(map(may_act_while_typing, own)):
        return shown(_SCOPES[Scope.WINDOW])
    return shown(_SCOPES[command.scope])


def matching(typed: str, keys: KeyMap) -> tuple[Command, ...]:
    """Return the commands that fit what was typed: a key, or letters of the name or the menu."""
    if not typed.strip():
        return COMMANDS
    owner = keys.command_of(typed)
    found = []
    for place, command in enumerate(COMMANDS):
        name = score(typed, command.name)
        menu = score(typed, f"{shown(command.menu)} {command.name}")
        tip = score(typed, shown(command.tip)) if command.tip else None
        has_key = any(canonical(typed) in key for key in keys.keys(command.do) if len(typed) > 1)
        fits = [
            *([2000.0] if command.do is owner else []),
            *([400.0] if has_key else []),
            *([name] if name is not None else []),
            *([menu / 2] if menu is not None else []),
            *([tip / 4] if tip is not None and tip > 0 else []),
        ]
        if fits:
            found.append((-max(fits), place, command))
    return tuple(command for _, _, command in sorted(found, key=lambda entry: entry[:2]))


class KeyTable(QAbstractTableModel):
    """The commands that fit what is searched for."""

    def __init__(self, keys: KeyMap) -> None:
        super().__init__()
        self._keys = keys
        self._typed = ""
        self._commands = matching("", keys)

    def search(self, typed: str) -> None:
        """Show what fits."""
        self.beginResetModel()
        self._typed = typed
        self._commands = matching(typed, self._keys)
        self.endResetModel()

    def show_keys(self, keys: KeyMap) -> None:
        """Show other keys of the same commands."""
        self._keys = keys
        if self._commands:
            last = self.index(len(self._commands) - 1, len(HEADERS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def command(self, row: int) -> Command | None:
        """Return the command of a row."""
        return self._commands[row] if 0 <= row < len(self._commands) else None

    def row_of(self, do: Do) -> int:
        """Return the row of a command, -1 if it is filtered out."""
        return next((i for i, found in enumerate(self._commands) if found.do is do), -1)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of commands."""
        return 0 if parent.isValid() else len(self._commands)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(  # noqa: N802  (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return a column's title."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return shown(HEADERS[section]) if 0 <= section < len(HEADERS) else None
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: the text, and the tip of the command."""
        command = self.command(index.row()) if index.isValid() else None
        if command is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return shown(command.tip) or None
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        own = self._keys.keys(command.do)
        match index.column():
            case 0:
                mark = " •" if self._keys.is_changed(command.do) else ""
                return f"{shown(command.menu)}: {BY_DO[command.do].name.rstrip('…')}{mark}"
            case 1 | 2:
                position = index.column() - 1
                return native(own[position]) if position < len(own) else ""
            case _:
                return scope_text(command, self._keys)
