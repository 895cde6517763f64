"""The bars of a lane, found and painted fast: sorted columns, changed in place of made anew. No Qt."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.shared_index import SharedIndex
from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline.scale import TimeScale

NARROW = 12.0
"""Bars below this width in pixels are drawn together, one color a pixel."""

MAX_LEVELS = 6
"""So many overlapping bars are drawn below each other; more share a level."""

_FEW = 64
"""Up to here, changing columns is cheaper than reading all bars again."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One segment of a row.

    Attributes:
        key: The segment's id, or what names a prediction.
        span: In ticks; a point is drawn as a diamond.
        text: Written on it when there is room.
        color: ``#rrggbb`` of its class.
        confidence: 0 to 1 of a model's segment; None of a human's label.
        is_accepted: Whether a human took it over from the model (it carries a small mark).
        has_note: Whether somebody wrote a note to it (it carries a small corner).
        kind: Id of its first class, -1 without one: in high contrast each has a pattern.
    """

    key: str
    span: TimeSpan
    text: str
    color: str
    confidence: float | None = None
    is_accepted: bool = False
    has_note: bool = False
    kind: int = -1


class Row:
    """The bars of a lane, by start; they may overlap. Immutable.

    Args:
        bars: In order of their spans.
        stacked: Whether overlapping bars are drawn below each other.
    """

    def __init__(self, bars: Sequence[Bar] = (), *, stacked: bool = False) -> None:
        self.bars = tuple(bars)
        self.stacked = stacked
        count = len(self.bars)
        self._starts = np.fromiter((bar.span.start for bar in self.bars), np.int64, count)
        self._ends = np.fromiter((bar.span.end for bar in self.bars), np.int64, count)
        self._by_key = SharedIndex({bar.key: bar for bar in self.bars})
        self._packed: dict[str, NDArray[np.uint32]] = {}
        self._chosen: tuple[frozenset[str], Row] | None = None

    @cached_property
    def _reach(self) -> NDArray[np.int64]:
        """How far the bars up to each position reach: sorted, unlike their ends."""
        return np.maximum.accumulate(self._ends)

    @property
    def extent(self) -> TimeSpan | None:
        """From the start of the first bar to the end of the one that reaches farthest; None without."""
        if not self.bars:
            return None
        return TimeSpan(int(self._starts[0]), int(self._ends.max()))

    @cached_property
    def levels(self) -> NDArray[np.int8]:
        """The level of each bar, 0 at the top, shape (n,); bars of a level do not overlap."""
        found = np.zeros(len(self.bars), np.int8)
        # A point takes up room too.
        taken = np.maximum.accumulate(np.maximum(self._ends, self._starts + 1))
        if not self.stacked or not np.any(self._starts[1:] < taken[:-1]):
            return found
        free_from: list[int] = []
        for position, bar in enumerate(self.bars):
            span = bar.span
            level = next((n for n, end in enumerate(free_from) if end <= span.start), None)
            if level is None:
                free_from.append(0)
                level = len(free_from) - 1
            free_from[level] = max(span.end, span.start + 1)
            found[position] = level % MAX_LEVELS
        return found

    @cached_property
    def n_levels(self) -> int:
        """How many levels there are, at least 1."""
        return int(self.levels.max(initial=0)) + 1

    def replacing(self, removed: Iterable[str], added: Sequence[Bar]) -> Row:
        """Return the row without some bars and with others, at little more than a copy's cost.

        Args:
            removed: Keys of bars that the row has.
            added: With keys that the row does not have afterwards.
        """
        gone = [key for key in removed if key in self._by_key]
        if len(gone) + len(added) > _FEW:
            left = set(gone)
            kept = [bar for bar in self.bars if bar.key not in left]
            return Row(sorted([*kept, *added], key=_order), stacked=self.stacked)
        made = object.__new__(Row)
        made.stacked = self.stacked
        bars = list(self.bars)
        places = sorted(self._place(self._by_key[key]) for key in gone)
        for place in reversed(places):
            del bars[place]
        starts, ends = np.delete(self._starts, places), np.delete(self._ends, places)
        packed = {ground: np.delete(inks, places) for ground, inks in self._packed.items()}
        for bar in added:
            place = bisect_left(bars, _order(bar), key=_order)
            bars.insert(place, bar)
            starts = np.insert(starts, place, bar.span.start)
            ends = np.insert(ends, place, bar.span.end)
            packed = {g: np.insert(inks, place, _ink(bar, g)) for g, inks in packed.items()}
        made.bars = tuple(bars)
        made._by_key = self._by_key.replacing(gone, {bar.key: bar for bar in added})
        made._starts, made._ends, made._packed = starts, ends, packed
        made._chosen = None
        return made

    def _place(self, bar: Bar) -> int:
        place = bisect_left(self.bars, bar.span, key=lambda found: found.span)
        return next(i for i in range(place, len(self.bars)) if self.bars[i].key == bar.key)

    def visible(self, first: float, last: float) -> range:
        """Return the positions of a run of bars that holds all that touch ``[first, last]``."""
        start = int(np.searchsorted(self._reach, first, side="left"))
        return range(start, int(np.searchsorted(self._starts, last, side="right")))

    def touching(self, first: float, last: float) -> list[int]:
        """Return the positions of the bars that touch ``[first, last]``."""
        run = self.visible(first, last)
        inside = self._ends[run.start : run.stop] >= first
        found: list[int] = (np.flatnonzero(inside) + run.start).tolist()
        return found

    def at(self, pts: float, *, level: int | None = None, reach: float = 0) -> int | None:
        """Return the position of the bar at a tick, the last started one if several overlap.

        Args:
            pts: In ticks.
            level: Only on this level.
            reach: Ticks by which a point may be missed.
        """
        for position in reversed(self.visible(pts - reach, pts + reach)):
            span = self.bars[position].span
            if level is not None and self.levels[position] != level:
                continue
            near = abs(span.start - pts) <= reach if span.is_point else False
            if span.start <= pts < span.end or near:
                return position
        return None

    def bar(self, key: str) -> Bar | None:
        """Return the bar with a key."""
        return self._by_key.get(key)

    def chosen(self, keys: frozenset[str]) -> Row:
        """Return the bars with these keys as a row; the last answer is kept."""
        if self._chosen is None or self._chosen[0] is not keys:
            self._chosen = keys, Row([bar for bar in self.bars if bar.key in keys])
        return self._chosen[1]

    def position_of(self, key: str) -> int | None:
        """Return the position of the bar with a key."""
        bar = self._by_key.get(key)
        return None if bar is None else self._place(bar)

    def wide(self, scale: TimeScale, positions: range) -> list[int]:
        """Return those of the positions whose bars are wide enough to be drawn one by one."""
        chosen = slice(positions.start, positions.stop)
        widths = (self._ends[chosen] - self._starts[chosen]) / scale.per_pixel
        found: list[int] = (np.flatnonzero(widths >= NARROW) + positions.start).tolist()
        return found

    def points(self, positions: range) -> list[int]:
        """Return those of the positions whose bars are points."""
        chosen = slice(positions.start, positions.stop)
        moments = self._ends[chosen] == self._starts[chosen]
        found: list[int] = (np.flatnonzero(moments) + positions.start).tolist()
        return found

    def narrow_pixels(
        self,
        scale: TimeScale,
        positions: range,
        left: int,
        right: int,
        *,
        ground: str,
        level: int | None = None,
    ) -> NDArray[np.uint32]:
        """Return one ARGB value a pixel for the bars too narrow to draw alone; 0 where none is.

        Args:
            scale: The map to pixels.
            positions: Bars to look at.
            left: First pixel.
            right: Pixel after the last.
            ground: ``#rrggbb`` they will lie on.
            level: Only the bars of this level; None for all.
        """
        pixels = np.zeros(max(0, right - left), dtype=np.uint32)
        chosen = slice(positions.start, positions.stop)
        starts, ends = self._starts[chosen], self._ends[chosen]
        narrow = (ends - starts) / scale.per_pixel < NARROW
        if level is not None:
            narrow &= self.levels[chosen] == level
        if not narrow.any() or not len(pixels):
            return pixels
        x0 = np.floor((starts[narrow] - scale.first) / scale.per_pixel).astype(np.int64) - left
        x1 = np.ceil((ends[narrow] - scale.first) / scale.per_pixel).astype(np.int64) - left
        # A pixel of ground tells neighbors apart where there is room for it.
        x1 = np.where(x1 - x0 >= 3, x1 - 1, np.maximum(x1, x0 + 1))
        colors = self._packed_for(ground)[chosen][narrow]
        inside = (x1 > 0) & (x0 < len(pixels))
        x, stop, colors = x0[inside], np.minimum(x1[inside], len(pixels)), colors[inside]
        while len(x):
            # Most bars are done after the first pixel.
            shown = x >= 0
            pixels[x[shown]] = colors[shown]
            x = x + 1
            more = x < stop
            x, stop, colors = x[more], stop[more], colors[more]
        return pixels

    def _packed_for(self, ground: str) -> NDArray[np.uint32]:
        if ground not in self._packed:
            known: dict[tuple[str, int | None], int] = {}
            packed = np.zeros(len(self.bars), dtype=np.uint32)
            for position, bar in enumerate(self.bars):
                step = None if bar.confidence is None else round(bar.confidence * 32)
                if (bar.color, step) not in known:
                    known[bar.color, step] = _ink(bar, ground)
                packed[position] = known[bar.color, step]
            self._packed[ground] = packed
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


def _order(bar: Bar) -> tuple[TimeSpan, str]:
    return bar.span, bar.key


def _ink(bar: Bar, ground: str) -> int:
    """Return a bar's ARGB value, premultiplied, as translucent as its confidence asks for."""
    color, alpha = strip_ink(bar, ground)
    red, green, blue = (round(part * alpha) for part in tokens.rgb(color))
    return round(alpha * 255) << 24 | red << 16 | green << 8 | blue
