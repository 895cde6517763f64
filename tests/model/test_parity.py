"""The network against the published code's own outputs.

Logits were published in float64; what happens inside the blocks was kept in float32, whose own rounding
therefore bounds how closely it can be met.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cast_studio.model.cast import Cast, CastOutput
from cast_studio.model.config import CastConfig, HeadConfig
from cast_studio.model.weights.names import our_names
from tests.model.official_weights import (
    EPIC_HEADS,
    KINETICS_HEADS,
    SOMETHING_HEADS,
    Profile,
    draw_clip,
    fill,
)
from tests.model.streams import StreamRecorder

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
HEADS = {"ek100": EPIC_HEADS, "ssv2": SOMETHING_HEADS, "k400": KINETICS_HEADS}

FLOAT64_TOLERANCE = 1e-10
FLOAT32_TOLERANCE = {
    ("ek100", "base"): 3e-6,
    ("ssv2", "base"): 5e-7,
    ("ek100", "stress"): 5e-5,
    ("ssv2", "stress"): 5e-5,
}
ATTENTION_TOLERANCE = 1e-5
STREAM_TOLERANCE: dict[Profile, float] = {"base": 5e-6, "stress": 5e-5}
"""Largest difference inside the blocks, in units of the stream's standard deviation there."""

KINETICS_BASE = (-0.017823771369, 0.069057330991, 0.007149392387, 0.013421255626)
KINETICS_BASE_ANSWER = 334

pytestmark = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason=f"the published code's outputs are not at {REFERENCE}"
)

Dataset = Literal["ek100", "ssv2"]
Logits = Mapping[str, Tensor]

INSIDES: tuple[tuple[Dataset, Profile], ...] = (("ek100", "stress"), ("ssv2", "base"))
"""The runs of which more than the logits was published."""

every_run = pytest.mark.parametrize(("dataset", "profile"), FLOAT32_TOLERANCE)
runs_with_insides = pytest.mark.parametrize(("dataset", "profile"), INSIDES)


def _weightless(heads: tuple[HeadConfig, ...]) -> Cast:
    with torch.device("meta"):
        return Cast(CastConfig(), heads)


def _published(dataset: str) -> dict[str, dict[str, object]]:
    keys: dict[str, dict[str, object]] = json.loads((REFERENCE / "keys.json").read_text())[dataset]
    return keys


def _shapes(dataset: str) -> dict[str, tuple[int, ...]]:
    return {key: tuple(entry["shape"]) for key, entry in _published(dataset).items()}  # type: ignore[arg-type]


@pytest.mark.parametrize("dataset", HEADS)
def test_every_published_tensor_has_a_place_and_none_is_left_over(dataset: str) -> None:
    cast = _weightless(HEADS[dataset])
    names = [name for key in _published(dataset) for name in our_names(key)]
    assert len(names) == len(set(names))
    assert set(names) == set(cast.state_dict())


@pytest.mark.parametrize("dataset", HEADS)
def test_sizes_and_what_is_trained_are_the_published_ones(dataset: str) -> None:
    cast = _weightless(HEADS[dataset])
    counts = json.loads((REFERENCE / "keys.json").read_text())[f"{dataset}__counts"]
    assert sum(p.numel() for p in cast.parameters()) == counts["total"]
    assert sum(p.numel() for p in cast.trained_parameters().values()) == counts["trainable"]
    trained = {
        name
        for key, entry in _published(dataset).items()
        for name in our_names(key)
        if entry["trainable"]
    }
    assert set(cast.trained_parameters()) == trained


@dataclass(frozen=True)
class Run:
    """The whole network run on the kit's first clip.

    Datasets share every weight up to the last block, so each profile's network is run once, with the
    heads of the dataset whose insides were published. What the last block gave then goes through all
    that stands behind it in the other datasets' networks.

    Attributes:
        double: What it gave in float64, by dataset.
        single: What it gave in float32, by dataset.
        attention: What it gave in float64 with its attention, for the dataset it was run as.
        streams: What was in its streams, in float64, by the kit's names.
    """

    double: Mapping[str, Logits]
    single: Mapping[str, Logits]
    attention: CastOutput
    streams: dict[str, NDArray[np.float64]]


Runs = Callable[[Profile], Run]


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """Run the whole network, once with each of its weights."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield functools.cache(_run)
    torch.set_num_threads(before)


def _run(profile: Profile) -> Run:
    (dataset,) = (dataset for dataset, its_profile in INSIDES if its_profile == profile)
    cast = _weightless(HEADS[dataset])
    fill(cast, _shapes(dataset), profile)
    clip = draw_clip(0)
    with torch.inference_mode():
        with StreamRecorder(cast.eval()) as recorder:
            output = cast(clip, attention=True)
        double = {other: _classified(other, profile, *recorder.last) for other in HEADS}
        double[dataset] = output.logits
        with StreamRecorder(cast.float()) as in_single:
            logits = cast(clip.float()).logits
        single = {other: _classified(other, profile, *in_single.last) for other in HEADS}
        single[dataset] = logits
    return Run(double, single, output, recorder.streams)


def _classified(dataset: str, profile: Profile, spatial: Tensor, temporal: Tensor) -> Logits:
    """Return what a dataset's network without its blocks makes of what the last block gave."""
    cast = _weightless(HEADS[dataset])
    cast.layers = cast.spatial.blocks = cast.temporal.blocks = nn.ModuleList()
    shapes = _shapes(dataset).items()
    fill(cast, {key: shape for key, shape in shapes if not key.startswith("blocks.")}, profile)
    cast = cast.eval().to(spatial.dtype)
    return cast.forward_tokens(spatial.clone(), temporal.clone()).logits


def _largest_error(dataset: Dataset, profile: Profile, logits: Logits) -> float:
    with np.load(REFERENCE / f"logits_fp64_{dataset}_{profile}.npz") as golden:
        return max(
            float(
                np.abs(
                    logits[head.name].double().numpy()
                    - golden["logits" if head.name == "action" else f"logits_{head.name}"]
                ).max()
            )
            for head in HEADS[dataset]
        )


def test_datasets_differ_behind_the_last_block_only() -> None:
    """Which is why one run of the blocks stands for all of them."""
    blocks = [
        {key: entry for key, entry in _published(dataset).items() if key.startswith("blocks.")}
        for dataset in HEADS
    ]
    assert len(blocks[0]) == 12 * 69
    assert blocks[0] == blocks[1] == blocks[2]


@pytest.mark.slow
@every_run
def test_logits_are_the_published_ones(runs: Runs, dataset: Dataset, profile: Profile) -> None:
    logits = runs(profile).double[dataset]
    assert _largest_error(dataset, profile, logits) <= FLOAT64_TOLERANCE


@pytest.mark.slow
@every_run
def test_logits_in_single_precision_are_near_them(
    runs: Runs, dataset: Dataset, profile: Profile
) -> None:
    logits = runs(profile).single[dataset]
    assert _largest_error(dataset, profile, logits) <= FLOAT32_TOLERANCE[dataset, profile]


@pytest.mark.slow
def test_logits_of_kinetics_are_the_published_ones(runs: Runs) -> None:
    logits = runs("base").double["k400"]["action"]
    assert logits.argmax().item() == KINETICS_BASE_ANSWER
    np.testing.assert_allclose(logits[0, :4].numpy(), KINETICS_BASE, rtol=0, atol=1e-12)


@pytest.mark.slow
@runs_with_insides
def test_streams_are_the_published_ones_at_every_stage_of_every_block(
    runs: Runs, dataset: Dataset, profile: Profile
) -> None:
    streams = runs(profile).streams
    with np.load(REFERENCE / f"activations_{dataset}_{profile}.npz") as golden:
        compared = sorted(name for name in golden.files if name in streams)
        assert len({name.partition("|")[0] for name in compared}) == 12 * 4 * (3 + 1)
        for name in compared:
            deviation = golden[f"{name.partition('|')[0]}|mean_std"][1]
            error = np.abs(streams[name] - golden[name]).max() / deviation
            assert error <= STREAM_TOLERANCE[profile], f"{name}: {error}"


@pytest.mark.slow
@runs_with_insides
def test_attention_is_the_published_one(runs: Runs, dataset: Dataset, profile: Profile) -> None:
    output = runs(profile).attention
    assert len(output.s2t) == len(output.t2s) == 12
    with np.load(REFERENCE / f"activations_{dataset}_{profile}.npz") as golden:
        for layer in (0, 5, 11):
            for name, found in (("s2t", output.s2t), ("t2s", output.t2s)):
                expected = golden[f"L{layer:02d}.attn.{name}_cross|headmean_full"]
                error = np.abs(found[layer][0].numpy() - expected).max()
                assert error <= ATTENTION_TOLERANCE, f"{name} of block {layer}: {error}"
