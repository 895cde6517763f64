"""How the timeline looks around its lanes: headers, ruler, overview, playhead."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap, QPolygonF

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import tokens, wording
from cast_studio.ui.language import translate
from cast_studio.ui.timeline.bar_paint import paint_narrow
from cast_studio.ui.timeline.content import TimelineContent
from cast_studio.ui.timeline.lanes import BarLane, Lane
from cast_studio.ui.timeline.look import LaneView, Look, with_alpha
from cast_studio.ui.timeline.rows import Row, strip_ink
from cast_studio.ui.timeline.scale import TimeScale

_OUTSIDE = 0.35
"""How much of the hatching is seen where the video is not."""
_REVIEWED = 0.13
"""How much of the ground's color tells that somebody has looked."""


class TimelinePainter:
    """Paints a timeline; it keeps the overview, which hardly changes."""

    def __init__(self) -> None:
        self._overview = QPixmap()
        self._overview_of: tuple[object, ...] = ()
        self._overview_rows: tuple[Row, ...] = ()

    def paint(
        self, painter: QPainter, look: Look, content: TimelineContent, exposed: QRect
    ) -> None:
        """Paint all lanes.

        Args:
            painter: Of the timeline.
            look: Colors and fonts.
            content: What is shown.
            exposed: What must be painted.
        """
        painter.setFont(look.font)
        above_lanes = exposed.top() < content.lanes_top
        if above_lanes:
            _paint_header(painter, look, content.overview_rect, translate("Timeline", "Overview"))
            painter.fillRect(content.overview_rect, QColor(look.colors.panel))
            if look.colors.is_high_contrast:
                _paint_edges(painter, look, content.overview_rect.adjusted(0, -1, 0, 0))
        scale, frames = content.scale, content.frames
        header, lanes_top = content.header_width, content.lanes_top
        lanes = QRect(0, lanes_top, header + content.width, content.height - lanes_top)
        painter.setClipRect(lanes.intersected(exposed))
        for lane, rect in content.lane_rects():
            if rect.bottom() >= max(lanes_top, exposed.top()) and rect.top() <= exposed.bottom():
                _paint_ground(painter, look, content, lane, rect)
        if scale is None or frames is None:
            return
        body = QRect(header, 0, content.width, content.height)
        painter.setClipRect(body.intersected(exposed))
        if above_lanes:
            self._paint_overview(painter, look, content, scale)
        if exposed.intersects(content.ruler_rect):
            paint_ruler(painter, look, content.ruler_rect, scale, float(frames.timebase))
        _paint_outside(painter, look, content, scale)
        _paint_lanes(painter, look, content, scale, exposed)
        # The handle may stick out of the lanes at the video's start and end.
        painter.setClipRect(exposed)
        x = content.x_of(content.playhead)
        if header <= x <= body.right() + 1:
            paint_playhead(painter, look, x, content.ruler_rect.top() + 1.0, content.height)
        if content.place is not None:
            line = QRect(0, content.place_line(content.place) - 1, header + content.width, 3)
            line.moveTop(max(line.top(), lanes_top))
            painter.fillRect(line, QColor(look.colors.accent))
        if content.band is not None:
            painter.setPen(QPen(QColor(look.colors.accent), 1))
            painter.setBrush(with_alpha(look.colors.accent, 0.15))
            painter.drawRect(content.band)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_overview(
        self, painter: QPainter, look: Look, content: TimelineContent, scale: TimeScale
    ) -> None:
        area = content.overview_rect
        rows = tuple(lane.row for lane in content.bar_lanes)
        ratio = painter.device().devicePixelRatio()
        kind = (len(rows), content.reviewed, area.width(), ratio, look.colors, scale.whole)
        place = QRect(0, 0, area.width(), area.height())
        if kind != self._overview_of:
            self._overview = QPixmap(area.size() * ratio)
            self._overview.setDevicePixelRatio(ratio)
            self._overview.fill(QColor(look.colors.panel))
            inner = QPainter(self._overview)
            paint_overview(inner, look, place, scale.whole, rows, content.reviewed)
            inner.end()
        elif any(row is not old for row, old in zip(rows, self._overview_rows, strict=True)):
            inner = QPainter(self._overview)
            for number, strip in enumerate(_overview_strips(place, len(rows))):
                if rows[number] is not self._overview_rows[number]:
                    inner.fillRect(strip, QColor(look.colors.panel))
                    _paint_strip(inner, look, strip, scale.whole, rows[number])
            inner.end()
        self._overview_of, self._overview_rows = kind, rows
        painter.drawPixmap(area.topLeft(), self._overview)
        if scale.shows_all:
            return
        whole = TimeScale.fitting(scale.whole, area.width(), frame_ticks=1)
        shown = QRectF(
            area.left() + whole.x_of(scale.first),
            area.top() + 1,
            max(4.0, (scale.last - scale.first) / whole.per_pixel),
            area.height() - 3,
        )
        painter.setPen(QPen(QColor(look.colors.text), 1))
        painter.setBrush(with_alpha(look.colors.text, 0.10))
        painter.drawRoundedRect(shown, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_header(
    painter: QPainter, look: Look, area: QRect, name: str, *, is_active: bool = False
) -> None:
    if is_active:
        painter.fillRect(QRect(0, area.top(), 3, area.height()), QColor(look.colors.accent))
    painter.setFont(look.font)
    painter.setPen(QColor(look.colors.text if is_active else look.colors.muted))
    room = QRect(tokens.SPACE_S, area.top(), area.left() - 2 * tokens.SPACE_S, area.height())
    shown = look.names.elidedText(name, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), shown)


def _paint_edges(painter: QPainter, look: Look, area: QRect) -> None:
    painter.setPen(QColor(look.colors.line))
    painter.drawLine(area.topLeft(), area.topRight())
    painter.drawLine(area.bottomLeft(), area.bottomRight())


def _paint_ground(
    painter: QPainter, look: Look, content: TimelineContent, lane: Lane, rect: QRect
) -> None:
    """Paint a lane's header and what its bars lie on."""
    bars = lane if isinstance(lane, BarLane) else None
    is_active = bars is not None and bars.is_active
    _paint_header(painter, look, rect, lane.name, is_active=is_active)
    painter.fillRect(rect, QColor(look.colors.panel))
    if look.colors.is_high_contrast:  # the ground of lanes is that of the window
        _paint_edges(painter, look, rect)
    if content.scale is None or bars is None:
        return
    if not bars.is_model:
        view = LaneView(rect, content.scale, 0, content.width)
        ground = QColor(tokens.blend(look.colors.good, look.colors.panel, _REVIEWED))
        for span in content.reviewed:
            painter.fillRect(view.box(span).intersected(QRectF(rect)), ground)
    if lane.key == content.target:
        painter.setPen(QPen(QColor(look.colors.accent), 2))
        painter.drawRect(rect.adjusted(1, 1, -1, -1))


def _paint_outside(
    painter: QPainter, look: Look, content: TimelineContent, scale: TimeScale
) -> None:
    """Hatch the time before and after the video, where only labels are."""
    top, whole = content.ruler_rect.top(), content.whole
    left, right = content.header_width, content.header_width + content.width
    hatching = QBrush(QColor(look.colors.control), Qt.BrushStyle.FDiagPattern)
    edge = QPen(QColor(look.colors.warning), 1, Qt.PenStyle.DashLine)
    for is_outside, x, area in (
        (
            scale.whole.start < whole.start,
            content.x_of(whole.start),
            QRectF(left, top, content.x_of(whole.start) - left, content.height - top),
        ),
        (
            scale.whole.end > whole.end,
            content.x_of(whole.end),
            QRectF(
                content.x_of(whole.end), top, right - content.x_of(whole.end), content.height - top
            ),
        ),
    ):
        if is_outside and area.width() > 0:
            painter.setOpacity(_OUTSIDE)
            painter.fillRect(
                area.intersected(QRectF(left, top, content.width, area.height())), hatching
            )
            painter.setOpacity(1.0)
            if left <= x <= right:
                painter.setPen(edge)
                painter.drawLine(QPointF(x, top), QPointF(x, content.height))


def _paint_lanes(
    painter: QPainter, look: Look, content: TimelineContent, scale: TimeScale, exposed: QRect
) -> None:
    header, top = content.header_width, content.lanes_top
    left = max(0, exposed.left() - header - 1)
    right = min(content.width, exposed.right() - header + 2)
    if left >= right:
        return
    for lane, rect in content.lane_rects():
        clip = QRect(header, max(rect.top(), top), content.width, rect.height())
        clip = clip.intersected(exposed)
        if clip.isEmpty() or rect.bottom() < top:
            continue
        painter.setClipRect(clip)
        bars = lane if isinstance(lane, BarLane) else None
        selected = content.chosen.keys
        if bars is not None and bars.is_model:
            selected = frozenset({content.selected_prediction} - {None})  # type: ignore[arg-type]
        is_active = bars is not None and bars.is_active
        marked = content.ranges if is_active else ()
        dragged = content.dragged if bars is not None and not bars.is_model else {}
        lane.paint(
            painter,
            look,
            LaneView(rect, scale, left, right, selected, dragged, marked),
        )


def paint_ruler(
    painter: QPainter, look: Look, area: QRect, scale: TimeScale, seconds_per_tick: float
) -> None:
    """Paint written times and their ticks."""
    step = scale.ruler_step(seconds_per_tick)
    marks = [(area.left() + x, seconds) for x, seconds in scale.ruler(seconds_per_tick)]
    painter.setPen(QColor(look.colors.control))
    painter.drawLines([QLineF(x, area.bottom() - 6, x, area.bottom()) for x, _ in marks])
    painter.setFont(look.figures)
    painter.setPen(QColor(look.colors.muted))
    for x, seconds in marks:
        left = x + tokens.SPACE_XS
        words, size = look.written(wording.ruler_clock(seconds, step), is_number=True)
        if left + size.width() <= area.right():
            top = area.top() + (area.height() - 2 - size.height()) / 2
            painter.drawStaticText(QPointF(left, top), words)


def paint_overview(
    painter: QPainter,
    look: Look,
    area: QRect,
    whole: TimeSpan,
    rows: tuple[Row, ...],
    reviewed: tuple[TimeSpan, ...],
) -> None:
    """Paint all of the video in one strip, and below it what was looked at."""
    for strip, row in zip(_overview_strips(area, len(rows)), rows, strict=True):
        _paint_strip(painter, look, strip, whole, row)
    scale = TimeScale.fitting(whole, area.width(), frame_ticks=1)
    foot = LaneView(QRect(area.left(), area.bottom() - 1, area.width(), 2), scale, 0, area.width())
    for span in reviewed:
        painter.fillRect(foot.box(span), QColor(look.colors.good))


def _overview_strips(area: QRect, count: int) -> list[QRect]:
    """Return where each row of an overview is; they lie on each other only if there are very many."""
    height = (area.height() - 8) / max(1, count)
    tops = [area.top() + 5 + round(number * height) for number in range(count)]
    return [QRect(area.left(), top, area.width(), max(2, round(height) - 1)) for top in tops]


def _paint_strip(painter: QPainter, look: Look, strip: QRect, whole: TimeSpan, row: Row) -> None:
    """Paint all bars of a row in a strip of an overview."""
    scale = TimeScale.fitting(whole, strip.width(), frame_ticks=1)
    view, every = LaneView(strip, scale, 0, strip.width()), range(len(row.bars))
    paint_narrow(painter, look, scale, row, every, strip, (0, strip.width()))
    for position in row.wide(scale, every):
        bar = row.bars[position]
        color, alpha = strip_ink(bar, look.colors.panel)
        painter.fillRect(view.box(bar.span), with_alpha(color, alpha))


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
