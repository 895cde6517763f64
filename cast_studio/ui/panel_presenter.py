"""Keeps the panels, the toolbar and the commands in step with project, model and training."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Slot

from cast_studio.app.session import Session
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.edits import Changes
from cast_studio.core.training_protocol import Progress
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do, Need
from cast_studio.ui.label_presenter import label_view
from cast_studio.ui.model_controller import ModelState
from cast_studio.ui.needs import met_needs
from cast_studio.ui.stage_presenter import StagePresenter
from cast_studio.ui.status_bar import StatusBar
from cast_studio.ui.studio import Studio
from cast_studio.ui.toolbar import TopBar
from cast_studio.ui.workspace import Workspace


class PanelPresenter(QObject):
    """Shows what the program is doing everywhere but on the stage."""

    def __init__(
        self,
        studio: Studio,
        actions: Actions,
        workspace: Workspace,
        top: TopBar,
        status: StatusBar,
        stage: StagePresenter,
    ) -> None:
        super().__init__(workspace)
        self._studio = studio
        self._actions = actions
        self._workspace = workspace
        self._top = top
        self._status = status
        self._stage = stage
        self._met: frozenset[Need] | None = None
        self._session: Session | None = None
        # Several signals of one gesture cause one refresh.
        self._pending = QTimer(self)
        self._pending.setSingleShot(True)
        self._pending.setInterval(0)
        self._pending.timeout.connect(self.refresh)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        studio, later = self._studio, self._pending.start
        studio.session_changed.connect(self._on_session_changed)
        for signal in (
            studio.state.video_changed,
            studio.state.frames_known,
            studio.state.playhead_moved,
            studio.state.selection_changed,
            studio.state.range_changed,
        ):
            signal.connect(self._later)
        studio.models.state_changed.connect(self._on_model_state_changed)
        studio.models.progressed.connect(self._on_predicting)
        studio.models.idle.connect(self._on_idle)
        studio.training.plan_changed.connect(self._workspace.training_panel.show_plan)
        studio.training.began.connect(self._on_training_began)
        studio.training.told.connect(self._workspace.training_panel.tell)
        studio.training.progressed.connect(self._on_training_progressed)
        studio.training.ended.connect(self._on_training_ended)
        studio.attention.told.connect(self._workspace.why_panel.tell)
        studio.attention.layers_changed.connect(self._workspace.why_panel.show_layers)
        panel = self._workspace.label_panel
        panel.class_clicked.connect(self._on_class_clicked)
        panel.note_written.connect(studio.annotations.write_note)
        self._workspace.video_list.video_chosen.connect(studio.state.show_video)
        later()

    @Slot()
    def _later(self) -> None:
        if not self._pending.isActive():
            self._pending.start()

    @Slot()
    def refresh(self) -> None:
        """Show the current item and what can be done now."""
        studio = self._studio
        session, frames = studio.session, studio.state.frames
        met = met_needs(studio)
        if met != self._met:
            self._met = met
            self._actions.update_enabled(met)
        self._name_undo(session)
        view = None
        if session is not None and frames is not None:
            view = label_view(
                studio.annotations.current,
                studio.annotations.opinion,
                session.project.schema,
                frames,
                can_edit=not session.read_only,
            )
        panel = self._workspace.label_panel
        if view is None:
            panel.show_nothing()
        elif view != panel.view:
            panel.show_view(view)
        self._workspace.video_list.choose(studio.state.video_id)

    @Slot(int)
    def choose_model(self, position: int) -> None:
        """Load the model at a position of the list in the toolbar."""
        choices = self._studio.models.choices()
        if position < len(choices):
            chosen = choices[position][1]
            self._studio.models.load(chosen.base, chosen.adapter)

    @Slot()
    def cancel_work(self) -> None:
        """Stop what the status bar shows as going on."""
        if self._studio.training.is_running:
            self._studio.training.stop()
        else:
            self._studio.models.cancel()

    def _name_undo(self, session: Session | None) -> None:
        undo, redo = (session.undo_text, session.redo_text) if session is not None else ("", "")
        self._actions.name(Do.UNDO, f"{self.tr('Undo')} {undo[:1].lower()}{undo[1:]}".strip())
        self._actions.name(Do.REDO, f"{self.tr('Redo')} {redo[:1].lower()}{redo[1:]}".strip())

    @Slot(object)
    def _on_session_changed(self, session: Session | None) -> None:
        self._session = session
        self._top.show_project(
            session.project.name if session is not None else "",
            read_only=session is not None and session.read_only,
        )
        self._workspace.video_list.show_project(session.project if session is not None else None)
        self.show_models()
        if session is not None:
            session.changed.connect(self._on_changed)
            session.saved.connect(self._on_saved)
            session.save_failed.connect(self._on_save_failed)
            session.predictions_changed.connect(self._on_predictions_changed)
            session.prediction_cache_failed.connect(self._on_cache_failed)
        self._later()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        session = self._studio.session
        if session is None:
            return
        self._top.show_saved(None)
        self._workspace.video_list.show_project(session.project)
        self._stage.refresh_labels()
        if changes.schema:
            self._stage.refresh_predictions()
        self._studio.training.refresh_plan()
        self._later()

    @Slot(int, object)
    def _on_saved(self, revision: int, moment: datetime) -> None:
        self._top.show_saved(moment)

    @Slot(str)
    def _on_save_failed(self, sentence: str) -> None:
        self._top.show_unsaved()
        self._studio.services.messages.tell("error", sentence)

    @Slot(str)
    def _on_cache_failed(self, sentence: str) -> None:
        self._studio.services.messages.tell("warning", sentence)

    @Slot(str)
    def _on_predictions_changed(self, video_id: str) -> None:
        if video_id == self._studio.state.video_id:
            self._stage.refresh_predictions()
            self._later()

    def show_models(self) -> None:
        """Offer the models there are."""
        models = self._studio.models
        choices = models.choices()
        in_use = [
            (found.base, found.adapter) == (models.base, models.adapter) for _, found in choices
        ]
        chosen = in_use.index(True) if True in in_use else -1
        self._top.show_models([name for name, _ in choices], chosen)

    @Slot(object)
    def _on_model_state_changed(self, state: ModelState) -> None:
        models = self._studio.models
        if self._studio.training.is_running:
            detail = self.tr("retraining")
        else:
            detail = {
                ModelState.READY: self.tr("ready"),
                ModelState.LOADING: self.tr("loading…"),
                ModelState.FAILED: self.tr("not loaded"),
                ModelState.ABSENT: self.tr("not loaded"),
            }[state]
        self._top.show_model(models.name, state, detail)
        self._workspace.note.show_text(models.limits)
        self.show_models()
        if state is ModelState.LOADING:
            self._status.show_work(self.tr("Loading model…"), can_cancel=False)
        elif not models.is_predicting and not self._studio.training.is_running:
            self._status.show_idle()
        self._stage.refresh_predictions()
        self._later()

    @Slot(str, float, object)
    def _on_predicting(self, text: str, share: float, seconds_left: float | None) -> None:
        self._status.show_work(text, share=share, seconds_left=seconds_left)
        self._later()

    @Slot()
    def _on_idle(self) -> None:
        self._status.show_idle()
        self._stage.refresh_predictions()
        self._later()

    @Slot()
    def _on_training_began(self) -> None:
        self._workspace.training_panel.show_running()
        self._workspace.show_page(self._workspace.training_panel)
        self._status.show_work(self.tr("Retraining"))
        self._later()

    @Slot(object)
    def _on_training_progressed(self, progress: Progress) -> None:
        self._workspace.training_panel.show_progress(progress)
        share = progress.step / max(1, progress.total_steps)
        self._status.show_work(
            self.tr("Retraining"), share=share, seconds_left=progress.eta_seconds
        )

    @Slot(object)
    def _on_training_ended(self, outcome: TrainingOutcome) -> None:
        self._workspace.training_panel.show_outcome(outcome)
        self._status.show_idle()
        is_fine = outcome.kind in ("finished", "stopped")
        self._studio.services.messages.tell("info" if is_fine else "error", outcome.text)
        self._on_model_state_changed(self._studio.models.state)

    @Slot(str, str)
    def _on_class_clicked(self, head: str, name: str) -> None:
        session = self._studio.session
        if session is None or not session.project.schema.has_head(head):
            return
        found = session.project.schema.head(head).class_named(name)
        if found is not None:
            self._studio.annotations.choose_class(head, found.id)
        else:
            self._studio.services.messages.tell(
                "warning", f"The project has no {head} called “{name}”; add it with E first."
            )
