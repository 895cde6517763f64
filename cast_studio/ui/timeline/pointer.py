"""What the mouse does in the timeline: click, scrub, drag, draw a range or a band, pan, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Slot
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from cast_studio.ui.timeline.content import Hit, TimelineContent
from cast_studio.ui.timeline.drag import BandDrag, BodyDrag, Drag, EdgeDrag, LaneDrag, RangeDrag
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.timeline.selecting import How
from cast_studio.ui.timeline.tips import tip_of

if TYPE_CHECKING:
    from cast_studio.ui.timeline.widget import Timeline

_MAGNET = 6
_DRAG_DISTANCE = 3
_SCROLL_ZONE = 12
"""A lane that is dragged within so many pixels of the lanes' ends scrolls them."""
_SCROLL_STEP = 8
_SCROLL_MS = 30
_WHEEL_ZOOM = 1.2
_WHEEL_NOTCH = 120
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class TimelinePointer(QObject):
    """Filters the events of a timeline. A drag is previewed, and reported once on release."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self._pressed: tuple[QPoint, Hit] | None = None
        self._drag: Drag | None = None
        self._is_dragging = False
        self._playhead = 0
        self._panned_from: float | None = None
        self._carried_to = QPoint()
        self._scrolling = QTimer(self)
        self._scrolling.setInterval(_SCROLL_MS)
        self._scrolling.timeout.connect(self._scroll)

    @property
    def is_dragging(self) -> bool:
        """Whether something is being dragged or drawn."""
        return self._is_dragging

    @property
    def _content(self) -> TimelineContent:
        return self._timeline.content

    def cancel(self) -> None:
        """Drop the drag in progress; nothing is changed."""
        self._scrolling.stop()
        if isinstance(self._drag, LaneDrag):
            self._timeline.unsetCursor()
        self._pressed = self._drag = None
        if self._is_dragging:
            self._is_dragging = False
            self._timeline.end_preview()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's name)
        """Handle the pointer, and Esc while something is dragged."""
        kind = event.type()
        if isinstance(event, QKeyEvent):
            return self._on_key(event)
        if self._content.scale is None:
            return False
        if isinstance(event, QWheelEvent):
            self._on_wheel(event, self._content.scale)
            return True
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = tip_of(self._content.hit(event.pos()), self._content.frames)
            QToolTip.showText(event.globalPos(), text, self._timeline)
            return True
        if isinstance(event, QContextMenuEvent):
            self._on_menu(event)
            return True
        return isinstance(event, QMouseEvent) and self._on_mouse(kind, event)

    def _on_mouse(self, kind: QEvent.Type, event: QMouseEvent) -> bool:
        if kind == QEvent.Type.MouseButtonPress:
            self._on_press(event)
            return False  # a press also gives the focus
        if kind == QEvent.Type.MouseMove and self._content.scale is not None:
            self._on_move(event, self._content.scale)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._on_release(event)
        elif kind == QEvent.Type.MouseButtonDblClick:
            hit = self._content.hit(event.position().toPoint())
            if hit.bar is not None:
                self._timeline.activated.emit()
            elif hit.zone == "header" and hit.bar_lane is not None and not hit.bar_lane.is_model:
                self._timeline.track_activated.emit(hit.bar_lane.key)
        else:
            return False
        return True

    def _on_key(self, event: QKeyEvent) -> bool:
        is_escape = event.key() == Qt.Key.Key_Escape
        if not is_escape or self._pressed is None:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # or the window would use Esc for something else
        elif event.type() == QEvent.Type.KeyPress:
            self.cancel()
        return True

    def _on_press(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._panned_from = event.position().x()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        hit = self._content.hit(position)
        self._pressed = position, hit
        # The playhead follows a dragged edge; it attracts from where it was.
        self._playhead = self._content.playhead
        if hit.zone == "overview":
            self._look_at(position.x())
        elif hit.scrubs:
            self._timeline.seek(self._content.pts_at(position.x()))
        elif hit.zone == "lane" or (
            hit.zone == "outside" and position.x() >= self._content.header_width
        ):
            self._drag = self._drag_at(position, hit, event.modifiers())
        elif hit.zone == "header" and hit.bar_lane is not None:
            lane, content = hit.bar_lane, self._content
            if content.can_edit and not lane.is_model and len(content.label_rows) > 1:
                self._drag = LaneDrag(lane.key)

    def _drag_at(self, position: QPoint, hit: Hit, modifiers: Qt.KeyboardModifier) -> Drag | None:
        """Return what a drag that begins here would do."""
        lane, content = hit.bar_lane, self._content
        pts = content.pts_at(position.x())
        if hit.bar is None and modifiers & (_SHIFT | _CTRL):
            return BandDrag(position.x(), position.y())
        if lane is None or lane.is_model or not content.can_edit:
            return None
        if hit.bar is None:
            return RangeDrag(pts)
        if modifiers & (_SHIFT | _CTRL):
            return None
        if hit.edge is not None:
            return EdgeDrag(hit.bar.key, hit.bar.span, hit.edge, content.limits_of(lane, hit.bar))
        spans, (earliest, latest) = content.moving(hit.bar)
        return BodyDrag(hit.bar.key, spans, earliest, latest, pts)

    def _on_move(self, event: QMouseEvent, scale: TimeScale) -> None:
        position = event.position().toPoint()
        if self._panned_from is not None:
            self._timeline.set_scale(scale.panned(self._panned_from - event.position().x()))
            self._panned_from = event.position().x()
        elif self._pressed is None:
            self._show_cursor(self._content.hit(position))
        else:
            self._drag_to(position, scale, event.modifiers())

    def _drag_to(self, position: QPoint, scale: TimeScale, modifiers: Qt.KeyboardModifier) -> None:
        if self._pressed is None:
            return
        start, hit = self._pressed
        if hit.zone == "overview":
            self._look_at(position.x())
        elif hit.scrubs:
            self._timeline.seek(self._content.pts_at(position.x()))
        elif self._drag is not None and (
            self._is_dragging or (position - start).manhattanLength() >= _DRAG_DISTANCE
        ):
            if not self._is_dragging:
                self._is_dragging = True
                self._select_dragged(self._drag)
            self._preview(self._drag, position, scale, snaps=not modifiers & _CTRL)

    def _select_dragged(self, drag: Drag) -> None:
        """Select a label that is dragged, as a click would have done."""
        chosen = self._content.chosen
        if isinstance(drag, EdgeDrag | BodyDrag) and drag.key not in chosen.keys:
            self._timeline.select_labels(chosen.clicked(drag.key, "only", ()))

    def _preview(self, drag: Drag, position: QPoint, scale: TimeScale, *, snaps: bool) -> None:
        content, timeline = self._content, self._timeline
        if isinstance(drag, LaneDrag):
            self._carry(drag, position)
            return
        if content.frames is None:
            return
        if isinstance(drag, BandDrag):
            timeline.preview_band(QRect(QPoint(drag.x, drag.y), position).normalized())
            return
        pts = content.pts_at(position.x())
        held = {drag.key: drag.span} if isinstance(drag, EdgeDrag) else {}
        held = dict(drag.spans) if isinstance(drag, BodyDrag) else held
        places = [pts]
        if isinstance(drag, BodyDrag):
            places = [
                pts - drag.anchor + edge for edge in (held[drag.key].start, held[drag.key].end)
            ]
        found = {m for place in places for m in content.magnets(place, besides=held)}
        magnets = found | {self._playhead} if snaps else set()
        reach = _MAGNET * scale.per_pixel
        if isinstance(drag, RangeDrag):
            timeline.preview_range(drag.moved_to(pts, content.frames, magnets, reach))
        elif isinstance(drag, EdgeDrag):
            span = drag.moved_to(pts, content.frames, magnets, reach)
            timeline.preview({drag.key: span})
            at = span.start if drag.edge == "start" else span.end - 1
            timeline.edge_dragged.emit(at)
        else:
            timeline.preview(
                drag.moved_to(pts, content.frames, magnets, reach), self._target(drag, position)
            )

    def _carry(self, drag: LaneDrag, position: QPoint) -> None:
        """Show where a lane would go; lanes that are out of sight come when it is held at their side."""
        self._carried_to = position
        self._timeline.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._timeline.preview_place(self._content.place_at(drag.key, position.y()))
        if not self._scroll_step():
            self._scrolling.stop()
        elif not self._scrolling.isActive():
            self._scrolling.start()

    def _scroll_step(self) -> int:
        """Return by how many pixels the lanes scroll next while a lane is held where it is."""
        if self._carried_to.y() < self._content.lanes_top + _SCROLL_ZONE:
            return -_SCROLL_STEP
        return _SCROLL_STEP if self._carried_to.y() > self._content.height - _SCROLL_ZONE else 0

    @Slot()
    def _scroll(self) -> None:
        self._timeline.scroll_lanes(self._scroll_step())
        if isinstance(self._drag, LaneDrag):
            self._carry(self._drag, self._carried_to)

    def _target(self, drag: BodyDrag, position: QPoint) -> str:
        """Return the lane that labels are dragged to, if it is not the one they are on."""
        lane = self._content.hit(
            QPoint(max(position.x(), self._content.header_width), position.y())
        ).bar_lane
        if lane is None or lane.is_model or lane.row.bar(drag.key) is not None:
            return ""
        return lane.key

    def _on_release(self, event: QMouseEvent) -> None:
        self._panned_from = None
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        (_, hit), drag, was_dragging = self._pressed, self._drag, self._is_dragging
        content, timeline = self._content, self._timeline
        dragged, target, drawn, band = content.dragged, content.target, content.drawn, content.band
        place = content.place
        self.cancel()
        if not was_dragging:
            self._click(hit, event)
        elif isinstance(drag, RangeDrag) and drawn is not None:
            if hit.lane is not None:
                timeline.track_chosen.emit(hit.lane.key)
            timeline.range_drawn.emit(drawn)
        elif isinstance(drag, EdgeDrag):
            if dragged.get(drag.key, drag.span) != drag.span:
                timeline.retime_requested.emit(drag.key, dragged[drag.key])
        elif isinstance(drag, BodyDrag):
            moved = {key: span for key, span in dragged.items() if drag.spans[key] != span}
            if moved or target:
                timeline.move_requested.emit(tuple(drag.spans), moved, target)
        elif isinstance(drag, LaneDrag):
            if place is None:
                self._click(hit, event)  # it was meant as one, by an unsteady hand
            else:
                timeline.track_moved.emit(drag.key, place)
        elif band is not None:
            found = content.bars_in(band)
            timeline.select_labels(
                content.chosen.banded(found, adds=bool(event.modifiers() & _CTRL))
            )

    def _click(self, hit: Hit, event: QMouseEvent) -> None:
        lane, modifiers = hit.bar_lane, event.modifiers()
        if hit.zone == "header" and lane is not None and not lane.is_model:
            self._timeline.track_chosen.emit(lane.key)
        if lane is None or hit.zone != "lane":
            return
        how: How = "toggle" if modifiers & _CTRL else "extend" if modifiers & _SHIFT else "only"
        if how == "only":
            self._timeline.seek(self._content.pts_at(event.position().x()))
        if lane.is_model:
            if hit.bar is not None:
                self._timeline.prediction_clicked.emit(hit.bar.key)
            else:
                self._timeline.ground_clicked.emit()
            return
        if how == "only":
            self._timeline.track_chosen.emit(lane.key)
        if hit.bar is None:
            if how == "only":
                self._timeline.ground_clicked.emit()
            return
        rows = self._content.label_rows
        self._timeline.select_labels(self._content.chosen.clicked(hit.bar.key, how, rows))

    def _on_menu(self, event: QContextMenuEvent) -> None:
        hit = self._content.hit(event.pos())
        lane = hit.bar_lane
        if hit.lane is not None and hit.lane.is_strip:
            self._timeline.menu_requested.emit(event.globalPos(), "strip")
        if lane is None or hit.zone not in ("header", "lane"):
            return
        clicked = "ground" if hit.bar is None else "segment" if lane.is_model else "label"
        if lane.is_model:
            if hit.zone == "header" or hit.bar is None:
                return
            self._timeline.prediction_clicked.emit(hit.bar.key)
        elif hit.zone == "header":
            self._timeline.track_chosen.emit(lane.key)
            clicked = "track"
        elif hit.bar is not None and hit.bar.key not in self._content.chosen.keys:
            self._timeline.select_labels(self._content.chosen.clicked(hit.bar.key, "only", ()))
        self._timeline.menu_requested.emit(event.globalPos(), clicked)

    def _on_wheel(self, event: QWheelEvent, scale: TimeScale) -> None:
        turned = event.angleDelta()
        if event.modifiers() & _CTRL:
            x = event.position().x() - self._content.header_width
            self._timeline.zoom(_WHEEL_ZOOM ** (turned.y() / _WHEEL_NOTCH), around_x=x)
        elif event.modifiers() & Qt.KeyboardModifier.AltModifier or (
            event.position().x() < self._content.header_width
        ):
            # With Alt, Qt turns the wheel sideways.
            self._timeline.scroll_lanes(-(turned.y() or turned.x()) // 2)
        else:
            sideways = turned.x() if abs(turned.x()) > abs(turned.y()) else turned.y()
            self._timeline.set_scale(scale.panned(-sideways))
        event.accept()

    def _look_at(self, x: float) -> None:
        scale, frames = self._content.scale, self._content.frames
        if scale is not None and frames is not None:
            share = (x - self._content.header_width) / max(1, self._content.width)
            pts = scale.whole.start + share * scale.whole.duration
            self._timeline.set_scale(scale.centered(pts))

    def _show_cursor(self, hit: Hit) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if hit.edge is not None:
            shape = Qt.CursorShape.SizeHorCursor
        elif hit.bar is not None or hit.zone in ("overview", "header"):
            shape = Qt.CursorShape.PointingHandCursor
        self._timeline.setCursor(shape)
