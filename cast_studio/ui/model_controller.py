"""The model: which one is loaded, letting it predict, and asking where it looked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.inference import InferenceService
from cast_studio.app.models import ModelChoice, latest_model, model_id_of
from cast_studio.app.paths import located
from cast_studio.app.session import Session
from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.predictions import PredictionTrack
from cast_studio.errors import ModelError
from cast_studio.model.catalog import ModelInfo
from cast_studio.said import say


class ModelState(Enum):
    """How far the model is."""

    ABSENT = auto()
    LOADING = auto()
    READY = auto()
    FAILED = auto()


class ModelController(QObject):
    """Keeps one model loaded and predicts videos with it. GUI thread.

    Signals:
        state_changed: The :class:`ModelState`.
        began: Video id that is being predicted from now on.
        progressed: What is going on, share done (0 to 1), seconds left (or None).
        idle: Nothing is being predicted any more.
        predicted: Video id whose predictions are new.
    """

    state_changed = Signal(object)
    began = Signal(str)
    progressed = Signal(str, float, object)
    idle = Signal()
    predicted = Signal(str)

    def __init__(
        self,
        service: InferenceService,
        messages: UserMessages,
        *,
        list_models: Callable[[], Sequence[ModelInfo]],
        parent: QObject | None = None,
    ) -> None:
        """Start without a model.

        Args:
            service: Does the work.
            messages: Where the user is told.
            list_models: Reads what models there are; quick, no weights.
            parent: Owns the controller.
        """
        super().__init__(parent)
        self._service = service
        self._messages = messages
        self._list_models = list_models
        self._session: Session | None = None
        self._state = ModelState.ABSENT
        self._base: ModelInfo | None = None
        self._adapter: Path | None = None
        self._may_load = False
        self._is_set_aside = False
        self._known: tuple[LabelHead, ...] = ()
        self._requests: dict[int, str] = {}
        self._streams: dict[int, int | None] = {}
        self._began = 0.0
        service.model_loaded.connect(self._on_loaded)
        service.model_failed.connect(self._on_load_failed)
        service.model_unloaded.connect(self._on_unloaded)
        service.progressed.connect(self._on_progressed)
        service.predicted.connect(self._on_predicted)
        service.warned.connect(self._on_warned)
        service.failed.connect(self._on_failed)
        service.finished.connect(self._on_ended)
        service.cancelled.connect(self._on_ended)

    @property
    def state(self) -> ModelState:
        """How far the model is."""
        return self._state

    @property
    def base(self) -> ModelInfo | None:
        """The model folder in use, whether it is loaded already or not."""
        return self._base

    @property
    def adapter(self) -> Path | None:
        """What was trained on top of it, or None."""
        return self._adapter

    @property
    def heads(self) -> tuple[LabelHead, ...]:
        """The classes that the model knows; its own until it is loaded with what was trained."""
        if self._service.heads:
            self._known = self._service.heads
        return self._known or (self._base.heads if self._base is not None else ())

    @property
    def runs_on(self) -> str:
        """Device and precision of the loaded model, in words; empty without one."""
        return self._service.runs_on

    @property
    def is_predicting(self) -> bool:
        """Whether a video is being predicted."""
        return bool(self._requests)

    def is_predicting_video(self, video_id: str) -> bool:
        """Return whether this very video is being predicted."""
        return video_id in self._requests.values()

    def models(self) -> tuple[ModelInfo, ...]:
        """Return the models there are; the user is told when one cannot be read."""
        try:
            return tuple(self._list_models())
        except ModelError as error:
            self._messages.tell("error", str(error))
            return ()

    def look_again(self) -> None:
        """Announce that other models may be installed now; without one in use, load the first."""
        self._set_state(self._state)
        if self._base is None:
            self.use_latest()

    def choices(self) -> tuple[tuple[str, ModelChoice], ...]:
        """Return what can be loaded, with its name: installed models, then the project's own."""
        installed = self.models()
        found = [(info.name, ModelChoice(info)) for info in installed]
        session = self._session
        for model in session.project.models if session is not None else ():
            adapter = located(model.path, session.folder) if session is not None else Path()
            base = next((i for i in installed if i.weights_sha256 == model.base_sha256), None)
            if base is not None and adapter.is_dir():
                found.append((model.name, ModelChoice(base, adapter)))
        return tuple(found)

    @property
    def name(self) -> str:
        """What the user calls the model in use; empty without one."""
        in_use = (self._base, self._adapter)
        named = (n for n, found in self.choices() if (found.base, found.adapter) == in_use)
        return next(named, self._base.name if self._base is not None else "")

    @property
    def limits(self) -> str:
        """What the user should know before trusting the model; empty when there is no need."""
        if self._base is None or not self._base.is_bundled:
            return ""
        return self._base.knows

    def new_schema(self) -> LabelSchema:
        """Return the labels that a new project begins with: those of the model.

        Raises:
            ModelError: There is no model.
        """
        models = (self._base,) if self._base is not None else self.models()
        for info in models:
            return LabelSchema(info.heads)
        raise ModelError(say("There is no model in this installation; install CAST Studio again."))

    def set_session(self, session: Session | None) -> None:
        """Predict for another project, or for none; :meth:`use_latest` loads its model."""
        self._service.cancel_all()
        self._session = session
        self._is_set_aside = False

    def use_latest(self) -> None:
        """Load the model that the project goes on with, unless that one is loaded already."""
        choice = self._latest()
        if choice is None or not self._may_load:
            return
        is_same = (choice.base, choice.adapter) == (self._base, self._adapter)
        if self._is_set_aside:
            self._choose(choice)
        elif not is_same or self._state is ModelState.ABSENT:
            self.load(choice.base, choice.adapter)
        elif self._session is not None and self._service.model_id:
            self._session.set_current_model(self._service.model_id)

    def load_first(self) -> None:
        """Load the project's newest model, else the first there is; call it after the first paint.

        Before, no model is loaded: the first load imports torch, which holds the window up once.
        """
        self._may_load = True
        self.use_latest()
        if self._base is None:
            self._set_state(ModelState.ABSENT)

    def load(self, base: ModelInfo, adapter: Path | None = None) -> None:
        """Load a model, with what was trained on top of it."""
        self._is_set_aside = False
        self._base, self._adapter, self._known = base, adapter, ()
        self._set_state(ModelState.LOADING)
        self._service.load(base.folder, adapter)

    def unload(self, reason: str) -> None:
        """Give the model's memory back, as a training run needs it, and leave it so.

        Nothing is loaded by itself any more until :meth:`load` or another project.
        """
        self._is_set_aside = True
        self._service.unload(reason)
        if self._state is ModelState.LOADING:
            self._set_state(ModelState.ABSENT)

    def load_again(self) -> None:
        """Load what the project goes on with, after :meth:`unload`."""
        self._is_set_aside = False
        self.use_latest()

    def _latest(self) -> ModelChoice | None:
        available = self.models()
        if self._session is not None:
            return latest_model(self._session, available)
        return ModelChoice(available[0]) if available else None

    def _choose(self, choice: ModelChoice) -> None:
        """Have a model in use without loading it: its memory is needed for something else."""
        self._base, self._adapter, self._known = choice.base, choice.adapter, ()
        self._set_state(self._state)
        if self._session is not None:
            try:
                self._session.set_current_model(model_id_of(choice))
            except ModelError as error:
                self._messages.tell("error", str(error))

    def predict(self, video_id: str) -> None:
        """Let the model segment a video of the project."""
        session = self._session
        if session is None or self.is_predicting:
            return
        stream = session.project.video(video_id).stream
        request = self._service.predict_video(video_id, session.video_path(video_id), stream=stream)
        self._requests[request] = video_id
        self._streams[request] = stream
        self._began = time.monotonic()
        self.began.emit(video_id)
        self.progressed.emit(self.tr("Predicting"), 0.0, None)

    def cancel(self) -> None:
        """Stop predicting."""
        for request in tuple(self._requests):
            self._service.cancel(request)

    def _set_state(self, state: ModelState) -> None:
        self._state = state
        self.state_changed.emit(state)

    @Slot(object)
    def _on_loaded(self, info: ModelInfo) -> None:
        if self._session is not None:
            self._session.set_current_model(self._service.model_id)
        self._set_state(ModelState.READY)

    @Slot(str)
    def _on_load_failed(self, sentence: str) -> None:
        self._set_state(ModelState.FAILED)
        self._messages.tell("error", sentence)

    @Slot()
    def _on_unloaded(self) -> None:
        self._set_state(ModelState.ABSENT)

    @Slot(int, int, int)
    def _on_progressed(self, request: int, done: int, total: int) -> None:
        if request not in self._requests or not total:
            return
        share = done / total
        passed = time.monotonic() - self._began
        left = passed / share * (1 - share) if share > 0.02 else None
        self.progressed.emit(self.tr("Predicting"), share, left)

    @Slot(int, object)
    def _on_predicted(self, request: int, track: PredictionTrack) -> None:
        session = self._session
        if request not in self._requests or session is None:
            return
        project = session.project
        is_there = project.has_video(track.video_id)
        # What was said of another stream than the one that is chosen now is of no use.
        if is_there and project.video(track.video_id).stream == self._streams.get(request):
            session.set_prediction_track(track)
            self.predicted.emit(track.video_id)

    @Slot(int, str)
    def _on_warned(self, request: int, sentence: str) -> None:
        if request in self._requests:
            self._messages.tell("warning", sentence)

    @Slot(int, str)
    def _on_failed(self, request: int, sentence: str) -> None:
        if request in self._requests:
            self._messages.tell("error", sentence)
            self._on_ended(request)

    @Slot(int)
    def _on_ended(self, request: int) -> None:
        self._streams.pop(request, None)
        if self._requests.pop(request, None) is not None and not self._requests:
            self.idle.emit()
