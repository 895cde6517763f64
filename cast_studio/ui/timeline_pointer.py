"""What the mouse does in the timeline: click, scrub, drag an edge, draw a range, pan, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from cast_studio.core.timing import TimeSpan
from cast_studio.ui import wording
from cast_studio.ui.timeline_content import HEADER_WIDTH, Hit, TimelineContent
from cast_studio.ui.timeline_drag import Drag, EdgeDrag, RangeDrag
from cast_studio.ui.timeline_scale import TimeScale

if TYPE_CHECKING:
    from cast_studio.ui.timeline import Timeline

_MAGNET = 6
_DRAG_DISTANCE = 3
_WHEEL_ZOOM = 1.2
_WHEEL_NOTCH = 120


class TimelinePointer(QObject):
    """Filters the events of a timeline. A drag is previewed, and reported once on release."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self._pressed: tuple[QPoint, Hit] | None = None
        self._drag: Drag | None = None
        self._preview: TimeSpan | None = None
        self._panned_from: float | None = None

    @property
    def is_dragging(self) -> bool:
        """Whether an edge or a range is being dragged."""
        return self._preview is not None

    @property
    def _content(self) -> TimelineContent:
        return self._timeline.content

    def cancel(self) -> None:
        """Drop the drag in progress; nothing is changed."""
        self._pressed = self._drag = None
        if self._preview is not None:
            self._preview = None
            self._timeline.preview(None, None)

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
            self._show_tip(event)
            return True
        if not isinstance(event, QMouseEvent):
            return False
        if kind == QEvent.Type.MouseButtonPress:
            self._on_press(event)
        elif kind == QEvent.Type.MouseMove:
            self._on_move(event, self._content.scale)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._on_release(event)
        elif kind == QEvent.Type.MouseButtonDblClick:
            if self._content.hit(event.position().toPoint()).bar is not None:
                self._timeline.activated.emit()
        else:
            return False
        return kind != QEvent.Type.MouseButtonPress  # a press also gives the focus

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
        if hit.lane == "overview":
            self._look_at(position.x())
        elif hit.lane == "ruler":
            self._seek(position.x())
        elif hit.bar is not None and hit.edge is not None:
            limits = self._content.limits_of(hit.bar)
            self._drag = EdgeDrag(hit.bar.key, hit.bar.span, hit.edge, limits)
        elif hit.lane == "labels" and hit.bar is None and self._content.can_edit:
            self._drag = RangeDrag(self._content.pts_at(position.x()))

    def _on_move(self, event: QMouseEvent, scale: TimeScale) -> None:
        x = event.position().x()
        if self._panned_from is not None:
            self._timeline.set_scale(scale.panned(self._panned_from - x))
            self._panned_from = x
        elif self._pressed is None:
            self._show_cursor(self._content.hit(event.position().toPoint()))
        else:
            self._drag_to(event.position(), scale)

    def _drag_to(self, position: QPointF, scale: TimeScale) -> None:
        if self._pressed is None or self._content.frames is None:
            return
        start, hit = self._pressed
        if hit.lane == "overview":
            self._look_at(position.x())
        elif hit.lane == "ruler":
            self._seek(position.x())
        elif self._drag is not None and (
            self._preview is not None or abs(position.x() - start.x()) >= _DRAG_DISTANCE
        ):
            key = self._drag.key if isinstance(self._drag, EdgeDrag) else None
            pts = self._content.pts_at(position.x())
            magnets = self._content.magnets(pts, besides=key)
            reach = _MAGNET * scale.per_pixel
            self._preview = self._drag.moved_to(pts, self._content.frames, magnets, reach)
            self._timeline.preview(key, self._preview)

    def _on_release(self, event: QMouseEvent) -> None:
        self._panned_from = None
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        (_, hit), drag, preview = self._pressed, self._drag, self._preview
        self.cancel()
        if preview is None:
            self._click(hit, event.position().x())
        elif isinstance(drag, EdgeDrag):
            if preview != drag.span:
                self._timeline.retime_requested.emit(drag.key, preview)
        else:
            self._timeline.range_drawn.emit(preview)

    def _click(self, hit: Hit, x: float) -> None:
        if hit.lane not in ("labels", "model"):
            return
        self._seek(x)
        if hit.bar is None:
            self._timeline.ground_clicked.emit()
        elif hit.lane == "labels":
            self._timeline.label_clicked.emit(hit.bar.key)
        else:
            self._timeline.prediction_clicked.emit(hit.bar.key)

    def _on_wheel(self, event: QWheelEvent, scale: TimeScale) -> None:
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            x = event.position().x() - HEADER_WIDTH
            self._timeline.zoom(_WHEEL_ZOOM ** (turned.y() / _WHEEL_NOTCH), around_x=x)
        else:
            sideways = turned.x() if abs(turned.x()) > abs(turned.y()) else turned.y()
            self._timeline.set_scale(scale.panned(-sideways))
        event.accept()

    def _seek(self, x: float) -> None:
        frames = self._content.frames
        if frames is not None:
            pts = round(self._content.pts_at(x))
            self._timeline.seek_requested.emit(min(max(pts, frames.span.start), frames.span.end))

    def _look_at(self, x: float) -> None:
        scale, frames = self._content.scale, self._content.frames
        if scale is not None and frames is not None:
            share = (x - HEADER_WIDTH) / max(1, self._content.width)
            pts = frames.span.start + share * frames.span.duration
            self._timeline.set_scale(scale.centered(pts))

    def _show_cursor(self, hit: Hit) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if hit.edge is not None:
            shape = Qt.CursorShape.SizeHorCursor
        elif hit.bar is not None or hit.lane == "overview":
            shape = Qt.CursorShape.PointingHandCursor
        self._timeline.setCursor(shape)

    def _show_tip(self, event: QHelpEvent) -> None:
        hit, frames = self._content.hit(event.pos()), self._content.frames
        text = ""
        if hit.bar is not None and frames is not None:
            start, end = (frames.to_seconds(pts) for pts in (hit.bar.span.start, hit.bar.span.end))
            text = f"{hit.bar.text}\n{wording.clock(start)} – {wording.clock(end)}"
            if hit.bar.confidence is not None:
                text += f"\nModel, {wording.percent(hit.bar.confidence)} sure"
            elif hit.bar.is_accepted:
                text += "\nTaken over from the model"
        QToolTip.showText(event.globalPos(), text, self._timeline)
