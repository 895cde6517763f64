"""Reading the changes of an edit back out of the project's history."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

from cast_studio.core.edits import Changes, RowChange, SegmentChange
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelSchema
from cast_studio.storage.older_rows import read_any_track, read_any_video
from cast_studio.storage.reviewed_rows import read_reviewed
from cast_studio.storage.rows import read_model, read_segment

_Value = TypeVar("_Value")


def changes_from_json(text: str) -> Changes:
    """Read what :func:`cast_studio.storage.edit_log.changes_to_json` wrote.

    Raises:
        ValueError: It is something else.
    """
    fields = Fields(json.loads(text), where="the edit")
    return Changes(
        videos=_rows(fields, "videos", read_any_video),
        tracks=_rows(fields, "tracks", read_any_track),
        segments=tuple(_segment(values) for values in _items(fields, "segments")),
        models=_rows(fields, "models", read_model),
        schema=_rows(fields, "schema", LabelSchema.from_json),
        reviewed=_rows(fields, "reviewed", read_reviewed),
    )


def _items(fields: Fields, name: str) -> list[object]:
    return fields.items(name) if fields.has(name) else []


def _rows(
    fields: Fields, name: str, read: Callable[[Mapping[str, object]], _Value]
) -> tuple[RowChange[_Value], ...]:
    return tuple(_row(Fields(v, where="a changed row"), read) for v in _items(fields, name))


def _row(fields: Fields, read: Callable[[Mapping[str, object]], _Value]) -> RowChange[_Value]:
    before, after = _half(fields, "before"), _half(fields, "after")
    return RowChange(
        fields.text("id"),
        None if before is None else read(before),
        None if after is None else read(after),
    )


def _segment(values: object) -> SegmentChange:
    fields = Fields(values, where="a changed segment")
    change = _row(fields, read_segment)
    row = _half(fields, "after") or _half(fields, "before")
    track_id = Fields(row, where="a changed segment").text("track_id")
    return SegmentChange(change.id, change.before, change.after, track_id)


def _half(fields: Fields, name: str) -> Mapping[str, object] | None:
    value = fields.value(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f'"{name}" of {fields.where} is not a JSON object')
    return value
