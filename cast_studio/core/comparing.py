"""Finds what an edit has changed in a long row of segments, at the cost of a glance at the others."""

from __future__ import annotations

from collections.abc import Sequence

from cast_studio.core.segments import Segment

_PIECE = 512
"""So many segments are compared at once."""


def changed_part(before: Sequence[Segment], after: Sequence[Segment]) -> tuple[range, range]:
    """Return the positions between the beginning and the end that both have in common.

    Args:
        before: In order of time.
        after: Likewise; segments that have not changed are the same objects.

    Returns:
        The positions in ``before`` and those in ``after``; both empty if nothing has changed.
    """
    start = _n_common(before, after)
    before, after = before[start:], after[start:]
    same = _n_common(before[::-1], after[::-1])
    return range(start, start + len(before) - same), range(start, start + len(after) - same)


def _n_common(first: Sequence[Segment], second: Sequence[Segment]) -> int:
    """Return how many segments are the same, from the beginning up to the first other one."""
    at, shorter = 0, min(len(first), len(second))
    # Piece by piece: to compare tuples of the same objects takes hardly any time.
    while at < shorter and first[at : at + _PIECE] == second[at : at + _PIECE]:
        at += _PIECE
    while at < shorter and first[at] is second[at]:
        at += 1
    return min(at, shorter)
