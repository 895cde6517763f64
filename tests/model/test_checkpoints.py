from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cast_studio.core.labels import LabelHead
from cast_studio.errors import ModelError
from cast_studio.model.cast import Cast, is_expert_parameter
from cast_studio.model.catalog import read_adapter_info
from cast_studio.model.checkpoints import (
    LoadedCast,
    file_sha256,
    head_configs,
    load_cast,
    save_adapter,
    widen_heads,
)
from tests.fakes import make_head
from tests.model.examples import CLIPS, HEADS, NOUNS, VERBS, make_cast, make_clips, write_model

WIDER = (make_head("verb", "wash", "cut", "take", "put"), NOUNS)


def write_adapter(folder: Path, cast: Cast, model: LoadedCast) -> Path:
    save_adapter(
        folder,
        cast,
        model=model.model,
        heads=WIDER,
        created_at="2026-01-02T03:04:05+00:00",
        metrics={"verb": 0.5},
    )
    return folder


@pytest.fixture
def adapter_folder(tmp_path: Path, model_folder: Path) -> Path:
    """Other adapters, B-CAST and heads over the model of ``model_folder``."""
    return write_adapter(tmp_path / "adapter", make_cast(WIDER, seed=7), load_cast(model_folder))


@torch.inference_mode()
def test_a_model_comes_back_as_it_was(cast: Cast, model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    assert loaded.heads == HEADS
    assert loaded.adapter is None
    assert loaded.model.clip_spec == CLIPS
    assert not loaded.cast.training
    clips = make_clips()
    for head, logits in cast(clips).logits.items():
        # Not to the bit: where a tensor lies in memory decides in which order sums are taken.
        torch.testing.assert_close(loaded.cast(clips).logits[head], logits, rtol=0, atol=1e-5)
    for name, tensor in cast.state_dict().items():
        assert torch.equal(loaded.cast.state_dict()[name], tensor), name


def test_a_model_in_half_precision_is_kept_in_full(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", make_cast().bfloat16())
    assert {p.dtype for p in load_cast(folder).cast.parameters()} == {torch.float32}
    weights = load_file(folder / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}


def test_an_adapter_holds_no_part_of_an_expert(adapter_folder: Path) -> None:
    names = set(load_file(adapter_folder / "adapter.safetensors"))
    assert names == set(make_cast(WIDER).trained_parameters())
    assert not any(is_expert_parameter(name) for name in names)


@torch.inference_mode()
def test_an_adapter_is_laid_over_the_experts_of_its_model(
    model_folder: Path, adapter_folder: Path
) -> None:
    loaded = load_cast(model_folder, adapter_folder=adapter_folder)
    assert loaded.heads == WIDER
    assert loaded.adapter == read_adapter_info(adapter_folder)
    base, trained = load_cast(model_folder).cast.state_dict(), make_cast(WIDER, seed=7).state_dict()
    for name, tensor in loaded.cast.state_dict().items():
        source = base if is_expert_parameter(name) else trained
        assert tensor.numpy().tobytes() == source[name].numpy().tobytes(), name


def test_experts_smuggled_into_an_adapter_are_not_used(
    model_folder: Path, adapter_folder: Path
) -> None:
    weights = load_file(adapter_folder / "adapter.safetensors")
    weights["spatial.class_token"] = torch.zeros(16)
    replace_weights(adapter_folder, weights)
    loaded = load_cast(model_folder, adapter_folder=adapter_folder)
    assert loaded.cast.spatial.class_token.any()


def test_an_adapter_of_another_model_is_refused(tmp_path: Path, adapter_folder: Path) -> None:
    other = write_model(tmp_path / "other", make_cast(seed=1))
    with pytest.raises(ModelError, match="belongs to another version of “small”") as refusal:
        load_cast(other, adapter_folder=adapter_folder)
    assert str(adapter_folder) in str(refusal.value)


def replace_weights(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    """Write other weights into a folder, with the right checksum."""
    name = "model" if (folder / "config.json").exists() else "adapter"
    config = folder / ("config.json" if name == "model" else "adapter.json")
    save_file(weights, folder / f"{name}.safetensors")
    values = json.loads(config.read_text())
    field = "weights_sha256" if name == "model" else "adapter_sha256"
    values[field] = file_sha256(folder / f"{name}.safetensors")
    config.write_text(json.dumps(values))


def change_config(folder: Path, **changes: object) -> None:
    path = next(path for path in folder.glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def drop_field(folder: Path, name: str) -> None:
    path = next(path for path in folder.glob("*.json"))
    values = json.loads(path.read_text())
    del values[name]
    path.write_text(json.dumps(values))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def without(folder: Path, name: str) -> None:
    file = next(folder.glob("*.safetensors"))
    weights = load_file(file)
    replace_weights(folder, {key: value for key, value in weights.items() if key != name})


def with_tensor(folder: Path, name: str, tensor: torch.Tensor) -> None:
    file = next(folder.glob("*.safetensors"))
    replace_weights(folder, load_file(file) | {name: tensor})


MODEL_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "There is no model in “{}”.*“config.json” is missing"),
    "no configuration": (lambda f: (f / "config.json").unlink(), "“config.json” is missing"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "cannot be read.*No such file"),
    "truncated": (lambda f: truncate(f / "model.safetensors"), "damaged.*checksum"),
    "one bit": (lambda f: flip_a_bit(f / "model.safetensors"), "damaged.*checksum"),
    "empty": (lambda f: (f / "model.safetensors").write_bytes(b""), "cannot be read"),
    "a pickle": (lambda f: torch.save({}, f / "model.safetensors"), "impossibly large"),
    "a list": (
        lambda f: (f / "model.safetensors").write_bytes(b"\x02" + bytes(7) + b"[]"),
        "cannot be read",
    ),
    "not JSON": (lambda f: (f / "config.json").write_text("{"), "cannot be read.*“config.json”"),
    "not text": (lambda f: (f / "config.json").write_bytes(b"\xff\xfe"), "cannot be read"),
    "a number": (lambda f: (f / "config.json").write_text("3"), "not a JSON object"),
    "newer": (lambda f: change_config(f, format=2), "made by a newer version.*update the program"),
    "no heads": (lambda f: change_config(f, heads=[]), "at least one label head"),
    "no name": (lambda f: drop_field(f, "name"), 'cannot be used.*lacks the field "name"'),
    "no network": (lambda f: drop_field(f, "network"), 'lacks the field "network"'),
    "text network": (lambda f: change_config(f, network="x"), "must be an object"),
    "no clips": (lambda f: change_config(f, clip_spec={}), "clip specification is incomplete"),
    "other clips": (
        lambda f: change_config(f, clip_spec=replace(CLIPS, frames=16).to_json()),
        "not of the size that its network reads",
    ),
    "tensor missing": (lambda f: without(f, "spatial.position"), "1 missing, 0 unknown"),
    "tensor unknown": (
        lambda f: with_tensor(f, "extra", torch.zeros(1)),
        "0 missing, 1 unknown, 0 of another size .*“extra”",
    ),
    "tensor of another shape": (
        lambda f: with_tensor(f, "spatial.class_token", torch.zeros(17)),
        "1 of another size .*“spatial.class_token”",
    ),
}


@pytest.mark.parametrize("damage", MODEL_DAMAGE)
def test_a_damaged_model_is_refused_in_a_sentence(model_folder: Path, damage: str) -> None:
    harm, sentence = MODEL_DAMAGE[damage]
    harm(model_folder)
    with pytest.raises(ModelError, match=sentence.format(model_folder)) as refusal:
        load_cast(model_folder)
    assert_names(refusal.value, model_folder, but_not=damage == "no heads")


ADAPTER_DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "There is no trained model in “{}”.*“adapter.json” is missing"),
    "no weights": (lambda f: (f / "adapter.safetensors").unlink(), "cannot be read"),
    "truncated": (lambda f: truncate(f / "adapter.safetensors"), "damaged.*checksum"),
    "one bit": (lambda f: flip_a_bit(f / "adapter.safetensors"), "damaged.*checksum"),
    "not safetensors": (
        lambda f: (
            (f / "adapter.safetensors").write_text("weights"),
            change_config(f, adapter_sha256=file_sha256(f / "adapter.safetensors")),
        ),
        "cannot be read",
    ),
    "newer": (lambda f: change_config(f, format=2), "made by a newer version.*update the program"),
    "no checksum": (lambda f: drop_field(f, "adapter_sha256"), "lacks the field.*Retrain"),
    "tensor missing": (lambda f: without(f, "layers.0.exchange.t2s.out.bias"), "1 missing"),
    "tensor of another shape": (
        lambda f: with_tensor(f, "heads.verb.bias", torch.zeros(3)),
        "1 of another size .*“heads.verb.bias”",
    ),
}


@pytest.mark.parametrize("damage", ADAPTER_DAMAGE)
def test_a_damaged_adapter_is_refused_in_a_sentence(
    model_folder: Path, adapter_folder: Path, damage: str
) -> None:
    harm, sentence = ADAPTER_DAMAGE[damage]
    harm(adapter_folder)
    with pytest.raises(ModelError, match=sentence.format(adapter_folder)) as refusal:
        load_cast(model_folder, adapter_folder=adapter_folder)
    assert_names(refusal.value, adapter_folder)


def assert_names(refusal: ModelError, folder: Path, *, but_not: bool = False) -> None:
    assert but_not or str(folder) in str(refusal)
    assert "\n" not in str(refusal)


@pytest.mark.parametrize("keep", ["model.safetensors", "config.partial", "model.partial"])
def test_what_a_torn_write_leaves_is_no_model(
    tmp_path: Path, model_folder: Path, keep: str
) -> None:
    """The configuration is put in its place last: everything before it must not look like a model."""
    torn = tmp_path / "torn"
    torn.mkdir()
    source = "model.safetensors" if keep.startswith("model") else "config.json"
    shutil.copyfile(model_folder / source, torn / keep)
    with pytest.raises(ModelError, match="There is no model"):
        load_cast(torn)


def test_nothing_partial_is_left_after_a_write(model_folder: Path, adapter_folder: Path) -> None:
    assert {path.name for path in model_folder.iterdir()} == {"config.json", "model.safetensors"}
    assert {path.name for path in adapter_folder.iterdir()} == {
        "adapter.json",
        "adapter.safetensors",
    }


def test_others_may_read_what_is_written(model_folder: Path) -> None:
    umask = os.umask(0)
    os.umask(umask)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in model_folder.iterdir()}
    assert modes == {0o666 & ~umask}


@pytest.mark.parametrize("blocked", ["model.partial", "config.partial"])
def test_a_failed_write_leaves_the_old_files(model_folder: Path, cast: Cast, blocked: str) -> None:
    before = {path.name: path.read_bytes() for path in model_folder.iterdir()}
    (model_folder / blocked).mkdir()
    with pytest.raises(ModelError, match=r"“.*” cannot be written \(.+\): make room"):
        write_model(model_folder, cast)
    (model_folder / blocked).rmdir()
    assert {path.name: path.read_bytes() for path in model_folder.iterdir()} == before


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path, cast: Cast) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written"):
        write_model(tmp_path / "file" / "model", cast)


@pytest.mark.parametrize(
    ("heads", "sentence"),
    [
        ((), "at least one label head"),
        ((make_head("verb"),), "“verb” has no classes"),
        ((make_head("hand.left", "open"),), "cannot be called “hand.left”"),
        ((make_head("keys", "open"),), "cannot be called “keys”"),
    ],
)
def test_heads_that_no_network_can_have_are_refused(heads: tuple, sentence: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ModelError, match=sentence):
        head_configs(heads)


ORDERS = {
    "same": ("take", "put", "cut"),
    "appended": ("take", "put", "cut", "wash", "dry"),
    "prepended": ("wash", "take", "put", "cut"),
    "shuffled": ("cut", "wash", "take", "put"),
    "fewer": ("cut", "take"),
    "one known": ("wash", "put"),
}


@pytest.mark.parametrize("order", ORDERS)
@torch.inference_mode()
def test_widening_keeps_the_scores_of_known_classes(model_folder: Path, order: str) -> None:
    loaded = load_cast(model_folder)
    names, known = ORDERS[order], [found.name for found in VERBS.classes]
    wide = widen_heads(loaded, (make_head("verb", *names, first_id=50), NOUNS)).eval()
    clips = make_clips(8)
    before, after = loaded.cast(clips).logits, wide(clips).logits
    assert after["verb"].shape == (8, len(names))
    for at, name in enumerate(names):
        if name in known:
            expected = before["verb"][:, known.index(name)]
            torch.testing.assert_close(after["verb"][:, at], expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(after["noun"], before["noun"], rtol=0, atol=1e-6)


@torch.inference_mode()
def test_a_renamed_class_keeps_its_scores(model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    verbs = tuple(
        replace(one, name="grab", former_names=("take",)) if one.name == "take" else one
        for one in VERBS.classes
    )
    renamed = widen_heads(loaded, (LabelHead("verb", verbs), NOUNS))
    known = loaded.cast.state_dict()
    for name, values in renamed.state_dict().items():
        assert torch.equal(values, known[name]), name


def test_a_new_class_is_never_the_answer_before_it_was_taught(model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    wide = widen_heads(loaded, (make_head("verb", "wash", "take", "put", "cut"), NOUNS)).eval()
    verbs = wide(make_clips(64)).logits["verb"]
    assert (verbs.argmax(1) > 0).all()


@torch.inference_mode()
def test_the_only_known_class_wins_over_new_ones(tmp_path: Path) -> None:
    """The mean of one class is that class: without a margin the new class would tie."""
    heads = (make_head("verb", "take"),)
    loaded = load_cast(write_model(tmp_path / "model", make_cast(heads), heads))
    wide = widen_heads(loaded, (make_head("verb", "wash", "take"),)).eval()
    assert (wide(make_clips(16)).logits["verb"].argmax(1) == 1).all()


def test_widening_leaves_the_network_alone(model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    before = {name: tensor.clone() for name, tensor in loaded.cast.state_dict().items()}
    wide = widen_heads(loaded, WIDER)
    with torch.no_grad():
        for parameter in wide.parameters():
            parameter.zero_()
    for name, tensor in loaded.cast.state_dict().items():
        assert torch.equal(tensor, before[name]), name


@torch.inference_mode()
def test_a_head_of_another_kind_starts_fresh_over_both_streams(model_folder: Path) -> None:
    loaded = load_cast(model_folder)
    wide = widen_heads(loaded, (VERBS, make_head("mood", "calm", "wild"))).eval()
    output = wide(make_clips()).logits
    expected = loaded.cast(make_clips()).logits["verb"]
    torch.testing.assert_close(output["verb"], expected, rtol=0, atol=1e-6)
    assert not output["mood"].any()
