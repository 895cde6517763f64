"""Rows of a file that does not exist, to be planned into small projects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import count

from cast_studio.core.edits import apply, apply_changes
from cast_studio.core.imports import (
    Imported,
    ImportedRow,
    ImportPlan,
    NamedClass,
    Refusals,
    plan_import,
)
from cast_studio.core.project import Project, VideoRef


def a_row(
    line: int = 2,
    video: str = "clip",
    start: Fraction | int = 0,
    stop: Fraction | int = 1,
    *,
    segment_id: str = "",
    track: str = "",
    **labels: str,
) -> ImportedRow:
    return ImportedRow(
        line=line,
        video=video,
        start=Fraction(start),
        stop=Fraction(stop),
        labels={head: NamedClass(name) for head, name in labels.items()},
        segment_id=segment_id,
        track=track,
    )


def a_file(rows: Sequence[ImportedRow], videos: Mapping[str, VideoRef] | None = None) -> Imported:
    named = {row.video: VideoRef("", f"{row.video}.mp4", 0, "") for row in rows}
    return Imported(
        read=len(rows), rows=rows, videos={**named, **(videos or {})}, refused=Refusals()
    )


def numbered() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"new{next(numbers)}"


def plan(project: Project, imported: Imported) -> ImportPlan:
    return plan_import(project, imported, new_id=numbered(), now="2026-01-02T03:04:05Z")


def applied(project: Project, found: ImportPlan) -> Project:
    """Apply a plan, and see that undo takes all of it back."""
    assert found.edit is not None
    after, changes = apply(project, found.edit)
    assert apply_changes(after, changes.inverse()) == project
    return after
