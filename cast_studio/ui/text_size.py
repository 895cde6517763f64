"""How large text is shown: larger and smaller in steps, remembered, for all windows at once."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from cast_studio.app.preferences import TEXT_PERCENTS, USUAL_TEXT_PERCENT, Preferences
from cast_studio.ui import wording
from cast_studio.ui.language import translate
from cast_studio.ui.parts import add_choices
from cast_studio.ui.theme import Theme


class TextSize(QObject):
    """Changes the size of text and remembers it. GUI thread.

    Signals:
        changed: The new size in percent of the usual one.
    """

    changed = Signal(int)

    def __init__(self, theme: Theme, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._preferences = preferences

    @property
    def percent(self) -> int:
        """The size in percent of the usual one."""
        return self._theme.text_percent

    def choose(self, percent: int) -> None:
        """Show text in another size, at once.

        Args:
            percent: Of the usual size; one of :data:`TEXT_PERCENTS`.
        """
        if percent == self.percent:
            return
        self._preferences.text_percent = percent
        self._theme.show_text_size(percent)
        self.changed.emit(percent)

    def larger(self) -> None:
        """Show text larger by a step, if there is one."""
        self.choose(min((p for p in TEXT_PERCENTS if p > self.percent), default=self.percent))

    def smaller(self) -> None:
        """Show text smaller by a step, if there is one."""
        self.choose(max((p for p in TEXT_PERCENTS if p < self.percent), default=self.percent))

    def usual(self) -> None:
        """Show text in its usual size."""
        self.choose(USUAL_TEXT_PERCENT)


def text_size_menu(size: TextSize, parent: QWidget) -> QMenu:
    """Return a menu of all sizes that shows which one is in use."""
    menu = QMenu(translate("TextSize", "Text size"), parent)
    choices = ((percent, wording.percent(percent / 100)) for percent in TEXT_PERCENTS)
    actions = add_choices(menu, choices, size.percent, size.choose)
    size.changed.connect(lambda now: actions[now].setChecked(True))
    return menu
