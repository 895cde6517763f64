"""The timeline: overview, ruler, labels, the model's segments, and the playhead.

It previews what the pointer does and reports it once, on release; it never changes a label itself.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import timeline_paint as paint
from cast_studio.ui import tokens
from cast_studio.ui.theme import colors_of, sized, with_tabular_figures
from cast_studio.ui.timeline_content import HEADER_WIDTH, HEIGHT, TimelineContent
from cast_studio.ui.timeline_pointer import TimelinePointer
from cast_studio.ui.timeline_rows import Row
from cast_studio.ui.timeline_scale import TimeScale

_ZOOM_STEP = 1.6


class Timeline(QWidget):
    """Shows one video's time. All times are ticks of that video.

    Signals:
        seek_requested: Ticks the playhead shall go to.
        label_clicked: Key of a label.
        prediction_clicked: Key of a segment of the model.
        ground_clicked: Empty ground was clicked.
        activated: A bar was double-clicked: its label is to be edited.
        retime_requested: Key of a label and its new :class:`TimeSpan`; once, on release.
        range_drawn: The :class:`TimeSpan` drawn on empty ground; once, on release.
    """

    seek_requested = Signal(object)
    label_clicked = Signal(str)
    prediction_clicked = Signal(str)
    ground_clicked = Signal()
    activated = Signal()
    retime_requested = Signal(str, object)
    range_drawn = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = TimelineContent()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Timeline"))
        self._pointer = TimelinePointer(self)
        self.installEventFilter(self._pointer)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the height of all lanes."""
        return QSize(800, HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the height of all lanes and a width that still shows something."""
        return QSize(320, HEIGHT)

    def show_frames(self, frames: FrameIndex | None) -> None:
        """Show another video from start to end, or none."""
        self._pointer.cancel()
        self.content = TimelineContent(width=self._lane_width(), can_edit=self.content.can_edit)
        self.content.frames = frames
        if frames is not None:
            self.content.playhead = frames.span.start
            self.content.scale = TimeScale.fitting(
                frames.span, self._lane_width(), frame_ticks=frames.span.duration / len(frames)
            )
        self.update()

    def show_labels(self, row: Row) -> None:
        """Show the human's labels."""
        self._pointer.cancel()
        self.content.labels = row
        self.update()

    def show_predictions(self, row: Row, *, hint: str = "") -> None:
        """Show the model's segments; ``hint`` is written on the row while there are none."""
        self.content.model = row
        self.content.hint = hint
        self.update()

    def set_editable(self, can_edit: bool) -> None:
        """Allow or forbid dragging labels and drawing ranges."""
        self.content.can_edit = can_edit

    def select(self, *, label: str | None = None, prediction: str | None = None) -> None:
        """Mark one bar as selected, or none."""
        self.content.selected_label = label
        self.content.selected_prediction = prediction
        self.update()

    def mark(self, span: TimeSpan | None) -> None:
        """Show the range between the in and the out mark."""
        self.content.marked = span
        self.update()

    def preview(self, key: str | None, span: TimeSpan | None) -> None:
        """Show what a drag would give; None ends the preview."""
        self.content.preview = None if span is None else (key, span)
        self.update()

    def move_playhead(self, pts: int) -> None:
        """Show where the playhead is; turn the page when it leaves the view."""
        scale = self.content.scale
        if scale is None or pts == self.content.playhead:
            return
        before = self.content.x_of(self.content.playhead)
        self.content.playhead = pts
        if not self._pointer.is_dragging and scale.showing(pts) is not scale:
            self.set_scale(scale.showing(pts))
            return
        for x in (before, self.content.x_of(pts)):
            self.update(QRect(round(x) - 8, 0, 17, self.height()))

    def set_scale(self, scale: TimeScale) -> None:
        """Show another part of the video."""
        self.content.scale = scale
        self.update()

    def zoom(self, factor: float, *, around_x: float | None = None) -> None:
        """Magnify around a pixel of the lanes, by default around the playhead if it is in sight."""
        scale = self.content.scale
        if scale is None:
            return
        if around_x is None:
            x = scale.x_of(self.content.playhead)
            around_x = x if 0 <= x <= scale.width else scale.width / 2
        self.set_scale(scale.zoomed(factor, around=around_x))

    def zoom_in(self) -> None:
        """Magnify by a step."""
        self.zoom(_ZOOM_STEP)

    def zoom_out(self) -> None:
        """Show more by a step."""
        self.zoom(1 / _ZOOM_STEP)

    def zoom_fit(self) -> None:
        """Show the whole video."""
        self.zoom(1e-6, around_x=0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint what lies in the exposed part."""
        painter = QPainter(self)
        colors = colors_of(self)
        look = paint.Look(
            colors,
            sized(self.font(), tokens.TEXT_SMALL + 1),
            with_tabular_figures(sized(self.font(), tokens.TEXT_SMALL)),
        )
        painter.fillRect(event.rect(), QColor(colors.window))
        paint.paint_timeline(painter, look, self.content, event.rect(), self.height())
        if self.hasFocus():
            painter.setClipping(False)
            painter.setPen(QColor(colors.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Keep the visible part when the width changes."""
        self.content.width = self._lane_width()
        if self.content.scale is not None:
            self.content.scale = self.content.scale.resized(self._lane_width())
        super().resizeEvent(event)

    def _lane_width(self) -> int:
        return max(1, self.width() - HEADER_WIDTH - tokens.SPACE_S)
