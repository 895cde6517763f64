"""How segments look. Every function paints one layer, only between two pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline.look import LaneView, Look, with_alpha
from cast_studio.ui.timeline.rows import Bar, Row
from cast_studio.ui.timeline.scale import TimeScale

_PADDING = 6
_NARROW_PADDING = 3
_NARROW = 64
"""Bars below this width in pixels keep less distance to their words."""
_MARK_WIDTH = 10
_DIAMOND = 5.0
_MANY = 300
"""More selected bars or points than this are painted as pixels, not one by one."""


def paint_bars(
    painter: QPainter, look: Look, row: Row, levels: Sequence[QRect], view: LaneView
) -> None:
    """Paint the bars of a row, and what is selected or dragged of them.

    Args:
        painter: Clipped to the row.
        look: Colors and fonts.
        row: The bars.
        levels: Where each level of the row is.
        view: What is visible.
    """
    scale, left, right = view.scale, view.left, view.right
    positions = row.visible(scale.pts_at(left - 8), scale.pts_at(right + 8))
    for level, lane in enumerate(levels):
        number = level if len(levels) > 1 else None
        paint_narrow(painter, look, scale, row, positions, lane, (left, right), number)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    raised = view.dragged.keys() | _few(view.selected)
    for position in _alone(row, scale, positions):
        bar = row.bars[position]
        if bar.key not in raised:
            lane = levels[row.levels[position]]
            _paint_one(painter, look, bar, view.box(bar.span, lane), view.area)
    if len(view.selected) > _MANY:
        _underline(painter, look, row, view)
    # On top of the others, because of their outline.
    for key in (*sorted(_few(view.selected) - view.dragged.keys()), *view.dragged):
        bar_found, place = row.bar(key), row.position_of(key)
        if bar_found is not None and place is not None:
            span = view.dragged.get(key, bar_found.span)
            box = view.box(span, levels[row.levels[place]])
            if (
                box.right() + 8 >= view.area.left() + left
                and box.left() - 8 <= view.area.left() + right
            ):
                _paint_one(painter, look, bar_found, box, view.area, span=span)
                _paint_selected(painter, look, box, span)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _few(selected: frozenset[str]) -> frozenset[str]:
    return selected if len(selected) <= _MANY else frozenset()


def _alone(row: Row, scale: TimeScale, positions: range) -> Iterable[int]:
    """Return the positions of what is drawn one by one: wide bars, and points while they are few."""
    points = row.points(positions)
    return (*row.wide(scale, positions), *(points if len(points) <= _MANY else ()))


def paint_narrow(
    painter: QPainter,
    look: Look,
    scale: TimeScale,
    row: Row,
    positions: range,
    lane: QRect,
    between: tuple[int, int],
    level: int | None = None,
) -> None:
    """Paint the bars that are too narrow to be drawn alone, as one line of colors."""
    left, right = between
    pixels = np.ascontiguousarray(
        row.narrow_pixels(scale, positions, left, right, ground=look.colors.panel, level=level)
    )
    if not pixels.any():
        return
    line = QImage(
        pixels.data, len(pixels), 1, 4 * len(pixels), QImage.Format.Format_ARGB32_Premultiplied
    )
    painter.drawImage(QRect(lane.left() + left, lane.top(), len(pixels), lane.height()), line)


def _underline(painter: QPainter, look: Look, row: Row, view: LaneView) -> None:
    """Paint a line below many selected bars."""
    chosen = row.chosen(view.selected)
    scale = view.scale
    every = chosen.visible(scale.pts_at(view.left), scale.pts_at(view.right))
    foot = QRect(view.area.left(), view.area.bottom() - 3, view.area.width(), 3)
    ink = QColor(look.colors.text)
    pixels = chosen.narrow_pixels(
        view.scale, every, view.left, view.right, ground=look.colors.panel
    )
    for start, stop in _runs(pixels != 0):
        painter.fillRect(foot.left() + view.left + start, foot.top(), stop - start, 3, ink)
    for position in chosen.wide(view.scale, every):
        painter.fillRect(view.box(chosen.bars[position].span, foot), ink)


def _runs(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def paint_range(painter: QPainter, look: Look, view: LaneView, span: TimeSpan) -> None:
    """Paint the range between the in and the out mark."""
    box = view.box(span, view.area.adjusted(0, 1, 0, -1))
    painter.fillRect(box, with_alpha(look.colors.accent, 0.22))
    painter.setPen(QPen(QColor(look.colors.accent), 2))
    painter.drawLine(box.topLeft(), box.bottomLeft())
    painter.drawLine(box.topRight(), box.bottomRight())


def paint_words(painter: QPainter, look: Look, area: QRect, text: str) -> None:
    """Write a sentence on an empty lane."""
    painter.setFont(look.font)
    painter.setPen(QColor(look.colors.muted))
    inner = area.adjusted(tokens.SPACE_S, 0, -tokens.SPACE_S, 0)
    shown = look.names.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
    painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter), shown)


def _paint_one(
    painter: QPainter,
    look: Look,
    bar: Bar,
    box: QRectF,
    area: QRect,
    *,
    span: TimeSpan | None = None,
) -> None:
    if (bar.span if span is None else span).is_point:
        ink = look.ink_of(bar)
        painter.setPen(ink.line)
        painter.setBrush(ink.ground)
        painter.drawPolygon(_diamond(box))
    else:
        _paint_bar(painter, look, box, bar, area)


def _diamond(box: QRectF, grown: float = 0.0) -> QPolygonF:
    x, y = box.left(), box.center().y()
    wide, high = _DIAMOND + grown, min(box.height() / 2, 9.0) + grown
    return QPolygonF(
        [QPointF(x - wide, y), QPointF(x, y - high), QPointF(x + wide, y), QPointF(x, y + high)]
    )


def _paint_bar(painter: QPainter, look: Look, box: QRectF, bar: Bar, area: QRect) -> None:
    inner = box.adjusted(0.5, 0.5, -1.0, -0.5)
    ink = look.ink_of(bar)
    painter.setPen(ink.line)
    painter.setBrush(ink.ground)
    painter.drawRoundedRect(inner, 3, 3)
    if ink.stripes is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.stripes)
        painter.drawRoundedRect(inner.adjusted(1, 1, -1, -1), 2, 2)
    painter.setPen(ink.text)
    # A bar that begins left of the view still shows its name.
    _paint_text(painter, look, inner.intersected(QRectF(area)), bar)
    if bar.is_accepted and inner.width() > 14:
        _paint_mark(painter, inner, ink.text)
    if bar.has_note and inner.width() > 14:
        _paint_corner(painter, inner, ink.text)


def _paint_text(painter: QPainter, look: Look, box: QRectF, bar: Bar) -> None:
    padding = _PADDING if box.width() >= _NARROW else _NARROW_PADDING
    room = box.adjusted(padding, 0, -padding, 0)
    if bar.is_accepted:
        room.setRight(room.right() - _MARK_WIDTH)
    if room.width() <= _PADDING:
        return
    text = look.text_of(bar, room.width())
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


def _paint_corner(painter: QPainter, box: QRectF, ink: QColor) -> None:
    """Paint the small corner of a label with a note."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    left, top = box.left() + 1, box.top() + 1
    painter.drawPolygon(
        QPolygonF([QPointF(left, top), QPointF(left + 6, top), QPointF(left, top + 6)])
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_selected(painter: QPainter, look: Look, box: QRectF, span: TimeSpan) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for color, width in ((look.colors.panel, 4), (look.colors.text, 2)):
        painter.setPen(QPen(QColor(color), width))
        if span.is_point:
            painter.drawPolygon(_diamond(box, 1.0))
        else:
            painter.drawRoundedRect(box.adjusted(0, 0, -0.5, 0), 3, 3)
