"""Copied segments are text that comes back exactly, whatever is in it; other text is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.labels import LabelSchema
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.core.segment_text import CopiedSegment, copied, from_text, to_text
from cast_studio.errors import EditError
from tests.core.examples import PROJECT

words = st.text(max_size=8)
seconds = st.fractions(min_value=0, max_value=10_000, max_denominator=90_000)
segments = st.builds(
    CopiedSegment, words, seconds, seconds, st.dictionaries(words, words, max_size=2), words, words
)


@given(st.lists(segments, max_size=4))
def test_segments_come_back_as_they_were(found: list[CopiedSegment]) -> None:
    assert from_text(to_text(found)) == tuple(found)


@given(st.text(max_size=40))
def test_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(EditError, match="copy"):
        from_text(text)
    with pytest.raises(EditError, match="again"):
        from_text('{"kind": "cast-studio/segments", "x": ' + text)


@pytest.mark.parametrize("time", ["-1", "1/0", "1e99999999", "9" * 100, "nan", "one"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    text = to_text([CopiedSegment("t", Fraction(7, 3), Fraction(1), {})]).replace("7/3", time)
    with pytest.raises(EditError, match="cannot be read"):
        from_text(text)


def test_copies_count_from_the_first_and_name_their_classes() -> None:
    found = copied(PROJECT, ("s3", "s2", "gone"), Fraction(1, 10))
    assert [(c.track, c.start, c.duration) for c in found] == [
        ("Labels", Fraction(0), Fraction(2)),
        ("Labels", Fraction(3), Fraction(1)),
    ]
    assert found[0].labels == {"verb": "put"}
    assert found[0].class_ids(PROJECT.schema) == {"verb": 1}
    renamed = SchemaDraft.of(PROJECT.schema).change_class(("verb", 1), name="lay down")
    assert found[0].class_ids(renamed.to_edit("Rename").schema) == {"verb": 1}
    with pytest.raises(EditError, match='no class "put"'):
        replace(found[0]).class_ids(LabelSchema(()))
