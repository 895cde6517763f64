"""How the timeline looks. Every function paints one layer, only between two pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens, wording
from cast_studio.ui.timeline_content import HEADER_WIDTH, Lane, TimelineContent
from cast_studio.ui.timeline_rows import Bar, Row, strip_ink
from cast_studio.ui.timeline_scale import TimeScale
from cast_studio.ui.timeline_text import bar_text
from cast_studio.ui.tokens import ColorTokens

BAR_MARGIN = 4
_PADDING = 6
_NARROW_PADDING = 3
_NARROW = 64
"""Bars below this width in pixels keep less distance to their words."""
_MARK_WIDTH = 10
_HOW_TO_LABEL = "Drag here to mark a range, or press I and O; then Enter to label it."


@dataclass(frozen=True, slots=True)
class Look:
    """What all layers need: colors and fonts.

    Attributes:
        colors: The theme.
        font: Names on bars.
        figures: Times and confidences, with equally wide digits.
    """

    colors: ColorTokens
    font: QFont
    figures: QFont


_NAMES: tuple[tuple[Lane, str], ...] = (
    ("overview", "Overview"),
    ("labels", "Labels"),
    ("model", "Model"),
)


def paint_timeline(
    painter: QPainter, look: Look, content: TimelineContent, exposed: QRect, height: int
) -> None:
    """Paint all lanes.

    Args:
        painter: Of the timeline.
        look: Colors and fonts.
        content: What is shown.
        exposed: What must be painted.
        height: Of the timeline, in pixels.
    """
    painter.setFont(look.font)
    for lane, name in _NAMES:
        area = content.lane_rect(lane)
        painter.fillRect(area, QColor(look.colors.panel))
        painter.setPen(QColor(look.colors.muted))
        header = QRect(tokens.SPACE_S, area.top(), HEADER_WIDTH - tokens.SPACE_S, area.height())
        painter.drawText(header, int(Qt.AlignmentFlag.AlignVCenter), name)
    if content.scale is None or content.frames is None:
        return
    lanes = QRect(HEADER_WIDTH, 0, content.width, height)
    painter.setClipRect(lanes.intersected(exposed))
    rows = (content.labels, content.model)
    paint_overview(painter, look, content.lane_rect("overview"), content.scale, rows)
    seconds_per_tick = float(content.frames.timebase)
    paint_ruler(painter, look, content.lane_rect("ruler"), content.scale, seconds_per_tick)
    _paint_rows(painter, look, content, exposed)
    # The handle may stick out of the lanes at the video's start and end.
    painter.setClipRect(exposed)
    x = content.x_of(content.playhead)
    if HEADER_WIDTH <= x <= lanes.right() + 1:
        paint_playhead(painter, look, x, content.lane_rect("ruler").top() + 1.0, height)


def _paint_rows(painter: QPainter, look: Look, content: TimelineContent, exposed: QRect) -> None:
    scale = content.scale
    if scale is None:
        return
    left = max(0, exposed.left() - HEADER_WIDTH - 1)
    right = min(content.width, exposed.right() - HEADER_WIDTH + 2)
    if left >= right:
        return
    dragged = content.preview if content.preview and content.preview[0] is not None else None
    paint_row(
        painter, look, content.lane_rect("labels"), scale, content.labels,
        between=(left, right), selected=content.selected_label, preview=dragged,
    )  # fmt: skip
    paint_row(
        painter, look, content.lane_rect("model"), scale, content.model,
        between=(left, right), selected=content.selected_prediction, preview=None,
    )  # fmt: skip
    if not content.model.bars:
        _paint_hint(painter, look, content.lane_rect("model"), content.hint)
    drawn = content.preview[1] if content.preview and content.preview[0] is None else None
    marked = drawn or content.marked
    if not content.labels.bars and marked is None and content.can_edit:
        _paint_hint(painter, look, content.lane_rect("labels"), _HOW_TO_LABEL)
    if marked is not None:
        paint_range(painter, look, content.lane_rect("labels"), scale, marked)


def _paint_hint(painter: QPainter, look: Look, area: QRect, text: str) -> None:
    painter.setFont(look.font)
    painter.setPen(QColor(look.colors.muted))
    inner = area.adjusted(tokens.SPACE_S, 0, 0, 0)
    painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), text)


def paint_ruler(
    painter: QPainter, look: Look, area: QRect, scale: TimeScale, seconds_per_tick: float
) -> None:
    """Paint written times and their ticks."""
    step = scale.ruler_step(seconds_per_tick)
    painter.setFont(look.figures)
    for x, seconds in scale.ruler(seconds_per_tick):
        left = area.left() + x
        painter.setPen(QColor(look.colors.control))
        painter.drawLine(QPointF(left, area.bottom() - 6), QPointF(left, area.bottom()))
        painter.setPen(QColor(look.colors.muted))
        box = QRectF(left + tokens.SPACE_XS, area.top(), 120, area.height() - 2)
        text = wording.ruler_clock(seconds, step)
        if box.left() + painter.fontMetrics().horizontalAdvance(text) <= area.right():
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)


def paint_row(
    painter: QPainter,
    look: Look,
    area: QRect,
    scale: TimeScale,
    row: Row,
    *,
    between: tuple[int, int],
    selected: str | None,
    preview: tuple[str | None, TimeSpan] | None,
) -> None:
    """Paint the bars of a row.

    Args:
        painter: Clipped to the row.
        look: Colors and fonts.
        area: The row, without its header; ``scale`` counts from its left edge.
        scale: Ticks to pixels.
        row: The bars.
        between: First and last pixel that must be painted, from the left edge of ``area``.
        selected: Key of the selected bar.
        preview: A bar that is being dragged, and where it would be.
    """
    left, right = between
    positions = row.visible(scale.pts_at(left - 1), scale.pts_at(right + 1))
    lane = area.adjusted(0, BAR_MARGIN, 0, -BAR_MARGIN)
    _paint_narrow(painter, look, scale, row, positions, lane, between)
    dragged = preview[0] if preview else None
    for position in row.wide(scale, positions):
        bar = row.bars[position]
        if bar.key not in {dragged, selected}:
            _paint_bar(painter, look, _box(bar.span, scale, lane), bar, area)
    # On top of the others, because of their outline.
    for key in {selected, dragged} - {None}:
        found = row.position_of(key) if key else None
        if found is None:
            continue
        bar = row.bars[found]
        span = preview[1] if preview and key == dragged else bar.span
        box = _box(span, scale, lane)
        if box.right() >= area.left() + left and box.left() <= area.left() + right:
            _paint_bar(painter, look, box, bar, area)
            _paint_selected(painter, look, box)


def _paint_narrow(
    painter: QPainter,
    look: Look,
    scale: TimeScale,
    row: Row,
    positions: range,
    lane: QRect,
    between: tuple[int, int],
) -> None:
    """Paint the bars that are too narrow to be drawn alone, as one line of colors."""
    left, right = between
    pixels = np.ascontiguousarray(
        row.narrow_pixels(scale, positions, left, right, ground=look.colors.panel)
    )
    if not pixels.any():
        return
    line = QImage(
        pixels.data, len(pixels), 1, 4 * len(pixels), QImage.Format.Format_ARGB32_Premultiplied
    )
    painter.drawImage(QRect(lane.left() + left, lane.top(), len(pixels), lane.height()), line)


def paint_overview(
    painter: QPainter, look: Look, area: QRect, scale: TimeScale, rows: tuple[Row, ...]
) -> None:
    """Paint all of the video in one strip, and the window that the timeline shows."""
    whole = TimeScale.fitting(scale.whole, area.width(), frame_ticks=1)
    height = (area.height() - 8) // max(1, len(rows))
    for number, row in enumerate(rows):
        lane = QRect(area.left(), area.top() + 5 + number * height, area.width(), height - 2)
        every = range(len(row.bars))
        _paint_narrow(painter, look, whole, row, every, lane, (0, area.width()))
        for position in row.wide(whole, every):
            bar = row.bars[position]
            color, alpha = strip_ink(bar, look.colors.panel)
            painter.fillRect(_box(bar.span, whole, lane), _with_alpha(color, alpha))
    if scale.shows_all:
        return
    shown = QRectF(
        area.left() + whole.x_of(scale.first),
        area.top() + 1,
        max(4.0, (scale.last - scale.first) / whole.per_pixel),
        area.height() - 3,
    )
    painter.setPen(QPen(QColor(look.colors.text), 1))
    painter.setBrush(_with_alpha(look.colors.text, 0.10))
    painter.drawRoundedRect(shown, 3, 3)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def paint_range(
    painter: QPainter, look: Look, area: QRect, scale: TimeScale, span: TimeSpan
) -> None:
    """Paint the range between the in and the out mark."""
    box = _box(span, scale, area.adjusted(0, 1, 0, -1))
    painter.fillRect(box, _with_alpha(look.colors.accent, 0.22))
    painter.setPen(QPen(QColor(look.colors.accent), 2))
    painter.drawLine(box.topLeft(), box.bottomLeft())
    painter.drawLine(box.topRight(), box.bottomRight())


def paint_playhead(painter: QPainter, look: Look, x: float, top: float, bottom: float) -> None:
    """Paint the playhead: a line, and a handle in the ruler."""
    ink = QColor(look.colors.text)
    painter.setPen(QPen(ink, 1))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawPolygon(
        QPolygonF([QPointF(x - 5, top), QPointF(x + 5.5, top), QPointF(x + 0.5, top + 7)])
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _box(span: TimeSpan, scale: TimeScale, lane: QRect) -> QRectF:
    x0, x1 = scale.x_of(span.start), scale.x_of(span.end)
    # Qt's rasterizer overflows far outside of the widget.
    x0, x1 = max(x0, -4000.0), min(x1, scale.width + 4000.0)
    return QRectF(lane.left() + x0, lane.top(), max(1.0, x1 - x0), lane.height())


def _with_alpha(color: str, alpha: float) -> QColor:
    ink = QColor(color)
    ink.setAlphaF(alpha)
    return ink


def _paint_bar(painter: QPainter, look: Look, box: QRectF, bar: Bar, area: QRect) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner = box.adjusted(0.5, 0.5, -1.0, -0.5)
    if bar.confidence is None:
        painter.setPen(QPen(QColor(tokens.blend(bar.color, look.colors.text, 0.75)), 1))
        painter.setBrush(QColor(bar.color))
        painter.drawRoundedRect(inner, 3, 3)
        ink = QColor(tokens.ink_on(bar.color))
    else:
        alpha = tokens.prediction_alpha(bar.confidence)
        shade = tokens.visible_on(look.colors.panel, bar.color)
        ground = QColor(tokens.blend(shade, look.colors.panel, alpha))
        stripes = QColor(tokens.blend(shade, look.colors.panel, alpha * 0.4))
        painter.setPen(QPen(QColor(shade), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(inner, 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(stripes, Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(inner.adjusted(1, 1, -1, -1), 2, 2)
        ink = QColor(look.colors.text)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(ink)
    # A bar that begins left of the view still shows its name.
    _paint_text(painter, look, inner.intersected(QRectF(area)), bar)
    if bar.is_accepted and inner.width() > 14:
        _paint_mark(painter, inner, ink)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_text(painter: QPainter, look: Look, box: QRectF, bar: Bar) -> None:
    padding = _PADDING if box.width() >= _NARROW else _NARROW_PADDING
    room = box.adjusted(padding, 0, -padding, 0)
    if bar.is_accepted:
        room.setRight(room.right() - _MARK_WIDTH)
    if room.width() <= 0:
        return
    text = bar_text(bar, room.width(), QFontMetricsF(look.font), QFontMetricsF(look.figures))
    middle = int(Qt.AlignmentFlag.AlignVCenter)
    if text.number:
        painter.setFont(look.figures)
        painter.drawText(room, middle | int(Qt.AlignmentFlag.AlignRight), text.number)
    if text.name:
        painter.setFont(look.font)
        painter.drawText(room, middle, text.name)


def _paint_mark(painter: QPainter, box: QRectF, ink: QColor) -> None:
    """Paint the small check mark of a label that was taken over from the model."""
    x, y = box.right() - 11, box.center().y()
    painter.setPen(QPen(ink, 1.5))
    painter.drawPolyline(
        QPolygonF([QPointF(x, y), QPointF(x + 2.5, y + 3), QPointF(x + 7.5, y - 3.5)])
    )


def _paint_selected(painter: QPainter, look: Look, box: QRectF) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(look.colors.panel), 4))
    painter.drawRoundedRect(box.adjusted(0, 0, -0.5, 0), 3, 3)
    painter.setPen(QPen(QColor(look.colors.text), 2))
    painter.drawRoundedRect(box.adjusted(0, 0, -0.5, 0), 3, 3)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
