"""From the scores of overlapping windows to segments with one label each."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.predictions import Prediction
from cast_studio.core.timing import FrameIndex, TimeSpan

SWITCH_COST: Final = 3.0
"""What a change of label costs, in nats: how much better the new label must explain what follows."""
NOTEWORTHY: Final = 0.2
"""The probability in a head from which on a window speaks for a class, and below which against it."""

_MOST_LABELS = 30_000
"""Combinations of classes that are weighed; all 97 x 300 verbs and nouns of EPIC-KITCHENS fit."""
_SMALLEST = 1e-3


def merge_windows(
    index: FrameIndex,
    windows: Sequence[TimeSpan],
    scores: Mapping[str, NDArray[np.float32]],
    *,
    switch_cost: float = SWITCH_COST,
) -> tuple[Prediction, ...]:
    """Cut a video into segments of one label each, given the scores of sliding windows.

    A window over the end of one action and the beginning of the next shows neither, and a model that
    learned from whole actions can say anything about it. So a segment is judged by the windows that lie
    inside it, and those across a change of label are not asked at all. The best course of labels is found
    by dynamic programming (Viterbi's algorithm, where a new label begins with the first window that starts
    after the old label's last one has ended): every window inside adds ``log(p / NOTEWORTHY)`` per head for
    the label's classes, every change takes ``switch_cost``. A segment's scores are the geometric mean of
    its windows', which has the same best classes.

    Time and memory grow with the length of the video, not with its square.

    Args:
        index: The video's frames.
        windows: By start and by end, covering the video; at least one.
        scores: Per head probabilities, ``(windows, classes)``; at least one head.
        switch_cost: In nats, 0 or above; larger values give fewer, longer segments.

    Returns:
        Segments on frame edges that follow each other without gap or overlap, at least one and none shorter
        than a window, but where frames are sparse.
    """
    segments = _segments(index, windows, _best_course(windows, list(scores.values()), switch_cost))
    return tuple(
        Prediction(span, {head: _mean(rows[inside]) for head, rows in scores.items()})
        for span, inside in segments
    )


def _mean(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The normalized geometric mean of probabilities ``(windows, classes)``."""
    powers = np.exp(np.log(_clipped(rows)).mean(0))
    return np.asarray(powers / powers.sum(), np.float32)


def _clipped(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.clip(rows.astype(np.float64), _SMALLEST, None)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Windows that lie inside one segment.

    Attributes:
        label: One class position per head.
        first: The first window.
        stop: The one after the last.
    """

    label: tuple[int, ...]
    first: int
    stop: int


def _segments(
    index: FrameIndex, windows: Sequence[TimeSpan], course: Sequence[_Stretch]
) -> Iterator[tuple[TimeSpan, list[int]]]:
    """Yield the spans between the changes of label, each with the windows that lie inside it."""
    edges = [index.span.start]
    for stretch, following in pairwise(course):
        between = windows[stretch.stop - 1].end + windows[following.first].start
        edges.append(max(edges[-1], index.snap_edge(between // 2)))
    edges.append(index.span.end)
    # Where frames are sparse, a stretch may have none of its own.
    shown = [
        (stretch, TimeSpan(start, end))
        for stretch, (start, end) in zip(course, pairwise(edges), strict=True)
        if start < end
    ]
    for _, alike in groupby(shown, key=lambda found: found[0].label):
        found = list(alike)
        inside = [at for stretch, _ in found for at in range(stretch.first, stretch.stop)]
        yield TimeSpan(found[0][1].start, found[-1][1].end), inside


def _best_course(
    windows: Sequence[TimeSpan], heads: Sequence[NDArray[np.float32]], switch_cost: float
) -> list[_Stretch]:
    """The labels that follow each other, and the windows that lie inside each."""
    kept = _likely_classes(heads)
    logs = [
        np.log(_clipped(rows[:, classes]) / NOTEWORTHY)
        for rows, classes in zip(heads, kept, strict=True)
    ]
    ends = [span.end for span in windows]
    best = _evidence(logs, 0)
    leaders = [int(best.argmax())]
    leads = [float(best.max())]
    # For each window: the last one before it that a former label can end with, and bits that say
    # whether a label is best begun with this window.
    before = [-1]
    begun = [np.packbits(np.ones(len(best), bool))]
    for at in range(1, len(windows)):
        last = bisect_right(ends, windows[at].start) - 1
        new = leads[last] - switch_cost if last >= 0 else -np.inf
        before.append(last)
        begun.append(np.packbits(new > best))
        best = np.maximum(best, new) + _evidence(logs, at)
        leaders.append(int(best.argmax()))
        leads.append(float(best.max()))
    shape = [len(classes) for classes in kept]
    course: list[_Stretch] = []
    at, stop, label = len(windows) - 1, len(windows), leaders[-1]
    while at >= 0:
        if begun[at][label // 8] >> (7 - label % 8) & 1:
            positions = np.unravel_index(label, shape)
            classes = tuple(int(head[i]) for head, i in zip(kept, positions, strict=True))
            course.append(_Stretch(classes, at, stop))
            at, stop = before[at], before[at] + 1
            label = leaders[at]
        else:
            at -= 1
    return course[::-1]


def _likely_classes(heads: Sequence[NDArray[np.float32]]) -> list[NDArray[np.int64]]:
    """Per head the classes that are weighed: all, or those that are likeliest anywhere."""
    sizes = [rows.shape[1] for rows in heads]
    while math.prod(sizes) > _MOST_LABELS:
        sizes[sizes.index(max(sizes))] -= 1
    return [
        np.sort(np.argsort(-rows.max(0), kind="stable")[:size])
        for rows, size in zip(heads, sizes, strict=True)
    ]


def _evidence(logs: Sequence[NDArray[np.float64]], window: int) -> NDArray[np.float64]:
    """How much a window speaks for each combination of classes, in the order of the heads."""
    return np.asarray(reduce(np.add.outer, [log[window] for log in logs])).ravel()
