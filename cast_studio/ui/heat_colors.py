"""Attention grids as pictures: smooth magnification and a perceptual color map. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Evenly spaced colors of "inferno" (Smith and van der Walt, CC0): dark to bright, each step
# perceived as equally large. Its first quarter is left out: as good as black, it would look like a
# shadow in the picture.
_ANCHORS = np.array(
    [
        (85, 15, 109), (136, 34, 106), (186, 54, 85),
        (227, 89, 51), (249, 140, 10), (249, 201, 50), (252, 255, 164),
    ],
    dtype=np.float64,
)  # fmt: skip

_FACTOR = 16
_CLEAR = 0.03
"""Up to this value the picture stays as it is."""
_COVERING = 0.4
"""From this value on the heat covers the picture."""


def color_table() -> NDArray[np.float64]:
    """Return 256 RGB colors from nothing to most, shape (256, 3), 0 to 255."""
    place = np.linspace(0, len(_ANCHORS) - 1, 256)
    return np.stack(
        [np.interp(place, np.arange(len(_ANCHORS)), _ANCHORS[:, part]) for part in range(3)], axis=1
    )


_TABLE = color_table()


def normalized(grid: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a grid stretched to 0 to 1 over all its frames; all 0 where nothing stands out.

    Args:
        grid: Shape (t, h, w). The frames stay comparable with each other.
    """
    values = grid.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return np.zeros_like(values)
    return (values - low) / (high - low)


def magnified(values: NDArray[np.float64], factor: int = _FACTOR) -> NDArray[np.float64]:
    """Return a 2-D grid enlarged without visible cells.

    Linear interpolation between the cells' centers, then an average over one cell: the result has
    no kinks at the cells' borders, stays within the range of the values, and invents no maxima.
    Averaging lowers a lonely peak by half; the whole is raised again, so that the largest value
    stays what it was.

    Args:
        values: Shape (h, w), none below 0.
        factor: Pixels of a cell's side.

    Returns:
        Shape (h · factor, w · factor).
    """
    smooth = _magnified_rows(_magnified_rows(values, factor).T, factor).T
    peak = float(smooth.max())
    return smooth * (float(values.max()) / peak) if peak > 0 else smooth


def _magnified_rows(values: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    cells = len(values)
    margin = factor // 2
    place = (np.arange(-margin, cells * factor + margin) + 0.5) / factor - 0.5
    place = np.clip(place, 0, cells - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, cells - 1)
    share = (place - below)[:, np.newaxis]
    linear = values[below] * (1 - share) + values[above] * share
    sums = np.cumsum(np.vstack([np.zeros((1, linear.shape[1])), linear]), axis=0)
    width = 2 * margin
    averaged: NDArray[np.float64] = (sums[width:] - sums[:-width]) / width
    return averaged[: cells * factor]


def heat_pixels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the picture of a magnified grid, premultiplied BGRA as Qt's ARGB32 lies in memory.

    Opacity rises steeply with the value: what was hardly looked at stays as it is, and what was
    looked at much is covered.

    Args:
        values: Shape (h, w), 0 to 1.

    Returns:
        uint8, shape (h, w, 4).
    """
    clipped = np.clip(values, 0, 1)
    rgb = _TABLE[(clipped * 255).astype(np.int64)]
    share = np.clip((clipped - _CLEAR) / (_COVERING - _CLEAR), 0, 1)
    # Smooth at both ends: no edge is seen that the attention does not have.
    alpha = (share * share * (3 - 2 * share))[..., np.newaxis]
    pixels = np.empty((*values.shape, 4), dtype=np.uint8)
    pixels[..., :3] = (rgb * alpha)[..., ::-1]
    pixels[..., 3] = alpha[..., 0] * 255
    return pixels
