"""What every predictor keeps to: the real one, and the stand-in that other tests trust."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cast_studio.core.predictions import Predictor
from cast_studio.model.predictor import CastPredictor
from tests.fakes import FakePredictor


@pytest.fixture(params=["cast", "fake"])
def predictor(request: pytest.FixtureRequest) -> Predictor:
    if request.param == "fake":
        return FakePredictor()
    folder: Path = request.getfixturevalue("model_folder")
    return CastPredictor.load(folder, device="cpu")


def noise(predictor: Predictor, count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    spec = predictor.clip_spec
    shape = (count, spec.frames, spec.size, spec.size, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_every_clip_has_a_probability_for_every_class(predictor: Predictor, count: int) -> None:
    answer = predictor.predict(noise(predictor, count))
    assert list(answer.scores) == [head.name for head in predictor.heads]
    for head in predictor.heads:
        rows = answer.scores[head.name]
        assert rows.shape == (count, len(head.classes))
        assert rows.dtype == np.float32
        assert (rows >= 0).all()
        np.testing.assert_allclose(rows.sum(1), 1, atol=1e-5)


def test_a_clip_is_scored_alike_in_any_batch(predictor: Predictor) -> None:
    clips = noise(predictor, 5)
    together = predictor.predict(clips).scores
    for at in range(len(clips)):
        alone = predictor.predict(clips[at : at + 1]).scores
        for head, rows in together.items():
            np.testing.assert_allclose(alone[head][0], rows[at], atol=1e-5)


def test_the_same_clips_get_the_same_scores(predictor: Predictor) -> None:
    clips = noise(predictor, 3)
    assert predictor.predict(clips) == predictor.predict(clips)


def test_attention_is_given_only_when_asked_for(predictor: Predictor) -> None:
    clips = noise(predictor, 2)
    assert predictor.predict(clips).attention is None
    assert predictor.predict(clips, attention=True).attention is not None


@pytest.mark.parametrize("count", [1, 3])
def test_attention_is_one_distribution_over_the_picture(predictor: Predictor, count: int) -> None:
    grids = predictor.predict(noise(predictor, count), attention=True).attention
    assert grids is not None
    assert grids.dtype == np.float16
    clips, layers, times, height, width = grids.shape
    assert clips == count
    assert layers >= 1
    assert predictor.clip_spec.frames % times == 0
    assert height == width
    np.testing.assert_allclose(grids.astype(np.float64).sum((-2, -1)), 1, atol=2e-3)


def test_asking_for_attention_changes_no_score(predictor: Predictor) -> None:
    clips = noise(predictor, 2)
    plain, shown = predictor.predict(clips), predictor.predict(clips, attention=True)
    for head, rows in plain.scores.items():
        np.testing.assert_allclose(shown.scores[head], rows, atol=1e-5)


def test_clips_are_left_as_they_are(predictor: Predictor) -> None:
    clips = noise(predictor, 2)
    before = clips.copy()
    predictor.predict(clips)
    np.testing.assert_array_equal(clips, before)


def test_weights_are_named(predictor: Predictor) -> None:
    assert predictor.model_id


def test_device_and_precision_are_named(predictor: Predictor) -> None:
    device, precision = predictor.runs_on.split(" · ")
    assert device
    assert precision in ("float32", "bfloat16")
