"""Numbers become words, and words become places."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.storage.formats.segment_rows import timestamp_text
from cast_studio.ui import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "00:00:00.000"),
        (83.4334, "00:01:23.433"),
        (83.9999, "00:01:24.000"),
        (3.7858, "00:00:03.786"),
        (-0.0001, "00:00:00.000"),
        (3661.5, "01:01:01.500"),
        (0.1 + 0.2, "00:00:00.300"),
        (-1.5, "−00:00:01.500"),
    ],
)
def test_a_clock_is_rounded_to_milliseconds(seconds: float, text: str) -> None:
    assert wording.clock(seconds) == text


@given(st.floats(0, 10**6))
def test_all_places_write_a_time_alike(seconds: float) -> None:
    clock, plain = wording.clock(seconds), wording.plain_seconds(seconds)
    hours, minutes, rest = clock.split(":")
    whole, milliseconds = rest.split(".")
    total = int(hours) * 3600 + int(minutes) * 60 + int(whole)
    assert plain == f"{total}.{milliseconds} s"
    assert timestamp_text(Fraction(round(seconds * 1000), 1000)) == clock


@given(st.integers(0, 10**8))
def test_a_clock_reads_back_as_the_same_millisecond(milliseconds: int) -> None:
    place = wording.parse_position(wording.clock(milliseconds / 1000))
    assert place is not None
    assert place[0] == "seconds"
    assert round(place[1] * 1000) == milliseconds


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("83.4", ("seconds", 83.4)),
        ("83,4 s", ("seconds", 83.4)),
        ("1:23.5", ("seconds", 83.5)),
        ("01:02:03", ("seconds", 3723.0)),
        ("f2503", ("frame", 2503.0)),
        ("f 2 503", ("frame", 2503.0)),
        ("frame 7", ("frame", 7.0)),
        (" 12 f ", ("frame", 12.0)),
        ("soon", None),
        ("", None),
        ("1:2:3:4", None),
        ("f", None),
    ],
)
def test_places_that_are_typed(typed: str, place: tuple[str, float] | None) -> None:
    assert wording.parse_position(typed) == place


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.914, ".91"), (1.0, "1.0"), (0.996, "1.0"), (0.001, "<.01"), (0.05, ".05")],
)
def test_probabilities(value: float, text: str) -> None:
    assert wording.probability(value) == text


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [(0.0, 5.0, "0:00"), (65.0, 5.0, "1:05"), (6.5, 0.5, "0:06.5"), (3725.0, 60.0, "1:02:05")],
)
def test_the_ruler_writes_only_the_decimals_it_needs(
    seconds: float, step: float, text: str
) -> None:
    assert wording.ruler_clock(seconds, step) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3.0, "a few seconds left"),
        (24.0, "30 s left"),
        (130.0, "2 min left"),
        (7500.0, "2 h 5 min left"),
    ],
)
def test_estimates_are_as_coarse_as_they_deserve(seconds: float, text: str) -> None:
    assert wording.remaining(seconds) == text


def test_counts_agree_with_their_noun() -> None:
    assert wording.counted(1, "label") == "1 label"
    assert wording.counted(0, "label") == "0 labels"
    assert wording.counted(12345, "class", "classes") == "12\u202f345 classes"
