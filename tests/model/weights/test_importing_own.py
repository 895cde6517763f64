"""Folders that CAST Studio wrote, brought to another computer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from cast_studio.errors import ModelError
from cast_studio.model.catalog import read_adapter_info, read_info
from cast_studio.model.checkpoints import load_cast, save_adapter
from cast_studio.model.weights.importing import import_file
from tests.model.examples import HEADS, make_cast, write_model


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def adapter(tmp_path: Path, model_folder: Path) -> Path:
    """What a run has left that trained the model of ``model_folder``."""
    save_adapter(
        tmp_path / "run",
        make_cast(seed=4),
        model=read_info(model_folder),
        heads=HEADS,
        created_at="2026-01-02T03:04:05+00:00",
        metrics={},
    )
    return tmp_path / "run"


def test_a_model_moves_to_another_library(model_folder: Path, library: Path) -> None:
    (model_folder / "CARD.md").write_text("# A card")
    imported = import_file(model_folder, library, name="moved")
    info = read_info(imported.folder)
    assert (info.name, info.card) == ("moved", "# A card")
    assert info.weights_sha256 == read_info(model_folder).weights_sha256
    before = load_cast(model_folder).cast.state_dict()
    for name, tensor in load_cast(imported.folder).cast.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert len(imported.report.used) == len(before)


def test_weights_bring_the_configuration_beside_them(model_folder: Path, library: Path) -> None:
    imported = import_file(model_folder / "model.safetensors", library)
    assert read_info(imported.folder).heads == HEADS


@pytest.mark.parametrize("where", ["library", "bundled"])
def test_an_adapter_of_a_known_model_is_imported(
    where: str, model_folder: Path, adapter: Path, library: Path
) -> None:
    if where == "library":
        import_file(model_folder, library, name="base")
    imported = import_file(
        adapter / "adapter.safetensors", library, name="mine", bases=[model_folder.parent]
    )
    assert imported.folder == library / "mine"
    assert read_adapter_info(imported.folder).heads == HEADS
    assert "an adapter of “" in imported.report.sentence()
    load_cast(model_folder, adapter_folder=imported.folder)


def test_an_adapter_of_an_unknown_model_is_refused(adapter: Path, library: Path) -> None:
    with pytest.raises(ModelError, match="which is not installed; import that model first"):
        import_file(adapter, library)
    assert not library.exists()


def test_an_adapter_alone_is_not_enough(adapter: Path, library: Path, model_folder: Path) -> None:
    (adapter / "adapter.json").unlink()
    with pytest.raises(ModelError, match="neither a complete CAST model"):
        import_file(adapter / "adapter.safetensors", library, bases=[model_folder.parent])


@pytest.mark.parametrize("damage", ["weights", "network", "configuration"])
def test_a_damaged_model_is_refused_and_leaves_nothing(
    damage: str, model_folder: Path, library: Path
) -> None:
    config = json.loads((model_folder / "config.json").read_text())
    if damage == "weights":
        data = bytearray((model_folder / "model.safetensors").read_bytes())
        data[-1] ^= 1
        (model_folder / "model.safetensors").write_bytes(data)
    elif damage == "network":
        config["network"]["depth"] = 1
    else:
        del config["heads"]
    (model_folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError):
        import_file(model_folder, library)
    assert not library.exists()


def test_a_full_disk_is_told_before_anything_is_written(
    model_folder: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(model_folder)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(ModelError, match=r"0\.0 GB free"):
        import_file(model_folder, library)
    assert list(library.iterdir()) == []


def test_a_library_that_cannot_be_written_is_told(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="cannot be written"):
        import_file(model_folder, tmp_path / "file" / "models")


def test_a_link_in_the_library_is_not_written_through(
    model_folder: Path, library: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    library.mkdir()
    (library / "model").symlink_to(tmp_path / "elsewhere")
    assert import_file(model_folder, library).folder.name == "model-2"
    with pytest.raises(ModelError, match="already is a model"):
        import_file(model_folder, library, name="model")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_models_from_before_there_was_an_origin_are_read(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "old", make_cast())
    config = json.loads((folder / "config.json").read_text())
    del config["provenance"]
    (folder / "config.json").write_text(json.dumps(config))
    assert read_info(folder).provenance == ()
