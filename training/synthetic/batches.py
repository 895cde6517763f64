"""Endless training batches, rendered as they are needed, with labels down to the token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic.render import draw_camera, render_frames, target_states
from training.synthetic.scene import Scene, draw_scene
from training.synthetic.vocabulary import KNOWN_NOUNS, KNOWN_VERBS, Noun

FRAMES = 16
SIZE = 64
PATCH = 8
COMPRESSED_RATE = 0.2
"""Share of clips rendered at twice the size, compressed and scaled down, as a video file would be."""


@dataclass(frozen=True)
class Batch:
    """Clips and what is to be seen in them.

    Attributes:
        frames: RGB uint8, ``(B, F, 64, 64, 3)``.
        verbs: Positions in the verbs, ``(B,)``.
        nouns: Positions in the nouns, ``(B,)``.
        states: x, y, radius, angle, alpha of the thing that moves, ``(B, F, 5)``.
        patch_nouns: Noun of the thing on each patch, 0 where there is none, else position + 1,
            ``(B, F, 8, 8)``.
        on_target: Whether a patch lies on the thing that moves, ``(B, F, 8, 8)``.
    """

    frames: NDArray[np.uint8]
    verbs: NDArray[np.int64]
    nouns: NDArray[np.int64]
    states: NDArray[np.float32]
    patch_nouns: NDArray[np.int64]
    on_target: NDArray[np.bool_]


def draw_batch(
    rng: np.random.Generator,
    size: int,
    *,
    frames: int = FRAMES,
    difficulty: float = 1.0,
    verbs: Sequence[str] = KNOWN_VERBS,
    nouns: Sequence[Noun] = KNOWN_NOUNS,
    draw: Callable[[np.random.Generator], Scene] | None = None,
) -> Batch:
    """Render ``size`` clips of ``frames`` frames each, spread over an action as a user's segment is.

    Args:
        rng: Source of everything random.
        size: Clips.
        frames: Of each clip.
        difficulty: See :func:`~training.synthetic.scene.draw_scene`.
        verbs: What may happen.
        nouns: To what.
        draw: Draws a scene of these verbs and nouns; by default any, of that difficulty.
    """

    def any_scene(rng: np.random.Generator) -> Scene:
        return draw_scene(rng, verbs=verbs, nouns=nouns, difficulty=difficulty)

    draw = draw or any_scene
    clips = [_render_clip(draw(rng), rng, frames=frames, nouns=nouns) for _ in range(size)]
    scenes = [clip.scene for clip in clips]
    return Batch(
        frames=np.stack([clip.frames for clip in clips]),
        verbs=np.array([list(verbs).index(scene.verb) for scene in scenes]),
        nouns=np.array([list(nouns).index(scene.noun) for scene in scenes]),
        states=np.stack([clip.states for clip in clips]).astype(np.float32),
        patch_nouns=np.stack([clip.patch_nouns for clip in clips]),
        on_target=np.stack([clip.on_target for clip in clips]),
    )


def batches(seed: int, size: int, *, frames: int = FRAMES, ramp: int = 0) -> Iterator[Batch]:
    """Yield batches for ever; over the first ``ramp`` of them scenes grow from easy to hard."""
    rng = np.random.default_rng(seed)
    step = 0
    while True:
        difficulty = 1.0 if step >= ramp else 0.15 + 0.85 * step / ramp
        yield draw_batch(rng, size, frames=frames, difficulty=difficulty)
        step += 1


@dataclass(frozen=True)
class _Clip:
    scene: Scene
    frames: NDArray[np.uint8]
    states: NDArray[np.float64]
    patch_nouns: NDArray[np.int64]
    on_target: NDArray[np.bool_]


def _render_clip(
    scene: Scene, rng: np.random.Generator, *, frames: int, nouns: Sequence[Noun]
) -> _Clip:
    times = _sample_times(rng, frames)
    camera = draw_camera(scene.table, frames, rng)
    compressed = rng.random() < COMPRESSED_RATE
    size = SIZE * 2 if compressed else SIZE
    pictures = render_frames(scene, times, size=size, camera=camera, rng=rng)
    if compressed:
        pictures = np.stack([_compress(picture, scene.table.quality) for picture in pictures])
    states = target_states(scene, times, camera)
    patch_nouns = np.zeros((frames, SIZE // PATCH, SIZE // PATCH), np.int64)
    for thing in reversed(scene.things):  # the target lies on top of the others
        places = thing.states(times)
        places[:, :2] -= camera.offsets
        patch_nouns[_covered(places)] = list(nouns).index(thing.noun) + 1
    return _Clip(scene, pictures, states, patch_nouns, _covered(states, visible_only=False))


def _sample_times(rng: np.random.Generator, frames: int) -> NDArray[np.float64]:
    """Evenly spread moments; spans that people draw begin and end a little early or late."""
    if frames < FRAMES:
        return np.sort(rng.random(frames))
    start, stop = rng.normal(0, 0.03), 1 + rng.normal(0, 0.03)
    positions = (np.arange(frames) + 0.5 + rng.uniform(-0.25, 0.25)) / frames
    return start + positions * (stop - start)


def _covered(states: NDArray[np.float64], *, visible_only: bool = True) -> NDArray[np.bool_]:
    """Which patches lie on a thing, ``(F, 8, 8)``."""
    count = SIZE // PATCH
    centers = (np.arange(count) + 0.5) / count
    dx = centers[None, None, :] - states[:, 0, None, None]
    dy = centers[None, :, None] - states[:, 1, None, None]
    reach = states[:, 2, None, None] * 0.85
    covered: NDArray[np.bool_] = dx**2 + dy**2 < reach**2
    if visible_only:
        covered &= states[:, 4, None, None] > 0.35
    return covered


def _compress(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(cv2.resize(decoded, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)
