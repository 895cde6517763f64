"""The index that shares its rows with the one it was made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.shared_index import MOST_CHANGES, SharedIndex

ids = st.sampled_from("abcdef")
steps = st.lists(st.tuples(st.sets(ids), st.dictionaries(ids, st.integers())), max_size=6)


@given(st.dictionaries(ids, st.integers()), steps)
def test_it_is_what_a_dictionary_would_be(
    rows: dict[str, int], steps: list[tuple[set[str], dict[str, int]]]
) -> None:
    index, expected = SharedIndex(dict(rows)), dict(rows)
    for gone, new in steps:
        before, was = index, dict(expected)
        gone &= expected.keys()
        index = index.replacing(gone, new)
        expected = {key: value for key, value in expected.items() if key not in gone} | new
        for found, wanted in ((index, expected), (before, was)):
            assert len(found) == len(wanted)
            assert {key: found.get(key) for key in "abcdef"} == {k: wanted.get(k) for k in "abcdef"}
            for asked in ({"a", "x"}, {*"abcdefx"}):
                assert found.ids_among(asked) == wanted.keys() & asked


def test_many_changes_are_kept_like_few() -> None:
    index = SharedIndex({str(number): number for number in range(2 * MOST_CHANGES)})
    gone = [str(number) for number in range(MOST_CHANGES + 1)]
    index = index.replacing(gone, {"new": 7})
    assert len(index) == MOST_CHANGES
    assert "0" not in index
    assert index["new"] == 7
    assert index.ids_among({"0", "new", str(MOST_CHANGES + 1)}) == {"new", str(MOST_CHANGES + 1)}


def test_what_is_not_there_cannot_be_removed_or_found() -> None:
    index = SharedIndex({"a": 1}).replacing(["a"], {})
    with pytest.raises(KeyError):
        index.replacing(["a"], {})
    with pytest.raises(KeyError):
        index["a"]
