"""Complete CAST models of the published code, from files written as it writes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from cast_studio.errors import ModelError
from cast_studio.model.catalog import read_info
from cast_studio.model.checkpoints import load_cast
from cast_studio.model.weights.importing import import_file
from tests.model.examples import make_clips
from tests.model.weights.official_files import (
    ACTIONS,
    EPIC,
    SMALL,
    official_state,
    published_names,
    save_deepspeed,
    save_single,
    small_cast,
)

KEYS = Path(__file__).parents[4] / "shared" / "reference" / "keys.json"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return save_single(tmp_path / "checkpoint-best.pth", official_state(small_cast()))


def save_legacy(path: Path, state: dict[str, Tensor]) -> Path:
    return save_single(path, state, legacy=True)


def save_bare(path: Path, state: dict[str, Tensor]) -> Path:
    torch.save(state, path)
    return path


def save_safe(path: Path, state: dict[str, Tensor]) -> Path:
    save_file(state, path)
    return path


def save_wrapped(path: Path, state: dict[str, Tensor]) -> Path:
    return save_single(path, {f"module.{key}": value for key, value in state.items()})


@pytest.mark.skipif(not KEYS.is_file(), reason=f"the published code's names are not at {KEYS}")
@pytest.mark.parametrize(("dataset", "heads"), [("ek100", EPIC), ("ssv2", ACTIONS)])
def test_the_names_used_here_are_the_published_ones(dataset: str, heads: tuple) -> None:
    published = json.loads(KEYS.read_text())[dataset]
    assert sorted(published_names(12, heads)) == sorted(published)


@pytest.mark.parametrize("save", [save_single, save_legacy, save_bare, save_safe, save_wrapped])
@torch.inference_mode()
def test_a_single_file_gives_the_network_it_was_saved_from(
    save: Callable[[Path, dict[str, Tensor]], Path], tmp_path: Path, library: Path
) -> None:
    cast = small_cast()
    source = save(tmp_path / "epic.pth", official_state(cast))
    imported = import_file(source, library)
    assert imported.folder == library / "epic"
    loaded = load_cast(imported.folder)
    assert loaded.cast.config == SMALL
    for name, tensor in cast.state_dict().items():
        assert torch.equal(loaded.cast.state_dict()[name], tensor), name
    clips = make_clips(config=SMALL)
    for head, logits in cast(clips).logits.items():
        torch.testing.assert_close(loaded.cast(clips).logits[head], logits, rtol=0, atol=1e-5)


def test_a_deepspeed_folder_in_half_precision_is_kept_in_full(
    tmp_path: Path, library: Path
) -> None:
    cast = small_cast(ACTIONS)
    source = save_deepspeed(tmp_path / "checkpoint-best", official_state(cast, ACTIONS))
    imported = import_file(source, library)
    assert imported.folder.name == "checkpoint-best"
    assert "DeepSpeed folder" in imported.report.sentence()
    loaded = load_cast(imported.folder).cast.state_dict()
    for name, tensor in cast.state_dict().items():
        assert torch.equal(loaded[name], tensor.half().float()), name
    assert read_info(imported.folder).provenance[0].source == (
        "checkpoint-best/mp_rank_00_model_states.pt"
    )


@pytest.mark.parametrize(
    ("heads", "dataset"), [(EPIC, "EPIC-KITCHENS-100"), (ACTIONS, "Something-Something V2")]
)
def test_the_heads_tell_what_a_model_was_trained_on(
    heads: tuple, dataset: str, tmp_path: Path, library: Path
) -> None:
    source = save_single(tmp_path / "a.pth", official_state(small_cast(heads), heads))
    info = read_info(import_file(source, library).folder)
    assert [(h.name, len(h.classes)) for h in info.heads] == [
        (h.name, len(h.classes)) for h in heads
    ]
    assert dataset in info.knows


def test_where_weights_come_from_stays_known(checkpoint: Path, library: Path) -> None:
    info = read_info(import_file(checkpoint, library).folder)
    (origin,) = info.provenance
    assert origin.source == "checkpoint-best.pth"
    assert origin.sha256 == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert origin.bytes == checkpoint.stat().st_size
    assert "non-commercial" in origin.license
    assert "non-commercial" in info.license


def test_the_report_names_what_was_used_and_what_was_not(tmp_path: Path, library: Path) -> None:
    state = official_state(small_cast())
    source = save_single(tmp_path / "a.pth", state | {"blocks.0.novelty": torch.ones(2)})
    report = import_file(source, library).report
    assert set(report.used) == set(state)
    assert "no part of CAST" in report.dropped["blocks.0.novelty"]
    assert {"optimizer", "epoch", "args"} < set(report.dropped)
    assert report.missing == ()
    assert f"{len(state)} tensors used" in report.sentence()
    for name in (*state, "blocks.0.novelty", "optimizer"):
        assert name in report.text()


def test_classes_are_called_as_the_list_says(checkpoint: Path, library: Path) -> None:
    names = {"verb": [f"do {at}" for at in range(97)]}
    heads = read_info(import_file(checkpoint, library, class_names=names).folder).heads
    assert heads[0].classes[5].name == "do 5"
    assert heads[1].classes[5].name == "noun 5"


def test_a_list_of_other_classes_is_refused(checkpoint: Path, library: Path) -> None:
    with pytest.raises(ModelError, match="has 2 names where the model has 97"):
        import_file(checkpoint, library, class_names={"verb": ["take", "put"]})
    with pytest.raises(ModelError, match="called"):
        import_file(checkpoint, library, class_names={"verb": ["take"] * 97})
    assert not library.exists()


@pytest.mark.parametrize("key", ["blocks.1.cross_s_up.bias", "clip_conv1.weight", "head_verb.bias"])
def test_an_incomplete_model_is_refused(key: str, tmp_path: Path, library: Path) -> None:
    state = official_state(small_cast())
    del state[key]
    source = save_single(tmp_path / "a.pth", state)
    with pytest.raises(ModelError, match="not a complete one"):
        import_file(source, library)
    assert not library.exists()


def test_a_model_whose_sizes_do_not_fit_is_refused(tmp_path: Path, library: Path) -> None:
    state = official_state(small_cast())
    state["blocks.1.norm1.weight"] = torch.ones(65)
    with pytest.raises(ModelError, match="another size"):
        import_file(save_single(tmp_path / "a.pth", state), library)
    state = official_state(small_cast())
    state["clip_positional_embedding"] = torch.ones(30_000, 64)
    with pytest.raises(ModelError, match="tokens"):
        import_file(save_single(tmp_path / "a.pth", state), library)


def test_numbers_that_are_not_finite_are_refused_and_leave_nothing(
    tmp_path: Path, library: Path
) -> None:
    state = official_state(small_cast())
    state["blocks.1.mlp.fc1.weight"][3, 4] = torch.nan
    with pytest.raises(ModelError, match=r"layers|mlp\.up.*not finite"):
        import_file(save_single(tmp_path / "a.pth", state), library)
    assert list(library.iterdir()) == []


def test_names_are_not_given_twice(checkpoint: Path, library: Path) -> None:
    assert import_file(checkpoint, library).folder.name == "checkpoint-best"
    assert import_file(checkpoint, library).folder.name == "checkpoint-best-2"
    assert import_file(checkpoint, library, name="Epic").folder.name == "Epic"
    with pytest.raises(ModelError, match="already is a model “Epic”"):
        import_file(checkpoint, library, name="Epic")


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", ".hidden", "a\\b", "con:", "x" * 99])
def test_a_name_that_is_no_folder_is_refused(name: str, checkpoint: Path, library: Path) -> None:
    with pytest.raises(ModelError, match="cannot name a model"):
        import_file(checkpoint, library, name=name)


def test_progress_rises_to_the_end(checkpoint: Path, library: Path) -> None:
    seen: list[float] = []
    import_file(checkpoint, library, on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 10


def test_an_import_that_is_stopped_leaves_nothing(checkpoint: Path, library: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: float) -> None:
        if done > 0.7:
            raise StoppedError

    with pytest.raises(StoppedError):
        import_file(checkpoint, library, on_progress=stop)
    assert list(library.iterdir()) == []
