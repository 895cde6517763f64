"""High dynamic range shown on a usual screen: PQ and HLG pictures as BT.709 of 8 bit.

Up to half of the white of paper (203 cd/m², ITU-R BT.2408) light stays as it is, above it is compressed
so that highlights up to 1000 cd/m² keep their differences. Each channel by itself, as film does: very
bright colors become paler rather than change their hue.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

_Value = TypeVar("_Value", np.float32, np.uint8)

_CV2_LOOKS_UP_16_BIT = int(cv2.__version__.split(".")[0]) >= 5
_PQ, _HLG = 16, 18
_LEVELS = 1 << 16
_PAPER_NITS, _PEAK_NITS = 203.0, 1000.0
_KNEE = 0.5
_SCREEN_GAMMA = 2.2
# Linear light from the primaries of BT.2020 to those of BT.709 (ITU-R BT.2087).
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    dtype=np.float32,
)


def is_high_dynamic_range(frame: VideoFrame) -> bool:
    """Return whether the values of a frame mean light by PQ or HLG."""
    return int(frame.color_trc) in (_PQ, _HLG)


def tone_mapped(rgb: NDArray[np.uint16], frame: VideoFrame) -> NDArray[np.uint8]:
    """Return what a usual screen shows of a picture with high dynamic range.

    Args:
        rgb: Shape (H, W, 3), full range of 16 bit, primaries of BT.2020.
        frame: Tells by which curve the values mean light.

    Returns:
        Shape (H, W, 3).
    """
    light = _light_of_pq() if int(frame.color_trc) == _PQ else _light_of_hlg()
    narrow = cv2.transform(_looked_up(light, rgb), _TO_BT709)
    # Saturates; NumPy takes several times as long.
    steps = cv2.addWeighted(narrow, _LEVELS - 1.0, narrow, 0, 0, dtype=cv2.CV_16U)
    return _looked_up(_screen_values(), np.asarray(steps, np.uint16))


def _looked_up(table: NDArray[_Value], places: NDArray[np.uint16]) -> NDArray[_Value]:
    if _CV2_LOOKS_UP_16_BIT:
        return np.asarray(cv2.LUT(places, table.reshape(1, -1)), table.dtype)
    return np.asarray(table[places])


@cache
def _light_of_pq() -> NDArray[np.float32]:
    """SMPTE ST 2084, compressed: light from 0 to 1 for each 16-bit value."""

    def nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
        powered = signal ** (1 / 78.84375)
        linear = np.maximum(powered - 0.8359375, 0) / (18.8515625 - 18.6875 * powered)
        return np.asarray(10_000 * linear ** (1 / 0.1593017578125))

    return _compressed(nits)


@cache
def _light_of_hlg() -> NDArray[np.float32]:
    """ITU-R BT.2100 HLG at 1000 cd/m², compressed: light from 0 to 1 for each 16-bit value."""

    def nits(signal: NDArray[np.float64]) -> NDArray[np.float64]:
        low = signal**2 / 3
        high = (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
        scene = np.where(signal <= 0.5, low, high)
        return np.asarray(_PEAK_NITS * scene**1.2)

    return _compressed(nits)


def _compressed(
    nits: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float32]:
    light = nits(np.linspace(0, 1, _LEVELS)) / _PAPER_NITS
    over = np.maximum(light - _KNEE, 0) / (1 - _KNEE)
    top = (_PEAK_NITS / _PAPER_NITS - _KNEE) / (1 - _KNEE)
    bent = _KNEE + (1 - _KNEE) * over * (1 + over / top**2) / (1 + over)
    return np.minimum(np.where(light > _KNEE, bent, light), 1).astype(np.float32)


@cache
def _screen_values() -> NDArray[np.uint8]:
    """The 8-bit value for each of 65,536 steps of light."""
    light = np.linspace(0, 1, _LEVELS)
    return np.rint(255 * light ** (1 / _SCREEN_GAMMA)).astype(np.uint8)
