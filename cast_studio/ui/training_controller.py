"""Retraining: building the job, following the run, and putting the new model to work."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.job_builder import BaseModel, build_session_job
from cast_studio.app.models import register_trained_model
from cast_studio.app.session import Session
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.labels import LabelHead
from cast_studio.core.training_protocol import Progress, Started
from cast_studio.errors import CastStudioError
from cast_studio.ui.model_controller import ModelController
from cast_studio.ui.training_plan import TrainingPlan, training_plan

_SEED = 0
_PAUSED = "The model is being retrained; it can predict again when that is done."


class TrainingController(QObject):
    """Starts and stops runs. GUI thread.

    Signals:
        plan_changed: The :class:`TrainingPlan`.
        began: A run is followed from now on.
        progressed: :class:`Progress`.
        told: A few words about what the run does.
        ended: :class:`TrainingOutcome`.
        adapted: Folder of the trained adapter; it is being loaded.
    """

    plan_changed = Signal(object)
    began = Signal()
    progressed = Signal(object)
    told = Signal(str)
    ended = Signal(object)
    adapted = Signal(object)

    def __init__(
        self,
        runner: TrainingRunner,
        models: ModelController,
        messages: UserMessages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._models = models
        self._messages = messages
        self._session: Session | None = None
        runner.started.connect(self._on_started)
        runner.progressed.connect(self._on_progressed)
        runner.message.connect(self.told)
        runner.finished.connect(self._on_finished)

    @property
    def is_running(self) -> bool:
        """Whether a run is followed."""
        return self._runner.is_running

    def set_session(self, session: Session | None) -> None:
        """Train on another project, or on none."""
        self._session = session
        if session is not None:
            self.refresh_plan()

    def refresh_plan(self) -> None:
        """Count anew what there is to learn from."""
        if self._session is not None:
            self.plan_changed.emit(self.plan())

    def plan(self) -> TrainingPlan:
        """Return what a run would learn from."""
        if self._session is None:
            return TrainingPlan()
        return training_plan(self._session.project, self._known_heads())

    def start(self) -> None:
        """Start a run on the labels of the project; the user is told when that is not possible."""
        session, base = self._session, self._models.base
        if session is None or base is None:
            return
        run_dir = _free_run_dir(session.folder / "runs")
        model = BaseModel(base.folder, self._known_heads(), self._models.adapter)
        try:
            job = build_session_job(session, model, run_dir=run_dir, seed=_SEED)
            self._models.cancel()
            self._runner.start(job)
        except CastStudioError as error:
            self._messages.tell("warning", str(error))
            return
        self._models.unload(_PAUSED)
        self.began.emit()

    def stop(self) -> None:
        """Let the run finish its step and keep what was learned."""
        self._runner.stop()
        self.told.emit(self.tr("Stopping after this step…"))

    def _known_heads(self) -> tuple[LabelHead, ...]:
        return self._models.heads

    @Slot(object)
    def _on_started(self, event: Started) -> None:
        self.told.emit(self.tr("Learning"))

    @Slot(object)
    def _on_progressed(self, event: Progress) -> None:
        self.progressed.emit(event)

    @Slot(object)
    def _on_finished(self, outcome: TrainingOutcome) -> None:
        adapter = self._kept(outcome)
        base = self._models.base
        if base is not None:
            self._models.load(base, adapter or self._models.adapter)
        if adapter is not None:
            self.adapted.emit(adapter)
        self.ended.emit(outcome)

    def _kept(self, outcome: TrainingOutcome) -> Path | None:
        """Make what was trained part of the project; return its folder, None without any."""
        base, session = self._models.base, self._session
        if outcome.adapter is None or base is None or session is None:
            return None
        try:
            register_trained_model(session, base, outcome.adapter)
        except CastStudioError as error:
            self._messages.tell("error", str(error))
            return None
        return outcome.adapter


def _free_run_dir(runs: Path) -> Path:
    number = 1
    while (runs / f"run-{number:03d}").exists():
        number += 1
    return runs / f"run-{number:03d}"
