"""How segments look. Every function paints one layer, only between two pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline.look import LaneView, Look, with_alpha
from cast_studio.ui.timeline.rows import Row
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.timeline.single_bar import paint_bar, paint_outline

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
            paint_bar(painter, look, bar, view.box(bar.span, lane), view.area)
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
                paint_bar(painter, look, bar_found, box, view.area, span=span)
                paint_outline(painter, look, box, span)
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
