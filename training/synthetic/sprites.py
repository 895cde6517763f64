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


def draw_sprite(noun: Noun, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a thing with random colors, texture phase and texture direction.

    Returns:
        Premultiplied RGBA, float32 in [0, 1], shape ``(SPRITE_SIZE, SPRITE_SIZE, 4)``.
    """
    alpha = _shape_mask(noun.shape)
    first, second = _contrasting_colors(rng)
    pattern = _texture(noun.texture, rng)[..., None]
    color = first * pattern + second * (1 - pattern)
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
    """A pattern in [0, 1] that is light and dark in equal parts, whatever the texture."""
    x, y = _AXES
    angle = np.float32(rng.uniform(0, np.pi))
    along = np.cos(angle) * x + np.sin(angle) * y
    across = -np.sin(angle) * x + np.cos(angle) * y
    period = np.float32(rng.uniform(0.66, 0.9) * SPRITE_RADIUS)
    phases = rng.uniform(0, 2 * np.pi, 2).astype(np.float32)
    wave = np.sin(2 * np.pi * along / period + phases[0])
    if name == "checked":
        other = np.sin(2 * np.pi * across / period + phases[1])
        nearer = np.minimum(np.abs(wave), np.abs(other))  # twice as many edges, each half as soft:
        wave = 2 * np.sign(wave) * np.sign(other) * nearer  # the same share of mixed colors
    return np.clip(wave * 4 + 0.5, 0, 1).astype(np.float32)


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
    elif shape == "drop":
        cv2.circle(canvas, (middle[0], int(center + radius * 0.35)), int(radius * 0.6), 255, -1)
        tip = np.array([[-0.56, 0.15], [0.0, -1.0], [0.56, 0.15]]) * radius + center
        cv2.fillPoly(canvas, [tip.round().astype(np.int32)], 255)
    elif shape == "crescent":
        cv2.circle(canvas, middle, int(radius * 0.98), 255, -1)
        cv2.circle(canvas, (int(center + radius * 0.52), middle[1]), int(radius * 0.78), 0, -1)
    else:
        raise ValueError(f"unknown shape {shape!r}")
    small = cv2.resize(canvas, (SPRITE_SIZE, SPRITE_SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 255


def _star() -> list[tuple[float, float]]:
    radii = (1.0, 0.42)
    return [
        (radii[k % 2] * np.sin(np.pi * k / 5), -radii[k % 2] * np.cos(np.pi * k / 5))
        for k in range(10)
    ]


_POLYGONS: dict[str, list[tuple[float, float]]] = {
    "square": [(-0.76, -0.76), (0.76, -0.76), (0.76, 0.76), (-0.76, 0.76)],
    "triangle": [(0.0, -1.0), (0.92, 0.7), (-0.92, 0.7)],
    "cross": [
        *[(-0.3, -0.95), (0.3, -0.95), (0.3, -0.3), (0.95, -0.3), (0.95, 0.3), (0.3, 0.3)],
        *[(0.3, 0.95), (-0.3, 0.95), (-0.3, 0.3), (-0.95, 0.3), (-0.95, -0.3), (-0.3, -0.3)],
    ],
    "star": _star(),
}
