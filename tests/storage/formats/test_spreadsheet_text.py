from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.storage.formats.spreadsheet_text import defuse, restore

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "﹦", "\N{MINUS SIGN}"]
any_text = st.text(st.characters(exclude_categories=()))
risky_text = st.builds(
    lambda quotes, blanks, start, rest: quotes + blanks + start + rest,
    st.sampled_from(["", "'", "''"]),
    st.sampled_from(["", " ", "\u00a0", "\ufeff", "\u3000 ", "\u200b"]),
    st.sampled_from(STARTS),
    any_text,
)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("blanks", ["", " ", "  ", "\u00a0", "\ufeff", "\x00"])
def test_what_a_spreadsheet_would_run_gets_a_quote(start: str, blanks: str) -> None:
    text = f"{blanks}{start}HYPERLINK(1)"
    assert defuse(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", " ", "move left", "a=b", "1-2", "'quoted'", "x@y", "don't", "'", "''", "Ünï"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert defuse(text) == text
    assert restore(text) == text


def test_a_text_that_is_quoted_already_is_quoted_once_more() -> None:
    assert defuse("'=1") == "''=1"
    assert restore("''=1") == "'=1"


@given(text=any_text | risky_text)
def test_every_text_comes_back(text: str) -> None:
    assert restore(defuse(text)) == text


@given(text=risky_text)
def test_nothing_risky_is_left(text: str) -> None:
    assert defuse(text) == f"'{text}"
