"""Brightness and contrast of what is looked at; what is analyzed and exported stays as it is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is shown.

    Attributes:
        brightness: -1 (black) to 1 (white); 0 leaves it.
        contrast: -1 (gray) to 1 (four times as much); 0 leaves it.
    """

    brightness: float = 0.0
    contrast: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether nothing changes."""
        return self.brightness == 0 and self.contrast == 0

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return pixels of any shape, changed: contrast around the middle gray, then brightness."""
        if self.is_plain:
            return pixels
        gain = (1 + self.contrast) if self.contrast < 0 else 1 + 3 * self.contrast
        values = (np.arange(256) - 127.5) * gain + 127.5 + 255 * self.brightness
        table = np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(pixels, table), dtype=np.uint8)


PLAIN = Look()
"""As the file has it."""
