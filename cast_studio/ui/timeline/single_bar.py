"""How a single bar looks: its body, its words and its marks."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from cast_studio.core.timing import TimeSpan
from cast_studio.ui.timeline.look import Look
from cast_studio.ui.timeline.rows import Bar

_PADDING = 6
_NARROW_PADDING = 3
_NARROW = 64
"""Bars below this width in pixels keep less distance to their words."""
_MARK_WIDTH = 10
_DIAMOND = 5.0
_SMALL = 40
"""Bars below this width in pixels are painted once and then copied."""
_MOST_PICTURES = 4_000


def paint_bar(
    painter: QPainter,
    look: Look,
    bar: Bar,
    box: QRectF,
    area: QRect,
    *,
    span: TimeSpan | None = None,
) -> None:
    """Paint a bar alone.

    Args:
        painter: Antialiased, clipped to the lane.
        look: Colors and fonts.
        bar: A label or a segment of the model.
        box: Where it is.
        area: The lane.
        span: Where it would be, while it is dragged.
    """
    if (bar.span if span is None else span).is_point:
        ink = look.ink_of(bar)
        painter.setPen(ink.line)
        painter.setBrush(ink.ground)
        painter.drawPolygon(_diamond(box))
    elif box.width() < _SMALL:
        _paint_small(painter, look, box, bar)
    else:
        _paint_body(painter, look, box, bar, area)


def _paint_small(painter: QPainter, look: Look, box: QRectF, bar: Bar) -> None:
    """Paint a bar from a picture that is kept: hundreds of them look alike."""
    left, width, height = round(box.left()), max(1, round(box.width())), round(box.height())
    text = look.text_of(bar, _room(width, bar))
    ratio = painter.device().devicePixelRatio()
    ink = look.ink_of(bar)
    key = (ink, text, width, height, ratio, bar.is_accepted, bar.has_note)
    picture = look.pictures.get(key)
    if picture is None:
        if len(look.pictures) >= _MOST_PICTURES:
            look.pictures.clear()
        picture = QPixmap(round(width * ratio), round(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        inner = QPainter(picture)
        inner.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRect(0, 0, width, height)
        _paint_body(inner, look, QRectF(place), bar, place)
        inner.end()
        look.pictures[key] = picture
    painter.drawPixmap(left, round(box.top()), picture)


def _room(width: float, bar: Bar) -> float:
    padding = _PADDING if width >= _NARROW else _NARROW_PADDING
    return width - 1.5 - 2 * padding - (_MARK_WIDTH if bar.is_accepted else 0)


def _diamond(box: QRectF, grown: float = 0.0) -> QPolygonF:
    x, y = box.left(), box.center().y()
    wide, high = _DIAMOND + grown, min(box.height() / 2, 9.0) + grown
    return QPolygonF(
        [QPointF(x - wide, y), QPointF(x, y - high), QPointF(x + wide, y), QPointF(x, y + high)]
    )


def _paint_body(painter: QPainter, look: Look, box: QRectF, bar: Bar, area: QRect) -> None:
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
    if ink.plate is not None and bar.is_accepted and inner.width() > 14:
        painter.fillRect(QRectF(inner.right() - 13, inner.center().y() - 6, 12, 12), ink.plate)
    if bar.is_accepted and inner.width() > 14:
        _paint_mark(painter, inner, ink.text)
    if bar.has_note and inner.width() > 14:
        _paint_corner(painter, inner, ink.text)


def _paint_text(painter: QPainter, look: Look, box: QRectF, bar: Bar) -> None:
    padding = _PADDING if box.width() >= _NARROW else _NARROW_PADDING
    left, right = box.left() + padding, box.right() - padding
    if bar.is_accepted:
        right -= _MARK_WIDTH
    if right - left <= _PADDING:
        return
    text, plate = look.text_of(bar, right - left), look.ink_of(bar).plate
    for words, is_number in ((text.number, True), (text.name, False)):
        if words:
            written, size = look.written(words, is_number=is_number)
            painter.setFont(look.figures if is_number else look.font)
            x = right - size.width() if is_number else left
            place = QPointF(x, box.center().y() - size.height() / 2)
            if plate is not None:
                painter.fillRect(QRectF(place, size).adjusted(-2, 0, 2, 0), plate)
            painter.drawStaticText(place, written)


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


def paint_outline(painter: QPainter, look: Look, box: QRectF, span: TimeSpan) -> None:
    """Paint what tells that a bar is selected."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    colors = look.colors
    lines = ((colors.panel, 4), (colors.text, 2))
    if colors.is_high_contrast:  # every bar has a line of the text's color already
        lines = ((colors.panel, 8), (colors.accent, 4))
    for color, width in lines:
        painter.setPen(QPen(QColor(color), width))
        if span.is_point:
            painter.drawPolygon(_diamond(box, 1.0))
        else:
            painter.drawRoundedRect(box.adjusted(0, 0, -0.5, 0), 3, 3)
