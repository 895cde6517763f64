"""What experts in 8 bits cost in accuracy: the bundled model on the same rendered clips, twice."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.labels import LabelHead
from cast_studio.model.predictor import CastPredictor
from cast_studio.resource_files import resource_path
from tests.benchmarks.report import Measured, Report
from training.evaluate import Unseen, unseen_clips

_TARGET_POINTS = 0.5
_MODEL = "cast-tiny"

Answers = dict[str, list[NDArray[np.int64]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--clips", type=int, default=2000, metavar="N", help="segments to render")
    parser.add_argument("--seed", type=int, default=0, help="of the rendered videos")


def measure(arguments: argparse.Namespace) -> Report:
    """Let the model in float32 and with experts in 8 bits answer the same clips."""
    folder = resource_path(f"models/{_MODEL}")
    whole = CastPredictor.load(folder, device="cpu", precision="float32")
    small = CastPredictor.load(folder, device="cpu", precision="int8")
    said: dict[str, Answers] = {"float32": {}, "int8": {}}
    right: Answers = {}
    for part in unseen_clips(arguments.clips, seed=arguments.seed, spec=whole.clip_spec):
        _collect(right, _targets(whole.heads, part))
        for name, predictor in (("float32", whole), ("int8", small)):
            scores = predictor.predict(part.clips).scores
            _collect(said[name], {head: rows.argmax(1) for head, rows in scores.items()})
    targets = _joined(right)
    rows = _rows(targets, _joined(said["float32"]), _joined(said["int8"]))
    return Report("precision", rows, {"model": _MODEL, "clips": arguments.clips})


def _targets(heads: tuple[LabelHead, ...], part: Unseen) -> dict[str, NDArray[np.int64]]:
    names = {
        "verb": [scene.verb for scene in part.scenes],
        "noun": [scene.noun.name for scene in part.scenes],
    }
    order = {head.name: [found.name for found in head.classes] for head in heads}
    return {
        head: np.array([order[head].index(name) for name in values])
        for head, values in names.items()
    }


def _collect(into: Answers, found: Mapping[str, NDArray[np.int64]]) -> None:
    for head, values in found.items():
        into.setdefault(head, []).append(values)


def _joined(answers: Answers) -> dict[str, NDArray[np.int64]]:
    return {head: np.concatenate(pieces) for head, pieces in answers.items()}


def _rows(
    targets: Mapping[str, NDArray[np.int64]],
    whole: Mapping[str, NDArray[np.int64]],
    small: Mapping[str, NDArray[np.int64]],
) -> tuple[Measured, ...]:
    answers = (("float32", whole), ("int8", small))
    right = {
        name: {head: values == targets[head] for head, values in found.items()}
        for name, found in answers
    }
    changed = {head: whole[head] != small[head] for head in targets}
    for found in (*right.values(), changed):
        together = np.logical_or if found is changed else np.logical_and
        found["action"] = together(found["verb"], found["noun"])
    rows = []
    for head in ("verb", "noun", "action"):
        top1 = {name: 100 * float(found[head].mean()) for name, found in right.items()}
        rows.append(
            Measured(
                f"int8 experts, {head} top-1",
                abs(top1["int8"] - top1["float32"]),
                "points apart",
                _TARGET_POINTS,
                {
                    "float32_percent": round(top1["float32"], 2),
                    "int8_percent": round(top1["int8"], 2),
                    "answers_changed": int(changed[head].sum()),
                },
            )
        )
    return tuple(rows)
