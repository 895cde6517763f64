"""Choosing the theme in the View menu."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.preferences import Preferences
from cast_studio.ui.language import marked, shown, translate
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
    group = QActionGroup(menu)

    def choose(choice: ThemeChoice) -> None:
        preferences.theme = choice
        theme.choose(choice)

    for choice, text in _CHOICES:
        action = menu.addAction(shown(text))
        action.setCheckable(True)
        action.setChecked(choice == theme.choice)
        action.triggered.connect(lambda checked=False, choice=choice: choose(choice))
        group.addAction(action)
    return menu
