"""Which labels are selected after clicks and rubber bands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import TimeSpan
from cast_studio.ui.timeline.rows import Bar, Row
from cast_studio.ui.timeline.selecting import Chosen, How

KEYS = "abcdef"
ROWS = (
    Row([Bar(key, TimeSpan(10 * i, 10 * i + 5), "", "#000000") for i, key in enumerate("abcd")]),
    Row([Bar(key, TimeSpan(10 * i, 10 * i + 5), "", "#000000") for i, key in enumerate("ef")]),
)
hows: st.SearchStrategy[How] = st.sampled_from(("only", "toggle", "extend"))


@given(st.lists(st.tuples(st.sampled_from(KEYS), hows), max_size=8))
def test_the_one_that_panels_show_is_among_the_selected(clicks: list[tuple[str, How]]) -> None:
    chosen = Chosen()
    for key, how in clicks:
        before = chosen
        chosen = chosen.clicked(key, how, ROWS)
        assert (chosen.primary in chosen.keys) or not chosen.keys
        assert (key in chosen.keys) != (how == "toggle" and key in before.keys)
        if how == "only":
            assert chosen.keys == {key}
        elif how == "extend":
            assert before.keys <= chosen.keys


def test_shift_selects_all_between_two_of_a_track() -> None:
    chosen = Chosen().clicked("b", "only", ROWS).clicked("d", "extend", ROWS)
    assert chosen == Chosen("b", frozenset("bcd"))
    assert chosen.clicked("a", "extend", ROWS).keys == set("abcd")
    assert chosen.clicked("e", "extend", ROWS).keys == set("bcde")


def test_a_band_replaces_or_adds() -> None:
    chosen = Chosen("a", frozenset("ab"))
    assert chosen.banded(frozenset("cd"), adds=False) == Chosen("c", frozenset("cd"))
    assert chosen.banded(frozenset("cd"), adds=True) == Chosen("a", frozenset("abcd"))
    assert chosen.banded(frozenset(), adds=False) == Chosen()
