"""Shows what is going on: the model, predicting, training, opening, exporting; and lets it stop."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Slot

from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.training_protocol import Progress
from cast_studio.ui.model_controller import ModelState
from cast_studio.ui.stage_presenter import StagePresenter
from cast_studio.ui.status_bar import StatusBar, Work
from cast_studio.ui.studio import Studio
from cast_studio.ui.toolbar import TopBar
from cast_studio.ui.workspace import Workspace

log = logging.getLogger(__name__)


class WorkPresenter(QObject):
    """Keeps toolbar, status bar, training and why panel in step with what the program does."""

    def __init__(
        self,
        studio: Studio,
        workspace: Workspace,
        top: TopBar,
        status: StatusBar,
        stage: StagePresenter,
    ) -> None:
        super().__init__(workspace)
        self._studio = studio
        self._workspace = workspace
        self._top = top
        self._status = status
        self._stage = stage
        self._connect()

    def _connect(self) -> None:
        studio, panel = self._studio, self._workspace.training_panel
        studio.session_changed.connect(self._on_session_changed)
        studio.models.state_changed.connect(self._on_model_state_changed)
        studio.models.progressed.connect(self._on_predicting)
        studio.models.idle.connect(self._on_predicted)
        studio.training.plan_changed.connect(panel.show_plan)
        studio.training.began.connect(self._on_training_began)
        studio.training.told.connect(panel.tell)
        studio.training.progressed.connect(self._on_training_progressed)
        studio.training.ended.connect(self._on_training_ended)
        studio.training.left.connect(self._on_training_left)
        studio.attention.told.connect(self._workspace.why_panel.tell)
        studio.attention.layers_changed.connect(self._workspace.why_panel.show_layers)
        studio.projects.scanning.connect(self._on_scanning)
        studio.projects.opener.progressed.connect(self._on_scan_progressed)
        studio.sample.began.connect(self._on_sample_began)
        studio.sample.ended.connect(self._on_sample_ended)
        studio.exports.began.connect(self._on_export_began)
        studio.exports.ended.connect(self._on_export_ended)
        self._top.model_chosen.connect(self._on_model_chosen)
        self._status.cancel_requested.connect(self._on_cancel_requested)

    @Slot(object)
    def _on_session_changed(self, session: object) -> None:
        self._workspace.training_panel.forget_outcome()
        self._show_models()

    def _show_models(self) -> None:
        models = self._studio.models
        in_use = (models.base, models.adapter)
        choices = models.choices()
        used = [(found.base, found.adapter) == in_use for _, found in choices]
        chosen = used.index(True) if True in used else -1
        refusal = ""
        if self._studio.training.is_running:
            refusal = self.tr("Another model can be chosen when the training is done or stopped")
        self._top.show_models([name for name, _ in choices], chosen, refusal=refusal)

    @Slot(int)
    def _on_model_chosen(self, position: int) -> None:
        choices = self._studio.models.choices()
        if position < len(choices):
            chosen = choices[position][1]
            self._studio.models.load(chosen.base, chosen.adapter)

    @Slot(object)
    def _on_cancel_requested(self, work: Work) -> None:
        if work is Work.TRAINING:
            self._studio.training.stop()
        elif work is Work.OPENING:
            self._studio.projects.stop_opening()
        elif work is Work.PREDICTING:
            self._studio.models.cancel()

    @Slot(object)
    def _on_model_state_changed(self, state: ModelState) -> None:
        self._show_model(state)
        self._show_models()
        if state is ModelState.LOADING:
            self._status.show_work(Work.LOADING, self.tr("Loading model…"), can_cancel=False)
        else:
            self._status.end_work(Work.LOADING)
        self._stage.lanes.refresh_predictions()

    def _show_model(self, state: ModelState) -> None:
        models = self._studio.models
        detail = {
            ModelState.READY: models.runs_on,
            ModelState.LOADING: self.tr("loading…"),
            ModelState.FAILED: self.tr("not loaded"),
            ModelState.ABSENT: self.tr("not loaded"),
        }[state]
        if self._studio.training.is_running:
            detail = self.tr("retraining")
        self._top.show_model(models.name, state, detail)
        self._workspace.note.show_text(models.limits)

    @Slot(str, float, object)
    def _on_predicting(self, text: str, share: float, seconds_left: float | None) -> None:
        self._status.show_work(Work.PREDICTING, text, share=share, seconds_left=seconds_left)

    @Slot()
    def _on_predicted(self) -> None:
        self._status.end_work(Work.PREDICTING)
        self._stage.lanes.refresh_predictions()

    @Slot(bool)
    def _on_scanning(self, is_scanning: bool) -> None:
        if is_scanning:
            self._status.show_work(Work.OPENING, self.tr("Opening videos…"))
        else:
            self._status.end_work(Work.OPENING)

    @Slot(str, float)
    def _on_scan_progressed(self, name: str, share: float) -> None:
        text = self.tr("Reading “{name}”…").format(name=name)
        self._status.show_work(Work.OPENING, text, share=share)

    @Slot()
    def _on_sample_began(self) -> None:
        text = self.tr("Opening the sample project…")
        self._status.show_work(Work.OPENING_SAMPLE, text, can_cancel=False)

    @Slot()
    def _on_sample_ended(self) -> None:
        self._status.end_work(Work.OPENING_SAMPLE)

    @Slot()
    def _on_export_began(self) -> None:
        self._status.show_work(Work.EXPORTING, self.tr("Exporting…"), can_cancel=False)

    @Slot()
    def _on_export_ended(self) -> None:
        self._status.end_work(Work.EXPORTING)

    @Slot()
    def _on_training_began(self) -> None:
        self._show_models()
        self._workspace.training_panel.show_running()
        self._workspace.show_page(self._workspace.training_panel)
        self._status.show_work(Work.TRAINING, self.tr("Retraining"))

    @Slot(object)
    def _on_training_progressed(self, progress: Progress) -> None:
        self._workspace.training_panel.show_progress(progress)
        share = progress.step / max(1, progress.total_steps)
        left = progress.eta_seconds
        self._status.show_work(Work.TRAINING, self.tr("Retraining"), share=share, seconds_left=left)

    @Slot(object)
    def _on_training_ended(self, outcome: TrainingOutcome) -> None:
        self._workspace.training_panel.show_outcome(outcome)
        self._on_training_left()
        log.info("training ended: %s", outcome.text)
        if self._workspace.training_panel.isVisible():
            return  # it is told there
        is_fine = outcome.kind in ("finished", "stopped")
        self._studio.services.messages.tell("info" if is_fine else "error", outcome.text)

    @Slot()
    def _on_training_left(self) -> None:
        self._status.end_work(Work.TRAINING)
        self._show_model(self._studio.models.state)
        self._show_models()
