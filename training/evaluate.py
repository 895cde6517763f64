"""Measuring a model on rendered videos that it has never seen, beside what shortcuts would reach."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelHead
from cast_studio.media.clip_reader import ClipReader
from cast_studio.model.predictor import CastPredictor
from training.metrics import head_metrics
from training.synthetic.readers import TRAINING_SCENES, shortcut_scores
from training.synthetic.scene import Scene
from training.synthetic.video import Action, write_video
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, Noun

EVALUATION_SALT = 20231218
"""Seeds of evaluation come from another stream than those of training: no scene can be met twice."""
ACTIONS_PER_VIDEO = 24
VIDEO_SIZE = 192

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Unseen:
    """Clips of rendered videos, read back through the decoder.

    Attributes:
        clips: RGB, ``(N, frames, size, size, 3)``.
        scenes: What each was rendered from.
    """

    clips: NDArray[np.uint8]
    scenes: tuple[Scene, ...]


def draw_actions(
    count: int, rng: np.random.Generator, *, verbs: Sequence[str], nouns: Sequence[Noun]
) -> list[Action]:
    """Draw actions with every verb and noun as often as the others, in random order and pairing."""
    drawn_verbs = [verbs[at % len(verbs)] for at in range(count)]
    drawn_nouns = [nouns[at % len(nouns)] for at in range(count)]
    rng.shuffle(drawn_verbs)
    order = rng.permutation(count)
    return [Action(verb, drawn_nouns[int(at)]) for verb, at in zip(drawn_verbs, order, strict=True)]


def unseen_clips(
    count: int, *, seed: int, spec: ClipSpec, report: Report | None = None
) -> Iterator[Unseen]:
    """Render videos of known verbs and nouns, encode them, and read their segments back.

    Args:
        count: Clips in all, at least 1.
        seed: Of everything.
        spec: How the model's clips are made.
        report: Called with clips done and clips in all.

    Yields:
        The clips of one video at a time.
    """
    rng = np.random.default_rng([EVALUATION_SALT, seed])
    actions = draw_actions(count, rng, verbs=KNOWN_VERBS, nouns=KNOWN_NOUNS)
    with tempfile.TemporaryDirectory(prefix="cast-studio-") as folder:
        path = Path(folder) / "unseen.mp4"
        for first in range(0, count, ACTIONS_PER_VIDEO):
            chosen = actions[first : first + ACTIONS_PER_VIDEO]
            video_seed = int(rng.integers(1 << 62))
            video = write_video(path, chosen, seed=video_seed, size=VIDEO_SIZE)
            with ClipReader(path, spec) as reader:
                spans = [
                    reader.index.span_of_frames(segment.start_frame, segment.stop_frame)
                    for segment in video.segments
                ]
                clips = np.stack([reader.read(span) for span in spans])
            yield Unseen(clips, video.scenes)
            if report is not None:
                report(first + len(chosen), count)


def evaluate(
    model_folder: Path,
    *,
    seed: int,
    clips: int,
    adapter_folder: Path | None = None,
    report: Report | None = None,
    study_scenes: int = TRAINING_SCENES,
) -> dict[str, object]:
    """Measure a model that knows the renderer's verbs and nouns.

    Args:
        model_folder: The model.
        seed: Of the videos; never used in training whatever it is.
        clips: How many segments to render.
        adapter_folder: An adapter over the model.
        report: Called with clips done and clips in all.
        study_scenes: How many scenes the readers learn from.

    Returns:
        JSON values: ``verb``, ``noun``, ``action`` (shares in [0, 1]), ``chance`` of each, ``clips``,
        ``seed``, the readers of :mod:`training.synthetic.readers`, and the model's own
        ``model_verb_shuffled_frames``.
    """
    predictor = CastPredictor.load(model_folder, adapter_folder=adapter_folder)
    rng = np.random.default_rng([EVALUATION_SALT, seed, 1])
    scores: dict[str, list[NDArray[np.float32]]] = {"verb": [], "noun": []}
    shuffled: list[NDArray[np.float32]] = []
    scenes: list[Scene] = []
    for part in unseen_clips(clips, seed=seed, spec=predictor.clip_spec, report=report):
        answer = predictor.predict(part.clips)
        for head, rows in scores.items():
            rows.append(answer.scores[head])
        order = rng.permuted(np.tile(np.arange(part.clips.shape[1]), (len(part.clips), 1)), axis=1)
        mixed = np.take_along_axis(part.clips, order[:, :, None, None, None], axis=1)
        shuffled.append(predictor.predict(mixed).scores["verb"])
        scenes.extend(part.scenes)
    targets = _targets(predictor.heads, scenes)
    best = {head: np.concatenate(rows).argmax(1) == targets[head] for head, rows in scores.items()}
    verb, noun = best["verb"], best["noun"]
    return {
        "verb": float(verb.mean()),
        "noun": float(noun.mean()),
        "action": float((verb & noun).mean()),
        "clips": len(scenes),
        "seed": seed,
        "chance": {
            "verb": 1 / len(KNOWN_VERBS),
            "noun": 1 / len(KNOWN_NOUNS),
            "action": 1 / (len(KNOWN_VERBS) * len(KNOWN_NOUNS)),
        },
        **shortcut_scores(scenes, seed=seed, study_scenes=study_scenes),
        "model_verb_shuffled_frames": head_metrics(np.concatenate(shuffled), targets["verb"]).top1,
        "verb_by_class": _by_class(verb, [scene.verb for scene in scenes]),
        "noun_by_class": _by_class(noun, [scene.noun.name for scene in scenes]),
    }


def _targets(heads: Sequence[LabelHead], scenes: Sequence[Scene]) -> dict[str, NDArray[np.int64]]:
    names = {
        "verb": [scene.verb for scene in scenes],
        "noun": [scene.noun.name for scene in scenes],
    }
    positions = {
        head.name: {found.name: at for at, found in enumerate(head.classes)} for head in heads
    }
    return {
        head: np.array([positions[head][name] for name in values]) for head, values in names.items()
    }


def _by_class(right: NDArray[np.bool_], names: Sequence[str]) -> dict[str, float]:
    of = np.array(names)
    return {str(name): round(float(right[of == name].mean()), 4) for name in np.unique(of)}
