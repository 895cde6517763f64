"""From the scores of overlapping windows to segments with one label each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.predictions import Prediction
from cast_studio.core.timing import FrameIndex, TimeSpan

SWITCH_COST = 3.0
"""What a change of label costs, in nats: how much better the new label must explain what follows."""

_CANDIDATES = 40
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
    windows over it, the better centered ones counting more. The most probable course of labels is then
    found (Viterbi's algorithm, with the same cost for every change of label), and pieces with the same
    label become one segment, whose scores are the mean of its pieces'.

    Args:
        index: The video's frames.
        windows: By start, covering the video; at least one.
        scores: Per head probabilities, ``(windows, classes)``.
        switch_cost: In nats, 0 or above; larger values give fewer, longer segments.

    Returns:
        Segments on frame edges that follow each other without gap or overlap, at least one.
    """
    edges = _piece_edges(index, windows)
    weights = _weights(windows, edges)
    pieces = {head: weights @ np.asarray(rows, np.float64) for head, rows in scores.items()}
    course = _most_probable_course(pieces, switch_cost)
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


def _weights(windows: Sequence[TimeSpan], edges: Sequence[int]) -> NDArray[np.float64]:
    """How much each window says about each piece, ``(pieces, windows)``, rows summing to 1."""
    centers = np.array([(span.start + span.end) / 2 for span in windows])
    halves = np.array([max(1.0, span.duration / 2) for span in windows])
    middles = (np.array(edges[:-1]) + np.array(edges[1:])) / 2
    closeness = 1 - np.abs(middles[:, None] - centers) / halves
    weights = np.clip(closeness, 0.0, None) ** 2
    nearest = np.abs(middles[:, None] - centers).argmin(1)
    weights[np.arange(len(middles)), nearest] += 1e-3
    return np.asarray(weights / weights.sum(1, keepdims=True))


def _most_probable_course(
    pieces: Mapping[str, NDArray[np.float64]], switch_cost: float
) -> NDArray[np.int64]:
    """The label of each piece, as one class position per head, ``(pieces, heads)``."""
    kept = [np.sort(np.argsort(-rows.max(0))[:_CANDIDATES]) for rows in pieces.values()]
    grids = np.meshgrid(*kept, indexing="ij")
    states = np.stack([grid.ravel() for grid in grids], 1)  # (states, heads)
    logs = [np.log(np.clip(rows, _SMALLEST, None)) for rows in pieces.values()]
    evidence = sum(
        (rows[:, states[:, head]] for head, rows in enumerate(logs)),
        start=np.zeros((len(logs[0]), len(states))),
    )
    count = len(evidence)
    came_from = np.zeros((count, len(states)), np.int64)
    best = evidence[0]
    stay = np.arange(len(states))
    for piece in range(1, count):
        leader = int(best.argmax())
        switched = best[leader] - switch_cost > best
        came_from[piece] = np.where(switched, leader, stay)
        best = np.where(switched, best[leader] - switch_cost, best) + evidence[piece]
    course = [int(best.argmax())]
    for piece in range(count - 1, 0, -1):
        course.append(int(came_from[piece, course[-1]]))
    return np.asarray(states[np.array(course[::-1])], np.int64)
