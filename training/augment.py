"""Random changes of clips that leave their labels true."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

SHIFT = 0.12
ZOOM = 0.18
TURN = math.radians(12)
CONTRAST = 0.25
BRIGHTNESS = 0.3
SATURATION = 0.5


def augment(clips: Tensor, generator: torch.Generator) -> Tensor:
    """Shift, zoom, turn and recolor each clip, all its frames alike.

    Never mirrored nor played backwards: left is not right, and rising is not falling.

    Args:
        clips: Normalized RGB, ``(B, 3, frames, H, W)``.
        generator: Source of everything random.

    Returns:
        Like ``clips``.
    """
    return _recolor(_move(clips, generator), generator)


def _move(clips: Tensor, generator: torch.Generator) -> Tensor:
    batch, channels, frames, height, width = clips.shape
    zoom = torch.exp(_uniform(batch, generator) * ZOOM)
    turn = _uniform(batch, generator) * TURN
    shift = torch.stack([_uniform(batch, generator), _uniform(batch, generator)], 1) * 2 * SHIFT
    cos, sin = zoom * turn.cos(), zoom * turn.sin()
    rows = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    matrix = torch.cat([rows, shift[:, :, None]], 2).to(clips.device)
    grid = functional.affine_grid(matrix, [batch, 1, height, width], align_corners=False)
    flat = clips.reshape(batch, channels * frames, height, width)
    moved = functional.grid_sample(flat, grid, padding_mode="reflection", align_corners=False)
    return moved.view(clips.shape)


def _recolor(clips: Tensor, generator: torch.Generator) -> Tensor:
    def draw() -> Tensor:
        return _uniform(len(clips), generator).view(-1, 1, 1, 1, 1).to(clips.device)

    gray = clips.mean(1, keepdim=True)
    clips = gray + (clips - gray) * (1 + SATURATION * draw())
    middle = clips.mean((1, 2, 3, 4), keepdim=True)
    return middle + (clips - middle) * (1 + CONTRAST * draw()) + BRIGHTNESS * draw()


def _uniform(count: int, generator: torch.Generator) -> Tensor:
    """Values in [−1, 1)."""
    return torch.rand(count, generator=generator) * 2 - 1
