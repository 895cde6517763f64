"""A scene: a table, a thing that something happens to, and things that only lie there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic.motion import RADII, Motion, draw_motion
from training.synthetic.sprites import draw_sprite
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, Noun

WRONG_NOUN_RATE = 0.5
"""Share of scenes with a resting thing of another noun than the one that moves."""


@dataclass(frozen=True)
class Thing:
    """Something on the table.

    Attributes:
        noun: What it is.
        sprite: Its look, see :func:`~training.synthetic.sprites.draw_sprite`.
        motion: What happens to it, or None where it rests at ``place``.
        place: x, y, radius, angle, alpha of a resting thing.
    """

    noun: Noun
    sprite: NDArray[np.float32]
    motion: Motion | None
    place: tuple[float, float, float, float, float]

    def states(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x, y, radius, angle and alpha at each time, shape ``(n, 5)``."""
        if self.motion is not None:
            return self.motion.states(times)
        return np.tile(np.array(self.place), (len(times), 1))


@dataclass(frozen=True)
class Table:
    """What lies behind the things and over the picture.

    Attributes:
        background: Colors of the table, float32 in [0, 1], shape ``(96, 96, 3)``; larger than the
            picture by its margin, so that a shaking camera never sees an edge.
        light: Brightness over the picture, float32, shape ``(32, 32, 1)``.
        flicker: Strength of brightness changes from frame to frame.
        shake: Strength of the camera's shake, in units of the picture's height.
        noise: Strength of the sensor's noise, in [0, 1].
        quality: Quality of the compression, 0 (worst) to 100.
    """

    background: NDArray[np.float32]
    light: NDArray[np.float32]
    flicker: float
    shake: float
    noise: float
    quality: int


@dataclass(frozen=True)
class Scene:
    """One action on one table. ``things[0]`` is the one that the action happens to."""

    verb: str
    noun: Noun
    table: Table
    things: tuple[Thing, ...]


def draw_scene(
    rng: np.random.Generator,
    *,
    verbs: Sequence[str] = KNOWN_VERBS,
    nouns: Sequence[Noun] = KNOWN_NOUNS,
    distractor_nouns: Sequence[Noun] | None = None,
    table: Table | None = None,
    difficulty: float = 1.0,
    wrong_noun_rate: float = WRONG_NOUN_RATE,
) -> Scene:
    """Draw a scene.

    Args:
        rng: Source of everything that is random.
        verbs: The verb is one of these, each as likely.
        nouns: The noun is one of these, each as likely.
        distractor_nouns: Resting things are of these nouns; ``nouns`` when not given.
        table: Use this table instead of a new one.
        difficulty: 1 is the real thing; towards 0 backgrounds are plainer and distractors rarer.
        wrong_noun_rate: Share of scenes with a distractor of another noun, at difficulty 1.

    Returns:
        The scene.
    """
    verb = str(rng.choice(list(verbs)))
    noun = nouns[int(rng.integers(len(nouns)))]
    motion = draw_motion(verb, rng)
    target = Thing(noun, draw_sprite(noun, rng), motion, motion.state)
    things = [target]
    path = motion.states(np.linspace(0, 1, 9))
    others = [n for n in (distractor_nouns or nouns) if n != noun]
    if others and rng.random() < wrong_noun_rate * difficulty:
        things.append(_resting(others[int(rng.integers(len(others)))], path, things, rng))
    if rng.random() < 0.35 * difficulty:
        pool = [*others, noun]
        things.append(_resting(pool[int(rng.integers(len(pool)))], path, things, rng))
    return Scene(verb, noun, table or draw_table(rng, difficulty=difficulty), tuple(things))


def _resting(
    noun: Noun, path: NDArray[np.float64], things: Sequence[Thing], rng: np.random.Generator
) -> Thing:
    """A thing that rests where it hides the others least; size and places are those of a target."""
    radius = rng.uniform(*RADII)
    best, best_clearance = (0.5, 0.5), -10.0
    occupied = np.concatenate([path[:, :3], *(np.array([t.place[:3]]) for t in things[1:])])
    for _ in range(8):
        x, y = rng.uniform(0.14, 0.86, 2)
        gaps = np.hypot(occupied[:, 0] - x, occupied[:, 1] - y) - occupied[:, 2] - radius
        if gaps.min() > best_clearance:
            best, best_clearance = (x, y), float(gaps.min())
        if best_clearance > 0:
            break
    place = (best[0], best[1], float(radius), float(rng.uniform(0, 2 * np.pi)), 1.0)
    return Thing(noun, draw_sprite(noun, rng), None, place)


def draw_table(rng: np.random.Generator, *, difficulty: float = 1.0) -> Table:
    """Draw a table: color, grain, light, camera and compression at random."""
    size = 96
    base = rng.uniform(0.15, 0.85, 3)
    grain = rng.uniform(0.04, 0.16) * (0.3 + 0.7 * difficulty)
    kind = rng.integers(3)
    if kind == 0:  # cloth: soft patches
        field = _smooth_noise(rng, (6, 6), size)
    elif kind == 1:  # wood: long streaks
        field = _smooth_noise(rng, (4, 40) if rng.random() < 0.5 else (40, 4), size)
    else:  # stone: fine and coarse together
        field = _smooth_noise(rng, (5, 5), size) * 0.6 + _smooth_noise(rng, (30, 30), size) * 0.5
    tint = (rng.normal(0, 0.25, 3) + 1.0) * grain
    background = np.clip(base.astype(np.float32) + field[..., None] * tint.astype(np.float32), 0, 1)
    slope = rng.normal(0, 0.18 * (0.3 + 0.7 * difficulty), 2)
    axis = np.linspace(-1, 1, 32)
    light = 1 + slope[0] * axis[:, None] + slope[1] * axis[None, :]
    return Table(
        background=background.astype(np.float32),
        light=light[..., None].astype(np.float32),
        flicker=float(rng.uniform(0, 0.03)),
        shake=float(rng.uniform(0, 0.008)) * difficulty,
        noise=float(rng.uniform(0.0, 0.035)),
        quality=int(rng.integers(30, 90)),
    )


def _smooth_noise(
    rng: np.random.Generator, cells: tuple[int, int], size: int
) -> NDArray[np.float32]:
    coarse = rng.normal(0, 1, cells).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)
