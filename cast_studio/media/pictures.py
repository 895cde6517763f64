"""From a frame to the square pictures that a model sees: the published test pipeline.

CAST, ``video_transforms`` and ``dataset``: 8 bit throughout, the short side scaled to the size of the
square, the long side rounded down, nothing scaled where the short side fits already, the offsets of the
squares rounded down. Pixels are taken as square.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cast_studio.core.clips import Resize
from cast_studio.core.views import ViewScheme

_INTERPOLATIONS: dict[Resize, int] = {"linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}


def prepare_frame(rgb: NDArray[np.uint8], size: int, resize: Resize) -> NDArray[np.uint8]:
    """Scale a frame so that its short side is ``size`` and cut out the center.

    Args:
        rgb: Shape (H, W, 3).
        size: Height and width of the result in pixels.
        resize: ``"linear"`` (bilinear, no antialiasing) or ``"area"``.

    Returns:
        Shape (size, size, 3), contiguous, never a view of ``rgb``.
    """
    scaled = _scaled(rgb, size, resize)
    height, width = scaled.shape[:2]
    return _cut(scaled, (max(height, width) - size) // 2, size)


def prepare_crops(
    rgb: NDArray[np.uint8], size: int, resize: Resize, scheme: ViewScheme
) -> NDArray[np.uint8]:
    """Scale a frame so that its short side is ``size`` and cut out the squares of a view scheme.

    Args:
        rgb: Shape (H, W, 3).
        size: Height and width of a square in pixels.
        resize: As of :func:`prepare_frame`.
        scheme: Tells how many squares, and where.

    Returns:
        Shape (crops, size, size, 3), the left or top one first.
    """
    scaled = _scaled(rgb, size, resize)
    offsets = scheme.crop_offsets(max(scaled.shape[:2]) - size)
    return np.stack([_cut(scaled, offset, size) for offset in offsets.tolist()])


def _scaled(rgb: NDArray[np.uint8], size: int, resize: Resize) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    if min(height, width) == size:
        return rgb
    long = int(size * max(height, width) / min(height, width))
    shape = (size, long) if width < height else (long, size)
    return np.asarray(cv2.resize(rgb, shape, interpolation=_INTERPOLATIONS[resize]), np.uint8)


def _cut(scaled: NDArray[np.uint8], offset: int, size: int) -> NDArray[np.uint8]:
    """Return a copy of the square that begins ``offset`` pixels along the long side."""
    height, width = scaled.shape[:2]
    rows, columns = (offset, 0) if height > width else (0, offset)
    return scaled[rows : rows + size, columns : columns + size].copy()
