"""Simple readers that look for shortcuts: what the labels can be guessed from without understanding.

Each reader is a small network on the *true* state of the thing that moves, so it sees what no decoder
or compression can hide. If one of them were good, the benchmark would be too easy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.synthetic.scene import Scene, draw_scene
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS

TRAINING_SCENES = 6000
FRAMES = 16

Features = Callable[[Scene, np.random.Generator], NDArray[np.float64]]


def shortcut_scores(
    scenes: Sequence[Scene], *, seed: int, study_scenes: int = TRAINING_SCENES
) -> dict[str, float]:
    """Train each reader on scenes of its own and score it on ``scenes``.

    Args:
        scenes: Known verbs and nouns only.
        seed: Of the readers' scenes and weights.
        study_scenes: How many scenes each reader learns from.

    Returns:
        Accuracy in [0, 1]: ``noun_from_color`` (colors of the thing's pixels), ``noun_from_motion``
        (its course), ``verb_from_one_frame`` (its state in a random frame), ``verb_shuffled_frames``
        (its states in all frames, without their order).
    """
    rng = np.random.default_rng([seed, 77])
    study = [draw_scene(rng) for _ in range(study_scenes)]
    readers: dict[str, tuple[Features, Callable[[Scene], int], int]] = {
        "noun_from_color": (_colors, _noun, len(KNOWN_NOUNS)),
        "noun_from_motion": (_course, _noun, len(KNOWN_NOUNS)),
        "verb_from_one_frame": (_one_frame, _verb, len(KNOWN_VERBS)),
        "verb_shuffled_frames": (_unordered, _verb, len(KNOWN_VERBS)),
    }
    return {
        name: _read(study, scenes, features, label, classes, rng=rng, seed=seed)
        for name, (features, label, classes) in readers.items()
    }


def _read(
    study: Sequence[Scene],
    test: Sequence[Scene],
    features: Features,
    label: Callable[[Scene], int],
    classes: int,
    *,
    rng: np.random.Generator,
    seed: int,
) -> float:
    x = torch.tensor(np.stack([features(scene, rng) for scene in study]), dtype=torch.float32)
    y = torch.tensor([label(scene) for scene in study])
    mean, std = x.mean(0), x.std(0) + 1e-6
    torch.manual_seed(seed)
    reader = nn.Sequential(
        nn.Linear(x.shape[1], 128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )
    optimizer = torch.optim.AdamW(reader.parameters(), lr=2e-3, weight_decay=0.05)
    for _ in range(30):
        for rows in torch.randperm(len(x)).split(128):
            loss = functional.cross_entropy(reader((x[rows] - mean) / std), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    seen = torch.tensor(np.stack([features(scene, rng) for scene in test]), dtype=torch.float32)
    with torch.inference_mode():
        guesses = reader((seen - mean) / std).argmax(-1)
    return float((guesses == torch.tensor([label(scene) for scene in test])).float().mean())


def _verb(scene: Scene) -> int:
    return KNOWN_VERBS.index(scene.verb)


def _noun(scene: Scene) -> int:
    return KNOWN_NOUNS.index(scene.noun)


def _colors(scene: Scene, _: np.random.Generator) -> NDArray[np.float64]:
    sprite = scene.things[0].sprite
    pixels = sprite[sprite[..., 3] > 0.99][:, :3]
    bins = [
        np.histogram(pixels[:, channel], bins=8, range=(0, 1))[0] / len(pixels)
        for channel in range(3)
    ]
    return np.concatenate([pixels.mean(0), pixels.std(0), *bins])


def _moments(scene: Scene, times: NDArray[np.float64]) -> NDArray[np.float64]:
    states = scene.things[0].states(times)
    angle = states[:, 3:4]
    return np.concatenate([states[:, :3], np.sin(angle), np.cos(angle), states[:, 4:]], 1)


def _course(scene: Scene, _: np.random.Generator) -> NDArray[np.float64]:
    return _moments(scene, (np.arange(FRAMES) + 0.5) / FRAMES).ravel()


def _one_frame(scene: Scene, rng: np.random.Generator) -> NDArray[np.float64]:
    return _moments(scene, rng.random(1)).ravel()


def _unordered(scene: Scene, _: np.random.Generator) -> NDArray[np.float64]:
    moments = _moments(scene, (np.arange(FRAMES) + 0.5) / FRAMES)
    return np.concatenate([np.sort(moments, 0).ravel(), moments.std(0), np.cov(moments.T).ravel()])
