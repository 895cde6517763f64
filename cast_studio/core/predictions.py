"""What a model says about a video, and the shape of a model that says it."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.immutable import frozen_array, frozen_arrays, same_arrays
from cast_studio.core.labels import LabelHead
from cast_studio.core.timing import TimeSpan

Direction = Literal["s2t", "t2s"]
"""``"s2t"``: the temporal expert looks at the spatial one's patches; ``"t2s"``: the other way."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """A model's probabilities for one span. Equal if the contents are.

    Attributes:
        span: In ticks of the video.
        scores: Per head float32, shape (classes,), probabilities in the order of the model's
            classes. Read-only.

    Raises:
        ValueError: The scores of a head are not one row with at least one class.
    """

    span: TimeSpan
    scores: Mapping[str, NDArray[np.float32]]

    def __post_init__(self) -> None:
        scores = frozen_arrays(self.scores, np.float32)
        for head, row in scores.items():
            if row.ndim != 1 or len(row) == 0:
                raise ValueError(f'scores of "{head}" have the shape {row.shape}, not (classes,)')
        object.__setattr__(self, "scores", scores)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prediction):
            return NotImplemented
        return self.span == other.span and same_arrays(self.scores, other.scores)

    def __hash__(self) -> int:
        return hash((self.span, frozenset(self.scores)))

    def top(self, head: str, k: int) -> list[tuple[int, float]]:
        """Return the ``k`` most likely classes as (position in the head, probability).

        Equal probabilities keep the order of the classes. A head with fewer classes gives all.

        Raises:
            KeyError: The prediction has no such head.
        """
        row = self.scores[head]
        order = np.argsort(-row, kind="stable")[: max(k, 0)]
        return [(int(position), float(row[position])) for position in order]

    def best(self, head: str) -> tuple[int, float]:
        """Return the most likely class as (position in the head, probability).

        Raises:
            KeyError: The prediction has no such head.
        """
        return self.top(head, 1)[0]

    @property
    def confidence(self) -> float:
        """The product of the best probabilities over all heads."""
        return math.prod(self.best(head)[1] for head in self.scores)


def disagreements(
    prediction: Prediction, heads: Sequence[LabelHead], labels: Mapping[str, int]
) -> tuple[str, ...]:
    """Return the heads whose label is not the model's first choice.

    Args:
        prediction: Scores in the order of ``heads``' classes.
        heads: The model's heads.
        labels: Head name to class id, by the model's ids; unlabelled heads cannot disagree.
    """
    return tuple(
        head.name
        for head in heads
        if head.name in labels
        and head.name in prediction.scores
        and head.classes[prediction.best(head.name)[0]].id != labels[head.name]
    )


@dataclass(frozen=True)
class PredictionTrack:
    """What one model says about one video.

    Attributes:
        video_id: The video.
        model_id: The model.
        heads: The model's heads; their class order is the order of the scores.
        predictions: Ordered by span; may overlap.

    Raises:
        ValueError: The predictions are out of order, or their scores do not fit the heads.
    """

    video_id: str
    model_id: str
    heads: tuple[LabelHead, ...]
    predictions: tuple[Prediction, ...]

    def __post_init__(self) -> None:
        sizes = {head.name: len(head.classes) for head in self.heads}
        for prediction in self.predictions:
            found = {head: len(row) for head, row in prediction.scores.items()}
            if found != sizes:
                raise ValueError(f"a prediction has scores for {found}, the model has {sizes}")
        if any(after.span < before.span for before, after in pairwise(self.predictions)):
            raise ValueError("the predictions of a track must be in the order of their time")

    @cached_property
    def _reach(self) -> Sequence[int]:
        return tuple(accumulate((found.span.end for found in self.predictions), max))

    def head(self, name: str) -> LabelHead:
        """Return a head of the model by its name.

        Raises:
            KeyError: The model has no such head.
        """
        for head in self.heads:
            if head.name == name:
                return head
        raise KeyError(name)

    def at(self, pts: int) -> Prediction | None:
        """Return the prediction at a moment, in ticks; of several the one that started last."""
        return next(reversed(self.overlapping(TimeSpan(pts, pts))), None)

    def overlapping(self, span: TimeSpan) -> tuple[Prediction, ...]:
        """Return the predictions that share a moment with ``span``, in order."""
        first = bisect_left(self._reach, span.start)
        stop = bisect_right(
            self.predictions, span.end, lo=first, key=lambda found: found.span.start
        )
        return tuple(found for found in self.predictions[first:stop] if found.span.intersects(span))

    def most_like(self, span: TimeSpan) -> Prediction | None:
        """Return the prediction whose span resembles ``span`` most, or None if none meets it."""
        return max(self.overlapping(span), key=lambda found: found.span.iou(span), default=None)


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Where one expert looked in the other's view (cross-attention, not an explanation).

    Equal if the contents are.

    Attributes:
        direction: Which expert looked.
        layer: The B-CAST layer, 0 or above.
        grid: float16, shape (t, h, w), mean over heads and queries; sums to 1 per frame. Read-only.
        frame_pts: The t presentation times that the slices of ``grid`` belong to, in ticks.

    Raises:
        ValueError: The shapes do not fit each other.
    """

    direction: Direction
    layer: int
    grid: NDArray[np.float16]
    frame_pts: tuple[int, ...]

    def __post_init__(self) -> None:
        grid = frozen_array(self.grid, np.float16)
        if grid.ndim != 3 or len(grid) != len(self.frame_pts):
            raise ValueError(
                f"an attention grid of shape {grid.shape} does not fit {len(self.frame_pts)} frames"
            )
        object.__setattr__(self, "grid", grid)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AttentionMap):
            return NotImplemented
        return (
            (self.direction, self.layer, self.frame_pts)
            == (other.direction, other.layer, other.frame_pts)
        ) and np.array_equal(self.grid, other.grid)

    def __hash__(self) -> int:
        return hash((self.direction, self.layer, self.frame_pts, self.grid.shape))


@dataclass(frozen=True, eq=False)
class ClipScores:
    """What a predictor returns for a batch of clips. Equal if the contents are.

    Attributes:
        scores: Per head float32, shape (B, classes), probabilities. Read-only.
        attention: float16, shape (B, layers, t, h, w): S2T cross-attention, mean over heads and
            queries, summing to 1 per frame; None if it was not asked for. Read-only.
        layers: Which B-CAST layers ``attention`` is of, each 0 or above; all from 0 on where none
            are given.

    Raises:
        ValueError: There are not as many layers as the attention has.
    """

    scores: Mapping[str, NDArray[np.float32]]
    attention: NDArray[np.float16] | None = field(default=None)
    layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", frozen_arrays(self.scores, np.float32))
        if self.attention is not None:
            count = self.attention.shape[1]
            object.__setattr__(self, "attention", frozen_array(self.attention, np.float16))
            object.__setattr__(self, "layers", self.layers or tuple(range(count)))
            if len(self.layers) != count:
                raise ValueError(f"{len(self.layers)} layers do not fit attention of {count}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClipScores):
            return NotImplemented
        if self.attention is None or other.attention is None:
            same_attention = self.attention is other.attention
        else:
            same_attention = self.layers == other.layers and np.array_equal(
                self.attention, other.attention
            )
        return same_attention and same_arrays(self.scores, other.scores)

    def __hash__(self) -> int:
        return hash(frozenset(self.scores))


class Predictor(Protocol):
    """A model that can be asked. Used from one thread at a time."""

    @property
    def model_id(self) -> str:
        """What identifies the weights."""

    @property
    def heads(self) -> tuple[LabelHead, ...]:
        """The heads; their class order is the order of the scores."""

    @property
    def clip_spec(self) -> ClipSpec:
        """How clips must be made."""

    @property
    def runs_on(self) -> str:
        """Device and precision in words, as ``"CPU · float32"``."""

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
        """Score clips.

        Args:
            clips: RGB, shape (B, frames, size, size, 3), made as ``clip_spec`` says.
            attention: Whether to return the cross-attention too.

        Returns:
            The scores in the order of ``clips``.

        Raises:
            ModelError: The model cannot run.
        """
