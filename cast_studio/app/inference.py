"""Asking the model without waiting: requests go to its thread, answers come back with their id."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.garbage import without_garbage_collection
from cast_studio.app.inference_jobs import (
    PredictSpans,
    PredictVideo,
    PredictViews,
    Request,
    ShowAttention,
)
from cast_studio.app.inference_worker import (
    InferenceWorker,
    LoadedModel,
    LoadRequest,
    ModelDescriber,
    PredictorFactory,
)
from cast_studio.app.preloading import preload_torch_libraries
from cast_studio.app.threads import STOP_TIMEOUT_MS, WorkerThread
from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelHead
from cast_studio.core.predictions import Predictor
from cast_studio.core.timing import TimeSpan
from cast_studio.core.views import ViewScheme
from cast_studio.model.catalog import ModelInfo, read_info

_PREDICTOR = "cast_studio.model.predictor"
UNLOADED = "The model was unloaded; load it again to predict."


def import_predictor() -> None:
    """Import what predicts, and torch with it, once. Takes seconds: for the model's thread."""
    if _PREDICTOR not in sys.modules:
        preload_torch_libraries()
        with without_garbage_collection():
            import_module(_PREDICTOR)


def load_cast_predictor(model_folder: Path, adapter_folder: Path | None) -> Predictor:
    """Make the predictor of a CAST model. Imports torch, so call it on the model's thread.

    Raises:
        ModelError: The model cannot be loaded.
    """
    import_predictor()
    from cast_studio.model.predictor import CastPredictor

    return CastPredictor.load(model_folder, adapter_folder=adapter_folder)


class InferenceService(QObject):
    """One model and what it is asked. GUI thread; all work happens on the model's thread.

    Every request gets an id, and exactly one of ``finished``, ``failed`` and ``cancelled`` ends it.
    What somebody looks at goes before whole videos: the heatmap of a span does not wait for a video
    that is being predicted.

    Signals:
        model_loaded: The :class:`ModelInfo`, with the heads that the model has now.
        model_failed: A sentence.
        model_unloaded: No model is loaded any more.
        progressed: Request id, clips done, clips in all; at most ten times a second.
        predicted: Request id and :class:`PredictionTrack`; ``finished`` follows.
        attention_ready: Request id and a tuple of :class:`AttentionMap`, one per layer;
            ``finished`` follows.
        warned: Request id and a sentence, before the answer: something about it should be known.
        finished: Request id.
        failed: Request id and a sentence.
        cancelled: Request id.
    """

    model_loaded = Signal(object)
    model_failed = Signal(str)
    model_unloaded = Signal()
    progressed = Signal(int, int, int)
    predicted = Signal(int, object)
    attention_ready = Signal(int, object)
    warned = Signal(int, str)
    failed = Signal(int, str)
    finished = Signal(int)
    cancelled = Signal(int)
    _load_requested = Signal(object)
    _unload_requested = Signal(str)
    _asked = Signal(object)

    def __init__(
        self,
        factory: PredictorFactory = load_cast_predictor,
        *,
        describe: ModelDescriber = read_info,
        parent: QObject | None = None,
    ) -> None:
        """Start the model's thread; no model is loaded yet. :meth:`close` ends it.

        Args:
            factory: Makes a predictor from a model folder and an adapter folder or None; called on
                the model's thread.
            describe: Reads a model folder's own description, without loading weights.
            parent: Owns the service.
        """
        super().__init__(parent)
        self._next_id = 0
        self._requests: dict[int, Request] = {}
        self._load: LoadRequest | None = None
        self._model: LoadedModel | None = None
        worker = InferenceWorker(factory, describe)
        self._load_requested.connect(worker.load)
        self._unload_requested.connect(worker.unload)
        self._asked.connect(worker.add)
        worker.loaded.connect(self._on_loaded)
        worker.load_failed.connect(self._on_load_failed)
        worker.progressed.connect(self._on_progressed)
        worker.predicted.connect(self._on_predicted)
        worker.attention_ready.connect(self._on_attention_ready)
        worker.warned.connect(self._on_warned)
        worker.failed.connect(self._on_failed)
        worker.finished.connect(self._on_finished)
        worker.cancelled.connect(self._on_cancelled)
        self._thread = WorkerThread(worker, name="model")
        self._thread.start()

    @property
    def model(self) -> ModelInfo | None:
        """The model that is loaded."""
        return self._model.info if self._model is not None else None

    @property
    def model_id(self) -> str:
        """What the predictions of the loaded model carry; "" without a model."""
        return self._model.model_id if self._model is not None else ""

    @property
    def heads(self) -> tuple[LabelHead, ...]:
        """The heads of the loaded model, in the order of its scores; none without a model."""
        return self._model.info.heads if self._model is not None else ()

    @property
    def clip_spec(self) -> ClipSpec | None:
        """How the loaded model wants its clips."""
        return self._model.info.clip_spec if self._model is not None else None

    @property
    def runs_on(self) -> str:
        """Where the loaded model runs, in words, as "CPU · float32"; "" without a model."""
        return self._model.runs_on if self._model is not None else ""

    @property
    def is_loading(self) -> bool:
        """Whether a model is being loaded."""
        load = self._load
        return load is not None and self._model is None and not load.superseded.is_set()

    @property
    def running(self) -> tuple[int, ...]:
        """The ids of the requests that have not ended, oldest first."""
        return tuple(self._requests)

    def load(self, model_folder: Path, adapter_folder: Path | None = None) -> None:
        """Load a model in place of the one that is loaded; what runs on that one is cancelled.

        Right after the first paint is a good moment: the first load imports torch, which holds up
        the GUI thread once for a moment. Requests may be made at once; they wait for the model.
        """
        self._forget_model()
        number = self._load.number + 1 if self._load is not None else 1
        self._load = LoadRequest(number, Path(model_folder), adapter_folder)
        self._load_requested.emit(self._load)

    def unload(self, reason: str = UNLOADED) -> None:
        """Give the model's memory back; what runs is cancelled.

        Args:
            reason: The sentence with which requests fail until another model is loaded.
        """
        had_model = self._model is not None
        self._forget_model()
        self._unload_requested.emit(reason)
        if had_model:
            self.model_unloaded.emit()

    def predict_video(self, video_id: str, path: Path, *, stream: int | None = None) -> int:
        """Predict a whole video by sliding windows. Answered by ``predicted``.

        Args:
            video_id: The video in the project.
            path: Its file.
            stream: Number of its video stream; None for the best one.

        Returns:
            The request id.
        """
        return self._ask(PredictVideo(self._new_id(), video_id, Path(path), stream=stream))

    def predict_spans(
        self, video_id: str, path: Path, spans: Iterable[TimeSpan], *, stream: int | None = None
    ) -> int:
        """Predict given spans, one prediction for each that can be read, by time.

        Answered by ``predicted``.

        Args:
            video_id: The video in the project.
            path: Its file.
            spans: In ticks of the stream.
            stream: Number of its video stream; None for the best one.

        Returns:
            The request id.
        """
        request = PredictSpans(self._new_id(), video_id, Path(path), tuple(spans), stream=stream)
        return self._ask(request)

    def predict_views(
        self, video_id: str, path: Path, scheme: ViewScheme, *, stream: int | None = None
    ) -> int:
        """Predict a whole video as one segment, from several views of it. Answered by ``predicted``.

        Args:
            video_id: The video in the project.
            path: Its file.
            scheme: The views.
            stream: Number of its video stream; None for the best one.

        Returns:
            The request id.
        """
        return self._ask(PredictViews(self._new_id(), video_id, Path(path), scheme, stream=stream))

    def attention(
        self, video_id: str, path: Path, span: TimeSpan, *, stream: int | None = None
    ) -> int:
        """Ask where the model looks in a span. Answered by ``attention_ready``.

        Args:
            video_id: The video in the project.
            path: Its file.
            span: In ticks of the video.
            stream: Number of its video stream; None for the best one.

        Returns:
            The request id.
        """
        return self._ask(ShowAttention(self._new_id(), video_id, Path(path), span, stream=stream))

    def cancel(self, request_id: int) -> None:
        """Ask a request to stop before its next batch; one that has ended is left alone."""
        request = self._requests.get(request_id)
        if request is not None:
            request.cancelled.set()

    @Slot()
    def cancel_all(self) -> None:
        """Ask all requests to stop."""
        for request in self._requests.values():
            request.cancelled.set()

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Cancel everything and end the model's thread.

        Returns:
            Whether the thread ended in time; if not, it ends after the batch it is at.
        """
        self._forget_model()
        return self._thread.stop(timeout_ms)

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _ask(self, request: Request) -> int:
        self._requests[request.id] = request
        self._asked.emit(request)
        return request.id

    def _forget_model(self) -> None:
        self.cancel_all()
        self._model = None
        if self._load is not None:
            self._load.superseded.set()

    @Slot(object)
    def _on_loaded(self, model: LoadedModel) -> None:
        load = self._load
        if load is None or load.superseded.is_set() or load.number != model.number:
            return
        self._model = model
        self.model_loaded.emit(model.info)

    @Slot(int, str)
    def _on_load_failed(self, number: int, sentence: str) -> None:
        load = self._load
        if load is None or load.superseded.is_set() or load.number != number:
            return
        load.superseded.set()
        self.model_failed.emit(sentence)

    @Slot(int, int, int)
    def _on_progressed(self, request_id: int, done: int, total: int) -> None:
        if request_id in self._requests:
            self.progressed.emit(request_id, done, total)

    @Slot(int, object)
    def _on_predicted(self, request_id: int, track: object) -> None:
        if request_id in self._requests:
            self.predicted.emit(request_id, track)

    @Slot(int, object)
    def _on_attention_ready(self, request_id: int, maps: object) -> None:
        if request_id in self._requests:
            self.attention_ready.emit(request_id, maps)

    @Slot(int, str)
    def _on_warned(self, request_id: int, sentence: str) -> None:
        if request_id in self._requests:
            self.warned.emit(request_id, sentence)

    @Slot(int)
    def _on_finished(self, request_id: int) -> None:
        if self._requests.pop(request_id, None) is not None:
            self.finished.emit(request_id)

    @Slot(int, str)
    def _on_failed(self, request_id: int, sentence: str) -> None:
        if self._requests.pop(request_id, None) is not None:
            self.failed.emit(request_id, sentence)

    @Slot(int)
    def _on_cancelled(self, request_id: int) -> None:
        if self._requests.pop(request_id, None) is not None:
            self.cancelled.emit(request_id)
