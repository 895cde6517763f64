"""Colors for classes: safe for color blindness first, then as far apart as eyes can tell."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

PALETTE: tuple[str, ...] = (
    # Okabe and Ito, "Color Universal Design" (2008): told apart with every common color blindness.
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#999999",
    # Paul Tol's "muted" scheme, for those who need more.
    "#332288",
    "#88ccee",
    "#44aa99",
    "#117733",
    "#999933",
    "#ddcc77",
    "#cc6677",
    "#882255",
    "#aa4499",
)
"""Colors for classes, the most distinct first."""

_SPACED: Final = 512
"""So many are told apart; beyond it they repeat."""
_STEPS: Final = 17
_LIGHTNESS: Final = (0.42, 0.88)


def color_for(position: int) -> str:
    """Return the color of the class at ``position`` (0 or above).

    The palette comes first; each color after it is the one farthest, in the perceptual space OKLab,
    from all before it. They repeat after some hundreds.
    """
    colors = PALETTE if position < len(PALETTE) else _spaced()
    return colors[position % len(colors)]


@lru_cache(maxsize=1)
def _spaced() -> tuple[str, ...]:
    """Return the palette and what follows it."""
    levels = np.linspace(0, 255, _STEPS).round()
    candidates = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    points = _oklab(candidates / 255)
    # Neither so dark nor so light that it is lost in one of the themes, and no gray.
    colorful = np.hypot(points[:, 1], points[:, 2]) > 0.06
    usable = (points[:, 0] > _LIGHTNESS[0]) & (points[:, 0] < _LIGHTNESS[1]) & colorful
    candidates, points = candidates[usable], points[usable]
    taken = [tuple(int(color[at : at + 2], 16) for at in (1, 3, 5)) for color in PALETTE]
    distance = np.full(len(points), np.inf)
    for point in _oklab(np.array(taken) / 255):
        distance = np.minimum(distance, np.linalg.norm(points - point, axis=1))
    found = list(PALETTE)
    while len(found) < _SPACED:
        best = int(distance.argmax())
        found.append("#" + "".join(f"{int(value):02x}" for value in candidates[best]))
        distance = np.minimum(distance, np.linalg.norm(points - points[best], axis=1))
    return tuple(found)


def _oklab(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colors, shape (n, 3) in [0, 1], in OKLab (Ottosson, 2020)."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.asarray(np.cbrt(linear @ to_cones.T) @ to_lab.T, np.float64)
