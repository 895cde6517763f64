"""Choosing the theme in the View menu, or by a command."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.preferences import Preferences
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.language import translate
from cast_studio.ui.theme import Theme, ThemeChoice

THEMES: Final[dict[Do, ThemeChoice]] = {
    Do.THEME_OF_SYSTEM: "system",
    Do.THEME_LIGHT: "light",
    Do.THEME_DARK: "dark",
    Do.THEME_CONTRAST: "contrast",
}
"""The theme that each command chooses."""


class ThemeChooser:
    """Shows another theme and remembers it. GUI thread."""

    def __init__(self, theme: Theme, preferences: Preferences) -> None:
        self._theme = theme
        self._preferences = preferences

    @property
    def choice(self) -> ThemeChoice:
        """What the user asked for."""
        return self._theme.choice

    def choose(self, choice: ThemeChoice) -> None:
        """Show another theme, at once."""
        self._preferences.theme = choice
        self._theme.choose(choice)


def theme_menu(chooser: ThemeChooser, actions: Actions, parent: QWidget) -> QMenu:
    """Return the menu of the themes, of which one is checked."""
    menu = QMenu(translate("ThemeMenu", "Theme"), parent)
    actions.fill(menu, "Theme")
    group = QActionGroup(menu)
    for do, choice in THEMES.items():
        group.addAction(actions[do])
        actions[do].setChecked(choice == chooser.choice)
    return menu
