"""Tracks of segments: always in order, and free of overlaps where they must be.

What edits do to single segments is in :mod:`cast_studio.core.segments`; its names can be imported
from here too.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from cast_studio.core.segments import (
    Origin,
    Segment,
    SortKey,
    changed_by_hand,
    gaps,
    merge,
    retime,
    sort_key,
    split,
    subtract,
)
from cast_studio.core.shared_index import SharedIndex
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import EditError
from cast_studio.said import say

__all__ = [
    "STALE_EDIT",
    "Origin",
    "Segment",
    "SortKey",
    "Track",
    "changed_by_hand",
    "gaps",
    "merge",
    "retime",
    "sort_key",
    "split",
    "subtract",
]

# Up to here, single insertions are cheaper than sorting the whole track anew.
_FEW = 32


STALE_EDIT = say(
    "The project has changed since this edit was prepared, so it no longer fits; "
    "look at what it changes again and repeat it."
)
"""The sentence for changes that do not fit the project they are applied to."""


@dataclass(frozen=True)
class Track:
    """Segments of one video by one annotator, in order.

    Attributes:
        id: Unique in the project.
        video_id: The video it describes.
        name: What the user reads.
        annotator: Who labels here.
        segments: Ordered by :func:`sort_key`.
        exclusive: Whether segments may not overlap.
        position: Its place among the tracks of the video; of equal ones the name decides.

    Raises:
        ValueError: The segments are out of order, share an id, or overlap in an exclusive track.
    """

    id: str
    video_id: str
    name: str
    annotator: str
    segments: tuple[Segment, ...] = ()
    exclusive: bool = True
    position: int = 0

    def __post_init__(self) -> None:
        if len(self._by_id) != len(self.segments):
            raise ValueError(f'Two segments of the track "{self.name}" have the same id.')
        if not self._is_in_order():
            self._refuse_disorder()

    def _is_in_order(self) -> bool:
        """Return whether the segments are as they must be; of 100,000 within a few hundredths."""
        keys = [sort_key(segment) for segment in self.segments]
        later = keys[1:]
        if not all(map(operator.le, keys, later)):
            return False
        if not self.exclusive:
            return True
        # Of two in order, a point shares a moment with what starts where it is.
        return all(
            end < start or begin < end == start
            for (begin, end, _), (start, _, _) in zip(keys, later, strict=False)
        )

    def _refuse_disorder(self) -> None:
        for before, after in pairwise(self.segments):
            if sort_key(before) > sort_key(after):
                raise ValueError(
                    f'The segments of the track "{self.name}" are not in the order of their time: '
                    f"{before.id} stands before {after.id}."
                )
            if self.exclusive and before.span.intersects(after.span):
                raise ValueError(
                    f"{_overlap_sentence(self.name)} Found: {before.id} and {after.id}."
                )

    @cached_property
    def _by_id(self) -> SharedIndex[Segment]:
        return SharedIndex({segment.id: segment for segment in self.segments})

    @cached_property
    def _reach(self) -> Sequence[int]:
        """How far the segments up to each position reach, in ticks: sorted, unlike their ends."""
        return tuple(accumulate((segment.span.end for segment in self.segments), max))

    def has_segment(self, segment_id: str) -> bool:
        """Return whether the track has a segment with this id."""
        return segment_id in self._by_id

    def ids_among(self, segment_ids: Set[str]) -> Set[str]:
        """Return those of the ids that segments of the track have."""
        return self._by_id.ids_among(segment_ids)

    def segment(self, segment_id: str) -> Segment:
        """Return a segment by its id.

        Raises:
            KeyError: The track has no such segment.
        """
        return self._by_id[segment_id]

    def at(self, pts: int) -> Segment | None:
        """Return the segment at a moment, in ticks; of several the one that started last."""
        return next(reversed(self.overlapping(TimeSpan(pts, pts))), None)

    def overlapping(self, span: TimeSpan) -> tuple[Segment, ...]:
        """Return the segments that share a moment with ``span``, in order."""
        if self.exclusive:
            first = bisect_left(self.segments, span.start, key=lambda found: found.span.end)
        else:
            first = bisect_left(self._reach, span.start)
        stop = bisect_right(self.segments, span.end, lo=first, key=lambda found: found.span.start)
        candidates = self.segments[first:stop]
        return tuple(segment for segment in candidates if segment.span.intersects(span))

    def replacing(self, removed: Iterable[Segment], added: Iterable[Segment]) -> Track:
        """Return the track without ``removed`` and with ``added``.

        Only the added segments and their neighbors are looked at, so that one change of a long
        track costs no more than copying its tuple.

        Args:
            removed: Segments exactly as the track has them.
            added: Segments with ids that the track does not have afterwards.

        Raises:
            EditError: A removed segment is not there as given, an id is there twice, or an added
                segment would overlap another in an exclusive track.
        """
        gone, new = list(removed), list(added)
        if not new and tuple(gone) == self.segments:
            # An import that is taken back: no segment has to be looked at by itself.
            return self._unchecked((), SharedIndex({}))
        segments = _without(self.segments, gone)
        if len(new) <= _FEW:
            for segment in new:
                insort(segments, segment, key=sort_key)
        else:
            segments = sorted([*segments, *new], key=sort_key)
        self._check_ids(gone, new)
        if self.exclusive:
            _check_neighbors(self.name, segments, new)
        by_id = self._by_id.replacing(
            [segment.id for segment in gone], {segment.id: segment for segment in new}
        )
        return self._unchecked(tuple(segments), by_id)

    def _check_ids(self, removed: Sequence[Segment], added: Sequence[Segment]) -> None:
        gone = {segment.id for segment in removed}
        seen: set[str] = set()
        for segment in added:
            if segment.id in seen or (segment.id not in gone and self.has_segment(segment.id)):
                raise EditError(
                    say(
                        'The track "{name}" has a segment with the id {segment} already; give the new '
                        "one another id.",
                        name=self.name,
                        segment=segment.id,
                    )
                )
            seen.add(segment.id)

    def _unchecked(self, segments: tuple[Segment, ...], by_id: SharedIndex[Segment]) -> Track:
        """Return the track with segments known to be valid, without looking at each again."""
        track = object.__new__(Track)
        values = {**self._own_values(), "segments": segments, "_by_id": by_id}
        for name, value in values.items():
            object.__setattr__(track, name, value)
        return track

    def _own_values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _without(segments: tuple[Segment, ...], removed: Sequence[Segment]) -> list[Segment]:
    if len(removed) > _FEW:
        gone = {segment.id: segment for segment in removed}
        found = ((segment, gone.get(segment.id)) for segment in segments)
        # Nearly always the very same object, which spares the comparison of all that it says.
        kept = [segment for segment, other in found if other is not segment and other != segment]
        if len(kept) + len(removed) != len(segments):
            raise EditError(STALE_EDIT)
        return kept
    kept = list(segments)
    for segment in removed:
        position = bisect_left(kept, sort_key(segment), key=sort_key)
        if position == len(kept) or kept[position] != segment:
            raise EditError(STALE_EDIT)
        del kept[position]
    return kept


def _check_neighbors(name: str, segments: Sequence[Segment], added: Sequence[Segment]) -> None:
    for segment in added:
        position = bisect_left(segments, sort_key(segment), key=sort_key)
        before = segments[max(position - 1, 0) : position]
        neighbors = (*before, *segments[position + 1 : position + 2])
        if any(segment.span.intersects(neighbor.span) for neighbor in neighbors):
            raise EditError(_overlap_sentence(name))


def _overlap_sentence(name: str) -> str:
    return say(
        'Segments of the track "{name}" may not overlap; shorten or remove the one '
        "that is in the way first, or choose “Change the track” and allow it.",
        name=name,
    )
