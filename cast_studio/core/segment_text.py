"""Segments as text for the clipboard: what is copied in one video can be pasted into another.

Times are exact seconds from the first segment's start and classes are named, so that neither the time
base nor the class ids of the place they are pasted into have to be the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project
from cast_studio.core.timing import Timebase
from cast_studio.errors import EditError
from cast_studio.said import say

KIND = "cast-studio/segments"
_VERSION = 1
_LONGEST = 64 * 2**20
"""Characters; more than that is no copied selection."""


@dataclass(frozen=True, slots=True)
class CopiedSegment:
    """A segment that belongs to no video.

    Attributes:
        track: Name of the track it was copied from.
        start: Seconds after the first copied segment's start, 0 or more.
        duration: In seconds, 0 for a point event.
        labels: Head name to class name. Read-only.
        subject: Whom or what the label is about.
        note: Free text.
    """

    track: str
    start: Fraction
    duration: Fraction
    labels: Mapping[str, str] = field(hash=False)
    subject: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", frozen_mapping(self.labels))

    def class_ids(self, schema: LabelSchema) -> dict[str, int]:
        """Return the labels by the class ids of a schema.

        Raises:
            EditError: It lacks a head or a class.
        """
        found: dict[str, int] = {}
        for head, name in self.labels.items():
            known = schema.head(head).class_known_as(name) if schema.has_head(head) else None
            if known is None:
                raise EditError(
                    say(
                        'This project has no class "{name}" of "{head}"; add it to the labels first, '
                        "then paste again.",
                        name=name,
                        head=head,
                    )
                )
            found[head] = known.id
        return found


def copied(
    project: Project, segment_ids: Sequence[str], timebase: Timebase
) -> tuple[CopiedSegment, ...]:
    """Return segments of a video as they are copied, by time.

    Args:
        project: Has them.
        segment_ids: Those that are gone are left out.
        timebase: Seconds per tick of the video.
    """
    found = sorted(project.segments_with(segment_ids).values(), key=lambda pair: pair[1].span)
    first = found[0][1].span.start if found else 0
    return tuple(
        CopiedSegment(
            track.name,
            (segment.span.start - first) * timebase,
            segment.span.duration * timebase,
            {
                head: project.schema.head(head).class_with_id(class_id).name
                for head, class_id in segment.labels.items()
            },
            segment.subject,
            segment.note,
        )
        for track, segment in found
    )


def to_text(segments: Sequence[CopiedSegment]) -> str:
    """Return segments as JSON text, for :func:`from_text`."""
    rows = [
        {
            "track": segment.track,
            "start": str(segment.start),
            "duration": str(segment.duration),
            "labels": dict(segment.labels),
            "subject": segment.subject,
            "note": segment.note,
        }
        for segment in segments
    ]
    return json.dumps({"kind": KIND, "version": _VERSION, "segments": rows}, ensure_ascii=False)


def is_text_of_segments(text: str) -> bool:
    """Return whether a text looks like what :func:`to_text` wrote, at a glance."""
    return len(text) <= _LONGEST and text.startswith("{") and KIND in text[:100]


def from_text(text: str) -> tuple[CopiedSegment, ...]:
    """Read what :func:`to_text` wrote.

    Raises:
        EditError: It is something else.
    """
    if not is_text_of_segments(text):
        raise EditError(
            say("There are no copied labels in the clipboard; copy some with Ctrl+C first.")
        )
    try:
        fields = Fields(json.loads(text), where="the clipboard")
        if fields.integer("version") != _VERSION:
            raise ValueError("it was copied by another version of the program")
        return tuple(_read(values) for values in fields.items("segments"))
    except (ValueError, ZeroDivisionError, RecursionError) as error:
        raise EditError(
            say(
                "The clipboard holds labels that cannot be read: {error}. Copy them again.",
                error=error,
            )
        ) from error


def _read(values: object) -> CopiedSegment:
    fields = Fields(values, where="a copied segment")
    labels = fields.value("labels")
    texts = Fields(labels, where="the labels of a copied segment")
    heads = [str(head) for head in labels] if isinstance(labels, Mapping) else []
    found = CopiedSegment(
        fields.text("track"),
        _seconds(fields.text("start")),
        _seconds(fields.text("duration")),
        {head: texts.text(head) for head in heads},
        fields.text("subject"),
        fields.text("note"),
    )
    if found.start < 0 or found.duration < 0:
        raise ValueError("a time is below 0")
    return found


def _seconds(text: str) -> Fraction:
    # "1e999999999" would take all memory.
    if len(text) > 60 or "e" in text.lower():
        raise ValueError(f'"{text[:20]}" is no time')
    return Fraction(text)
