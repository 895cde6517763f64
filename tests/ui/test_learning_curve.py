"""The learning curve, whose plots must not hold up the window while they are imported."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.training_protocol import Progress
from tests.ui.conftest import Desk

if TYPE_CHECKING:
    from cast_studio.ui.loss_plot import LossPlot


def progress(step: int, loss: float) -> Progress:
    return Progress(
        step=step, total_steps=9, loss=loss, learning_rate=0.1, seconds=1.0, eta_seconds=None
    )


@pytest.mark.parametrize("prepared_before", [False, True])
def test_plots_are_imported_beside_the_window(prepared_before: bool) -> None:
    script = f"""
import sys, threading, time
from PySide6.QtWidgets import QApplication, QMainWindow
from cast_studio.ui.actions import Actions
from cast_studio.ui.training_panel import TrainingPanel
from tests.ui.test_learning_curve import progress

importers = []

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "pyqtgraph":
            importers.append(threading.current_thread())

sys.meta_path.insert(0, Watch())
application = QApplication([])
window = QMainWindow()
panel = TrainingPanel(Actions(window))

def wait():
    deadline = time.monotonic() + 60
    while panel.curve is None and time.monotonic() < deadline:
        application.processEvents()

if {prepared_before}:
    panel.prepare_curve()
    wait()
panel.show_running()
panel.show_progress(progress(1, 2.0))
panel.show_progress(progress(2, 1.0))
wait()
panel.show_progress(progress(3, 0.5))
print(panel.curve, len(importers), threading.main_thread() in importers)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ
    )
    assert done.stdout == "((1, 2.0), (2, 1.0), (3, 0.5)) 1 False\n", done.stderr


def test_the_curve_is_ready_before_anybody_trains(desk: Desk) -> None:
    panel = desk.window.workspace.training_panel
    desk.wait(lambda: panel.curve is not None)
    assert panel.curve == ()


def test_each_run_begins_a_curve_of_its_own(desk: Desk) -> None:
    panel = desk.window.workspace.training_panel
    panel.show_running()
    panel.show_progress(progress(1, 2.0))
    desk.wait(lambda: panel.curve == ((1, 2.0),))
    panel.show_running()
    assert panel.curve == ()


def make_plot(qtbot: QtBot) -> LossPlot:
    from cast_studio.ui.loss_plot import LossPlot

    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 170)
    plot.show()
    return plot


def test_small_losses_are_written_as_they_are(qtbot: QtBot) -> None:
    plot = make_plot(qtbot)
    plot.extend((step, 0.002 + 0.0001 * (step % 2)) for step in range(1, 40_000, 500))
    plot.grab()
    assert plot.axis_labels == ("loss", "step")


def test_noise_near_zero_is_not_magnified(qtbot: QtBot) -> None:
    plot = make_plot(qtbot)
    plot.extend((step, 0.002 + 0.0001 * (step % 2)) for step in range(1, 40))
    (first, last), (low, high) = plot.shown_range
    assert first <= 0
    assert last >= 39
    assert low <= 0
    assert 0.1 <= high < 0.2


def test_all_of_a_curve_is_in_sight(qtbot: QtBot) -> None:
    plot = make_plot(qtbot)
    plot.extend([(1, 4.0), (2, 2.0), (300, 0.5)])
    (_, last), (low, high) = plot.shown_range
    assert 300 < last < 400
    assert low <= 0
    assert 4.0 < high < 5.0


@pytest.mark.parametrize("loss", [0.01, 0.94, 2.3, 2.36, 4.7])
def test_no_number_of_the_axes_is_cut(qtbot: QtBot, loss: float) -> None:
    plot = make_plot(qtbot)
    plot.extend([(1, loss), (100, loss / 10)])
    qtbot.wait(50)  # pyqtgraph lays its axes out later
    shown = plot.grab().toImage()
    top = {shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(2)}
    right = {shown.pixelColor(shown.width() - 1, y).name() for y in range(shown.height())}
    assert len(top) == len(right) == 1


def test_there_is_no_plot_before_there_is_a_curve(desk: Desk) -> None:
    panel = desk.window.workspace.training_panel
    desk.wait(lambda: panel.curve is not None)
    panel.show_running()
    assert not panel.shows_curve
    panel.show_progress(progress(1, 2.0))
    assert panel.shows_curve
    panel.show_running()
    panel.show_outcome(TrainingOutcome("stopped", "Training was stopped."))
    assert not panel.shows_curve


def test_leaving_while_plots_are_imported_is_quiet() -> None:
    script = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from cast_studio.ui.application import run_gui
from cast_studio.ui.main_window import MainWindow

application = QApplication([])

def leave():
    (window,) = (w for w in application.topLevelWidgets() if isinstance(w, MainWindow))
    window.workspace.training_panel.prepare_curve()
    window.close()

QTimer.singleShot(0, leave)
print(run_gui())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ
    )
    lines = [line for line in done.stderr.splitlines() if "plugin does not support" not in line]
    assert (done.returncode, done.stdout, lines) == (0, "0\n", [])
