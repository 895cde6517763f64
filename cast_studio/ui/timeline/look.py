"""What the lanes of the timeline are painted with, and what of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from cast_studio.core.timing import TimeSpan
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.tokens import ColorTokens

_FAR = 4000.0
"""Qt's rasterizer overflows far outside of the widget."""


@dataclass(frozen=True, slots=True)
class Look:
    """What all layers need: colors and fonts.

    Attributes:
        colors: The theme.
        font: Names on bars.
        figures: Times and confidences, with equally wide digits.
        names: Measures ``font``.
        digits: Measures ``figures``.
    """

    colors: ColorTokens
    font: QFont
    figures: QFont
    names: QFontMetricsF
    digits: QFontMetricsF


@dataclass(frozen=True, slots=True)
class LaneView:
    """What a lane is told when it paints.

    Attributes:
        area: Where the lane is, without its header.
        scale: Ticks to pixels, counted from the left edge of ``area``.
        left: First pixel that must be painted, from the left edge of ``area``.
        right: Pixel after the last one.
        selected: Keys of the selected bars.
        dragged: Keys of bars that are being dragged, with where they would be.
        marked: A range that is marked or drawn on this lane.
    """

    area: QRect
    scale: TimeScale
    left: int
    right: int
    selected: frozenset[str] = frozenset()
    dragged: Mapping[str, TimeSpan] = field(default_factory=dict)
    marked: TimeSpan | None = None

    def box(self, span: TimeSpan, lane: QRect | None = None) -> QRectF:
        """Return where a span is, at least a pixel wide; ``lane`` gives its height."""
        rect = self.area if lane is None else lane
        x0 = max(self.scale.x_of(span.start), -_FAR)
        x1 = min(self.scale.x_of(span.end), self.scale.width + _FAR)
        return QRectF(rect.left() + x0, rect.top(), max(1.0, x1 - x0), rect.height())


def with_alpha(color: str, alpha: float) -> QColor:
    """Return a color with an opacity of 0 to 1."""
    ink = QColor(color)
    ink.setAlphaF(alpha)
    return ink
