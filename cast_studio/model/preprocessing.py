"""From pixels to what the network reads; the same for prediction and for training."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cast_studio.core.clips import ClipSpec


def to_input(
    clips: NDArray[np.uint8], spec: ClipSpec, *, device: torch.device | str = "cpu"
) -> Tensor:
    """Scale and normalize clips.

    Args:
        clips: RGB, ``(B, frames, size, size, 3)``.
        spec: Whose mean and deviation to use.
        device: Where to; the 8 bit values travel, not the floats.

    Returns:
        float32, ``(B, 3, frames, size, size)``.
    """
    pixels = torch.from_numpy(clips).to(device).permute(0, 4, 1, 2, 3)
    mean = torch.tensor(spec.mean, device=device).view(3, 1, 1, 1)
    std = torch.tensor(spec.std, device=device).view(3, 1, 1, 1)
    return pixels.float().div_(255).sub_(mean).div_(std)
