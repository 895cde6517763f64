"""Asking the inference service one question after the other, and waiting for each answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from cast_studio.app.inference import InferenceService
from cast_studio.app.models import ModelChoice
from cast_studio.cli.event_loop import EventLoop
from cast_studio.cli.progress import ProgressBar
from cast_studio.core.predictions import AttentionMap, PredictionTrack
from cast_studio.core.timing import TimeSpan
from cast_studio.core.views import ViewScheme
from cast_studio.errors import ModelError


class Questions:
    """A loaded model that answers one question at a time. A context manager; main thread.

    Args:
        choice: The model.
        progress: Told how far each answer is.

    Raises:
        ModelError: From any question: the model cannot be loaded, or the question not answered.
    """

    def __init__(self, choice: ModelChoice, progress: ProgressBar) -> None:
        self._loop = EventLoop()
        self._progress = progress
        self._service = InferenceService()
        self._problem = ""
        self._track: PredictionTrack | None = None
        self._maps: tuple[AttentionMap, ...] = ()
        self._service.model_failed.connect(self._on_problem)
        self._service.progressed.connect(self._on_progressed)
        self._service.predicted.connect(self._on_predicted)
        self._service.attention_ready.connect(self._on_attention_ready)
        self._service.finished.connect(self._loop.end)
        self._service.warned.connect(self._on_warned)
        self._service.failed.connect(self._on_failed)
        self._service.load(choice.base.folder, choice.adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            # Who pressed Ctrl+C does not wait for a batch, or for torch, to come to its end.
            self._service.close(timeout_ms=0)
        else:
            self._service.close()

    def predict_spans(
        self, video_id: str, path: Path, spans: Sequence[TimeSpan]
    ) -> PredictionTrack:
        """Return one prediction for each span."""
        self._service.predict_spans(video_id, path, spans)
        return self._awaited_track()

    def predict_video(self, video_id: str, path: Path) -> PredictionTrack:
        """Return what the model sees in a whole video."""
        self._service.predict_video(video_id, path)
        return self._awaited_track()

    def predict_views(self, video_id: str, path: Path, scheme: ViewScheme) -> PredictionTrack:
        """Return what the model says of a video as a whole, merged from several views."""
        self._service.predict_views(video_id, path, scheme)
        return self._awaited_track()

    def attention(self, video_id: str, path: Path, span: TimeSpan) -> tuple[AttentionMap, ...]:
        """Return where the model looked in a span, one map for each layer."""
        self._service.attention(video_id, path, span)
        self._wait()
        return self._maps

    def _awaited_track(self) -> PredictionTrack:
        self._wait()
        if self._track is None:
            raise ModelError("The model gave no answer; the log tells more.")
        return self._track

    def _wait(self) -> None:
        self._track, self._maps = None, ()
        if not self._problem:
            self._loop.run()
        if self._problem:
            raise ModelError(self._problem)

    def _on_problem(self, sentence: str) -> None:
        self._problem = sentence
        self._loop.end()

    def _on_failed(self, _request: int, sentence: str) -> None:
        self._on_problem(sentence)

    def _on_warned(self, _request: int, sentence: str) -> None:
        self._progress.tell(sentence)

    def _on_progressed(self, _request: int, done: int, total: int) -> None:
        self._progress.show(done, total)

    def _on_predicted(self, _request: int, track: PredictionTrack) -> None:
        self._track = track

    def _on_attention_ready(self, _request: int, maps: tuple[AttentionMap, ...]) -> None:
        self._maps = maps
