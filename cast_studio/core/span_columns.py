"""The times of all segments of tracks as columns of numbers, kept from one edit to the next."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.comparing import changed_part
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track

Columns = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Starts and ends in ticks, shape (n,) each."""

_span_of = attrgetter("span")


class SpanColumns:
    """Reads of a track that has changed only what is new in it. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[Segment, ...], Columns]] = {}

    def of(self, track: Track) -> Columns:
        """Return the starts and the ends of a track's segments, in their order."""
        known = self._known.get(track.id)
        if known is None:
            columns = columns_of(map(_span_of, track.segments))
        elif known[0] is track.segments:
            return known[1]
        else:
            left, came = changed_part(known[0], track.segments)
            new = columns_of(map(_span_of, track.segments[came.start : came.stop]))
            starts, ends = (
                np.concatenate((old[: left.start], read, old[left.stop :]))
                for old, read in zip(known[1], new, strict=True)
            )
            columns = starts, ends
        self._known[track.id] = track.segments, columns
        return columns

    def keep_only(self, track_ids: frozenset[str]) -> None:
        """Forget all other tracks."""
        for track_id in self._known.keys() - track_ids:
            del self._known[track_id]


def columns_of(spans: Iterable[TimeSpan]) -> Columns:
    """Return the starts and the ends of spans."""
    found = list(spans)
    starts = np.array([span.start for span in found], np.int64)
    return starts, np.array([span.end for span in found], np.int64)


def share_of(whole: TimeSpan, *columns: Columns) -> float:
    """Return how much of ``whole`` the spans of all columns cover together, 0 to 1."""
    if not whole.duration or not any(len(starts) for starts, _ in columns):
        return 0.0
    starts = np.concatenate([one for one, _ in columns]).clip(whole.start, whole.end)
    ends = np.concatenate([one for _, one in columns]).clip(whole.start, whole.end)
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    starts[1:] = np.maximum(starts[1:], ends[:-1])
    return int((ends - starts).sum()) / whole.duration
