"""Experts in 8 bits: what is kept, how close it stays, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.model import layers
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import load_cast, save_adapter
from cast_studio.model.config import CastConfig, ExchangeConfig
from cast_studio.model.predictor import CastPredictor
from cast_studio.model.quantization import QuantizedLinear, quantize
from tests.model.examples import CLIPS, CONFIG, make_cast, make_clips, write_model


@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 99), st.sampled_from((1e-6, 1, 1e6)))
def test_no_weight_moves_further_than_half_a_step_of_its_row(
    outputs: int, inputs: int, seed: int, size: float
) -> None:
    drawn = np.random.default_rng(seed).standard_normal((outputs, inputs)) * size
    weight = torch.from_numpy(drawn.astype(np.float32))
    bits, scale = quantize(weight)
    assert bits.dtype == torch.int8
    assert scale.shape == (outputs, 1)
    steps = weight.abs().amax(1, keepdim=True) / 127
    assert ((bits * scale - weight).abs() <= 0.5001 * steps).all()


def test_a_row_of_zeros_stays_zero() -> None:
    bits, scale = quantize(torch.zeros(2, 3))
    assert not bits.any()
    assert torch.isfinite(scale).all()


def test_only_the_experts_matrices_are_kept_in_bits(model_folder: Path) -> None:
    whole, small = load_cast(model_folder).cast, load_cast(model_folder, quantized=True).cast
    in_bits = {name for name, part in small.named_modules() if isinstance(part, QuantizedLinear)}
    linear = {name for name, part in whole.named_modules() if isinstance(part, torch.nn.Linear)}
    assert in_bits == {name for name in linear if name.startswith(("spatial.", "temporal."))}
    left, before = small.state_dict(), whole.state_dict()
    for key in before.keys() & left.keys():
        assert torch.equal(left[key], before[key])


def test_scores_stay_close_and_are_the_same_however_it_is_quantized(
    cast: Cast, model_folder: Path
) -> None:
    rng = np.random.default_rng(0)
    clips = rng.integers(0, 256, (4, CLIPS.frames, CLIPS.size, CLIPS.size, 3), np.uint8)
    exact = CastPredictor.load(model_folder, device="cpu", precision="float32").predict(clips)
    small = CastPredictor.load(model_folder, device="cpu", precision="int8")
    late = CastPredictor(load_cast(model_folder), model_id="x", device="cpu", precision="int8")
    assert small.runs_on == "CPU · int8"
    found, again = small.predict(clips), late.predict(clips)
    for head, rows in exact.scores.items():
        np.testing.assert_allclose(found.scores[head], rows, atol=0.05)
        np.testing.assert_allclose(again.scores[head], found.scores[head], atol=0.02)


def test_an_adapter_is_laid_over_experts_in_bits(model_folder: Path, tmp_path: Path) -> None:
    loaded = load_cast(model_folder)
    with torch.no_grad():
        loaded.cast.heads["verb"].bias.add_(1.0)
    save_adapter(
        tmp_path / "run",
        loaded.cast,
        model=loaded.model,
        heads=loaded.heads,
        created_at="2026-01-01T00:00:00Z",
        metrics={},
    )
    small = load_cast(
        model_folder, adapter_folder=tmp_path / "run", dtype=torch.bfloat16, quantized=True
    ).cast
    expected = loaded.cast.heads["verb"].bias.to(torch.bfloat16)
    assert torch.equal(small.heads["verb"].bias, expected)
    assert small.spatial.blocks[0].mlp.up.bits.dtype == torch.int8


def test_tokens_give_the_same_in_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = make_clips()
    with torch.inference_mode():
        whole = cast(clips).logits
        monkeypatch.setattr(layers, "HIDDEN_AT_ONCE", 200)  # a few tokens
        parts = cast(clips).logits
    for head, logits in whole.items():
        torch.testing.assert_close(parts[head], logits, atol=1e-5, rtol=1e-5)


def test_what_is_added_in_place_is_what_training_computes(cast: Cast) -> None:
    clips = make_clips()
    with torch.inference_mode():
        in_place = cast(clips.clone()).logits
    recorded = cast(clips).logits
    for head, logits in in_place.items():
        torch.testing.assert_close(recorded[head].detach(), logits, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("exchange", "has_maps"),
    [
        (ExchangeConfig(kind="none"), False),
        (ExchangeConfig(direction="t2s"), False),
        (ExchangeConfig(direction="s2t", blocks=(1,)), True),
        (ExchangeConfig(s2t_window="space-time"), True),
        (ExchangeConfig(s2t_window="time"), True),
    ],
)
def test_maps_are_pictures_whatever_the_windows_are(
    tmp_path: Path, exchange: ExchangeConfig, has_maps: bool
) -> None:
    config: CastConfig = replace(CONFIG, exchange=exchange)
    folder = write_model(tmp_path / "model", make_cast(config=config))
    predictor = CastPredictor.load(folder, device="cpu")
    clips = np.zeros((2, CLIPS.frames, CLIPS.size, CLIPS.size, 3), np.uint8)
    attention = predictor.predict(clips, attention=True).attention
    assert (attention is not None) == has_maps
    if attention is not None:
        layers = len(exchange.blocks) if exchange.blocks else config.depth
        assert attention.shape == (2, layers, config.steps, config.grid, config.grid)
        # Every window's weights sum to one.
        windows = {"space": config.steps, "time": config.patches, "space-time": 1}
        sums = attention.astype(np.float32).sum((2, 3, 4))
        np.testing.assert_allclose(sums, windows[exchange.s2t_window], rtol=1e-2)
