"""One command that makes the bundled model: experts, CAST, scores and card."""

from __future__ import annotations

import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import torch
from safetensors.torch import load_file, save_file
from torch import distributed
from torch.multiprocessing.spawn import spawn

from cast_studio.core.labels import LabelClass, LabelHead, color_for
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import save_model
from training.card import SCORES_NAME, STUDY_NAME, write_card
from training.evaluate import evaluate
from training.pretrain import (
    CAST_STAGE,
    SPATIAL_STAGE,
    TEMPORAL_STAGE,
    TINY,
    TINY_CLIPS,
    TINY_HEADS,
    Stage,
    train_cast,
    train_spatial,
    train_temporal,
)
from training.synthetic.batches import batches
from training.synthetic.readers import TRAINING_SCENES
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

NAME = "cast-tiny"
KNOWS = (
    "cast-tiny knows only rendered table-top scenes. For real videos, label some segments of your own "
    "and retrain: it will learn what can be told from small, plain pictures, and no more."
)
LICENSE = "MIT"
CAST_PROCESSES = 2
"""Of equal share in the stage in which CAST is trained; one core each."""

Report = Callable[[str], None]


def make_model(
    folder: Path, report: Report, *, test_seed: int, test_clips: int, shorten: float = 1.0
) -> dict[str, object]:
    """Train the bundled model from nothing, measure it and write it with its card.

    The experts are trained side by side, one process each; then CAST between them, by two processes
    that each bring half of every batch.

    Args:
        folder: Where to; created.
        report: Called with lines of progress.
        test_seed: Of the videos it is measured on.
        test_clips: How many segments it is measured on.
        shorten: Share of the steps and of the readers' scenes; below 1 for a trial of the recipe.

    Returns:
        What :func:`training.evaluate.evaluate` measured, and the ``minutes`` that the making took.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cast-tiny-") as scratch:
        experts = Path(scratch)
        _train_experts(experts, shorten)
        spawn(_train_cast, (scratch, shorten), nprocs=CAST_PROCESSES)
        cast = Cast(TINY, TINY_HEADS)
        cast.load_state_dict(load_file(experts / "cast.safetensors"))
    save_model(
        folder,
        cast,
        name=NAME,
        heads=tiny_heads(),
        clip_spec=TINY_CLIPS,
        knows=KNOWS,
        license_terms=LICENSE,
    )
    minutes = (time.monotonic() - start) / 60
    report(f"Trained in {minutes:.0f} min; measuring on {test_clips} unseen segments.")
    study_scenes = max(100, round(TRAINING_SCENES * shorten))
    measured = evaluate(folder, seed=test_seed, clips=test_clips, study_scenes=study_scenes)
    scores = {**measured, "minutes": minutes, "measured": f"{datetime.now(UTC):%Y-%m-%d}"}
    (folder / SCORES_NAME).write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    (folder / STUDY_NAME).unlink(missing_ok=True)
    write_card(folder)
    return scores


def tiny_heads() -> tuple[LabelHead, LabelHead]:
    """The classes that the bundled model knows."""
    return (
        _head("verb", KNOWN_VERBS),
        _head("noun", tuple(noun.name for noun in KNOWN_NOUNS)),
    )


def _head(name: str, classes: tuple[str, ...]) -> LabelHead:
    return LabelHead(
        name, tuple(LabelClass(at, found, color_for(at)) for at, found in enumerate(classes))
    )


def _train_experts(folder: Path, shorten: float) -> None:
    """Train both experts, each in a process and on a core of its own."""
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_train_expert, args=(name, str(folder), shorten))
        for name in ("spatial", "temporal")
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("an expert's training process failed; its traceback is above")


def _train_expert(name: str, folder: str, shorten: float) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    train, stage = {
        "spatial": (train_spatial, SPATIAL_STAGE),
        "temporal": (train_temporal, TEMPORAL_STAGE),
    }[name]
    expert = train(_shortened(stage, shorten), _reporter(name))
    save_file(expert.state_dict(), Path(folder) / f"{name}.safetensors")


def _train_cast(rank: int, folder: str, shorten: float) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    meeting = (Path(folder) / "meeting").as_uri()
    distributed.init_process_group(
        "gloo", init_method=meeting, rank=rank, world_size=CAST_PROCESSES
    )
    stage = _shortened(CAST_STAGE, shorten)
    cast = train_cast(
        stage,
        load_file(Path(folder) / "spatial.safetensors"),
        load_file(Path(folder) / "temporal.safetensors"),
        _reporter("cast") if rank == 0 else lambda _: None,
        source=batches(stage.seed * 1000 + rank, stage.batch // CAST_PROCESSES),
    )
    if rank == 0:
        save_file(cast.state_dict(), Path(folder) / "cast.safetensors")
    distributed.destroy_process_group()


def _reporter(name: str) -> Report:
    def report(line: str) -> None:
        sys.stderr.write(f"{name:9} {line}\n")
        sys.stderr.flush()

    return report


def _shortened(stage: Stage, share: float) -> Stage:
    return replace(stage, steps=max(2, round(stage.steps * share)))
