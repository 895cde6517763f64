"""Every control of every window is reached by Tab and has a name to be read aloud."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.conftest import Desk
from tests.ui.windows import WINDOWS, controls, spoken_name


def shown(qtbot: QtBot, name: str, place: Path, host: QWidget) -> QDialog:
    """Return a window of the program."""
    window = WINDOWS[name](host, place)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    QApplication.processEvents()
    return window


def wanted(window: QWidget) -> set[QWidget]:
    """Return the controls that Tab must reach."""
    return {
        control
        for control in controls(window)
        if control.isEnabled()
        and control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not _is_reached_by_arrows(control)
    }


def _is_reached_by_arrows(control: QWidget) -> bool:
    # Of buttons that exclude each other Tab reaches one, the arrow keys the others.
    group = control.group() if isinstance(control, QAbstractButton) else None
    return group is not None and group.exclusive() and not control.isChecked()


def reached_by_tab(qtbot: QtBot, key: Qt.Key = Qt.Key.Key_Tab, most: int = 60) -> set[QWidget]:
    """Press Tab again and again; return what had the focus, until it stays or comes round."""
    reached: list[QWidget] = []
    for _ in range(most):
        focused = QApplication.focusWidget()
        assert focused is not None
        if focused in reached:
            break
        reached.append(focused)
        qtbot.keyClick(focused, key)
    return set(reached)


@pytest.mark.parametrize("name", WINDOWS)
def test_every_control_is_named_and_reached_by_tab(qtbot: QtBot, name: str, tmp_path: Path) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window = shown(qtbot, name, tmp_path, host)
    assert [control for control in controls(window) if not spoken_name(control)] == []
    assert wanted(window) - reached_by_tab(qtbot) == set()


@pytest.mark.parametrize("name", WINDOWS)
def test_esc_closes_each_window(qtbot: QtBot, name: str, tmp_path: Path) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window = shown(qtbot, name, tmp_path, host)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_every_control_of_the_main_window_is_named_and_reached_by_keys(
    labelled_desk: Desk, qtbot: QtBot
) -> None:
    desk = labelled_desk
    workspace = desk.window.workspace
    desk.window.notices.tell("warning", "Something.", button="Mend it")
    for page in (workspace.label_panel, workspace.why_panel, workspace.training_panel):
        workspace.show_page(page)
        QApplication.processEvents()
        assert [one for one in controls(desk.window) if not spoken_name(one)] == []
        reached: set[QWidget] = set()
        # F6 leads from panel to panel; on the video and the timeline Tab visits labels.
        for _ in workspace.panels:
            desk.press("F6")
            stop = QApplication.focusWidget()
            assert stop is not None
            for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                stop.setFocus()
                reached |= reached_by_tab(qtbot, key)
            stop.setFocus()
        assert {spoken_name(one) for one in wanted(desk.window) - reached} == set()
