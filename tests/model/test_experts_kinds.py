"""Which kind a file may be, which experts go together, and how they are kept as data."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cast_studio.errors import ModelError
from cast_studio.model.config import CastConfig, ExchangeConfig
from cast_studio.model.expert_config import ExpertConfig
from cast_studio.model.expert_kinds import (
    EXPERT_KINDS,
    Expert,
    ExpertSizes,
    check_compatible,
    combine,
    expert_kind,
    recognize,
)
from cast_studio.model.positions import RotaryPositions, sincos_table
from tests.model.library_experts import (
    make_clip,
    make_eva,
    make_videomae,
    make_videomae_transformers,
)


def published(kind: str, **change: float) -> Expert:
    known = EXPERT_KINDS[kind]
    return Expert(kind, known.role, known.config, replace(known.sizes, **change))  # type: ignore[arg-type]


def test_a_file_is_recognized_by_its_names(tmp_path: Path) -> None:
    clip = make_clip(tmp_path, quick_gelu=True).state
    assert recognize(clip) == ("clip-openai", "clip-open_clip")
    openai = {*clip, "input_resolution", "context_length", "vocab_size"}
    assert recognize(openai) == ("clip-openai",)
    assert recognize(make_eva(tmp_path).state) == ("eva02-clip",)
    videomae = make_videomae(tmp_path).state
    assert recognize(videomae) == ("videomae", "mvd")
    assert recognize([f"encoder.{key}" for key in videomae]) == ("videomae", "mvd")
    transformers = make_videomae_transformers(tmp_path).state
    assert recognize(transformers) == ("videomae-transformers",)
    assert recognize([f"videomae.{key}" for key in transformers]) == ("videomae-transformers",)


def test_other_files_are_no_experts() -> None:
    assert recognize([]) == ()
    assert recognize(["conv1.weight", "layer1.0.conv1.weight", "fc.weight"]) == ()


def test_an_unknown_kind_is_named() -> None:
    assert expert_kind("mvd") is EXPERT_KINDS["mvd"]
    with pytest.raises(ModelError, match="no kind of expert “dino”; choose one of clip-openai"):
        expert_kind("dino")


@pytest.mark.parametrize("temporal", ["videomae", "videomae-transformers", "mvd"])
@pytest.mark.parametrize("spatial", ["clip-openai", "clip-open_clip", "eva02-clip"])
def test_all_published_experts_go_together(spatial: str, temporal: str) -> None:
    config = combine(published(spatial), published(temporal))
    assert (config.width, config.depth, config.heads) == (768, 12, 12)
    assert (config.patches, config.steps, config.frames) == (196, 8, 16)
    assert config.spatial == EXPERT_KINDS[spatial].config
    assert config.temporal == EXPERT_KINDS[temporal].config


def test_the_papers_experts_make_the_papers_network() -> None:
    assert combine(published("clip-openai"), published("videomae")) == CastConfig()


def test_the_exchange_may_be_chosen() -> None:
    exchange = ExchangeConfig(direction="s2t")
    config = combine(published("eva02-clip"), published("mvd"), exchange=exchange)
    assert config.exchange == exchange


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width": 1024}, r"channels \(768 and 1024\)"),
        ({"depth": 24}, r"blocks \(12 and 24\)"),
        ({"heads": 16}, r"heads \(12 and 16\)"),
        ({"mlp_ratio": 3.0}, r"ratio of the feed-forward layers \(4 and 3\)"),
        ({"patch": 14}, r"pixels of a patch \(16 and 14\)"),
        ({"size": 256}, r"pixels of the picture \(224 and 256\)"),
        ({"width": 1024, "depth": 24}, r"channels \(768 and 1024\), blocks \(12 and 24\)"),
        ({"frames": 15}, "15 frames do not divide into tubelets of 2"),
        ({"tubelet": 0}, "16 frames do not divide into tubelets of 0"),
    ],
)
def test_experts_that_differ_are_not_combined(change: dict[str, int], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        check_compatible(published("clip-openai"), published("videomae", **change))


def test_two_experts_of_one_role_are_not_combined() -> None:
    with pytest.raises(ModelError, match="a spatial expert, which sees pictures, and a temporal"):
        check_compatible(published("videomae"), published("mvd"))
    with pytest.raises(ModelError, match="choose one of each"):
        check_compatible(published("clip-openai"), published("eva02-clip"))


def test_experts_of_impossible_sizes_are_not_combined() -> None:
    change = {"width": 780, "heads": 10}
    with pytest.raises(ModelError, match="78 channels of a head do not divide into rotations"):
        combine(published("eva02-clip", **change), published("mvd", **change))


@pytest.mark.parametrize("kind", EXPERT_KINDS)
def test_json_gives_the_same_expert_back(kind: str) -> None:
    expert = published(kind, depth=3)
    assert Expert.from_json(json.loads(json.dumps(expert.to_json()))) == expert


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"role": "both"}, "no expert for the role “both”"),
        ({"sizes": asdict(ExpertSizes()) | {"depth": "deep"}}, "must be a whole number"),
        ({"sizes": {}}, "lacks"),
        ({"config": None}, "not a JSON object"),
        ({"color": "red"}, "unknown field “color”"),
    ],
)
def test_json_of_no_expert_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Expert.from_json(published("mvd").to_json() | change)


def test_files_from_before_there_was_a_choice_mean_what_they_meant() -> None:
    old = {
        "activation": "quick_gelu",
        "norm_eps": 1e-5,
        "key_bias": True,
        "stem": "patch",
        "stem_width": 32,
        "stem_blocks": 0,
    }
    assert ExpertConfig.from_json(old) == EXPERT_KINDS["clip-openai"].config


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"position_table": "random"}, "no position table “random”"),
        ({"rotary_grid": 1.5}, "must be a whole number"),
        ({"rotary_grid": 0}, "cannot have 0 patches"),
        ({"input_norm": "no"}, "must be true or false"),
    ],
)
def test_an_impossible_choice_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ExpertConfig.from_json(asdict(ExpertConfig()) | change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"temporal": ExpertConfig(rotary_grid=16)}, "only a spatial expert has rotary"),
        ({"spatial": ExpertConfig(position_table="sincos-3d")}, "only a temporal expert"),
        (
            {"width": 24, "heads": 2, "temporal": ExpertConfig(position_table="sincos-3d")},
            "24 channels do not divide into time, column and row",
        ),
    ],
)
def test_an_expert_in_the_wrong_place_is_refused(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CastConfig(**change)  # type: ignore[arg-type]


def test_kinds_are_listed_without_torch() -> None:
    code = "import sys, cast_studio.model.expert_kinds; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0


def test_positions_in_time_column_and_row() -> None:
    table = sincos_table(2, 3, 32)
    assert (table.dtype, tuple(table.shape)) == (torch.float32, (18, 32))
    time, row, column = 1, 2, 1
    token = table[time * 9 + row * 3 + column].double().numpy()
    time_waves = 10000.0 ** (-np.arange(4) / 4)
    place_waves = 10000.0 ** (-np.arange(6) / 6)
    expected = [
        *np.sin(time * time_waves),
        *np.cos(time * time_waves),
        *np.sin(column * place_waves),
        *np.cos(column * place_waves),
        *np.sin(row * place_waves),
        *np.cos(row * place_waves),
    ]
    np.testing.assert_allclose(token, expected, atol=1e-7)


def test_rotations_leave_the_class_token_and_depend_on_distance_alone() -> None:
    rotary = RotaryPositions(4, 8, reference_grid=16)
    query, key = torch.randn(2, 8, dtype=torch.float64)
    queries, keys = (rotary(one.expand(17, 8)) for one in (query, key))
    torch.testing.assert_close(queries[0], query)
    products = (queries @ keys.T)[1:, 1:].reshape(4, 4, 4, 4)
    torch.testing.assert_close(products[0, 0, 1, 2], products[2, 1, 3, 3], atol=1e-5, rtol=0)
    torch.testing.assert_close(products[3, 2, 1, 1], products[2, 3, 0, 2], atol=1e-5, rtol=0)
    assert (products[0, 0, 1, 2] - products[0, 0, 2, 1]).abs() > 1e-3


def test_a_coarser_grid_is_stretched_onto_the_reference() -> None:
    fine, coarse = (RotaryPositions(grid, 8, reference_grid=4) for grid in (4, 2))
    x = torch.randn(8)
    places = fine(x.expand(17, 8))[1:].reshape(4, 4, 8)
    torch.testing.assert_close(coarse(x.expand(5, 8))[1:].reshape(2, 2, 8), places[::2, ::2])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_rotations_keep_the_precision_of_what_they_turn(dtype: torch.dtype) -> None:
    assert RotaryPositions(2, 8, reference_grid=4)(torch.ones(5, 8, dtype=dtype)).dtype == dtype
