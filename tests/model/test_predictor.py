from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cast_studio.errors import ModelError
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import LoadedCast, load_cast, save_adapter
from cast_studio.model.config import ExchangeConfig
from cast_studio.model.predictor import CastPredictor
from cast_studio.model.preprocessing import to_input
from tests.model.examples import CLIPS, HEADS, make_cast


def noise(count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    shape = (count, CLIPS.frames, CLIPS.size, CLIPS.size, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


class SmallMemory(Cast):
    """A network on a device whose memory holds so many clips and no more."""

    room = 0
    batches: tuple[int, ...] = ()

    def embed(self, clips: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.batches = (*self.batches, len(clips))
        if len(clips) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().embed(clips)


def squeezed(model_folder: Path, room: int) -> tuple[SmallMemory, CastPredictor]:
    loaded = load_cast(model_folder)
    cast = SmallMemory(loaded.cast.config, loaded.cast.head_configs)
    cast.load_state_dict(loaded.cast.state_dict())
    cast.room = room
    return cast, predictor_of(LoadedCast(cast, loaded.model, None, loaded.heads))


def predictor_of(loaded: LoadedCast, **options: Any) -> CastPredictor:
    return CastPredictor(loaded, model_id="x", device="cpu", **options)


def test_scores_are_the_networks(model_folder: Path) -> None:
    clips = noise(3)
    scores = CastPredictor.load(model_folder, device="cpu").predict(clips).scores
    with torch.inference_mode():
        logits = make_cast()(to_input(clips, CLIPS)).logits
    assert set(scores) == {head.name for head in HEADS}
    for head, rows in scores.items():
        np.testing.assert_allclose(rows, logits[head].softmax(-1).numpy(), atol=1e-6)


def test_input_is_scaled_and_normalized() -> None:
    clips = noise(2)
    batch = to_input(clips, CLIPS)
    assert batch.shape == (2, 3, CLIPS.frames, CLIPS.size, CLIPS.size)
    assert batch.dtype == torch.float32
    for channel in range(3):
        expected = (clips[1, 5, 3, 7, channel] / 255 - CLIPS.mean[channel]) / CLIPS.std[channel]
        assert float(batch[1, channel, 5, 3, 7]) == pytest.approx(expected, abs=1e-6)


def test_attention_is_the_mean_over_queries(model_folder: Path) -> None:
    clips = noise(2)
    answer = CastPredictor.load(model_folder, device="cpu").predict(clips, attention=True)
    with torch.inference_mode():
        s2t = make_cast()(to_input(clips, CLIPS), attention=True).s2t
    assert answer.attention is not None
    assert answer.attention.shape == (2, 2, 4, 2, 2)  # clips, layers, times, rows, columns
    expected = s2t[1][0, 3].mean(0).view(2, 2)
    np.testing.assert_allclose(answer.attention[0, 1, 3], expected, atol=1e-3)
    assert answer.layers == (0, 1)


def test_attention_names_the_layers_that_it_is_of(model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    config = replace(loaded.cast.config, exchange=ExchangeConfig(blocks=(1,)))
    cast = Cast(config, loaded.cast.head_configs)
    answer = predictor_of(LoadedCast(cast, loaded.model, None, loaded.heads)).predict(
        noise(1), attention=True
    )
    assert answer.layers == (1,)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (10, (7,)),
        (4, (7, 3, 3, 1)),
        (1, (7, 3, 1, 1, 1, 1, 1, 1, 1)),
    ],
)
def test_batches_are_halved_until_they_fit(
    model_folder: Path, room: int, expected: tuple[int, ...]
) -> None:
    cast, predictor = squeezed(model_folder, room)
    clips = noise(7)
    answer = predictor.predict(clips, attention=True)
    assert cast.batches == expected
    whole = CastPredictor.load(model_folder, device="cpu").predict(clips, attention=True)
    for head, rows in whole.scores.items():
        np.testing.assert_allclose(answer.scores[head], rows, atol=1e-5)
    np.testing.assert_allclose(answer.attention, whole.attention, atol=1e-3)


def test_the_size_that_fits_is_remembered(model_folder: Path) -> None:
    cast, predictor = squeezed(model_folder, 4)
    predictor.predict(noise(7))
    cast.batches = ()
    predictor.predict(noise(6))
    assert cast.batches == (3, 3)


def test_a_model_too_large_for_one_clip_is_a_sentence(model_folder: Path) -> None:
    _, predictor = squeezed(model_folder, 0)
    with pytest.raises(
        ModelError,
        match=r"does not fit into the memory of cpu: close other .* CUDA_VISIBLE_DEVICES to -1",
    ):
        predictor.predict(noise(3))


def test_half_precision_says_much_the_same(model_folder: Path) -> None:
    full = predictor_of(load_cast(model_folder)).predict(noise(4), attention=True)
    half = predictor_of(load_cast(model_folder), precision="bfloat16").predict(
        noise(4), attention=True
    )
    for head, rows in full.scores.items():
        np.testing.assert_allclose(half.scores[head], rows, atol=0.05)


def test_the_processor_computes_in_full_precision(model_folder: Path) -> None:
    predictor = predictor_of(load_cast(model_folder))
    assert (predictor.device.type, predictor.precision) == ("cpu", "float32")


def test_what_was_trained_has_an_id_of_its_own(tmp_path: Path, model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    ids = {CastPredictor.load(model_folder, device="cpu").model_id}
    for seed in (1, 2):
        folder = tmp_path / f"adapter{seed}"
        cast = make_cast(seed=seed)
        save_adapter(
            folder, cast, model=loaded.model, heads=HEADS, created_at="2026-01-01", metrics={}
        )
        predictor = CastPredictor.load(model_folder, adapter_folder=folder, device="cpu")
        ids.add(predictor.model_id)
    assert len(ids) == 3
    assert all(len(found) == 16 for found in ids)
    assert CastPredictor.load(model_folder, device="cpu").model_id in ids
