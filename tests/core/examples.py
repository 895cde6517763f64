"""A small project that the tests of edits start from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cast_studio.core.edits import Edit, apply
from cast_studio.core.project import FORMAT_VERSION, ModelRef, Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track
from cast_studio.errors import EditError
from tests.core.strategies import SCHEMA, VERB, make_video


def a_segment(segment_id: str, start: int, end: int, **labels: int) -> Segment:
    return Segment(segment_id, TimeSpan(start, end), labels)


ONE = a_segment("s1", 0, 10, verb=0, noun=0)
TWO = replace(a_segment("s2", 10, 30, verb=1), origin=Origin.IMPORTED, attributes={"row": "7"})
THREE = a_segment("s3", 40, 50, verb=1)
FREE = a_segment("f1", 0, 50)
PROJECT = Project(
    format_version=FORMAT_VERSION,
    id="p",
    name="Kitchen",
    schema=SCHEMA,
    videos=(make_video("v0"),),
    tracks=(
        Track("only", "v0", "Labels", "me", (ONE, TWO, THREE)),
        Track("free", "v0", "Notes", "me", (FREE,), exclusive=False),
    ),
)
MODEL = ModelRef("m0", "cast-tiny", "models/m0", "aa", (VERB,), "1", "bb")


def accepted(segment_id: str, start: int, end: int) -> Segment:
    return replace(a_segment(segment_id, start, end, verb=4), origin=Origin.ACCEPTED)


def spans_of(project: Project, track_id: str = "only") -> dict[str, tuple[int, int]]:
    return {
        segment.id: (segment.span.start, segment.span.end)
        for segment in project.track(track_id).segments
    }


def refusal(edit: Edit, project: Project = PROJECT) -> str:
    with pytest.raises(EditError) as caught:
        apply(project, edit)
    return str(caught.value)
