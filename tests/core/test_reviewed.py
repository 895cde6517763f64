"""Marking parts of a video as reviewed is the algebra of sets of moments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.edits import AddVideo, MarkReviewed, UnmarkReviewed, apply
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.reviewed import is_covered, union
from cast_studio.core.timing import TimeSpan
from cast_studio.errors import EditError
from tests.core.strategies import make_video

spans = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda d: TimeSpan(d[0], sum(d)))
steps = st.lists(st.tuples(st.booleans(), spans, st.sampled_from(("ada", "ben"))), max_size=12)


def empty() -> Project:
    return apply(Project(FORMAT_VERSION, "p", "P", LabelSchema(())), AddVideo(make_video("v0")))[0]


def ticks(found: list[TimeSpan]) -> set[int]:
    return {tick for span in found for tick in range(span.start, span.end)}


@given(steps)
def test_each_annotator_has_exactly_what_was_marked_and_not_taken_back(
    drawn: list[tuple[bool, TimeSpan, str]],
) -> None:
    project, wanted = empty(), {"ada": set[int](), "ben": set[int]()}
    for number, (marks, span, who) in enumerate(drawn):
        kind = MarkReviewed if marks else UnmarkReviewed
        project, _ = apply(project, kind("v0", span, who, f"r{number}"))
        wanted[who] = wanted[who] | ticks([span]) if marks else wanted[who] - ticks([span])
    for who, expected in wanted.items():
        own = [found.span for found in project.reviewed_in("v0") if found.annotator == who]
        assert ticks(own) == expected
        assert union(own) == tuple(own)


@given(st.lists(spans, max_size=6), spans)
def test_a_union_covers_what_its_parts_cover(parts: list[TimeSpan], asked: TimeSpan) -> None:
    whole = union(parts)
    assert ticks(list(whole)) == ticks(parts)
    assert is_covered(asked, parts) == (ticks([asked]) <= ticks(parts))


def test_a_moment_and_an_unknown_video_cannot_be_reviewed() -> None:
    for edit in (
        MarkReviewed("v0", TimeSpan(3, 3), "ada", "r"),
        MarkReviewed("gone", TimeSpan(3, 4), "ada", "r"),
    ):
        with pytest.raises(EditError):
            apply(empty(), edit)
