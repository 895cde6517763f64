from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn

from cast_studio.model.catalog import read_info
from cast_studio.model.checkpoints import load_cast
from training.__main__ import main
from training.make_model import tiny_heads
from training.pretrain import (
    TINY,
    TINY_CLIPS,
    Stage,
    average_gradients,
    train_cast,
    train_spatial,
    train_temporal,
)
from training.synthetic.batches import Batch, draw_batch
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, NEW_NOUNS, NEW_VERBS

SHORT = Stage(steps=3, batch=2, rate=1e-3, seed=1, log_every=3)


def digest(state: dict[str, Tensor]) -> str:
    parts = [name.encode() + tensor.numpy().tobytes() for name, tensor in sorted(state.items())]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def one_batch() -> Iterator[Batch]:
    batch = draw_batch(np.random.default_rng(0), 4)
    while True:
        yield batch


def test_the_bundled_network_fits_its_clips_and_its_file() -> None:
    assert (TINY_CLIPS.frames, TINY_CLIPS.size) == (TINY.frames, TINY.size)
    heads = tiny_heads()
    assert [found.name for found in heads[0].classes] == list(KNOWN_VERBS)
    assert [found.name for found in heads[1].classes] == [noun.name for noun in KNOWN_NOUNS]


@pytest.mark.parametrize("train", [train_spatial, train_temporal])
def test_an_expert_is_made_from_its_seed(train: object) -> None:
    said: list[str] = []
    first, again = (train(SHORT, said.append).state_dict() for _ in range(2))  # type: ignore[operator]
    assert digest(first) == digest(again)
    assert len(said) == 2
    assert re.search(r"step +3 of +3  loss \d+\.\d{3}", said[0])


def test_cast_learns_between_experts_that_stay_as_they_are() -> None:
    spatial = train_spatial(SHORT, lambda _: None).state_dict()
    temporal = train_temporal(SHORT, lambda _: None).state_dict()
    before = digest(spatial), digest(temporal)
    said: list[str] = []
    stage = Stage(steps=30, batch=4, rate=3e-3, seed=3, log_every=1)
    cast = train_cast(stage, spatial, temporal, said.append, source=one_batch())
    assert (digest(cast.spatial.state_dict()), digest(cast.temporal.state_dict())) == before
    assert (digest(spatial), digest(temporal)) == before
    losses = [float(re.search(r"loss (\S+)", line)[1]) for line in said]  # type: ignore[index]
    assert losses[-1] < 0.9 * losses[0]
    assert all(torch.isfinite(p).all() for p in cast.parameters())


def _learn_together(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    meeting = (Path(folder) / "meeting").as_uri()
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
    weight = nn.Linear(1, 1, bias=False)
    unused = nn.Linear(1, 1)
    nn.init.constant_(weight.weight, 1.0)
    loss = weight(torch.full((1, 1), 1.0 + 2 * rank)).sum()  # gradients 1 and 3
    loss.backward()
    average_gradients(nn.ModuleList([weight, unused]))
    assert weight.weight.grad is not None
    (Path(folder) / str(rank)).write_text(str(weight.weight.grad.item()))
    distributed.destroy_process_group()


@pytest.mark.usefixtures("tracker_of_multiprocessing")
def test_processes_share_the_mean_of_their_gradients(tmp_path: Path) -> None:
    spawn(_learn_together, (str(tmp_path),), nprocs=2)
    assert [(tmp_path / rank).read_text() for rank in "01"] == ["2.0", "2.0"]


@pytest.mark.slow
@pytest.mark.usefixtures("tracker_of_multiprocessing")
def test_one_command_makes_model_scores_and_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "cast-tiny"
    arguments = ["--out", str(folder), "--shorten", "0.001", "--test-clips", "12"]
    assert main(["make-model", *arguments]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert json.loads((folder / "scores.json").read_text()) == printed
    assert printed["clips"] == 12
    for name in ("verb", "noun", "action", "noun_from_color", "verb_shuffled_frames"):
        assert 0 <= printed[name] <= 1

    info = read_info(folder)
    assert (info.name, info.network, info.clip_spec) == ("cast-tiny", TINY, TINY_CLIPS)
    assert (folder / "model.safetensors").stat().st_size <= 20e6
    assert load_cast(folder).heads == tiny_heads()
    for word in (*NEW_VERBS, *(noun.name for noun in NEW_NOUNS)):
        assert word in info.card
    assert f"{100 * printed['action']:.1f} %" in info.card
    assert info.knows in info.card
