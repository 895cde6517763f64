"""How reviewed ranges become rows of the database, and back."""

from __future__ import annotations

from collections.abc import Mapping

from cast_studio.core.json_fields import Fields
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import TimeSpan
from cast_studio.storage.rows import PlainRow

REVIEWED_COLUMNS = ("id", "video_id", "start_pts", "end_pts", "annotator")


def reviewed_row(found: ReviewedRange) -> PlainRow:
    """Return a reviewed range as a row of ``reviewed``."""
    return {
        "id": found.id,
        "video_id": found.video_id,
        "start_pts": found.span.start,
        "end_pts": found.span.end,
        "annotator": found.annotator,
    }


def read_reviewed(row: Mapping[str, object]) -> ReviewedRange:
    """Read a row of ``reviewed``. Raises ``ValueError``."""
    fields = Fields(row, where=f'the reviewed range "{row.get("id", "")}"')
    span = TimeSpan(fields.integer("start_pts"), fields.integer("end_pts"))
    if span.is_point:
        raise ValueError(f"{fields.where} covers no time")
    return ReviewedRange(
        id=fields.text("id"),
        video_id=fields.text("video_id"),
        span=span,
        annotator=fields.text("annotator"),
    )
