from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cast_studio.core.predictions import (
    AttentionMap,
    ClipScores,
    Prediction,
    PredictionTrack,
    disagreements,
)
from cast_studio.core.timing import TimeSpan
from tests.core.strategies import NOUN, VERB, spans

VERB_SCORES = np.array([0.1, 0.7, 0.2], np.float32)
NOUN_SCORES = np.array([0.5, 0.5], np.float32)


def make_prediction(span: TimeSpan = TimeSpan(0, 10)) -> Prediction:  # noqa: B008 - frozen
    return Prediction(span, {"verb": VERB_SCORES, "noun": NOUN_SCORES})


def test_top_classes_are_by_probability_then_by_order() -> None:
    prediction = make_prediction()

    assert prediction.top("verb", 2) == [(1, pytest.approx(0.7)), (2, pytest.approx(0.2))]
    assert [position for position, _ in prediction.top("noun", 5)] == [0, 1]
    assert prediction.top("verb", 0) == []
    assert prediction.best("verb") == (1, pytest.approx(0.7))
    assert prediction.confidence == pytest.approx(0.35)
    with pytest.raises(KeyError):
        prediction.top("action", 1)


def test_predictions_keep_their_own_unwritable_scores() -> None:
    source = np.array([0.1, 0.9], np.float64)
    prediction = Prediction(TimeSpan(0, 1), {"verb": source})
    source[:] = 0

    assert prediction.scores["verb"].dtype == np.float32
    assert prediction.best("verb") == (1, pytest.approx(0.9))
    with pytest.raises(ValueError, match="read-only"):
        prediction.scores["verb"][0] = 1
    with pytest.raises(TypeError):
        prediction.scores["noun"] = NOUN_SCORES  # type: ignore[index]


def test_predictions_are_equal_by_content() -> None:
    assert make_prediction() == make_prediction()
    assert hash(make_prediction()) == hash(make_prediction())
    assert make_prediction() != make_prediction(TimeSpan(0, 11))
    assert make_prediction() != Prediction(
        TimeSpan(0, 10), {"verb": VERB_SCORES[::-1], "noun": NOUN_SCORES}
    )
    assert make_prediction() != Prediction(TimeSpan(0, 10), {"verb": VERB_SCORES})
    assert make_prediction() != "a prediction"


@pytest.mark.parametrize("scores", [np.zeros((1, 3)), np.zeros(0)])
def test_scores_of_another_shape_are_refused(scores: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match='"verb" have the shape'):
        Prediction(TimeSpan(0, 1), {"verb": scores})  # type: ignore[dict-item]


def test_labels_disagree_where_another_class_is_most_likely() -> None:
    heads = (VERB, NOUN)

    assert disagreements(make_prediction(), heads, {"verb": 1, "noun": 0}) == ()
    assert disagreements(make_prediction(), heads, {"verb": 4, "noun": 0}) == ("verb",)
    assert disagreements(make_prediction(), heads, {"verb": 0, "noun": 2}) == ("verb", "noun")
    assert disagreements(make_prediction(), heads, {"noun": 2}) == ("noun",)
    assert disagreements(make_prediction(), heads, {}) == ()


@given(st.lists(spans, max_size=6), spans)
def test_a_prediction_track_finds_what_overlaps(drawn: list[TimeSpan], span: TimeSpan) -> None:
    predictions = tuple(make_prediction(found) for found in sorted(drawn))
    track = PredictionTrack("v", "m", (VERB, NOUN), predictions)

    expected = [found for found in predictions if found.span.intersects(span)]
    assert list(track.overlapping(span)) == expected
    at_start = [found for found in predictions if found.span.contains(span.start)]
    assert track.at(span.start) == (at_start[-1] if at_start else None)


def test_a_long_prediction_is_found_behind_shorter_ones_within_it() -> None:
    long, *short = (
        make_prediction(TimeSpan(start, end)) for start, end in ((0, 100), (1, 2), (3, 4), (5, 6))
    )
    track = PredictionTrack("v", "m", (VERB, NOUN), (long, *short))

    assert track.at(50) == long
    assert track.at(3) == short[1]
    assert track.overlapping(TimeSpan(50, 60)) == (long,)


def test_a_prediction_track_fits_its_heads_and_is_in_order() -> None:
    with pytest.raises(ValueError, match="the model has"):
        PredictionTrack("v", "m", (VERB,), (make_prediction(),))
    with pytest.raises(ValueError, match="order of their time"):
        PredictionTrack(
            "v",
            "m",
            (VERB, NOUN),
            (make_prediction(TimeSpan(5, 6)), make_prediction(TimeSpan(1, 2))),
        )
    track = PredictionTrack("v", "m", (VERB, NOUN), ())
    assert track.head("noun") is NOUN
    assert track.at(0) is None
    with pytest.raises(KeyError):
        track.head("action")


def test_attention_maps_fit_their_frames_and_are_equal_by_content() -> None:
    grid = np.full((2, 3, 3), 1 / 9)
    attention = AttentionMap("s2t", 1, grid, (10, 20))
    same = AttentionMap("s2t", 1, grid.astype(np.float16), (10, 20))

    assert attention == same
    assert hash(attention) == hash(same)
    assert attention.grid.dtype == np.float16
    assert not attention.grid.flags.writeable
    assert attention != AttentionMap("t2s", 1, same.grid, (10, 20))
    assert attention != AttentionMap("s2t", 1, same.grid[:, ::-1] * 2, (10, 20))
    with pytest.raises(ValueError, match="does not fit 3 frames"):
        AttentionMap("s2t", 1, same.grid, (10, 20, 30))


def test_clip_scores_are_equal_by_content() -> None:
    attention = np.full((1, 2, 2, 3, 3), 1 / 9, np.float16)
    with_attention = ClipScores({"verb": VERB_SCORES[None]}, attention)

    assert with_attention == ClipScores({"verb": VERB_SCORES[None].copy()}, attention.copy())
    assert with_attention != ClipScores({"verb": VERB_SCORES[None]})
    assert with_attention != ClipScores({"verb": VERB_SCORES[None]}, attention * 2)
    assert with_attention == ClipScores({"verb": VERB_SCORES[None]}, attention, (0, 1))
    assert with_attention != ClipScores({"verb": VERB_SCORES[None]}, attention, (2, 5))
    with pytest.raises(ValueError, match="1 layers do not fit attention of 2"):
        ClipScores({"verb": VERB_SCORES[None]}, attention, (2,))
    assert ClipScores({"verb": VERB_SCORES[None]}) == ClipScores({"verb": VERB_SCORES[None]})
    assert with_attention.attention is not None
    assert not with_attention.attention.flags.writeable
