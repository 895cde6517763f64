"""Where a network runs, and what the user reads about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
import torch

from cast_studio.model import devices
from cast_studio.model.checkpoints import load_cast
from cast_studio.model.devices import (
    PRECISIONS,
    Precision,
    choose_device,
    choose_precision,
    device_in_words,
)
from cast_studio.model.predictor import CastPredictor


@pytest.mark.parametrize("has_gpu", [False, True])
def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch, has_gpu: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert choose_device().type == ("cuda" if has_gpu else "cpu")
    assert choose_device("cpu").type == "cpu"


@pytest.mark.parametrize(
    ("device", "width", "expected"),
    [
        ("cpu", 128, "float32"),
        ("cpu", 768, "bfloat16"),
        ("mps", 768, "float32"),
        ("cuda", 128, "bfloat16"),
        ("cuda:1", 768, "bfloat16"),
    ],
)
def test_what_multiplies_bfloat16_computes_in_it_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, device: str, width: int, expected: str
) -> None:
    monkeypatch.setattr(devices, "multiplies_bfloat16", lambda where: where.type != "mps")
    where = torch.device(device)
    assert choose_precision(where, width=width) == expected
    for precision in PRECISIONS:
        assert choose_precision(where, precision, width=width) == precision


def test_what_does_not_multiply_bfloat16_computes_in_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "multiplies_bfloat16", lambda where: False)
    cpu = torch.device("cpu")
    assert choose_precision(cpu, width=768) == "float32"
    assert devices.dtype_of("int8", cpu) == torch.float32


def test_instructions_that_gain_nothing_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"avx512_bf16": True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    monkeypatch.setattr(devices, "bfloat16_pays", lambda: False)
    assert not devices.multiplies_bfloat16(torch.device("cpu"))


@pytest.mark.parametrize("newer", [True, False])
def test_older_and_newer_torch_tell_alike_what_the_processor_has(
    monkeypatch: pytest.MonkeyPatch, newer: bool
) -> None:
    monkeypatch.setattr(devices, "bfloat16_pays", lambda: True)
    if newer:
        found = {"avx512_bf16": True, "amx_bf16": False}
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    else:
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert devices.multiplies_bfloat16(torch.device("cpu"))


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
