"""What the model is asked, and how each question is answered: one batch of clips at a time.

Each answer is a generator that yields after every batch, so that its caller can report progress,
cancel it, or let something more urgent go first.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.predictions import AttentionMap, Prediction, PredictionTrack, Predictor
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.windows import merge_windows
from cast_studio.errors import ModelError

BATCH_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Step:
    """How far an answer is, in clips."""

    done: int
    total: int


Steps = Generator[Step, None, object]


class ClipSource(Protocol):
    """Where the clips of one video come from."""

    @property
    def index(self) -> FrameIndex:
        """The frames of the video."""

    def frame_indices(self, span: TimeSpan) -> NDArray[np.int64]:
        """Return the frames a clip of ``span`` is made of, shape (frames,)."""

    def read(self, span: TimeSpan) -> NDArray[np.uint8]:
        """Return one clip, shape (frames, size, size, 3)."""

    def read_many(self, spans: Iterable[TimeSpan]) -> Iterator[NDArray[np.uint8]]:
        """Yield clips of shape (frames, size, size, 3), in one pass for spans in order."""


@dataclass(frozen=True, slots=True)
class Request:
    """Common to all questions.

    Attributes:
        id: Answers carry it.
        video_id: The video in the project.
        path: Its file.
        cancelled: Set by the asker; looked at between two batches.
    """

    id: int
    video_id: str
    path: Path
    cancelled: Event = field(default_factory=Event, compare=False, kw_only=True)

    @property
    def urgency(self) -> int:
        """The lowest goes first."""
        return 2

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Yield a :class:`Step` after each batch and return the answer."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class PredictVideo(Request):
    """What happens where in a video? Answered by a :class:`PredictionTrack`."""

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Score sliding windows over the whole video and merge them."""
        windows = predictor.clip_spec.windows(clips.index)
        scores = yield from _score(predictor, clips, windows)
        found = merge_windows(clips.index, windows, scores)
        return PredictionTrack(self.video_id, predictor.model_id, predictor.heads, found)


@dataclass(frozen=True, slots=True)
class PredictSpans(Request):
    """What happens in each of these spans? Answered by a :class:`PredictionTrack`, one for each."""

    spans: tuple[TimeSpan, ...]

    @property
    def urgency(self) -> int:
        """Before whole videos."""
        return 1

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Score the spans."""
        spans = tuple(sorted(self.spans))
        scores = yield from _score(predictor, clips, spans)
        found = tuple(
            Prediction(span, {head: rows[i] for head, rows in scores.items()})
            for i, span in enumerate(spans)
        )
        return PredictionTrack(self.video_id, predictor.model_id, predictor.heads, found)


@dataclass(frozen=True, slots=True)
class ShowAttention(Request):
    """Where does the model look in this span? Answered by one :class:`AttentionMap` per layer."""

    span: TimeSpan

    @property
    def urgency(self) -> int:
        """Before all else: somebody looks at the frame and waits."""
        return 0

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Read one clip and return the attention over its frames.

        Raises:
            ModelError: The model has no cross-attention.
        """
        yield Step(0, 1)
        result = predictor.predict(clips.read(self.span)[np.newaxis], attention=True)
        if result.attention is None:
            raise ModelError(
                "This model has no cross-attention to show; choose a CAST model to see a heatmap."
            )
        layers = result.attention[0]
        frame_pts = _attended_frames(clips, self.span, layers.shape[1])
        return tuple(
            AttentionMap("s2t", layer, grid, frame_pts) for layer, grid in enumerate(layers)
        )


def _score(
    predictor: Predictor, clips: ClipSource, spans: Sequence[TimeSpan]
) -> Generator[Step, None, dict[str, NDArray[np.float32]]]:
    parts: dict[str, list[NDArray[np.float32]]] = {head.name: [] for head in predictor.heads}
    yield Step(0, len(spans))
    pending = clips.read_many(spans)
    done = 0
    while batch := list(islice(pending, BATCH_SIZE)):
        scores = predictor.predict(np.stack(batch)).scores
        for head, rows in parts.items():
            rows.append(scores[head])
        done += len(batch)
        yield Step(done, len(spans))
    return {
        head.name: (
            np.concatenate(parts[head.name])
            if parts[head.name]
            else np.zeros((0, len(head.classes)), np.float32)
        )
        for head in predictor.heads
    }


def _attended_frames(clips: ClipSource, span: TimeSpan, n_slices: int) -> tuple[int, ...]:
    """Return the pts of the frames that the spatial expert saw.

    A temporal slice is a tubelet of frames, and the spatial expert sees the middle one of each: of
    two the second (:attr:`CastConfig.spatial_frames`).
    """
    frames = clips.frame_indices(span)
    tubelet = len(frames) // n_slices
    seen = frames[tubelet // 2 :: tubelet][:n_slices]
    return tuple(clips.index.pts_of(int(position)) for position in seen)
