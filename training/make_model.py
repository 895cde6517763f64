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
from cast_studio.model.catalog import CARD_NAME, WEIGHTS_NAME
from cast_studio.model.checkpoints import save_model
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
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, NEW_NOUNS, NEW_VERBS

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
        shorten: Share of the steps to do; below 1 for a trial of the recipe.

    Returns:
        What :func:`training.evaluate.evaluate` measured.
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
    scores = evaluate(folder, seed=test_seed, clips=test_clips)
    write_card(folder, scores, minutes=minutes)
    return scores


def tiny_heads() -> tuple[LabelHead, LabelHead]:
    """The classes that the bundled model knows."""
    return (
        _head("verb", KNOWN_VERBS),
        _head("noun", tuple(noun.name for noun in KNOWN_NOUNS)),
    )


def write_card(folder: Path, scores: dict[str, object], *, minutes: float) -> None:
    """Write the model card, with the scores as measured and nothing else."""
    (folder / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", "utf-8")
    megabytes = (folder / WEIGHTS_NAME).stat().st_size / 1e6
    lines = [
        f"# {NAME}",
        "",
        KNOWS,
        "",
        "## What it is",
        "",
        "A CAST network (Cross-Attention in Space and Time, Lee, Lee & Choi, NeurIPS 2023) of the same",
        "code as the large one, 64 × 64 pixels and 16 frames a clip, width 128, 4 blocks,",
        f"{megabytes:.1f} MB. Two heads: {len(KNOWN_VERBS)} verbs and {len(KNOWN_NOUNS)} nouns.",
        "",
        f"* verbs: {', '.join(KNOWN_VERBS)}",
        f"* nouns: {', '.join(noun.name for noun in KNOWN_NOUNS)}",
        "",
        "Never seen in any stage of its training, so that there is something to teach it: the verb",
        f"{', '.join(NEW_VERBS)} and the nouns {', '.join(noun.name for noun in NEW_NOUNS)}.",
        "",
        "## How it was made",
        "",
        "`python -m training make-model --out FOLDER` renders everything it needs and makes data,",
        "model and this card from nothing but its seeds. First the spatial expert alone on single",
        "frames and the temporal expert alone on clips, then both frozen, then adapters, bottleneck",
        f"cross-attention and heads between them. This one took {minutes:.0f} minutes.",
        "",
        "## How good it is",
        "",
        f"On {scores['clips']} segments of freshly rendered, compressed videos "
        f"(seed {scores['seed']}, never used in training):",
        "",
        "| | top-1 | chance |",
        "|---|---|---|",
    ]
    chance = scores["chance"]
    assert isinstance(chance, dict)
    lines += [
        f"| {name} | {_percent(scores[name])} | {_percent(chance[name])} |"
        for name in ("verb", "noun", "action")
    ]
    lines += [
        "",
        "What simple readers of the thing's true state reach on the same segments, without seeing them:",
        "",
        "| reader | top-1 |",
        "|---|---|",
        f"| noun from the thing's colors | {_percent(scores['noun_from_color'])} |",
        f"| noun from its motion | {_percent(scores['noun_from_motion'])} |",
        f"| verb from one frame | {_percent(scores['verb_from_one_frame'])} |",
        f"| verb from all frames, shuffled | {_percent(scores['verb_shuffled_frames'])} |",
        f"| this model, frames shuffled | {_percent(scores['model_verb_shuffled_frames'])} |",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d}. License of the weights: {LICENSE}.",
    ]
    (folder / CARD_NAME).write_text("\n".join(lines) + "\n", "utf-8")


def _percent(value: object) -> str:
    return f"{100 * float(str(value)):.1f} %"


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
