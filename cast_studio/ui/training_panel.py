"""Retraining: what will be learned from, how it goes, and how it ended."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtWidgets import (
    QPlainTextEdit,
    QProgressBar,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.threads import run_in_background
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.training_protocol import Progress
from cast_studio.said import say
from cast_studio.ui import tokens, wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.class_counts import ClassCounts
from cast_studio.ui.commands import Do
from cast_studio.ui.parts import ActionButton, EmptyState, scrolled, separator, text_label
from cast_studio.ui.theme import scaled, set_kind, with_tabular_figures
from cast_studio.ui.training_plan import ADVISED, TrainingPlan

if TYPE_CHECKING:
    from cast_studio.ui.loss_plot import LossPlot

_LOG_HEIGHT = 140
_KINDS = {"finished": "good", "stopped": "warning"}


class TrainingPanel(QWidget):
    """Four states: nothing to learn from, ready, running, ended."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_running = False
        self._summary = text_label(kind="muted", wraps=True)
        self._advice = text_label(kind="warning", wraps=True)
        self._counts = ClassCounts()
        self._retrain = ActionButton(actions[Do.RETRAIN], primary=True)
        self._stop = ActionButton(actions[Do.STOP_TRAINING])
        self._outcome = text_label(wraps=True)
        self._outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._numbers = text_label(kind="muted", wraps=True)
        self._numbers.setFont(with_tabular_figures(self._numbers.font()))
        self._log = QPlainTextEdit()
        self._log.setReadOnly(True)
        self._log.setAccessibleName(self.tr("Last lines of the training's log"))
        self._log.setMaximumHeight(scaled(_LOG_HEIGHT))
        self._status = text_label(wraps=True)
        self._status.setFont(with_tabular_figures(self._status.font()))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._curve_place = QVBoxLayout()
        self._plot: LossPlot | None = None
        self._is_plot_asked_for = False
        self._points: list[tuple[int, float]] = []
        self._lay_out()
        self.show_plan(TrainingPlan())
        self._show_parts(running=False, ended=False)

    @property
    def outcome_text(self) -> str:
        """How the last run ended, as it is told."""
        return "" if self._outcome.isHidden() else self._outcome.text()

    @property
    def status_text(self) -> str:
        """What is told about the run that is going on."""
        return self._status.text()

    @property
    def summary_text(self) -> str:
        """What is told about what there is to learn from."""
        return self._summary.text()

    @property
    def advice_text(self) -> str:
        """What is told of classes with few examples; empty where none is."""
        return "" if self._advice.isHidden() else self._advice.text()

    @property
    def curve(self) -> tuple[tuple[int, float], ...] | None:
        """The steps and losses that are drawn; None until the plot is there."""
        return None if self._plot is None else tuple(self._plot.points)

    @property
    def shows_curve(self) -> bool:
        """Whether there is a curve to be seen as soon as the panel is."""
        return self._plot is not None and not self._plot.isHidden()

    @Slot()
    def prepare_curve(self) -> None:
        """Make the plot of the learning curve, once; what draws it is imported meanwhile elsewhere.

        Best called when nothing else is imported. A run that begins earlier gets its curve as soon
        as the plot is there.
        """
        if self._is_plot_asked_for:
            return
        self._is_plot_asked_for = True
        _make_types_of_qt()
        run_in_background(
            _import_loss_plot,
            doing=say("Showing the learning curve"),
            on_success=self._make_plot,
            on_failure=self._tell_no_plot,
        )

    def show_plan(self, plan: TrainingPlan) -> None:
        """Show what a run would learn from."""
        self._summary.setText(self._summary_of(plan))
        scarce = ", ".join(f"“{count.name}” ({count.count})" for count in plan.scarce)
        self._advice.setVisible(bool(scarce))
        self._advice.setText(
            self.tr("Few examples of {names}: label more, at least {advised} each.").format(
                names=scarce, advised=ADVISED
            )
        )
        self._counts.show_counts(plan.counts)
        has_page = plan.segments or self._is_running or self.outcome_text
        self._stack.setCurrentIndex(1 if has_page else 0)

    def show_running(self) -> None:
        """Show that a run has begun."""
        self._is_running = True
        self._points.clear()
        self._draw_curve()
        self._bar.setRange(0, 0)
        self._status.setText(self.tr("Starting…"))
        self._show_parts(running=True, ended=False)
        self._stack.setCurrentIndex(1)

    def tell(self, text: str) -> None:
        """Show what the run does just now."""
        if self._is_running:
            self._status.setText(text)

    def show_progress(self, progress: Progress) -> None:
        """Show how far the run is and add to its curve."""
        self._bar.setRange(0, max(1, progress.total_steps))
        self._bar.setValue(progress.step)
        left = ""
        if progress.eta_seconds is not None:
            left = f" · {wording.remaining(progress.eta_seconds)}"
        step = self.tr("Step {step} of {total}").format(
            step=wording.count(progress.step), total=wording.count(progress.total_steps)
        )
        loss = self.tr("loss {n}").format(n=f"{progress.loss:.3f}")
        self._status.setText(f"{step} · {loss}{left}")
        self._points.append((progress.step, progress.loss))
        self._draw_curve()

    def show_outcome(self, outcome: TrainingOutcome) -> None:
        """Show how the run ended."""
        self._is_running = False
        self._outcome.setText(outcome.text)
        set_kind(self._outcome, _KINDS.get(outcome.kind, "danger"))
        numbers = ", ".join(
            f"{name} {wording.percent(value)}"
            for name, value in outcome.metrics.items()
            if 0 <= value <= 1
        )
        self._numbers.setText(numbers and self.tr("Measured: {n}").format(n=numbers))
        self._log.setPlainText(outcome.log_tail)
        self._show_parts(running=False, ended=True)
        self._numbers.setVisible(bool(numbers))
        self._log.setVisible(bool(outcome.log_tail))

    def forget_outcome(self) -> None:
        """Show nothing of the last run, as for another project."""
        self._is_running = False
        self._points.clear()
        self._show_parts(running=False, ended=False)

    def _summary_of(self, plan: TrainingPlan) -> str:
        if plan.usable:
            summary = self.tr("{segments} to learn from.").format(
                segments=wording.counted(plan.usable, "labelled segment")
            )
        else:
            summary = self.tr("There is nothing to learn from yet.")
        if plan.usable and not plan.new_classes:
            summary += self.tr(" The model knows all of their classes already.")
        # Each on a line of its own: they are about different segments, and what to do differs.
        return "\n".join((summary, *plan.shortfalls))

    def _show_parts(self, *, running: bool, ended: bool) -> None:
        of_run: tuple[QWidget, ...] = (self._status, self._bar, self._stop)
        of_outcome: tuple[QWidget, ...] = (self._outcome, self._numbers, self._log)
        for widget in of_run:
            widget.setVisible(running)
        for widget in of_outcome:
            widget.setVisible(ended)
        self._retrain.setVisible(not running)
        self._show_curve()

    def _draw_curve(self) -> None:
        self.prepare_curve()
        if self._plot is None:
            return  # what there is by then is drawn when the plot is made
        if not self._points:
            self._plot.clear()
        else:
            self._plot.extend(self._points[-1:])
        self._show_curve()

    def _show_curve(self) -> None:
        """Show the plot once there is something to plot."""
        if self._plot is not None:
            self._plot.setVisible(bool(self._points))

    @Slot(object)
    def _make_plot(self, loss_plot: ModuleType) -> None:
        self._plot = loss_plot.LossPlot()
        self._plot.extend(self._points)
        self._plot.hide()  # without a parent it would be a window of its own
        self._curve_place.addWidget(self._plot)
        self._show_curve()

    @Slot(str)
    def _tell_no_plot(self, sentence: str) -> None:
        self._curve_place.addWidget(text_label(sentence, kind="warning", wraps=True))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._log.setMaximumHeight(scaled(_LOG_HEIGHT))

    def _lay_out(self) -> None:
        empty = EmptyState(
            self.tr("Nothing to learn from yet"),
            self.tr(
                "Accept or correct what the model says, or label segments of your own. "
                "A handful of each class is enough to retrain."
            ),
        )
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L, tokens.SPACE_L)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(self._retrain)
        layout.addWidget(self._status)
        layout.addWidget(self._bar)
        layout.addWidget(self._stop)
        layout.addWidget(self._outcome)
        layout.addWidget(self._numbers)
        layout.addWidget(self._log)
        layout.addLayout(self._curve_place)
        layout.addWidget(separator())
        layout.addWidget(self._summary)
        layout.addWidget(self._advice)
        layout.addWidget(self._counts)
        layout.addStretch(1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(scrolled(page))


def _make_types_of_qt() -> None:
    """Make the classes of Qt that nobody has asked for yet. GUI thread, some hundredths of a second.

    PySide makes a class when it is first asked for, and crashes where two threads make some at once.
    pyqtgraph asks for all of them while it is imported on another thread.
    """
    for module in (QtCore, QtGui, QtWidgets):
        for name in dir(module):
            getattr(module, name, None)


def _import_loss_plot() -> ModuleType:
    """Import pyqtgraph, which takes longer than the window may stand still."""
    from cast_studio.ui import loss_plot

    return loss_plot
