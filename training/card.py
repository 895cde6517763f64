"""The card of the bundled model, made of what was measured and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cast_studio.errors import ModelError
from cast_studio.model.catalog import CARD_NAME, WEIGHTS_NAME, ModelInfo, read_info
from training.study.report import section
from training.synthetic.vocabulary import NEW_NOUNS, NEW_VERBS

SCORES_NAME = "scores.json"
"""What :func:`training.evaluate.evaluate` measured, and the ``minutes`` and the date of the making."""
STUDY_NAME = "study.json"
"""What a study of the model's experts found, where there was one."""


def write_card(folder: Path) -> None:
    """Write the card of a model folder from the scores, and the study where there is one, beside it.

    Raises:
        ModelError: A file is missing or holds something else.
    """
    info = read_info(folder)
    try:
        scores = json.loads((folder / SCORES_NAME).read_text("utf-8"))
        path = folder / STUDY_NAME
        study = json.loads(path.read_text("utf-8")) if path.exists() else None
        megabytes = (folder / WEIGHTS_NAME).stat().st_size / 1e6
        lines = [*_what_it_is(info, megabytes), *_how_made(scores), *_how_good(scores)]
        if study is not None:
            lines += ["", *section(study, depth=info.network.depth)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The card in “{folder}” cannot be made: {SCORES_NAME} or {STUDY_NAME} there is missing "
            f"or holds something else ({error!r}). Make the model or the study again."
        ) from error
    lines += ["", f"Measured {scores['measured']}. License of the weights: {info.license}."]
    (folder / CARD_NAME).write_text("\n".join(lines) + "\n", "utf-8")


def _what_it_is(info: ModelInfo, megabytes: float) -> list[str]:
    network = info.network
    classes = {head.name: [found.name for found in head.classes] for head in info.heads}
    return [
        f"# {info.name}",
        "",
        info.knows,
        "",
        "## What it is",
        "",
        "A CAST network (Cross-Attention in Space and Time, Lee, Lee & Choi, NeurIPS 2023) of the same",
        f"code as the large one, {network.size} × {network.size} pixels and {network.frames} frames a clip, "
        f"width {network.width}, {network.depth} blocks,",
        f"{megabytes:.1f} MB. Two heads: {len(classes['verb'])} verbs and {len(classes['noun'])} nouns.",
        "",
        f"* verbs: {', '.join(classes['verb'])}",
        f"* nouns: {', '.join(classes['noun'])}",
        "",
        "Never seen in any stage of its training, so that there is something to teach it: the verb",
        f"{', '.join(NEW_VERBS)} and the nouns {', '.join(noun.name for noun in NEW_NOUNS)}.",
    ]


def _how_made(scores: Mapping[str, Any]) -> list[str]:
    return [
        "",
        "## How it was made",
        "",
        "`python -m training make-model --out FOLDER` renders everything it needs and makes data,",
        "model and this card from nothing but its seeds. First the spatial expert alone on single",
        "frames and the temporal expert alone on clips, then both frozen, then adapters, bottleneck",
        f"cross-attention and heads between them. This one took {scores['minutes']:.0f} minutes.",
    ]


def _how_good(scores: Mapping[str, Any]) -> list[str]:
    return [
        "",
        "## How good it is",
        "",
        f"On {scores['clips']} segments of freshly rendered, compressed videos "
        f"(seed {scores['seed']}, never used in training):",
        "",
        "| | top-1 | chance |",
        "|---|---|---|",
        *(
            f"| {name} | {_percent(scores[name])} | {_percent(scores['chance'][name])} |"
            for name in ("verb", "noun", "action")
        ),
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
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
