"""The sample project and held-out videos: rendered scenes with things and actions that are new.

The bundled model knows neither :data:`NEW_VERBS` nor :data:`NEW_NOUNS`; the sample shows them often enough
to be taught, among as much that it knows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from training.synthetic.video import SIZE, Action, RenderedVideo, write_video
from training.synthetic.vocabulary import (
    KNOWN_NOUNS,
    KNOWN_VERBS,
    NEW_NOUNS,
    NEW_VERBS,
    NOUNS,
    VERBS,
    Noun,
)

SAMPLE_SALT = 1118825
"""The sample's scenes come from another stream than those of training and of evaluation."""
HELDOUT_SALT = 2311188
ACTIONS_PER_VIDEO = 36


def plan_actions(new: int, known: int, rng: np.random.Generator) -> list[Action]:
    """Draw actions with something new in them and actions without, in random order.

    Of the new ones every third shows a new verb, the others a new noun, each as often as the others.

    Args:
        new: How many have a new verb or a new noun.
        known: How many have neither.
        rng: Source of everything random.
    """
    novelties: list[str | Noun] = [*NEW_VERBS, *NEW_NOUNS]
    actions = []
    for at in range(new):
        novelty = novelties[at % len(novelties)]
        verb = str(rng.choice(KNOWN_VERBS))
        noun = KNOWN_NOUNS[int(rng.integers(len(KNOWN_NOUNS)))]
        if isinstance(novelty, Noun):
            actions.append(Action(verb, novelty))
        else:
            actions.append(Action(novelty, noun))
    verbs = rng.permutation([KNOWN_VERBS[at % len(KNOWN_VERBS)] for at in range(known)])
    nouns = rng.permutation([at % len(KNOWN_NOUNS) for at in range(known)])
    for verb, position in zip(verbs, nouns, strict=True):
        actions.append(Action(str(verb), KNOWN_NOUNS[int(position)]))
    return [actions[int(at)] for at in rng.permutation(len(actions))]


def write_sample(
    folder: Path, *, train: tuple[int, int], heldout: tuple[int, int], seed: int
) -> None:
    """Render a sample project: videos and ``sample.json`` with what really happens in them.

    Args:
        folder: Created; holds ``videos/`` and ``sample.json`` afterwards.
        train: Actions with something new and actions without, to learn from.
        heldout: Likewise, to measure with.
        seed: Of everything random.
    """
    rng = np.random.default_rng([SAMPLE_SALT, seed])
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    described = []
    for role, (new, known) in (("train", train), ("heldout", heldout)):
        parts = _split(plan_actions(new, known, rng))
        for number, actions in enumerate(parts, start=1):
            name = f"{'practice' if role == 'train' else 'unseen'}-{number}.mp4"
            video = write_video(
                folder / "videos" / name,
                actions,
                seed=int(rng.integers(1 << 62)),
                size=SIZE,
                distractor_nouns=NOUNS,
            )
            described.append(_describe(name, role, video))
    _write_description(folder, described)


def write_heldout(folder: Path, *, new: int, known: int, seed: int) -> None:
    """Render held-out videos only, from a seed of the user's, in the form of a sample."""
    rng = np.random.default_rng([HELDOUT_SALT, seed])
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    described = []
    for number, actions in enumerate(_split(plan_actions(new, known, rng)), start=1):
        name = f"unseen-{number}.mp4"
        path = folder / "videos" / name
        video_seed = int(rng.integers(1 << 62))
        video = write_video(path, actions, seed=video_seed, distractor_nouns=NOUNS)
        described.append(_describe(name, "heldout", video))
    _write_description(folder, described)


def _split(actions: Sequence[Action]) -> list[Sequence[Action]]:
    """Cut into videos of about the same length."""
    count = max(1, round(len(actions) / ACTIONS_PER_VIDEO))
    edges = np.linspace(0, len(actions), count + 1).round().astype(int)
    return [actions[first:stop] for first, stop in pairwise(edges.tolist())]


def _describe(name: str, role: str, video: RenderedVideo) -> dict[str, object]:
    segments = [
        {
            "start_frame": segment.start_frame,
            "stop_frame": segment.stop_frame,
            "verb": segment.verb,
            "noun": segment.noun,
        }
        for segment in video.segments
    ]
    return {"file": name, "role": role, "segments": segments}


def _write_description(folder: Path, videos: Sequence[dict[str, object]]) -> None:
    # Known classes first: their order is the bundled model's.
    schema = {
        "verb": [*KNOWN_VERBS, *(verb for verb in VERBS if verb in NEW_VERBS)],
        "noun": [noun.name for noun in (*KNOWN_NOUNS, *NEW_NOUNS)],
    }
    text = json.dumps({"schema": schema, "videos": list(videos)}, indent=1)
    (folder / "sample.json").write_text(text + "\n", "utf-8")
