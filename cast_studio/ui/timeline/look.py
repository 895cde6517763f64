"""What the lanes of the timeline are painted with, and what of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen, QPixmap, QStaticText

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline.rows import Bar
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.timeline.text import BarText, bar_text
from cast_studio.ui.tokens import ColorTokens

_MANY_WORDS = 20_000
_PATTERNS = (
    Qt.BrushStyle.Dense5Pattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.Dense3Pattern,
)
"""What tells labels of different classes apart without their colors, by the id of the class."""
_FAR = 4000.0
"""Qt's rasterizer overflows far outside of the widget."""


@dataclass(frozen=True, slots=True, eq=False)
class BarInk:
    """What a bar is painted with.

    Attributes:
        line: Its outline.
        ground: Inside.
        stripes: Over it; None for a human's label without a pattern.
        text: Its words and marks.
        plate: Below its words, where they would not be read on the stripes; None elsewhere.
    """

    line: QPen
    ground: QBrush
    stripes: QBrush | None
    text: QColor
    plate: QColor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What all layers need: colors and fonts.

    Attributes:
        colors: The theme.
        font: Names on bars.
        figures: Times and confidences, with equally wide digits.
        names: Measures ``font``.
        digits: Measures ``figures``.
        words: What is written on bars, by the bar's own words and its room: measuring takes time.
        inks: Pens and brushes of bars, by color, confidence and class.
        pictures: Small bars as they were painted, by all that they show.
        writings: Words laid out, with their size, by the words and whether they are a number.
    """

    colors: ColorTokens
    font: QFont
    figures: QFont
    names: QFontMetricsF
    digits: QFontMetricsF
    words: dict[tuple[str, float | None, int], BarText] = field(default_factory=dict)
    inks: dict[tuple[str, float | None, int], BarInk] = field(default_factory=dict)
    pictures: dict[tuple[object, ...], QPixmap] = field(default_factory=dict)
    writings: dict[tuple[str, bool], tuple[QStaticText, QSizeF]] = field(default_factory=dict)

    def text_of(self, bar: Bar, room: float) -> BarText:
        """Return what is written on a bar with so many pixels of room."""
        key = (bar.text, bar.confidence, int(room))
        found = self.words.get(key)
        if found is None:
            if len(self.words) > _MANY_WORDS:
                self.words.clear()
            found = self.words[key] = bar_text(bar, int(room), self.names, self.digits)
        return found

    def written(self, words: str, *, is_number: bool) -> tuple[QStaticText, QSizeF]:
        """Return words as they are drawn fast, and the room they take up.

        Args:
            words: On one line.
            is_number: Whether they are written with ``figures``, not with ``font``.
        """
        found = self.writings.get((words, is_number))
        if found is None:
            if len(self.writings) > _MANY_WORDS:
                self.writings.clear()
            text = QStaticText(words)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.prepare(font=self.figures if is_number else self.font)
            found = self.writings[words, is_number] = text, text.size()
        return found

    def ink_of(self, bar: Bar) -> BarInk:
        """Return what a bar is painted with."""
        confidence = None if bar.confidence is None else round(bar.confidence, 2)
        key = (bar.color, confidence, bar.kind if self.colors.is_high_contrast else 0)
        found = self.inks.get(key)
        if found is None:
            found = self.inks[key] = _ink_of(bar, self.colors)
        return found


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
        marked: Ranges that are marked, drawn or begun on this lane.
    """

    area: QRect
    scale: TimeScale
    left: int
    right: int
    selected: frozenset[str] = frozenset()
    dragged: Mapping[str, TimeSpan] = field(default_factory=dict)
    marked: tuple[TimeSpan, ...] = ()

    def box(self, span: TimeSpan, lane: QRect | None = None) -> QRectF:
        """Return where a span is, at least a pixel wide; ``lane`` gives its height."""
        rect = self.area if lane is None else lane
        x0 = max(self.scale.x_of(span.start), -_FAR)
        x1 = min(self.scale.x_of(span.end), self.scale.width + _FAR)
        return QRectF(rect.left() + x0, rect.top(), max(1.0, x1 - x0), rect.height())


def _ink_of(bar: Bar, colors: ColorTokens) -> BarInk:
    if colors.is_high_contrast:
        return _contrast_ink_of(bar, colors)
    if bar.confidence is None:
        line = QPen(QColor(tokens.blend(bar.color, colors.text, 0.75)), 1)
        return BarInk(line, QBrush(QColor(bar.color)), None, QColor(tokens.ink_on(bar.color)))
    alpha = tokens.prediction_alpha(bar.confidence)
    shade = tokens.visible_on(colors.panel, bar.color)
    ground = QColor(tokens.blend(shade, colors.panel, alpha))
    stripes = QColor(tokens.blend(shade, colors.panel, alpha * 0.4))
    return BarInk(
        QPen(QColor(shade), 1),
        QBrush(ground),
        QBrush(stripes, Qt.BrushStyle.BDiagPattern),
        QColor(colors.text),
    )


def _contrast_ink_of(bar: Bar, colors: ColorTokens) -> BarInk:
    """Return ink that tells labels from segments of the model, and classes, also without colors."""
    ground, text = QColor(colors.panel), QColor(colors.text)
    if bar.confidence is not None:
        return BarInk(QPen(text, 1, Qt.PenStyle.DashLine), QBrush(ground), None, text)
    shade = QColor(tokens.visible_on(colors.panel, bar.color))
    pattern = QBrush(shade, _PATTERNS[bar.kind % len(_PATTERNS)])
    return BarInk(QPen(text, 1), QBrush(ground), pattern, text, plate=ground)


def with_alpha(color: str, alpha: float) -> QColor:
    """Return a color with an opacity of 0 to 1."""
    ink = QColor(color)
    ink.setAlphaF(alpha)
    return ink
