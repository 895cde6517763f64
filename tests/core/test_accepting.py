from __future__ import annotations

from dataclasses import replace

import pytest

from cast_studio.core.edits import AcceptPredictions, apply
from cast_studio.core.tracks import Origin
from tests.core.examples import (
    ONE,
    PROJECT,
    THREE,
    TWO,
    a_segment,
    accepted,
    refusal,
    spans_of,
)


def test_accepting_into_free_space() -> None:
    after, _ = apply(PROJECT, AcceptPredictions("only", (accepted("n", 30, 40),), False))

    assert after.segment("n")[1].origin is Origin.ACCEPTED
    assert "may not overlap" in refusal(
        AcceptPredictions("only", (accepted("n", 29, 40),), replace_overlapped=False)
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (5, 35, {"s1": (0, 5), "n": (5, 35), "s3": (40, 50)}),
        (15, 20, {"s1": (0, 10), "s2": (10, 15), "n": (15, 20), "x": (20, 30), "s3": (40, 50)}),
        (0, 10, {"n": (0, 10), "s2": (10, 30), "s3": (40, 50)}),
        (0, 60, {"n": (0, 60)}),
        (10, 12, {"s1": (0, 10), "n": (10, 12), "s2": (12, 30), "s3": (40, 50)}),
        (15, 15, {"s1": (0, 10), "s2": (10, 15), "n": (15, 15), "x": (16, 30), "s3": (40, 50)}),
    ],
)
def test_accepting_makes_room(start: int, end: int, expected: dict[str, tuple[int, int]]) -> None:
    edit = AcceptPredictions("only", (accepted("n", start, end),), True, ("x",), "now")

    after, _ = apply(PROJECT, edit)

    assert spans_of(after) == expected
    for segment in after.track("only").segments:
        assert segment in (ONE, TWO, THREE) or segment.id == "n" or segment.modified_at == "now"


def test_one_segment_under_several_accepted_ones() -> None:
    three = (accepted("n1", 12, 14), accepted("n2", 16, 18), accepted("n3", 29, 31))

    after, _ = apply(PROJECT, AcceptPredictions("only", three, True, ("x1", "x2")))

    assert spans_of(after) == {
        "s1": (0, 10),
        "s2": (10, 12),
        "n1": (12, 14),
        "x1": (14, 16),
        "n2": (16, 18),
        "x2": (18, 29),
        "n3": (29, 31),
        "s3": (40, 50),
    }
    assert after.segment("x2")[1].labels == TWO.labels
    assert "accept fewer" in refusal(AcceptPredictions("only", three, True, ("x1",)))
    assert "id s3 already" in refusal(AcceptPredictions("only", three, True, ("x1", "s3")))


def test_accepting_into_a_free_track_keeps_what_is_there() -> None:
    after, _ = apply(PROJECT, AcceptPredictions("free", (accepted("n", 5, 6),), True))

    assert spans_of(after, "free") == {"f1": (0, 50), "n": (5, 6)}


def test_predictions_that_do_not_fit_are_not_accepted() -> None:
    drawn = a_segment("n", 30, 40)
    overlapping = (accepted("n", 30, 36), accepted("m", 35, 40))

    assert "comes from a prediction" in refusal(AcceptPredictions("only", (drawn,), True))
    assert "may not overlap" in refusal(AcceptPredictions("only", overlapping, True))
    assert "select one first" in refusal(AcceptPredictions("only", (), True))
    unknown = replace(accepted("n", 30, 40), labels={"verb": 3})
    assert "no class with the id 3" in refusal(AcceptPredictions("only", (unknown,), True))
