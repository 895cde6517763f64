"""From a scene to pixels, and to what the pixels mean."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic.scene import Scene, Table
from training.synthetic.sprites import SPRITE_RADIUS, SPRITE_SIZE

MARGIN = 0.06
"""How much larger than the picture the table is on each side, in units of the picture's height."""


@dataclass(frozen=True)
class Camera:
    """Shake and brightness of each frame.

    Attributes:
        offsets: Shift of the picture, in units of its height, shape ``(n, 2)``.
        brightness: Factor, shape ``(n,)``.
    """

    offsets: NDArray[np.float64]
    brightness: NDArray[np.float64]


def draw_camera(table: Table, frames: int, rng: np.random.Generator) -> Camera:
    """Draw a camera that drifts and flickers as strongly as the table says, for ``frames`` frames."""
    steps = rng.normal(0, table.shake * 0.6, (frames, 2))
    offsets = np.zeros((frames, 2))
    for k in range(1, frames):
        offsets[k] = 0.8 * offsets[k - 1] + steps[k]
    np.clip(offsets, -MARGIN * 0.9, MARGIN * 0.9, out=offsets)
    return Camera(offsets, 1 + rng.normal(0, table.flicker, frames))


def render_frames(
    scene: Scene,
    times: NDArray[np.float64],
    *,
    size: int,
    camera: Camera,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Render moments of a scene.

    Args:
        scene: What is to be seen.
        times: Moments as fractions of the action, shape ``(n,)``; the scene rests outside [0, 1].
        size: Height and width of the picture in pixels.
        camera: Shake and brightness, for n frames.
        rng: Source of the sensor's noise.

    Returns:
        RGB, shape ``(n, size, size, 3)``.
    """
    margin = round(MARGIN * size)
    full = size + 2 * margin
    table = np.asarray(
        cv2.resize(scene.table.background, (full, full), interpolation=cv2.INTER_LINEAR), np.float32
    )
    light = cv2.resize(scene.table.light, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    resting = [thing for thing in scene.things if thing.motion is None]
    moving = [thing for thing in scene.things if thing.motion is not None]
    for thing in resting:
        _paste(table, thing.sprite, np.array(thing.place), size=size, margin=margin)
    tracks = [(thing, thing.states(times)) for thing in moving]
    frames = np.empty((len(times), size, size, 3), np.uint8)
    for k, offset in enumerate(camera.offsets):
        canvas = table.copy() if moving else table
        for thing, states in tracks:
            _paste(canvas, thing.sprite, states[k], size=size, margin=margin)
        picture = _shift(canvas, offset * size, size=size, margin=margin)
        picture = picture * (light * np.float32(camera.brightness[k] * 255))
        if scene.table.noise > 0:
            picture += _noise(picture.shape, rng) * np.float32(scene.table.noise * 255)
        frames[k] = np.clip(picture, 0, 255, out=picture)
    return frames


def target_states(scene: Scene, times: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """Return x, y, radius, angle, alpha of the thing in the picture at each time, shape ``(n, 5)``."""
    states = scene.things[0].states(times)
    states[:, :2] -= camera.offsets
    return states


def _paste(
    canvas: NDArray[np.float32],
    sprite: NDArray[np.float32],
    state: NDArray[np.float64],
    *,
    size: int,
    margin: int,
) -> None:
    """Blend a sprite into the canvas, in place."""
    x, y, radius, angle, alpha = state
    if alpha <= 0.0:
        return
    center = np.array([x, y]) * size + margin
    reach = int(np.ceil(radius * size * SPRITE_SIZE / (2 * SPRITE_RADIUS))) + 2
    left, top = (np.floor(center) - reach).astype(int)
    right, bottom = left + 2 * reach + 1, top + 2 * reach + 1
    clip_left, clip_top = max(0, left), max(0, top)
    clip_right, clip_bottom = min(canvas.shape[1], right), min(canvas.shape[0], bottom)
    if clip_left >= clip_right or clip_top >= clip_bottom:
        return
    zoom = radius * size / SPRITE_RADIUS
    cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
    half = SPRITE_SIZE / 2 - 0.5
    at = center - (clip_left, clip_top)
    matrix = np.array(
        [[cos, -sin, at[0] - cos * half + sin * half], [sin, cos, at[1] - sin * half - cos * half]]
    )
    smaller = sprite
    while zoom < 0.5:  # halve first: bilinear warping alone would alias the texture
        half_size = (smaller.shape[1] // 2, smaller.shape[0] // 2)
        smaller = np.asarray(
            cv2.resize(smaller, half_size, interpolation=cv2.INTER_AREA), np.float32
        )
        matrix[:, :2] *= 2
        zoom *= 2
        matrix[:, 2] = at - matrix[:, :2] @ np.full(2, smaller.shape[0] / 2 - 0.5)
    warped = cv2.warpAffine(
        smaller, matrix, (clip_right - clip_left, clip_bottom - clip_top), flags=cv2.INTER_LINEAR
    )
    region = canvas[clip_top:clip_bottom, clip_left:clip_right]
    region *= 1 - warped[..., 3:] * np.float32(alpha)
    region += warped[..., :3] * np.float32(alpha)


def _shift(
    canvas: NDArray[np.float32], offset: NDArray[np.float64], *, size: int, margin: int
) -> NDArray[np.float32]:
    if not offset.any():
        return canvas[margin : margin + size, margin : margin + size]
    matrix = np.array([[1.0, 0.0, -margin - offset[0]], [0.0, 1.0, -margin - offset[1]]])
    return np.asarray(cv2.warpAffine(canvas, matrix, (size, size), flags=cv2.INTER_LINEAR))


_NOISE = np.random.Generator(np.random.PCG64(0)).standard_normal(1 << 20).astype(np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Normal noise from a table, read from a random place: many times faster than drawing it."""
    count = int(np.prod(shape))
    start = int(rng.integers(len(_NOISE)))
    if start + count <= len(_NOISE):
        return _NOISE[start : start + count].reshape(shape)
    return np.resize(np.roll(_NOISE, -start), count).reshape(shape)
