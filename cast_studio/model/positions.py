"""Fixed positions of tokens, which no file of weights holds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def sinusoid_table(positions: int, width: int) -> Tensor:
    """VideoMAE's fixed positions: angle p / 10000^(2⌊j/2⌋/D), sine for even j, cosine for odd.

    Returns:
        float32, shape ``(positions, width)``, computed in float64.
    """
    columns = np.arange(width)
    angles = np.arange(positions)[:, None] / np.power(10000.0, 2 * (columns // 2) / width)
    table = np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))
    return torch.from_numpy(table).float()
