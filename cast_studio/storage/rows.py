"""How the values of the core become rows of the database, and back.

A row is a mapping from column names to plain values; the same rows, as JSON, make up the history
of edits. Reading checks every value: what does not fit raises ``ValueError`` with a sentence, it is
never skipped or guessed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from math import isfinite
from operator import le
from types import NoneType
from typing import Any

from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import ModelRef, VideoRef
from cast_studio.core.segments import stored_segments
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track

Plain = str | int | float | None
PlainRow = Mapping[str, Plain]
Stored = str | int | float | bytes | None

VIDEO_COLUMNS = (
    "id",
    "path",
    "size_bytes",
    "fingerprint",
    "timebase",
    "n_frames",
    "rate",
    "width",
    "height",
    "start_pts",
    "end_pts",
    "note",
    "stream",
)
TRACK_COLUMNS = ("id", "video_id", "name", "annotator", "exclusive", "position")
SEGMENT_COLUMNS = (
    "id",
    "track_id",
    "start_pts",
    "end_pts",
    "labels",
    "origin",
    "subject",
    "note",
    "attributes",
    "model_id",
    "score",
    "created_at",
    "modified_at",
)
MODEL_COLUMNS = (
    "id",
    "name",
    "path",
    "base_sha256",
    "heads",
    "clip_spec_version",
    "schema_fingerprint",
    "created_at",
)
HEAD_COLUMNS = ("name", "position")
CLASS_COLUMNS = (
    "head",
    "id",
    "position",
    "name",
    "color",
    "shortcut",
    "retired",
    "category",
    "description",
    "former_names",
)

_FRACTION = re.compile(r"([0-9]{1,40})/([0-9]{1,40})", re.ASCII)

_USUAL_TYPES: tuple[set[type], ...] = (
    {str}, {str}, {int}, {int}, {str}, {str}, {str}, {str}, {str}, {str}, {NoneType, float}, {str}, {str},
)  # fmt: skip
"""The types of the values of nearly every segment, in the order of ``SEGMENT_COLUMNS``."""
_ROWS_AT_ONCE = 1 << 12
_ORIGINS = {origin.value: origin for origin in Origin}


def to_stored(value: Plain) -> Stored:
    """Return a value as SQLite takes it.

    Text that is no valid Unicode (the name of a file on Linux may be such) is kept as bytes: it
    comes back exactly.
    """
    if isinstance(value, str) and not _is_unicode(value):
        return value.encode("utf-8", "surrogatepass")
    return value


def from_stored(value: object) -> object:
    """Return what :func:`to_stored` was given.

    Raises:
        ValueError: Bytes that were not written by it.
    """
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def to_json_text(values: object) -> str:
    """Return plain values as one line of JSON, readable where Unicode allows."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text if _is_unicode(text) else json.dumps(values, separators=(",", ":"))


def video_row(video: VideoRef) -> PlainRow:
    """Return a video as a row of ``videos``."""
    return {
        "id": video.id,
        "path": video.path,
        "size_bytes": video.size_bytes,
        "fingerprint": video.fingerprint,
        "timebase": _from_fraction(video.timebase),
        "n_frames": video.n_frames,
        "rate": _from_fraction(video.rate),
        "width": video.width,
        "height": video.height,
        "start_pts": video.start_pts,
        "end_pts": video.end_pts,
        "note": video.note,
        "stream": video.stream,
    }


def read_video(row: Mapping[str, object]) -> VideoRef:
    """Read a row of ``videos``. Raises ``ValueError``."""
    fields = _fields(row, "video")
    return VideoRef(
        id=fields.text("id"),
        path=fields.text("path"),
        size_bytes=fields.integer("size_bytes"),
        fingerprint=fields.text("fingerprint"),
        timebase=_to_fraction(fields.optional_text("timebase")),
        n_frames=fields.optional_integer("n_frames"),
        rate=_to_fraction(fields.optional_text("rate")),
        width=fields.optional_integer("width"),
        height=fields.optional_integer("height"),
        start_pts=fields.optional_integer("start_pts"),
        end_pts=fields.optional_integer("end_pts"),
        note=fields.text("note"),
        stream=fields.optional_integer("stream"),
    )


def track_row(track: Track) -> PlainRow:
    """Return a track, without its segments, as a row of ``tracks``."""
    return {
        "id": track.id,
        "video_id": track.video_id,
        "name": track.name,
        "annotator": track.annotator,
        "exclusive": int(track.exclusive),
        "position": track.position,
    }


def read_track(row: Mapping[str, object], segments: Sequence[Segment]) -> Track:
    """Read a row of ``tracks`` together with its segments, in order. Raises ``ValueError``."""
    fields = _fields(row, "track")
    return Track(
        id=fields.text("id"),
        video_id=fields.text("video_id"),
        name=fields.text("name"),
        annotator=fields.text("annotator"),
        segments=tuple(segments),
        exclusive=bool(fields.integer("exclusive")),
        position=fields.integer("position"),
    )


def segment_row(segment: Segment, track_id: str) -> PlainRow:
    """Return a segment as a row of ``segments``."""
    return {
        "id": segment.id,
        "track_id": track_id,
        "start_pts": segment.span.start,
        "end_pts": segment.span.end,
        "labels": to_json_text(dict(segment.labels)),
        "origin": segment.origin.value,
        "subject": segment.subject,
        "note": segment.note,
        "attributes": to_json_text(dict(segment.attributes)),
        "model_id": segment.model_id,
        "score": segment.score,
        "created_at": segment.created_at,
        "modified_at": segment.modified_at,
    }


def read_segments(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, Segment]]:
    """Read rows of ``segments`` that have the ``SEGMENT_COLUMNS``; there may be 100,000 of them.

    Yields:
        The id of the track, and the segment.

    Raises:
        ValueError: A row is not as it should be.
    """
    rows = iter(rows)
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        usual = _read_usual_segments(list(zip(*some, strict=True)))
        if usual is not None:
            yield from usual
            continue
        # By name and with a sentence for what does not fit.
        for row in some:
            named = dict(zip(SEGMENT_COLUMNS, map(from_stored, row), strict=True))
            yield str(named["track_id"]), read_segment(named)


def _read_usual_segments(columns: Sequence[Sequence[Any]]) -> Iterator[tuple[str, Segment]] | None:
    """Read segments of columns, some at once; None where one of them needs a closer look."""
    types = (set(map(type, column)) for column in columns)
    if not all(found <= usual for found, usual in zip(types, _USUAL_TYPES, strict=True)):
        return None
    ids, track_ids, starts, ends, labels, origins, subjects, notes, attributes, *others = columns
    model_ids, scores, created, modified = others
    if not (
        _ORIGINS.keys() >= set(origins)
        and all(map(le, starts, ends))
        and all(score is None or isfinite(score) for score in scores)
    ):
        return None
    segments = stored_segments(
        starts, ends, ids, list(map(_read_labels, labels)), [_ORIGINS[name] for name in origins],
        subjects, notes, list(map(_read_attributes, attributes)), model_ids, scores, created, modified,
    )  # fmt: skip
    return zip(track_ids, segments, strict=True)


def read_segment(row: Mapping[str, object]) -> Segment:
    """Read a row of ``segments``. Raises ``ValueError``."""
    fields = _fields(row, "segment")
    return Segment(
        id=fields.text("id"),
        span=TimeSpan(fields.integer("start_pts"), fields.integer("end_pts")),
        labels=_read_labels(fields.text("labels")),
        origin=Origin(fields.text("origin")),
        subject=fields.text("subject"),
        note=fields.text("note"),
        attributes=_read_attributes(fields.text("attributes")),
        model_id=fields.text("model_id"),
        score=fields.optional_number("score"),
        created_at=fields.text("created_at"),
        modified_at=fields.text("modified_at"),
    )


def model_row(model: ModelRef) -> PlainRow:
    """Return a model as a row of ``models``."""
    return {
        "id": model.id,
        "name": model.name,
        "path": model.path,
        "base_sha256": model.base_sha256,
        "heads": to_json_text([head.to_json() for head in model.heads]),
        "clip_spec_version": model.clip_spec_version,
        "schema_fingerprint": model.schema_fingerprint,
        "created_at": model.created_at,
    }


def read_model(row: Mapping[str, object]) -> ModelRef:
    """Read a row of ``models``. Raises ``ValueError``."""
    fields = _fields(row, "model")
    heads: object = json.loads(fields.text("heads"))
    if not isinstance(heads, list):
        raise ValueError(f'the heads of the model "{fields.text("name")}" are not a list')
    return ModelRef(
        id=fields.text("id"),
        name=fields.text("name"),
        path=fields.text("path"),
        base_sha256=fields.text("base_sha256"),
        heads=tuple(LabelHead.from_json(head) for head in heads),
        clip_spec_version=fields.text("clip_spec_version"),
        schema_fingerprint=fields.text("schema_fingerprint"),
        created_at=fields.text("created_at"),
    )


def head_rows(schema: LabelSchema | None) -> Mapping[str, PlainRow]:
    """Return the heads of a schema as rows of ``heads``, by name; none for ``None``."""
    heads = () if schema is None else schema.heads
    return {
        head.name: {"name": head.name, "position": position} for position, head in enumerate(heads)
    }


def class_rows(schema: LabelSchema | None) -> Mapping[tuple[str, int], PlainRow]:
    """Return the classes of a schema as rows of ``classes``, by head and id; none for ``None``."""
    heads = () if schema is None else schema.heads
    return {
        (head.name, found.id): {"head": head.name, "position": position, **_class_row(found)}
        for head in heads
        for position, found in enumerate(head.classes)
    }


def read_schema(
    heads: Iterable[Mapping[str, object]], classes: Iterable[Mapping[str, object]]
) -> LabelSchema:
    """Read the rows of ``heads`` and ``classes``, both in order. Raises ``ValueError``."""
    by_head: dict[str, list[LabelClass]] = {
        _fields(row, "label head").text("name"): [] for row in heads
    }
    for row in classes:
        fields = _fields(row, "label class")
        if fields.text("head") not in by_head:
            raise ValueError(f'a class belongs to the missing label head "{fields.text("head")}"')
        by_head[fields.text("head")].append(
            LabelClass(
                id=fields.integer("id"),
                name=fields.text("name"),
                color=fields.text("color"),
                shortcut=fields.optional_text("shortcut"),
                retired=bool(fields.integer("retired")),
                category=fields.text("category"),
                description=fields.text("description"),
                former_names=_read_names(fields.text("former_names")),
            )
        )
    return LabelSchema(tuple(LabelHead(name, tuple(found)) for name, found in by_head.items()))


def _class_row(found: LabelClass) -> PlainRow:
    return {
        "id": found.id,
        "name": found.name,
        "color": found.color,
        "shortcut": found.shortcut,
        "retired": int(found.retired),
        "category": found.category,
        "description": found.description,
        "former_names": to_json_text(list(found.former_names)),
    }


def _fields(row: Mapping[str, object], kind: str) -> Fields:
    return Fields(row, where=f'the {kind} "{row.get("id", row.get("name", ""))}"')


def _read_names(text: str) -> tuple[str, ...]:
    return Fields({"former_names": json.loads(text)}, where="a label class").texts("former_names")


# Most segments of a project share a few label texts, and so the read-only mappings made of them.
# With a verb and a noun each there may be tens of thousands.
@lru_cache(maxsize=1 << 16)
def _read_labels(text: str) -> Mapping[str, int]:
    fields = Fields({"labels": json.loads(text)}, where="a segment")
    return frozen_mapping(fields.integers("labels"))


@lru_cache(maxsize=4096)
def _read_attributes(text: str) -> Mapping[str, str]:
    values: object = json.loads(text)
    fields = Fields(values, where="the attributes of a segment")
    found = {name: fields.text(name) for name in values} if isinstance(values, dict) else {}
    return frozen_mapping(found)


def _from_fraction(value: Fraction | None) -> str | None:
    return None if value is None else f"{value.numerator}/{value.denominator}"


def _to_fraction(text: str | None) -> Fraction | None:
    if text is None:
        return None
    found = _FRACTION.fullmatch(text)
    # Python would also read “1e999999999”, for hours.
    if found is None or 0 in map(int, found.groups()):
        raise ValueError(f"“{text[:40]}” is not a fraction above 0 such as 1/12800")
    return Fraction(int(found[1]), int(found[2]))


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
