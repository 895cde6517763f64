"""Fixed positions of tokens, which no file of weights holds.

All are computed in float64 and rounded once, to float32: so did the published experts, and a table of
another rounding moves their features.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

TEMPERATURE = 10000.0
"""Ratio of the longest to the shortest wave, in all of these tables."""


def sinusoid_table(positions: int, width: int) -> Tensor:
    """VideoMAE's fixed positions: angle p / 10000^(2⌊j/2⌋/D), sine for even j, cosine for odd.

    Returns:
        float32, shape ``(positions, width)``, computed in float64.
    """
    columns = np.arange(width)
    angles = np.arange(positions)[:, None] / np.power(TEMPERATURE, 2 * (columns // 2) / width)
    table = np.empty_like(angles, np.float32)
    table[:, 0::2] = np.sin(angles[:, 0::2])
    table[:, 1::2] = np.cos(angles[:, 1::2])
    return torch.from_numpy(table)


def sincos_table(steps: int, grid: int, width: int) -> Tensor:
    """MVD's fixed positions: a quarter of the channels for time, the rest for column and row.

    Args:
        steps: Temporal positions T.
        grid: Patches along one side.
        width: Channels D, a multiple of 16.

    Returns:
        float32, shape ``(T · grid², D)``, time first, then rows.
    """
    time, row, column = np.meshgrid(
        np.arange(steps), np.arange(grid), np.arange(grid), indexing="ij"
    )
    side = 3 * width // 8
    parts = [_waves(time, width // 4), _waves(column, side), _waves(row, side)]
    return torch.from_numpy(np.concatenate(parts, axis=1)).float()


def _waves(places: NDArray[np.int_], width: int) -> NDArray[np.float64]:
    """Sines, then cosines, of each place times 10000^(-k/(width/2)): shape ``(places, width)``."""
    frequencies = TEMPERATURE ** (-np.arange(width // 2) / (width / 2))
    angles = places.reshape(-1, 1) * frequencies
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


class RotaryPositions(nn.Module):
    """Turns queries and keys by their place, so that their product depends on the distance (EVA02).

    Neighboring channels (0, 1), (2, 3) … are coordinates of a point that is turned about the origin; the
    first half of a head's channels by the row, the second by the column. The class token has no place and
    is not turned.

    Args:
        grid: Patches along one side.
        width: Channels c of a head, a multiple of 4.
        reference_grid: Patches along a side of the picture in which places are counted: the grid of
            another resolution is stretched onto it.
    """

    cosine: Tensor
    sine: Tensor

    def __init__(self, grid: int, width: int, *, reference_grid: int) -> None:
        super().__init__()
        frequencies = TEMPERATURE ** (-np.arange(width // 4) / (width / 4))
        places = np.arange(grid) * (reference_grid / grid)
        turns = np.outer(places, frequencies)
        by_row = np.repeat(turns[:, None], grid, axis=1)
        by_column = np.repeat(turns[None], grid, axis=0)
        patches = np.concatenate([by_row, by_column], axis=-1).reshape(grid * grid, width // 2)
        angles = np.concatenate([np.zeros((1, width // 2)), patches]).repeat(2, axis=-1)
        sign = np.tile([-1.0, 1.0], width // 2)
        self.register_buffer("cosine", torch.from_numpy(np.cos(angles)).float(), persistent=False)
        self.register_buffer(
            "sine", torch.from_numpy(sign * np.sin(angles)).float(), persistent=False
        )

    def forward(self, x: Tensor) -> Tensor:
        """Turn ``(..., 1 + N, c)``: (a, b) becomes (a·cos - b·sin, b·cos + a·sin)."""
        swapped = x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
        turned: Tensor = x * self.cosine + swapped * self.sine
        return turned.to(x.dtype)
