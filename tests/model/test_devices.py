"""Where a network runs, and what the user reads about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
import torch

from cast_studio.model.checkpoints import load_cast
from cast_studio.model.devices import Precision, choose_device, choose_precision, device_in_words
from cast_studio.model.predictor import CastPredictor


@pytest.mark.parametrize("has_gpu", [False, True])
def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch, has_gpu: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert choose_device().type == ("cuda" if has_gpu else "cpu")
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize(
    ("device", "expected"),
    [("cpu", "float32"), ("mps", "float32"), ("cuda", "bfloat16"), ("cuda:1", "bfloat16")],
)
def test_only_cuda_computes_in_half_precision_by_itself(device: str, expected: str) -> None:
    assert choose_precision(torch.device(device)) == expected
    assert choose_precision(torch.device(device), "float32") == "float32"
    assert choose_precision(torch.device(device), "bfloat16") == "bfloat16"


def test_a_gpu_is_called_by_the_name_of_its_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"NVIDIA H20{device.index}")
    assert device_in_words(torch.device("cuda:0"), "bfloat16") == "NVIDIA H200 · bfloat16"
    assert device_in_words(torch.device("mps"), "float32") == "Apple GPU · float32"


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_a_predictor_says_how_it_really_computes(
    model_folder: Path, precision: Literal["auto"] | Precision
) -> None:
    loaded = load_cast(model_folder)
    predictor = CastPredictor(loaded, model_id="x", device="cpu", precision=precision)
    (dtype,) = {weights.dtype for weights in loaded.cast.parameters()}
    assert predictor.runs_on == f"CPU · {str(dtype).removeprefix('torch.')}"


@pytest.mark.gpu
def test_on_a_gpu_it_computes_in_bfloat16_and_names_it(model_folder: Path) -> None:
    if not torch.cuda.is_available() and not os.environ.get("REQUIRE_GPU"):
        pytest.skip("there is no GPU")
    loaded = load_cast(model_folder)
    predictor = CastPredictor(loaded, model_id="x")
    assert {weights.dtype for weights in loaded.cast.parameters()} == {torch.bfloat16}
    assert predictor.runs_on == f"{torch.cuda.get_device_name()} · bfloat16"
