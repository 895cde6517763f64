"""Starting with a window, themes, and what assistive tools are told."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollBar,
    QTabBar,
    QWidget,
)

from cast_studio.ui.cheat_sheet import CheatSheet
from cast_studio.ui.commands import COMMANDS
from cast_studio.ui.theme import Theme, ThemeChoice, chosen_colors, colors_of
from cast_studio.ui.tokens import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, ColorTokens
from tests.ui.conftest import Desk


def test_the_window_is_there_without_torch_and_without_plots() -> None:
    script = (
        "import sys, cast_studio.ui.application;"
        "print([m for m in ('torch', 'transformers', 'pyqtgraph', 'qtawesome') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"


def test_the_theme_changes_at_once(desk: Desk, qapp: QApplication) -> None:
    theme = Theme(qapp, "dark")
    assert colors_of(desk.window) == DARK
    theme.choose("light")
    assert colors_of(desk.window) == LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == LIGHT.window
    theme.choose("dark")
    assert colors_of(desk.window) == DARK


@pytest.mark.parametrize(
    ("choice", "is_light", "wants_contrast", "expected"),
    [
        ("system", True, False, LIGHT),
        ("system", False, False, DARK),
        ("system", True, True, CONTRAST_LIGHT),
        ("system", False, True, CONTRAST_DARK),
        ("contrast", True, False, CONTRAST_LIGHT),
        ("contrast", False, False, CONTRAST_DARK),
        ("light", False, True, LIGHT),
        ("dark", True, True, DARK),
    ],
)
def test_the_system_is_followed_where_the_user_has_not_chosen(
    choice: ThemeChoice, is_light: bool, wants_contrast: bool, expected: ColorTokens
) -> None:
    assert chosen_colors(choice, is_light=is_light, wants_contrast=wants_contrast) is expected


def test_high_contrast_is_chosen_in_the_menu_and_reaches_every_widget(desk: Desk) -> None:
    themes = [menu for menu in desk.window.findChildren(QMenu) if menu.title() == "Theme"]
    (high,) = [action for action in themes[0].actions() if action.text() == "High contrast"]
    high.trigger()
    assert desk.studio.services.preferences.theme == "contrast"
    for widget in (desk.window, desk.window.workspace.timeline, desk.window.workspace.video_list):
        assert colors_of(widget).is_high_contrast


def test_the_choice_of_theme_is_remembered(desk: Desk) -> None:
    themes = [menu for menu in desk.window.findChildren(QMenu) if menu.title() == "Theme"]
    (light,) = [action for action in themes[0].actions() if action.text() == "Light"]
    light.trigger()
    assert desk.studio.services.preferences.theme == "light"
    assert colors_of(desk.window) == LIGHT


def test_every_control_has_a_name_that_can_be_read_aloud(labelled_desk: Desk) -> None:
    nameless = [
        widget
        for widget in labelled_desk.window.findChildren(QWidget)
        if _is_control(widget) and not _spoken_name(widget) and not widget.isHidden()
    ]
    assert nameless == []


def _is_control(widget: QWidget) -> bool:
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return False
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QComboBox | QTabBar):  # the parts inside of these are Qt's own
            return False
        above = above.parentWidget()
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QAbstractItemView, QTabBar)
    return isinstance(widget, kinds)


def _spoken_name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QAbstractButton | QLabel) else ""
    return widget.accessibleName() or text


def test_every_button_says_what_it_does_and_by_which_key(labelled_desk: Desk) -> None:
    silent = [
        widget
        for widget in labelled_desk.window.findChildren(QAbstractButton)
        if _is_control(widget) and not widget.isHidden() and not (widget.toolTip() or widget.text())
    ]
    assert silent == []


def test_the_cheat_sheet_shows_every_key(desk: Desk) -> None:
    sheet = CheatSheet(desk.window.actions_, None, desk.window)
    shown = " ".join(label.text() for label in sheet.findChildren(QLabel))
    for command in COMMANDS:
        if command.keys:
            assert command.text.rstrip("…") in shown
    sheet.close()
    sheet.deleteLater()


def test_closing_while_the_model_predicts_ends_everything(labelled_desk: Desk) -> None:
    labelled_desk.wait(lambda: bool(labelled_desk.studio.services.inference.model_id))
    labelled_desk.studio.predict()
    assert labelled_desk.window.close()
