"""Labelled segments, and what can be done with one or several of them.

Everything here is pure: a function returns new values and leaves its arguments as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cast_studio.core.immutable import frozen_mapping, made_of_columns
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import EditError
from cast_studio.said import say


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


def stored_segments(
    starts: Sequence[int], ends: Sequence[int], ids: Sequence[str], *columns: Sequence[object]
) -> list[Segment]:
    """Return segments of columns, an eighth of the time that their class takes: for 100,000 of a file.

    Args:
        starts: First ticks.
        ends: Ticks after the last, each not before its start.
        ids: Of the segments.
        columns: The attributes of :class:`Segment` after ``span``, in its order. Mappings must be
            read-only already.
    """
    return made_of_columns(Segment, ids, made_of_columns(TimeSpan, starts, ends), *columns)


SortKey = tuple[int, int, str]


def sort_key(segment: Segment) -> SortKey:
    """Return the key by which segments of a track are ordered: span, then id."""
    return segment.span.start, segment.span.end, segment.id


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
            say(
                "A label can only be split between its first and its last moment; move the "
                "playhead inside the label and split again."
            )
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
        raise EditError(say("Merging needs at least two labels; select another one too."))
    first, *others = ordered
    labels = dict(first.labels)
    span = first.span
    for segment in others:
        span = span.hull(segment.span)
        for head, class_id in segment.labels.items():
            if labels.setdefault(head, class_id) != class_id:
                raise EditError(
                    say(
                        'The labels have different classes for "{head}"; give them the same class '
                        "first, then merge them.",
                        head=head,
                    )
                )
    subjects = _distinct(segment.subject for segment in ordered)
    if len(subjects) > 1:
        raise EditError(
            say(
                "The labels have different subjects ({subjects}); give them the same subject "
                "first, then merge them.",
                subjects=", ".join(subjects),
            )
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
