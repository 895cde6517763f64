"""Every control of the windows of keys and classes is reached by Tab and has a name to be read aloud."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QSpinBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cast_studio.ui.actions import Actions
from cast_studio.ui.cheat_sheet import CheatSheet
from cast_studio.ui.key_window import KeyChoice, KeyWindow
from cast_studio.ui.keys.key_map import KeyMap
from cast_studio.ui.new_project_dialog import NewProjectDialog
from cast_studio.ui.palette import Palette
from cast_studio.ui.schema_window import SchemaWindow
from tests.core.examples import PROJECT
from tests.fakes import SCHEMA

Make = Callable[[QWidget], QDialog]
WINDOWS: dict[str, Make] = {
    "keys": lambda host: KeyWindow(KeyChoice(KeyMap(), False, 0), SCHEMA, host),
    "palette": lambda host: Palette(Actions(host), SCHEMA, (), host),
    "sheet": lambda host: CheatSheet(Actions(host), SCHEMA, host),
    "classes": lambda host: SchemaWindow(PROJECT, parent=host),
    "project": lambda host: NewProjectDialog(Path("/tmp"), of_model=SCHEMA, parent=host),
}
CONTROLS = (QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QSpinBox, QTabBar)


def controls(window: QDialog) -> list[QWidget]:
    """Return what the user works with, without the parts that Qt makes of it."""
    found = [child for child in window.findChildren(QWidget) if isinstance(child, CONTROLS)]
    return [
        child
        for child in found
        if child.isVisible()
        and child.parent() is not None
        and not any(isinstance(parent, (*CONTROLS[1:],)) for parent in parents(child))
    ]


def parents(child: QWidget) -> list[QWidget]:
    found, now = [], child.parentWidget()
    while now is not None:
        found.append(now)
        now = now.parentWidget()
    return found


@pytest.mark.parametrize("name", WINDOWS)
def test_every_control_is_named_and_reached_by_tab(qtbot: QtBot, name: str) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window = WINDOWS[name](host)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    QApplication.processEvents()
    for control in controls(window):
        text = control.text() if isinstance(control, QAbstractButton | QLineEdit) else ""
        assert control.accessibleName() or text or control.toolTip(), control
    wanted = {
        control
        for control in controls(window)
        if control.isEnabled() and control.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    reached: set[QWidget] = set()
    first = QApplication.focusWidget()
    assert first is not None
    for _ in range(60):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.add(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    # Of buttons that exclude each other Tab reaches one, the arrow keys the others.
    missed = {one for one in wanted - reached if one.objectName() not in KINDS}
    assert not missed


KINDS = ("empty", "action", "pair", "model", "list", "file")


@pytest.mark.parametrize("name", WINDOWS)
def test_esc_closes_each_window(qtbot: QtBot, name: str) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window = WINDOWS[name](host)
    window.show()
    qtbot.waitExposed(window)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
