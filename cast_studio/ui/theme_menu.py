"""Choosing the theme in the View menu."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.preferences import Preferences
from cast_studio.ui.language import marked, shown, translate
from cast_studio.ui.parts import add_choices
from cast_studio.ui.theme import Theme, ThemeChoice

_CHOICES: tuple[tuple[ThemeChoice, str], ...] = (
    ("system", marked("Like the system")),
    ("light", marked("Light")),
    ("dark", marked("Dark")),
    ("contrast", marked("High contrast")),
)


def theme_menu(theme: Theme, preferences: Preferences, parent: QWidget) -> QMenu:
    """Return a menu that switches the theme and remembers the choice."""
    menu = QMenu(translate("ThemeMenu", "Theme"), parent)

    def choose(choice: ThemeChoice) -> None:
        preferences.theme = choice
        theme.choose(choice)

    add_choices(menu, ((choice, shown(text)) for choice, text in _CHOICES), theme.choice, choose)
    return menu
