"""Textured shapes, drawn once per thing and warped into each frame."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic.vocabulary import Noun

SPRITE_SIZE = 80
"""Side of a sprite in pixels; the shape's unit circle has a radius of :data:`SPRITE_RADIUS`."""
SPRITE_RADIUS = 36.0


MIXED = 0.12
"""Share of a thing's pixels that are a mix of its two colors, the same for all textures."""


def draw_sprite(noun: Noun, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a thing with random colors, texture phase and texture direction.

    Every thing has exactly as much of one color as of the other, and of their mixes, whatever its shape
    and texture: the order of the pattern's values decides, not the values. So colors tell nothing.

    Returns:
        Premultiplied RGBA, float32 in [0, 1], shape ``(SPRITE_SIZE, SPRITE_SIZE, 4)``.
    """
    alpha = _shape_mask(noun.shape)
    inside = np.flatnonzero(alpha > 0)
    ranks = np.empty(len(inside), np.float32)
    order = np.argsort(_texture(noun.texture, rng).ravel()[inside], kind="stable")
    ranks[order] = np.linspace(0, 1, len(inside), dtype=np.float32)
    pattern = np.zeros(alpha.size, np.float32)
    pattern[inside] = np.clip((ranks - 0.5) / np.float32(MIXED) + 0.5, 0, 1)
    first, second = _contrasting_colors(rng)
    mixed = pattern.reshape(*alpha.shape, 1)
    color = first * mixed + second * (1 - mixed)
    return np.dstack([color * alpha[..., None], alpha]).astype(np.float32)


def _contrasting_colors(
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two colors of any hue whose brightness differs enough for the texture to be seen."""
    weights = np.array([0.299, 0.587, 0.114])
    while True:
        pair = rng.random((2, 3))
        brightness = pair @ weights
        if abs(brightness[0] - brightness[1]) > 0.3:
            return pair[0], pair[1]


_AXES = np.meshgrid(*2 * [np.arange(SPRITE_SIZE, dtype=np.float32) - SPRITE_SIZE / 2])


def _texture(name: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """A field whose higher half is one color and whose lower half is the other."""
    x, y = _AXES
    angle = np.float32(rng.uniform(0, 2 * np.pi))
    along = np.asarray(np.cos(angle) * x + np.sin(angle) * y, np.float32)
    if name == "halved":
        return np.asarray(along, np.float32)
    across = -np.sin(angle) * x + np.cos(angle) * y
    period = np.float32(rng.uniform(0.66, 0.9) * SPRITE_RADIUS)
    phases = rng.uniform(0, 2 * np.pi, 2).astype(np.float32)
    wave = np.sin(2 * np.pi * along / period + phases[0])
    if name == "checked":
        wave = wave * np.sin(2 * np.pi * across / period + phases[1])
    return np.asarray(wave, np.float32)


@functools.cache
def _shape_mask(shape: str) -> NDArray[np.float32]:
    """Coverage in [0, 1], antialiased by drawing at four times the size."""
    scale = 4
    canvas = np.zeros((SPRITE_SIZE * scale, SPRITE_SIZE * scale), np.uint8)
    center = SPRITE_SIZE * scale / 2
    radius = SPRITE_RADIUS * scale
    middle = (int(center), int(center))
    if shape in _POLYGONS:
        points = np.array(_POLYGONS[shape]) * radius + center
        cv2.fillPoly(canvas, [points.round().astype(np.int32)], 255)
    elif shape == "disc":
        cv2.circle(canvas, middle, int(radius * 0.86), 255, -1)
    elif shape == "ring":
        cv2.circle(canvas, middle, int(radius * 0.95), 255, -1)
        cv2.circle(canvas, middle, int(radius * 0.45), 0, -1)
    else:
        raise ValueError(f"unknown shape {shape!r}")
    small = cv2.resize(canvas, (SPRITE_SIZE, SPRITE_SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


_POLYGONS: dict[str, list[tuple[float, float]]] = {
    "triangle": [(0.0, -1.0), (0.92, 0.7), (-0.92, 0.7)],
    "cross": [
        *[(-0.3, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3)],
        *[(0.3, 0.95), (-0.3, 0.95), (-0.3, 0.3), (-0.95, 0.3), (-0.95, -0.3), (-0.3, -0.3)],
    ],
    "bar": [(-1.0, -0.34), (1.0, -0.34), (1.0, 0.34), (-1.0, 0.34)],
}
