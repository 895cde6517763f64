"""Experts from files as their libraries write them, and new models made of two."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from cast_studio.errors import ModelError
from cast_studio.model.catalog import list_models, read_info
from cast_studio.model.checkpoints import load_cast
from cast_studio.model.expert_catalog import list_experts, read_expert_info
from cast_studio.model.expert_kinds import EXPERT_KINDS
from cast_studio.model.expert_translation import make_expert, translate
from cast_studio.model.weights.expert_files import load_expert
from cast_studio.model.weights.importing import Imported, import_file
from cast_studio.model.weights.making import make_cast
from tests.fakes import make_head
from tests.model.library_experts import (
    FRAMES,
    SIZE,
    LibraryExpert,
    make_clip,
    make_eva,
    make_videomae,
    make_videomae_transformers,
)

HEADS = (make_head("verb", "take", "put"), make_head("noun", "cup", "pan", "lid"))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "models"


def save_as_script(path: Path, state: dict[str, Tensor]) -> Path:
    """Write tensors as a TorchScript archive, in the tree of modules that their names tell."""
    root = nn.Module()
    for key, tensor in state.items():
        *modules, name = key.split(".")
        place = root
        for module in modules:
            if not hasattr(place, module):
                place.add_module(module, nn.Module())
            place = place.get_submodule(module)
        place.register_buffer(name, tensor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript as a whole is on its way out
        torch.jit.script(root).save(str(path))
    return path


def import_small(source: Path, library: Path, kind: str | None = None) -> Imported:
    return import_file(source, library, kind=kind, frames=FRAMES, size=SIZE)


def check_features(folder: Path, expected: LibraryExpert) -> None:
    """The expert that was kept sees what its library sees."""
    loaded = load_expert(folder)
    expert = make_expert(loaded.info.expert)
    expert.load_state_dict(loaded.weights, assign=True)
    clips = torch.randn((2, 3, FRAMES, SIZE, SIZE), generator=torch.Generator().manual_seed(1))
    x = clips[:, :, 0] if loaded.info.expert.role == "spatial" else clips
    tokens = expert.eval()(x)
    if loaded.final_norm:
        weight, bias = loaded.final_norm["weight"], loaded.final_norm["bias"]
        eps = loaded.info.expert.config.norm_eps
        tokens = nn.functional.layer_norm(tokens, weight.shape, weight, bias, eps)
    torch.testing.assert_close(tokens, expected.features(x), rtol=0, atol=1e-5)


@torch.inference_mode()
def test_clip_as_openai_publishes_it(tmp_path: Path, library: Path) -> None:
    expert = make_clip(tmp_path, quick_gelu=True)
    source = save_as_script(tmp_path / "ViT-B-16.pt", expert.state)
    imported = import_small(source, library)
    info = read_expert_info(imported.folder)
    assert (info.expert.kind, info.name) == ("clip-openai", "ViT-B-16")
    assert "MIT" in info.license
    assert "TorchScript" in imported.report.sentence()
    assert "texts" in imported.report.dropped["visual.proj"]
    check_features(imported.folder, expert)


@torch.inference_mode()
def test_clip_as_others_publish_it_needs_its_kind(tmp_path: Path, library: Path) -> None:
    expert = make_clip(tmp_path, quick_gelu=False)
    source = tmp_path / "model.safetensors"
    with pytest.raises(ModelError, match=r"clip-openai.* or .*clip-open_clip.*say which"):
        import_small(source, library)
    imported = import_small(source, library, "clip-open_clip")
    check_features(imported.folder, expert)


@torch.inference_mode()
def test_eva(tmp_path: Path, library: Path) -> None:
    expert = make_eva(tmp_path)
    imported = import_small(tmp_path / "model.safetensors", library)
    assert read_expert_info(imported.folder).expert.kind == "eva02-clip"
    check_features(imported.folder, expert)


@pytest.mark.parametrize("kind", ["videomae", "mvd"])
@torch.inference_mode()
def test_videomae_and_mvd_are_told_apart_by_the_user(
    kind: str, tmp_path: Path, library: Path
) -> None:
    expert = make_videomae(tmp_path, mvd=kind == "mvd")
    with pytest.raises(ModelError, match=r"videomae.* or .*mvd.*say which"):
        import_small(tmp_path / "expert.pth", library)
    imported = import_small(tmp_path / "expert.pth", library, kind)
    check_features(imported.folder, expert)


def test_videomae_is_not_for_commercial_use(tmp_path: Path, library: Path) -> None:
    make_videomae(tmp_path)
    info = read_expert_info(import_small(tmp_path / "expert.pth", library, "videomae").folder)
    assert "non-commercial" in info.license
    assert info.provenance.source == "expert.pth"
    assert info.provenance.license == info.license


@torch.inference_mode()
def test_transformers_own_configuration_is_not_taken_for_ours(
    tmp_path: Path, library: Path
) -> None:
    expert = make_videomae_transformers(tmp_path)
    source = tmp_path / "saved" / "model.safetensors"
    assert (source.parent / "config.json").is_file()
    imported = import_small(source, library)
    assert read_expert_info(imported.folder).expert.kind == "videomae-transformers"
    check_features(imported.folder, expert)


def test_a_part_of_an_expert_is_refused(tmp_path: Path, library: Path) -> None:
    state = make_videomae(tmp_path).state
    del state["blocks.1.mlp.fc2.bias"]
    torch.save({"model": state}, tmp_path / "part.pth")
    with pytest.raises(ModelError, match=r"part of the expert.*1 tensors are missing.*blocks\.1"):
        import_small(tmp_path / "part.pth", library, "videomae")
    assert not library.exists()


def test_a_kind_that_the_file_is_not_is_refused(tmp_path: Path, library: Path) -> None:
    make_videomae(tmp_path)
    with pytest.raises(ModelError, match="no expert of the kind “EVA02-CLIP”"):
        import_small(tmp_path / "expert.pth", library, "eva02-clip")
    with pytest.raises(ModelError, match="no kind of expert “resnet”"):
        import_small(tmp_path / "expert.pth", library, "resnet")


def test_other_weights_are_refused(tmp_path: Path, library: Path) -> None:
    torch.save({"conv1.weight": torch.ones(3)}, tmp_path / "resnet.pth")
    with pytest.raises(ModelError, match=r"neither a complete CAST model nor an expert.*conv1"):
        import_file(tmp_path / "resnet.pth", library)


@pytest.fixture
def experts(tmp_path: Path, library: Path) -> tuple[Path, Path]:
    """A CLIP and a VideoMAE of one size in the library."""
    make_clip(tmp_path, quick_gelu=True)
    spatial = import_small(tmp_path / "model.safetensors", library, "clip-openai")
    make_videomae(tmp_path)
    temporal = import_small(tmp_path / "expert.pth", library, "videomae")
    return spatial.folder, temporal.folder


@torch.inference_mode()
def test_a_new_model_is_exactly_its_two_experts(experts: tuple[Path, Path], library: Path) -> None:
    folder = make_cast(*experts, HEADS, library=library, name="mine")
    loaded = load_cast(folder)
    assert loaded.heads == HEADS
    state = loaded.cast.state_dict()
    for stream, path in zip(("spatial", "temporal"), experts, strict=True):
        for name, tensor in load_expert(path).weights.items():
            assert torch.equal(state[f"{stream}.{name}"], tensor), name
    final_norm = load_expert(experts[0]).final_norm
    assert torch.equal(state["spatial_norm.weight"], final_norm["weight"])
    assert bool((state["temporal_norm.weight"] == 1).all())
    clips = torch.randn((1, 3, FRAMES, SIZE, SIZE), generator=torch.Generator().manual_seed(2))
    cast = loaded.cast
    pictures = clips[0, :, cast.config.spatial_frames].transpose(0, 1)
    feature = cast.spatial_norm(cast.spatial(pictures)[:, 0].mean(0, keepdim=True))
    torch.testing.assert_close(
        cast(clips).logits["noun"], cast.heads["noun"](feature), rtol=0, atol=1e-5
    )


def test_a_new_model_keeps_the_origin_of_both(experts: tuple[Path, Path], library: Path) -> None:
    info = read_info(make_cast(*experts, HEADS, library=library, name="mine"))
    assert [origin.source for origin in info.provenance] == ["model.safetensors", "expert.pth"]
    assert "MIT" in info.license
    assert "non-commercial" in info.license


def test_experts_that_do_not_fit_make_no_model(
    experts: tuple[Path, Path], tmp_path: Path, library: Path
) -> None:
    wide = import_file(
        tmp_path / "expert.pth", library, kind="videomae", frames=FRAMES, size=2 * SIZE
    )
    with pytest.raises(ModelError, match="pixels of the picture"):
        make_cast(experts[0], wide.folder, HEADS, library=library, name="mine")
    with pytest.raises(ModelError, match="one of each"):
        make_cast(experts[1], experts[0], HEADS, library=library, name="mine")
    assert not (library / "mine").exists()


def test_the_catalogs_tell_models_from_experts(experts: tuple[Path, Path], library: Path) -> None:
    make_cast(*experts, HEADS, library=library, name="mine")
    damaged: list[ModelError] = []
    found = list_experts(library, on_damaged=damaged.append)
    assert {info.folder for info in found} == set(experts)
    assert [m.name for m in list_models([library], on_damaged=damaged.append)] == ["mine"]
    assert damaged == []
    for info in found:
        tensors = load_file(info.folder / "expert.safetensors")
        assert info.parameters == sum(tensor.numel() for tensor in tensors.values())


def test_an_expert_whose_weights_changed_is_refused(experts: tuple[Path, Path]) -> None:
    path = experts[0] / "expert.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="damaged"):
        load_expert(experts[0])


def test_an_expert_described_as_another_is_refused(experts: tuple[Path, Path]) -> None:
    config = experts[0] / "expert.json"
    described = json.loads(config.read_text())
    described["expert"]["sizes"]["depth"] = 2
    config.write_text(json.dumps(described))
    with pytest.raises(ModelError, match="not those of the expert"):
        load_expert(experts[0])


def test_an_expert_folder_moves_to_another_library(
    experts: tuple[Path, Path], tmp_path: Path
) -> None:
    moved = import_file(experts[1], tmp_path / "other")
    assert read_expert_info(moved.folder).expert == read_expert_info(experts[1]).expert
    assert load_expert(moved.folder).info.provenance.source == "expert.pth"
    shutil.rmtree(experts[1])
    assert load_expert(moved.folder).weights


def test_the_names_of_the_report_are_the_files(tmp_path: Path, library: Path) -> None:
    state = make_videomae(tmp_path).state
    state = {f"encoder.{key}": tensor for key, tensor in state.items()}  # as pre-training saves it
    state["decoder.blocks.0.norm1.weight"] = torch.ones(2)
    torch.save({"model": state, "epoch": 3}, tmp_path / "a.pth")
    report = import_small(tmp_path / "a.pth", library, "videomae").report
    translation = translate(EXPERT_KINDS["videomae"], state, frames=FRAMES, size=SIZE)
    assert set(report.dropped) == {*translation.dropped, "epoch"}
    assert set(report.used) == set(state) - set(translation.dropped)
