"""What lies below a line of a list: whether it is chosen, under the pointer, or has the focus."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from cast_studio.ui import tokens
from cast_studio.ui.theme import colors_of, focus_pen


def paint_row_ground(painter: QPainter, option: QStyleOptionViewItem, area: QRectF) -> None:
    """Paint the ground of a line.

    Args:
        painter: Of the view, antialiased.
        option: What Qt says about the line.
        area: Where the line is.
    """
    view = option.widget
    colors = colors_of(view)
    is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
    if is_selected or option.state & QStyle.StateFlag.State_MouseOver:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.hover if is_selected else colors.raised))
        painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)
    if not is_selected:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if view.hasFocus():
        painter.setPen(focus_pen(colors))
    elif colors.is_high_contrast:
        painter.setPen(QPen(QColor(colors.text), 1, Qt.PenStyle.DashLine))
    else:
        return
    inset = painter.pen().widthF() / 2
    painter.drawRoundedRect(
        area.adjusted(inset, inset, -inset, -inset), tokens.RADIUS, tokens.RADIUS
    )
