"""Labelled segments, their tracks, and the interval algebra that edits are made of.

Everything here is pure: a function returns new values and leaves its arguments as they were.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import accumulate, pairwise

from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import EditError

# Up to here, single insertions are cheaper than sorting the whole track anew.
_FEW = 32


STALE_EDIT = (
    "The project has changed since this edit was prepared, so it no longer fits; "
    "look at what it changes again and repeat it."
)
"""The sentence for changes that do not fit the project they are applied to."""


class Origin(StrEnum):
    """Where a segment comes from."""

    MANUAL = "manual"
    """Drawn by a person."""
    IMPORTED = "imported"
    """Read from a file, untouched since."""
    ACCEPTED = "accepted"
    """A prediction that a person confirmed as it was."""
    CORRECTED = "corrected"
    """A prediction or an imported segment whose time or label a person changed."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A labelled span of a video.

    Attributes:
        id: Unique in the project.
        span: In ticks of the video.
        labels: Head name to class id; heads that are not labelled yet are absent. Read-only.
        origin: Where it comes from.
        subject: Whom or what the label is about, or "".
        note: Free text of the user.
        attributes: The fields of an imported row that have no place here, verbatim. An exporter
            writes them back unchanged as long as ``origin`` is IMPORTED. Read-only.
        model_id: The model whose prediction this was, or "".
        score: That prediction's confidence in [0, 1], or None.
        created_at: ISO 8601 in UTC, or "" if unknown.
        modified_at: ISO 8601 in UTC, or "" if never.
    """

    id: str
    span: TimeSpan
    # A mapping cannot be hashed; two equal segments still have equal hashes without it.
    labels: Mapping[str, int] = field(hash=False)
    origin: Origin = Origin.MANUAL
    subject: str = ""
    note: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    model_id: str = ""
    score: float | None = None
    created_at: str = ""
    modified_at: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", frozen_mapping(self.labels))
        object.__setattr__(self, "attributes", frozen_mapping(self.attributes))


SortKey = tuple[int, int, str]


def sort_key(segment: Segment) -> SortKey:
    """Return the key by which segments of a track are ordered: span, then id."""
    return segment.span.start, segment.span.end, segment.id


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

    Raises:
        ValueError: The segments are out of order, share an id, or overlap in an exclusive track.
    """

    id: str
    video_id: str
    name: str
    annotator: str
    segments: tuple[Segment, ...] = ()
    exclusive: bool = True

    def __post_init__(self) -> None:
        if len(self._by_id) != len(self.segments):
            raise ValueError(f'Two segments of the track "{self.name}" have the same id.')
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
    def _by_id(self) -> Mapping[str, Segment]:
        return {segment.id: segment for segment in self.segments}

    @cached_property
    def _reach(self) -> Sequence[int]:
        """How far the segments up to each position reach, in ticks: sorted, unlike their ends."""
        return tuple(accumulate((segment.span.end for segment in self.segments), max))

    def has_segment(self, segment_id: str) -> bool:
        """Return whether the track has a segment with this id."""
        return segment_id in self._by_id

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
        segments = _without(self.segments, gone)
        if len(new) <= _FEW:
            for segment in new:
                insort(segments, segment, key=sort_key)
        else:
            segments = sorted([*segments, *new], key=sort_key)
        self._check_ids(gone, new)
        if self.exclusive:
            _check_neighbors(self.name, segments, new)
        return self._unchecked(tuple(segments))

    def _check_ids(self, removed: Sequence[Segment], added: Sequence[Segment]) -> None:
        gone = {segment.id for segment in removed}
        seen: set[str] = set()
        for segment in added:
            if segment.id in seen or (segment.id not in gone and self.has_segment(segment.id)):
                raise EditError(
                    f'The track "{self.name}" has a segment with the id {segment.id} already; '
                    "give the new one another id."
                )
            seen.add(segment.id)

    def _unchecked(self, segments: tuple[Segment, ...]) -> Track:
        """Return the track with segments known to be valid, without looking at each again."""
        track = object.__new__(Track)
        values = {**self._own_values(), "segments": segments}
        for name, value in values.items():
            object.__setattr__(track, name, value)
        return track

    def _own_values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _without(segments: tuple[Segment, ...], removed: Sequence[Segment]) -> list[Segment]:
    if len(removed) > _FEW:
        gone = {segment.id: segment for segment in removed}
        kept = [segment for segment in segments if gone.get(segment.id) != segment]
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
    return (
        f'Segments of the track "{name}" may not overlap; '
        "shorten or remove the one that is in the way first."
    )


def changed_by_hand(segment: Segment, *, modified_at: str = "") -> Segment:
    """Return the segment marked as changed in time or label by a person.

    What came from a model or a file is CORRECTED from then on; what a person drew stays MANUAL.

    Args:
        segment: The segment after the change.
        modified_at: ISO 8601 in UTC; "" keeps what the segment has.
    """
    origin = segment.origin if segment.origin is Origin.MANUAL else Origin.CORRECTED
    return replace(segment, origin=origin, modified_at=modified_at or segment.modified_at)


def retime(segment: Segment, span: TimeSpan, *, modified_at: str = "") -> Segment:
    """Return the segment moved to ``span``; the same segment if it is there already."""
    if segment.span == span:
        return segment
    return changed_by_hand(replace(segment, span=span), modified_at=modified_at)


def split(
    segment: Segment, at_pts: int, new_id: str, *, modified_at: str = ""
) -> tuple[Segment, Segment]:
    """Return the parts of a segment before and from ``at_pts``; the second has the new id.

    Raises:
        EditError: ``at_pts`` does not lie strictly inside.
    """
    if not segment.span.start < at_pts < segment.span.end:
        raise EditError(
            "A segment can only be split between its first and its last moment; "
            "move the playhead inside the segment and split again."
        )
    left = retime(segment, TimeSpan(segment.span.start, at_pts), modified_at=modified_at)
    right = retime(segment, TimeSpan(at_pts, segment.span.end), modified_at=modified_at)
    return left, replace(right, id=new_id)


def merge(segments: Sequence[Segment], *, modified_at: str = "") -> Segment:
    """Return one segment over all of ``segments``, with the id of the first in time.

    Labels add up; different notes are kept on lines of their own.

    Raises:
        EditError: There are fewer than two, or they disagree about a label or the subject.
    """
    ordered = sorted(segments, key=sort_key)
    if len(ordered) < 2:
        raise EditError("Merging needs at least two segments; select another one too.")
    first, *others = ordered
    labels = dict(first.labels)
    span = first.span
    for segment in others:
        span = span.hull(segment.span)
        for head, class_id in segment.labels.items():
            if labels.setdefault(head, class_id) != class_id:
                raise EditError(
                    f'The segments have different labels for "{head}"; '
                    "give them the same label first, then merge them."
                )
    subjects = _distinct(segment.subject for segment in ordered)
    if len(subjects) > 1:
        raise EditError(
            f"The segments have different subjects ({', '.join(subjects)}); "
            "give them the same subject first, then merge them."
        )
    merged = replace(
        first,
        span=span,
        labels=labels,
        subject="".join(subjects),
        note="\n".join(_distinct(segment.note for segment in ordered)),
        origin=_common_origin(ordered),
        attributes=_shared_attributes(ordered),
        score=first.score if all(other.score == first.score for other in others) else None,
    )
    return changed_by_hand(merged, modified_at=modified_at)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _common_origin(segments: Sequence[Segment]) -> Origin:
    origins = {segment.origin for segment in segments}
    return Origin.MANUAL if origins == {Origin.MANUAL} else Origin.CORRECTED


def _shared_attributes(segments: Sequence[Segment]) -> dict[str, str]:
    return {
        name: value
        for name, value in segments[0].attributes.items()
        if all(segment.attributes.get(name) == value for segment in segments)
    }


def subtract(span: TimeSpan, holes: Iterable[TimeSpan]) -> tuple[TimeSpan, ...]:
    """Return what is left of ``span`` without all of ``holes``, in order."""
    parts: list[TimeSpan] = [span]
    for hole in holes:
        parts = [piece for part in parts for piece in part.minus(hole)]
    return tuple(sorted(parts))


def gaps(segments: Iterable[Segment], within: TimeSpan) -> tuple[TimeSpan, ...]:
    """Return the stretches of ``within`` that no segment covers, in order.

    Args:
        segments: Ordered by :func:`sort_key`; may overlap. Point events cover nothing.
        within: In ticks of the video.
    """
    found: list[TimeSpan] = []
    covered_to = within.start
    for segment in segments:
        start = min(segment.span.start, within.end)
        if covered_to < start and not segment.span.is_point:
            found.append(TimeSpan(covered_to, start))
        if not segment.span.is_point:
            covered_to = max(covered_to, segment.span.end)
    if covered_to < within.end:
        found.append(TimeSpan(covered_to, within.end))
    return tuple(found)
