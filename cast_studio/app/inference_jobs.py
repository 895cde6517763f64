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
from cast_studio.core.views import ViewScheme, merge_views
from cast_studio.core.windows import merge_windows
from cast_studio.errors import MediaError, ModelError
from cast_studio.said import say

BATCH_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Step:
    """How far an answer is, in clips."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Warned:
    """Something about the answer that the user should know.

    Attributes:
        text: A sentence.
    """

    text: str


Steps = Generator[Step | Warned, None, object]


class ClipSource(Protocol):
    """Where the clips of one video come from."""

    @property
    def index(self) -> FrameIndex:
        """The frames of the video."""

    def frame_indices(self, span: TimeSpan) -> NDArray[np.int64]:
        """Return the frames a clip of ``span`` is made of, shape (frames,)."""

    def read(self, span: TimeSpan) -> NDArray[np.uint8]:
        """Return one clip, shape (frames, size, size, 3)."""

    def read_each(self, spans: Iterable[TimeSpan]) -> Iterator[NDArray[np.uint8] | None]:
        """Yield clips of shape (frames, size, size, 3), in one pass for spans in order.

        None stands for a clip of which no frame can be decoded.
        """

    def read_views(self, scheme: ViewScheme) -> Iterator[NDArray[np.uint8] | None]:
        """Yield the views of the whole video, as ``read_each`` its clips."""


@dataclass(frozen=True, slots=True)
class Request:
    """Common to all questions.

    Attributes:
        id: Answers carry it.
        video_id: The video in the project.
        path: Its file.
        stream: Number of its video stream; None for the best one.
        cancelled: Set by the asker; looked at between two batches.
    """

    id: int
    video_id: str
    path: Path
    stream: int | None = field(default=None, kw_only=True)
    cancelled: Event = field(default_factory=Event, compare=False, kw_only=True)

    @property
    def urgency(self) -> int:
        """The lowest goes first."""
        return 2

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Yield a :class:`Step` after each batch, warn where there is a reason, return the answer."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class PredictVideo(Request):
    """What happens where in a video? Answered by a :class:`PredictionTrack`."""

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Score sliding windows over the whole video and merge them.

        Where the file is damaged, the nearest windows that can be read speak for what lies between.

        Raises:
            MediaError: None of the windows can be read.
        """
        windows = predictor.clip_spec.windows(clips.index)
        scored = yield from _score(predictor, windows, clips.read_each(windows))
        if scored.unreadable:
            yield Warned(_guessed(self.path.name, scored.unreadable, clips.index))
        if not scored.spans:
            raise MediaError(_nothing_readable(self.path.name))
        found = merge_windows(clips.index, scored.spans, scored.scores)
        return PredictionTrack(self.video_id, predictor.model_id, predictor.heads, found)


@dataclass(frozen=True, slots=True)
class PredictSpans(Request):
    """What happens in each of these spans? Answered by a :class:`PredictionTrack`.

    It has one prediction for each span that can be read.
    """

    spans: tuple[TimeSpan, ...]

    @property
    def urgency(self) -> int:
        """Before whole videos."""
        return 1

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Score the spans.

        Raises:
            MediaError: None of them can be read.
        """
        spans = tuple(sorted(self.spans))
        scored = yield from _score(predictor, spans, clips.read_each(spans))
        if scored.unreadable:
            yield Warned(_left_out(self.path.name, scored.unreadable, clips.index))
        if self.spans and not scored.spans:
            raise MediaError(_nothing_readable(self.path.name))
        found = tuple(
            Prediction(span, {head: rows[i] for head, rows in scored.scores.items()})
            for i, span in enumerate(scored.spans)
        )
        return PredictionTrack(self.video_id, predictor.model_id, predictor.heads, found)


@dataclass(frozen=True, slots=True)
class PredictViews(Request):
    """What happens in a video as a whole? Answered by a :class:`PredictionTrack` of one prediction.

    Attributes:
        scheme: The views whose probabilities are averaged.
    """

    scheme: ViewScheme

    def answer(self, predictor: Predictor, clips: ClipSource) -> Steps:
        """Score the views and merge those that can be read.

        Some always can: the first chunk begins with the first frame, without which no video opens.
        """
        spans = [clips.index.span] * len(self.scheme.views)
        # The crops of a chunk at a time: a large network may need seconds and gigabytes for each.
        scored = yield from _score(
            predictor, spans, clips.read_views(self.scheme), batch_size=self.scheme.crops
        )
        if scored.unreadable:
            yield Warned(_views_left_out(self.path.name, len(scored.unreadable), len(spans)))
        found = Prediction(clips.index.span, merge_views(scored.scores))
        return PredictionTrack(self.video_id, predictor.model_id, predictor.heads, (found,))


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
                say(
                    "This model has no cross-attention to show; choose a CAST model to see a "
                    "heatmap."
                )
            )
        grids = result.attention[0]
        frame_pts = _attended_frames(clips, self.span, grids.shape[1])
        return tuple(
            AttentionMap("s2t", layer, grid, frame_pts)
            for layer, grid in zip(result.layers, grids, strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Scored:
    """What the model says of those spans that can be read.

    Attributes:
        spans: Those spans, in the order asked.
        scores: Per head, shape (spans, classes).
        unreadable: The other spans.
    """

    spans: tuple[TimeSpan, ...]
    scores: dict[str, NDArray[np.float32]]
    unreadable: tuple[TimeSpan, ...]


def _score(
    predictor: Predictor,
    spans: Sequence[TimeSpan],
    clips: Iterator[NDArray[np.uint8] | None],
    *,
    batch_size: int = BATCH_SIZE,
) -> Generator[Step, None, _Scored]:
    parts: dict[str, list[NDArray[np.float32]]] = {
        head.name: [np.zeros((0, len(head.classes)), np.float32)] for head in predictor.heads
    }
    scored: list[TimeSpan] = []
    unreadable: list[TimeSpan] = []
    yield Step(0, len(spans))
    pending = zip(spans, clips, strict=True)
    while batch := list(islice(pending, batch_size)):
        readable = [(span, clip) for span, clip in batch if clip is not None]
        if readable:
            scores = predictor.predict(np.stack([clip for _, clip in readable])).scores
            for head, rows in parts.items():
                rows.append(scores[head])
        scored += [span for span, _ in readable]
        unreadable += [span for span, clip in batch if clip is None]
        yield Step(len(scored) + len(unreadable), len(spans))
    found = {head: np.concatenate(rows) for head, rows in parts.items()}
    return _Scored(tuple(scored), found, tuple(unreadable))


def _guessed(name: str, unreadable: Sequence[TimeSpan], index: FrameIndex) -> str:
    return say(
        "“{name}” is damaged and cannot be read {seconds}; what the model says there "
        "is a guess from what lies beside it. Copy the file again if there is a better "
        "one.",
        name=name,
        seconds=_seconds(unreadable, index),
    )


def _left_out(name: str, unreadable: Sequence[TimeSpan], index: FrameIndex) -> str:
    return say(
        "“{name}” is damaged and cannot be read {seconds}, so the model says nothing "
        "there. Copy the file again if there is a better one.",
        name=name,
        seconds=_seconds(unreadable, index),
    )


def _views_left_out(name: str, unreadable: int, views: int) -> str:
    return say(
        "“{name}” is damaged: {unreadable} of its {views} views cannot be read and do "
        "not count. Copy the file again if there is a better one.",
        name=name,
        unreadable=unreadable,
        views=views,
    )


def _nothing_readable(name: str) -> str:
    return say(
        "“{name}” is damaged: nothing that the model looks at can be decoded. Copy the "
        "file again, or choose another video.",
        name=name,
    )


def _seconds(spans: Sequence[TimeSpan], index: FrameIndex) -> str:
    """Return in words when these spans are, overlapping ones as one."""
    joined: list[TimeSpan] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = TimeSpan(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    tick = float(index.timebase)
    parts = [f"from {span.start * tick:.1f} to {span.end * tick:.1f}" for span in joined]
    return f"{' and '.join(parts)} seconds"


def _attended_frames(clips: ClipSource, span: TimeSpan, n_slices: int) -> tuple[int, ...]:
    """Return the pts of the frames that the spatial expert saw.

    A temporal slice is a tubelet of frames, and the spatial expert sees the middle one of each: of
    two the second (:attr:`CastConfig.spatial_frames`).
    """
    frames = clips.frame_indices(span)
    tubelet = len(frames) // n_slices
    seen = frames[tubelet // 2 :: tubelet][:n_slices]
    return tuple(clips.index.pts_of(int(position)) for position in seen)
