"""How good a model is: top-1, top-5, per class, confusion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNLABELLED = -1
"""The target of a clip whose label lacks the head."""


@dataclass(frozen=True)
class HeadMetrics:
    """How well one head does.

    Attributes:
        top1: Share of clips whose best class is right, in [0, 1]; NaN without labelled clips.
        top5: Share of clips whose right class is among the best five.
        confusion: Counts, rows the right class, columns the best class, ``(classes, classes)``.
    """

    top1: float
    top5: float
    confusion: NDArray[np.int64]

    def recall(self) -> NDArray[np.float64]:
        """Share of each class's clips that are right; NaN for classes without clips."""
        totals = self.confusion.sum(1)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(totals > 0, self.confusion.diagonal() / totals, np.nan))


def head_metrics(scores: NDArray[np.float32], targets: NDArray[np.int64]) -> HeadMetrics:
    """Compare scores with the right classes.

    Args:
        scores: ``(clips, classes)``; larger is more likely.
        targets: Right class per clip, −1 where not labelled.
    """
    labelled = targets != UNLABELLED
    scores, targets = scores[labelled], targets[labelled]
    classes = scores.shape[1]
    confusion = np.zeros((classes, classes), np.int64)
    if len(targets) == 0:
        return HeadMetrics(float("nan"), float("nan"), confusion)
    order = np.argsort(-scores, axis=1, kind="stable")
    np.add.at(confusion, (targets, order[:, 0]), 1)
    top5 = (order[:, :5] == targets[:, None]).any(1).mean()
    return HeadMetrics(float((order[:, 0] == targets).mean()), float(top5), confusion)


def accuracies(
    scores: Mapping[str, NDArray[np.float32]], targets: Mapping[str, NDArray[np.int64]]
) -> dict[str, float]:
    """Top-1 of each head, and of all heads at once as ``"action"``; heads without labels are left out.

    An action is right if every head is, which is the argmax of p(verb)·p(noun); only clips labelled in
    every head count.
    """
    found: dict[str, float] = {}
    labelled, right = [], []
    for head, values in scores.items():
        top1 = head_metrics(values, targets[head]).top1
        if not np.isnan(top1):
            found[head] = top1
        labelled.append(targets[head] != UNLABELLED)
        right.append(values.argmax(1) == targets[head])
    complete = np.logical_and.reduce(labelled)
    if complete.any():
        found["action"] = float(np.logical_and.reduce(right)[complete].mean())
    return found
