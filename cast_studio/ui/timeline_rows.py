"""What a row of the timeline holds, found fast: sorted bars, bisected. No Qt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline_scale import TimeScale

NARROW = 3.0
"""Bars below this width in pixels are drawn together, one color a pixel."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One segment of a row.

    Attributes:
        key: The segment's id, or the prediction's position as text.
        span: In ticks.
        text: Written on it when there is room.
        color: ``#rrggbb`` of its class.
        confidence: 0 to 1 of a model's segment; None of a human's label.
        is_accepted: Whether a human took it over from the model (it carries a small mark).
    """

    key: str
    span: TimeSpan
    text: str
    color: str
    confidence: float | None = None
    is_accepted: bool = False


@dataclass(frozen=True)
class Row:
    """The bars of a row, by start. They may overlap."""

    bars: tuple[Bar, ...] = ()
    _starts: list[int] = field(init=False, repr=False, compare=False)
    _reach: list[int] = field(init=False, repr=False, compare=False)
    _packed: dict[str, NDArray[np.uint32]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _ends: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _begins: NDArray[np.int64] = field(init=False, repr=False, compare=False)
    _places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ends = np.array([bar.span.end for bar in self.bars], dtype=np.int64)
        object.__setattr__(self, "_starts", [bar.span.start for bar in self.bars])
        object.__setattr__(self, "_reach", np.maximum.accumulate(ends).tolist())
        object.__setattr__(self, "_ends", ends)
        object.__setattr__(self, "_begins", np.array(self._starts, dtype=np.int64))
        object.__setattr__(self, "_places", {bar.key: i for i, bar in enumerate(self.bars)})

    def visible(self, first: float, last: float) -> range:
        """Return the positions of a run of bars that holds all that touch ``[first, last]``."""
        return range(bisect_right(self._reach, first - 1), bisect_right(self._starts, last))

    def at(self, pts: float) -> int | None:
        """Return the position of the bar at a tick, the last started one if several overlap."""
        for position in reversed(self.visible(pts, pts)):
            span = self.bars[position].span
            if span.start <= pts < span.end or span.start == span.end == pts:
                return position
        return None

    def position_of(self, key: str) -> int | None:
        """Return the position of the bar with a key."""
        return self._places.get(key)

    def after(self, pts: float) -> int | None:
        """Return the position of the first bar that starts after a tick."""
        position = bisect_right(self._starts, pts)
        return position if position < len(self.bars) else None

    def before(self, pts: float) -> int | None:
        """Return the position of the last bar that starts before a tick."""
        position = bisect_left(self._starts, pts)
        return position - 1 if position > 0 else None

    def wide(self, scale: TimeScale, positions: range) -> list[int]:
        """Return those of the positions whose bars are wide enough to be drawn one by one."""
        chosen = slice(positions.start, positions.stop)
        widths = (self._ends[chosen] - self._begins[chosen]) / scale.per_pixel
        found: list[int] = (np.flatnonzero(widths >= NARROW) + positions.start).tolist()
        return found

    def narrow_pixels(
        self, scale: TimeScale, positions: range, left: int, right: int, *, ground: str
    ) -> NDArray[np.uint32]:
        """Return one ARGB value a pixel for the bars too narrow to draw alone; 0 where none is.

        Args:
            scale: The map to pixels.
            positions: Bars to look at.
            left: First pixel.
            right: Pixel after the last.
            ground: ``#rrggbb`` they will lie on.
        """
        pixels = np.zeros(max(0, right - left), dtype=np.uint32)
        chosen = slice(positions.start, positions.stop)
        starts, ends = self._begins[chosen], self._ends[chosen]
        narrow = (ends - starts) / scale.per_pixel < NARROW
        if not narrow.any() or not len(pixels):
            return pixels
        x0 = np.floor((starts[narrow] - scale.first) / scale.per_pixel).astype(np.int64) - left
        x1 = np.ceil((ends[narrow] - scale.first) / scale.per_pixel).astype(np.int64) - left
        colors = self._packed_for(ground)[chosen][narrow]
        for offset in range(int(NARROW) + 1):
            x = x0 + offset
            inside = (x >= 0) & (x < len(pixels)) & (x < np.maximum(x1, x0 + 1))
            pixels[x[inside]] = colors[inside]
        return pixels

    def _packed_for(self, ground: str) -> NDArray[np.uint32]:
        if ground not in self._packed:
            self._packed[ground] = _pack(self.bars, ground)
        return self._packed[ground]


def strip_ink(bar: Bar, ground: str) -> tuple[str, float]:
    """Return the color and the opacity of a bar that is drawn without an outline.

    Args:
        bar: A label or a segment of the model.
        ground: ``#rrggbb`` it lies on.
    """
    if bar.confidence is None:
        return bar.color, 1.0
    return tokens.visible_on(ground, bar.color), tokens.strip_alpha(bar.confidence)


def _pack(bars: Sequence[Bar], ground: str) -> NDArray[np.uint32]:
    """Return one ARGB value a bar, premultiplied, as translucent as its confidence asks for."""
    known: dict[tuple[str, int | None], int] = {}
    packed = np.zeros(len(bars), dtype=np.uint32)
    for position, bar in enumerate(bars):
        step = None if bar.confidence is None else round(bar.confidence * 32)
        key = (bar.color, step)
        if key not in known:
            color, alpha = strip_ink(bar, ground)
            red, green, blue = (round(part * alpha) for part in tokens.rgb(color))
            known[key] = round(alpha * 255) << 24 | red << 16 | green << 8 | blue
        packed[position] = known[key]
    return packed
