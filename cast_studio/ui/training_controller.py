"""Retraining: building the job, following the run, and putting the new model to work."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.job_builder import BaseModel, build_session_job
from cast_studio.app.models import ModelChoice, register_trained_model, trained_model_id
from cast_studio.app.run_directory import (
    EventTail,
    living_run,
    new_run_directory,
    run_directories,
)
from cast_studio.app.session import Session
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.label_survey import Surveyor
from cast_studio.core.labels import LabelHead
from cast_studio.core.training_protocol import Finished, Progress, Started, Stopped
from cast_studio.errors import CastStudioError, ModelError
from cast_studio.model.catalog import ModelInfo, read_adapter_info
from cast_studio.said import say
from cast_studio.ui.language import marked, shown
from cast_studio.ui.model_controller import ModelController
from cast_studio.ui.training_plan import TrainingPlan, training_plan

_SEED = 0
_PAUSED = marked("The model is being retrained; it can predict again when that is done.")


class TrainingController(QObject):
    """Starts and stops runs. GUI thread.

    Signals:
        plan_changed: The :class:`TrainingPlan`.
        began: A run is followed from now on.
        progressed: :class:`Progress`.
        told: A few words about what the run does.
        ended: :class:`TrainingOutcome`.
        left: The run that was followed is left to itself.
        adapted: Folder of the trained adapter; it is being loaded.
    """

    plan_changed = Signal(object)
    began = Signal()
    progressed = Signal(object)
    told = Signal(str)
    ended = Signal(object)
    left = Signal()
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
        self._surveyor = Surveyor()
        runner.started.connect(self._on_started)
        runner.progressed.connect(self._on_progressed)
        runner.message.connect(self.told)
        runner.finished.connect(self._on_finished)

    @property
    def is_running(self) -> bool:
        """Whether a run is followed."""
        return self._runner.is_running

    def set_session(self, session: Session | None) -> None:
        """Train on another project, or on none.

        A run of the project that is left goes on by itself.
        """
        if self._runner.is_running:
            self._runner.close()
            self.left.emit()
        self._session = session
        self._surveyor = Surveyor()
        if session is None:
            return
        self.refresh_plan()

    def follow_left_run(self) -> None:
        """Follow a run of this project that was left to itself, if there is one."""
        run = run_to_follow(self._session) if self._session is not None else None
        if run is None:
            return
        try:
            self._runner.attach(run)
        except CastStudioError as error:
            self._messages.tell("warning", str(error))
            return
        self._models.unload(shown(_PAUSED))
        self.began.emit()

    def refresh_plan(self) -> None:
        """Count anew what there is to learn from."""
        if self._session is not None:
            self.plan_changed.emit(self.plan())

    def plan(self) -> TrainingPlan:
        """Return what a run would learn from."""
        if self._session is None:
            return TrainingPlan()
        base = self._models.base
        return training_plan(
            self._session.project,
            self._known_heads(),
            base.heads if base is not None else (),
            self._session.frame_indexes(),
            self._surveyor,
        )

    def start(self) -> None:
        """Start a run on the labels of the project; the user is told when that is not possible."""
        session, base = self._session, self._models.base
        if session is None or base is None:
            return
        run_dir = new_run_directory(session.folder)
        model = BaseModel(base.folder, self._known_heads(), self._models.adapter)
        try:
            job = build_session_job(session, model, run_dir=run_dir, seed=_SEED)
            self._models.cancel()
            self._runner.start(job)
        except CastStudioError as error:
            self._messages.tell("warning", str(error))
            return
        self._models.unload(shown(_PAUSED))
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
        trained, base = self._kept(outcome), self._models.base
        if trained is not None:
            self._models.load(trained.base, trained.adapter)
            self.adapted.emit(trained.adapter)
        elif base is not None:
            self._models.load(base, self._models.adapter)
        else:
            self._models.load_again()
        self.ended.emit(outcome)

    def _kept(self, outcome: TrainingOutcome) -> ModelChoice | None:
        """Make what was trained part of the project; return it, None without any."""
        session = self._session
        if outcome.adapter is None or session is None:
            return None
        try:
            base = self._base_of(outcome.adapter)
            register_trained_model(session, base, outcome.adapter)
        except CastStudioError as error:
            self._messages.tell("error", str(error))
            return None
        return ModelChoice(base, outcome.adapter)

    def _base_of(self, adapter: Path) -> ModelInfo:
        """Return the model that was trained on; a run may be older than the one in use."""
        info = read_adapter_info(adapter)
        for model in self._models.models():
            if model.weights_sha256 == info.base_sha256:
                return model
        raise ModelError(
            say(
                "What was learned belongs to the model “{model}”, which is not installed any "
                "more; install it again and open the project once more.",
                model=info.base,
            )
        )


def run_to_follow(session: Session) -> Path | None:
    """Return a run of a project that was left alone: at work still, or done and not yet used."""
    living = living_run(session.folder)
    if living is not None or session.read_only:
        return living
    for run in run_directories(session.folder)[:1]:
        for event in EventTail(run.events_path).read():
            if isinstance(event, Finished | Stopped) and event.adapter:
                return run.path if _is_new(session, run.path / event.adapter) else None
    return None


def _is_new(session: Session, adapter: Path) -> bool:
    try:
        read_adapter_info(adapter)
        return not session.project.has_model(trained_model_id(adapter))
    except CastStudioError:
        return False  # what the run left is gone or damaged: there is nothing to take over
