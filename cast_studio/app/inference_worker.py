"""The model's thread: it owns the predictor and takes turns between the requests."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot

from cast_studio.app.inference_jobs import Request, ShowAttention, Step, Steps, Warned
from cast_studio.app.threads import Worker, sentence_of
from cast_studio.core.predictions import Predictor
from cast_studio.errors import CastStudioError, ModelError
from cast_studio.media.clip_reader import ClipReader
from cast_studio.model.catalog import ModelInfo
from cast_studio.said import say

log = logging.getLogger(__name__)

PredictorFactory = Callable[[Path, Path | None], Predictor]
"""Makes a predictor from a model folder and an adapter folder; called on the model's thread."""
ModelDescriber = Callable[[Path], ModelInfo]

_PROGRESS_SECONDS: Final = 0.1
_OPEN_VIDEOS: Final = 2
_NO_MODEL: Final = "No model is loaded, so nothing can be predicted; choose a model first."


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """Which model to load.

    Attributes:
        number: Counts the loads; answers about an older one are dropped.
        model_folder: Holds the configuration and the weights.
        adapter_folder: What was trained on top, or None.
        superseded: Set when nobody waits for it any more.
    """

    number: int
    model_folder: Path
    adapter_folder: Path | None
    superseded: Event = field(default_factory=Event, compare=False)


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can be asked.

    Attributes:
        number: Of the load request.
        model_id: What predictions carry.
        info: The model's own description, with the heads that it has with its adapter.
        runs_on: Device and precision in words.
    """

    number: int
    model_id: str
    info: ModelInfo
    runs_on: str


@dataclass(slots=True)
class _Job:
    request: Request
    steps: Steps | None = None
    reported_at: float = float("-inf")


class InferenceWorker(Worker):
    """Answers requests batch by batch, the most urgent first. See :class:`InferenceService`."""

    loaded = Signal(object)
    load_failed = Signal(int, str)
    progressed = Signal(int, int, int)
    predicted = Signal(int, object)
    attention_ready = Signal(int, object)
    warned = Signal(int, str)
    failed = Signal(int, str)
    finished = Signal(int)
    cancelled = Signal(int)
    _turn_wanted = Signal()

    def __init__(self, factory: PredictorFactory, describe: ModelDescriber) -> None:
        super().__init__()
        self._factory = factory
        self._describe = describe
        self._predictor: Predictor | None = None
        self._no_model = _NO_MODEL
        self._jobs: list[_Job] = []
        self._readers: dict[tuple[Path, int | None], ClipReader] = {}
        self._turn_wanted.connect(self.take_turn, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def load(self, request: LoadRequest) -> None:
        """Load a model in place of the one that is loaded."""
        if request.superseded.is_set():
            return
        self.unload(_NO_MODEL)
        try:
            info = self._describe(request.model_folder)
            self._predictor = self._factory(request.model_folder, request.adapter_folder)
        except CastStudioError as error:
            log.warning("loading %s", request.model_folder, exc_info=True)
            self._report_load_failure(request, str(error))
        except Exception as error:
            log.exception("loading %s", request.model_folder)
            self._report_load_failure(request, sentence_of(error, doing=say("Loading the model")))
        else:
            predictor = self._predictor
            info = replace(info, heads=predictor.heads)
            self.loaded.emit(
                LoadedModel(request.number, predictor.model_id, info, predictor.runs_on)
            )

    @Slot(str)
    def unload(self, reason: str) -> None:
        """Give the model's memory back.

        Args:
            reason: What requests are told from now on, as a sentence.
        """
        self._no_model = reason
        self._end_all_jobs()
        self._close_readers()
        # Its memory goes back with the last reference; garbage is for the GUI thread alone to collect.
        self._predictor = None

    @Slot(object)
    def add(self, request: Request) -> None:
        """Take a request into the round."""
        self._jobs.append(_Job(request))
        self._turn_wanted.emit()

    @Slot()
    def take_turn(self) -> None:
        """Do one batch of the most urgent request."""
        for job in [job for job in self._jobs if job.request.cancelled.is_set()]:
            self._jobs.remove(job)
            self.cancelled.emit(job.request.id)
        if not self._jobs:
            return
        job = min(self._jobs, key=lambda job: job.request.urgency)
        try:
            self._advance(job)
        except CastStudioError as error:
            log.info("request %d", job.request.id, exc_info=True)
            self._fail(job, str(error))
        except Exception as error:
            log.exception("request %d", job.request.id)
            self._fail(job, sentence_of(error, doing=say("Predicting")))
        if self._jobs:
            self._turn_wanted.emit()

    def release(self) -> None:
        """Drop the model and everything that was asked."""
        self.unload(_NO_MODEL)

    def _advance(self, job: _Job) -> None:
        if job.steps is None:
            if self._predictor is None:
                raise ModelError(self._no_model)
            reader = self._reader(job.request, self._predictor)
            job.steps = job.request.answer(self._predictor, reader)
        try:
            step = next(job.steps)
        except StopIteration as end:
            self._finish(job, end.value)
        else:
            if isinstance(step, Warned):
                log.warning("request %d: %s", job.request.id, step.text)
                self.warned.emit(job.request.id, step.text)
            else:
                self._report(job, step)

    def _report(self, job: _Job, step: Step) -> None:
        now = time.monotonic()
        if step.done == step.total or now - job.reported_at >= _PROGRESS_SECONDS:
            job.reported_at = now
            self.progressed.emit(job.request.id, step.done, step.total)

    def _finish(self, job: _Job, answer: object) -> None:
        self._jobs.remove(job)
        ready = self.attention_ready if isinstance(job.request, ShowAttention) else self.predicted
        ready.emit(job.request.id, answer)
        self.finished.emit(job.request.id)

    def _fail(self, job: _Job, sentence: str) -> None:
        self._jobs.remove(job)
        self.failed.emit(job.request.id, sentence)

    def _report_load_failure(self, request: LoadRequest, sentence: str) -> None:
        self._no_model = sentence
        self.load_failed.emit(request.number, sentence)

    def _end_all_jobs(self) -> None:
        for job in self._jobs:
            self.cancelled.emit(job.request.id)
        self._jobs.clear()

    def _reader(self, request: Request, predictor: Predictor) -> ClipReader:
        place = request.path, request.stream
        reader = self._readers.pop(place, None)
        if reader is None:
            reader = ClipReader(request.path, predictor.clip_spec, stream=request.stream)
        self._readers[place] = reader
        if len(self._readers) > _OPEN_VIDEOS:
            self._close_unused_readers()
        return reader

    def _close_unused_readers(self) -> None:
        running = [job.request for job in self._jobs if job.steps is not None]
        in_use = {(request.path, request.stream) for request in running}
        in_use.update(list(self._readers)[-_OPEN_VIDEOS:])
        for place in [place for place in self._readers if place not in in_use]:
            self._readers.pop(place).close()

    def _close_readers(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
