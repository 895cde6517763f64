"""From the scores of overlapping windows to segments with one label each."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.predictions import Prediction
from cast_studio.core.timing import FrameIndex, TimeSpan

SWITCH_COST = 3.0
"""What a change of label costs, in nats: how much better the new label must explain what follows."""

_MOST_LABELS = 30_000
"""Combinations of classes that are weighed; all 97 x 300 verbs and nouns of EPIC-KITCHENS fit."""
_SMALLEST = 1e-6


def merge_windows(
    index: FrameIndex,
    windows: Sequence[TimeSpan],
    scores: Mapping[str, NDArray[np.float32]],
    *,
    switch_cost: float = SWITCH_COST,
) -> tuple[Prediction, ...]:
    """Cut a video into segments of one label each, given the scores of sliding windows.

    The video is cut at the middle between the centers of neighboring windows. Each piece is scored by all
    windows over its middle, the better centered ones counting more. The most probable course of labels is
    then found (Viterbi's algorithm, with the same cost for every change of label), and pieces with the
    same label become one segment, whose scores are the mean of its pieces'.

    Time and memory grow with the length of the video, not with its square.

    Args:
        index: The video's frames.
        windows: By start, covering the video; at least one.
        scores: Per head probabilities, ``(windows, classes)``; at least one head.
        switch_cost: In nats, 0 or above; larger values give fewer, longer segments.

    Returns:
        Segments on frame edges that follow each other without gap or overlap, at least one.
    """
    edges = _piece_edges(index, windows)
    pieces = _piece_scores(windows, edges, scores)
    course = _most_probable_course(list(pieces.values()), switch_cost)
    changes = [0, *(np.flatnonzero((course[1:] != course[:-1]).any(1)) + 1).tolist(), len(course)]
    return tuple(
        Prediction(
            TimeSpan(edges[first], edges[stop]),
            {head: rows[first:stop].mean(0).astype(np.float32) for head, rows in pieces.items()},
        )
        for first, stop in pairwise(changes)
    )


def _piece_edges(index: FrameIndex, windows: Sequence[TimeSpan]) -> list[int]:
    """Frame edges between neighboring windows' centers; from the first frame to the end."""
    whole = index.span
    inner = [
        index.snap_edge((a.start + a.end + b.start + b.end) // 4) for a, b in pairwise(windows)
    ]
    edges = [whole.start]
    for edge in inner:
        if edges[-1] < edge < whole.end:
            edges.append(edge)
    return [*edges, whole.end]


def _piece_scores(
    windows: Sequence[TimeSpan],
    edges: Sequence[int],
    scores: Mapping[str, NDArray[np.float32]],
) -> dict[str, NDArray[np.float64]]:
    """What the windows over a piece's middle say about it, per head ``(pieces, classes)``."""
    starts = [span.start for span in windows]
    reach = list(accumulate((span.end for span in windows), max))
    centers = np.array([(span.start + span.end) / 2 for span in windows])
    halves = np.array([max(1.0, span.duration / 2) for span in windows])
    rows: dict[str, list[NDArray[np.float64]]] = {head: [] for head in scores}
    for first_edge, next_edge in pairwise(edges):
        middle = (first_edge + next_edge) / 2
        over = slice(bisect_right(reach, middle), bisect_left(starts, middle))
        weights = np.clip(1 - np.abs(middle - centers[over]) / halves[over], 0.0, None) ** 2
        if not weights.any():  # no window lies over it: the nearest one is asked
            nearest = int(np.abs(middle - centers).argmin())
            over, weights = slice(nearest, nearest + 1), np.ones(1)
        weights /= weights.sum()
        for head, known in scores.items():
            rows[head].append(weights @ known[over].astype(np.float64))
    return {head: np.stack(found) for head, found in rows.items()}


def _most_probable_course(
    pieces: Sequence[NDArray[np.float64]], switch_cost: float
) -> NDArray[np.int64]:
    """The label of each piece, as one class position per head, ``(pieces, heads)``."""
    kept = _likely_classes(pieces)
    logs = [
        np.log(np.clip(rows[:, classes], _SMALLEST, None))
        for rows, classes in zip(pieces, kept, strict=True)
    ]
    best = _evidence(logs, 0)
    leaders: list[int] = []
    switched: list[NDArray[np.uint8]] = []  # bits: whether a label is best reached from the leader
    for piece in range(1, len(logs[0])):
        leader = int(best.argmax())
        arriving = best[leader] - switch_cost
        leaders.append(leader)
        switched.append(np.packbits(arriving > best))
        best = np.maximum(best, arriving) + _evidence(logs, piece)
    label = int(best.argmax())
    course = [label]
    for leader, bits in zip(reversed(leaders), reversed(switched), strict=True):
        if bits[label // 8] >> (7 - label % 8) & 1:
            label = leader
        course.append(label)
    positions = np.unravel_index(course[::-1], [len(classes) for classes in kept])
    return np.stack([classes[at] for classes, at in zip(kept, positions, strict=True)], 1)


def _likely_classes(pieces: Sequence[NDArray[np.float64]]) -> list[NDArray[np.int64]]:
    """Per head the classes that are weighed: all, or those that are likeliest anywhere."""
    sizes = [rows.shape[1] for rows in pieces]
    while math.prod(sizes) > _MOST_LABELS:
        sizes[sizes.index(max(sizes))] -= 1
    return [
        np.sort(np.argsort(-rows.max(0), kind="stable")[:size])
        for rows, size in zip(pieces, sizes, strict=True)
    ]


def _evidence(logs: Sequence[NDArray[np.float64]], piece: int) -> NDArray[np.float64]:
    """How well each combination of classes, in the order of the heads, explains a piece."""
    return np.asarray(reduce(np.add.outer, [rows[piece] for rows in logs])).ravel()
