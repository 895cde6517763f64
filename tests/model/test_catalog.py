from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cast_studio.errors import ModelError
from cast_studio.model.catalog import count_parameters, list_models, read_info
from tests.model.examples import CLIPS, CONFIG, HEADS, make_cast, write_model

CHECKOUT = Path(__file__).parents[2]

LIST_WITHOUT_TORCH = """
import sys
from pathlib import Path
from cast_studio.model.catalog import list_models, read_adapter_info
models = list_models([Path(sys.argv[1])], on_damaged=print)
assert [info.name for info in models] == ["small"], models
heavy = {"torch", "safetensors", "transformers", "open_clip", "PySide6"} & set(sys.modules)
assert not heavy, heavy
"""


def test_a_model_describes_itself(model_folder: Path) -> None:
    (model_folder / "CARD.md").write_text("# Small\n", "utf-8")
    info = read_info(model_folder, is_bundled=True)
    assert (info.name, info.folder, info.knows) == ("small", model_folder, "Noise.")
    assert (info.heads, info.clip_spec, info.network) == (HEADS, CLIPS, CONFIG)
    assert (info.license, info.card, info.is_bundled) == ("MIT", "# Small\n", True)
    assert info.parameters == sum(p.numel() for p in make_cast().parameters())
    assert len(info.weights_sha256) == 64


def test_a_model_without_a_card(model_folder: Path) -> None:
    info = read_info(model_folder)
    assert info.card == ""
    assert not info.is_bundled


def test_models_are_listed_by_folder_and_name(tmp_path: Path) -> None:
    bundled, own = tmp_path / "bundled", tmp_path / "own"
    for folder in (own / "b", own / "a", bundled / "c"):
        write_model(folder, make_cast())
    (own / "notes").mkdir()
    (own / "read me.txt").write_text("models go here")
    damaged: list[ModelError] = []
    places = [bundled, own, tmp_path / "missing"]
    found = list_models(places, bundled=bundled, on_damaged=damaged.append)
    assert damaged == []
    assert [(info.folder.name, info.is_bundled) for info in found] == [
        ("c", True),
        ("a", False),
        ("b", False),
    ]


def test_a_damaged_model_is_named_and_hides_no_other(tmp_path: Path) -> None:
    for name in "abc":
        write_model(tmp_path / name, make_cast())
    (tmp_path / "b" / "model.safetensors").write_bytes(b"short")
    damaged: list[ModelError] = []
    found = list_models([tmp_path], on_damaged=damaged.append)
    assert [info.folder.name for info in found] == ["a", "c"]
    assert [str(tmp_path / "b" / "model.safetensors") in str(error) for error in damaged] == [True]


def test_listing_models_loads_no_torch(tmp_path: Path, model_folder: Path) -> None:
    command = [sys.executable, "-P", "-c", LIST_WITHOUT_TORCH, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    subprocess.run(command, check=True, timeout=120, env=environment)


def test_parameters_are_counted_from_the_header(model_folder: Path) -> None:
    weights = model_folder / "model.safetensors"
    expected = count_parameters(weights)
    header = int.from_bytes(weights.read_bytes()[:8], "little")
    weights.write_bytes(weights.read_bytes()[: 8 + header])
    assert count_parameters(weights) == expected
