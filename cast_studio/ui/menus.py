"""The menus of the window, and those that a right click on the timeline opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import INNER_MENUS, MENUS, Do, MenuName
from cast_studio.ui.language import shown

Clicked = Literal["track", "label", "segment", "ground", "strip"]
"""What was clicked on the timeline: a header, a label, a segment of the model, nothing, or a strip
that shows the video itself."""

_LETTERS: Final[Mapping[MenuName, str]] = {
    "File": "F", "Edit": "E", "Play": "P", "Label": "L", "Track": "T", "Model": "o", "View": "V",
    "Help": "H",
}  # fmt: skip
"""Which letter opens a menu together with Alt."""

_GROUPS: Final[Mapping[Clicked, tuple[tuple[Do, ...], ...]]] = {
    "label": (
        (Do.EDIT_LABEL, Do.LABEL_AGAIN),
        (Do.PLAY_SEGMENT, Do.LOOP_SEGMENT),
        (Do.SPLIT, Do.MERGE, Do.TRIM_START, Do.TRIM_END, Do.FILL_GAP),
        (Do.LABEL_UP, Do.LABEL_DOWN),
        (Do.NOTE, Do.SUBJECT),
        (Do.MARK_REVIEWED, Do.UNMARK_REVIEWED),
        (Do.CUT, Do.COPY, Do.DELETE),
    ),
    "segment": ((Do.ACCEPT, Do.EDIT_LABEL, Do.REJECT), (Do.PLAY_SEGMENT, Do.LOOP_SEGMENT)),
    "ground": (
        (Do.MARK_IN, Do.MARK_OUT, Do.LABEL_RANGE, Do.LABEL_AGAIN),
        (Do.FILL_GAP, Do.ADD_POINT, Do.PASTE),
        (Do.MARK_REVIEWED, Do.UNMARK_REVIEWED),
        (Do.ADD_TRACK,),
    ),
    "strip": (
        (Do.SHOW_PICTURES, Do.SHOW_WAVEFORM),
        (Do.ZOOM_IN, Do.ZOOM_OUT, Do.ZOOM_FIT),
    ),
}


class MenuTitles(QObject):
    """The menus of a menu bar; Alt and a letter opens one, unless a command has that key.

    Attributes:
        menus: By name.
    """

    def __init__(self, bar: QMenuBar, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._actions = actions
        titles = (name for name in MENUS if name not in INNER_MENUS)
        self.menus: dict[MenuName, QMenu] = {name: bar.addMenu(shown(name)) for name in titles}
        for name, menu in self.menus.items():
            actions.fill(menu, name)
        self._write()
        actions.keys_changed.connect(self._write)

    @Slot()
    def _write(self) -> None:
        for name, menu in self.menus.items():
            letter = _LETTERS[name]
            is_free = self._actions.keys.command_of(f"Alt+{letter}") is None
            menu.setTitle(shown(name).replace(letter, f"&{letter}", 1) if is_free else shown(name))


def timeline_menu(clicked: Clicked, actions: Actions, parent: QWidget) -> QMenu:
    """Return what can be done with what was clicked on the timeline."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    if clicked == "track":
        actions.fill(menu, "Track")
    for number, group in enumerate(_GROUPS.get(clicked, ())):
        if number:
            menu.addSeparator()
        for do in group:
            menu.addAction(actions[do])
    return menu
