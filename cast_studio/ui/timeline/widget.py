"""The timeline: overview, ruler, lanes of labels and of the model's segments, and the playhead.

It previews what the pointer does and reports it once, on release; it never changes a label itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollBar, QSizePolicy, QWidget

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.theme import (
    colors_of,
    paint_focus_frame,
    scaled,
    sized,
    text_scale,
    with_tabular_figures,
)
from cast_studio.ui.timeline.content import TimelineContent
from cast_studio.ui.timeline.lanes import BarLane, Lane, ReviewedLane
from cast_studio.ui.timeline.look import Look
from cast_studio.ui.timeline.paint import TimelinePainter
from cast_studio.ui.timeline.pointer import TimelinePointer
from cast_studio.ui.timeline.rows import Row
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.timeline.selecting import Chosen

_ZOOM_STEP = 1.6
_LEAST_LANES = 90
_MOST_HEIGHT = 260
"""More lanes than fit into this are scrolled, unless the user makes the panel higher."""
_BAR_WIDTH = 10


class Timeline(QWidget):
    """Shows one video's time. All times are ticks of that video.

    Signals:
        seek_requested: Ticks the playhead shall go to.
        labels_chosen: The :class:`Chosen` labels after a click or a rubber band.
        prediction_clicked: Key of a segment of the model.
        ground_clicked: Empty ground was clicked.
        activated: A bar was double-clicked: its label is to be edited.
        track_chosen: Key of the lane that was clicked: new labels go there.
        track_activated: Key of a lane whose header was double-clicked.
        track_moved: Key of a lane, and before which of those of labels it shall go, counted from 0; once,
            on release.
        menu_requested: A place on the screen, and what was clicked there: ``track``, ``label``,
            ``segment``, ``ground`` or ``strip``.
        edge_dragged: Ticks of the frame at the edge that is being dragged.
        drag_ended: A drag was finished or dropped.
        retime_requested: Key of a label and its new :class:`TimeSpan`; once, on release.
        move_requested: The keys of labels, a mapping to the new spans of those that moved, and the
            key of the lane they go to or ""; once, on release.
        range_drawn: The :class:`TimeSpan` drawn on empty ground; once, on release.
        view_changed: Another part of the video may be in sight.
    """

    seek_requested = Signal(object)
    labels_chosen = Signal(object)
    prediction_clicked = Signal(str)
    ground_clicked = Signal()
    activated = Signal()
    track_chosen = Signal(str)
    track_activated = Signal(str)
    track_moved = Signal(str, int)
    menu_requested = Signal(object, object)
    edge_dragged = Signal(object)
    drag_ended = Signal()
    retime_requested = Signal(str, object)
    move_requested = Signal(object, object, str)
    range_drawn = Signal(object)
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = TimelineContent(text_scale=text_scale())
        self._painter = TimelinePainter()
        self._look: Look | None = None
        self._look_font = self.font()
        # Every pixel is painted here: what lies below needs no painting first.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Timeline"))
        self._bar = QScrollBar(Qt.Orientation.Vertical, self)
        self._bar.setAccessibleName(self.tr("Scroll the tracks"))
        self._bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._bar.hide()
        self._bar.valueChanged.connect(self._on_scrolled)
        self._pointer = TimelinePointer(self)
        self.installEventFilter(self._pointer)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return the height of all lanes."""
        return QSize(800, self._wanted_height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a height that shows all lanes while they are few, and a width that shows something."""
        # It does not grow with the text, or the window would not fit on small screens.
        return QSize(320, round(self._wanted_height() / self.content.text_scale))

    def _wanted_height(self) -> int:
        least = self.content.lanes_top + scaled(_LEAST_LANES)
        return min(max(self.content.full_height, least), scaled(_MOST_HEIGHT))

    # -- what is shown

    def show_frames(self, frames: FrameIndex | None) -> None:
        """Show another video from start to end, or none; its lanes follow."""
        self._pointer.cancel()
        before = self.content
        self.content = TimelineContent(
            width=self._lane_width(),
            height=self.height(),
            can_edit=before.can_edit,
            text_scale=before.text_scale,
        )
        # The lanes' places stay, or the panel would shrink and grow again at every video.
        self.content.lanes = tuple(
            _emptied(lane) for lane in before.lanes if not isinstance(lane, ReviewedLane)
        )
        self.content.frames = frames
        if frames is not None:
            self.content.playhead = frames.span.start
            self.content.scale = TimeScale.fitting(
                frames.span, self._lane_width(), frame_ticks=frames.span.duration / len(frames)
            )
        self._lay_out()

    def show_lanes(self, lanes: Sequence[Lane], *, reviewed: Sequence[TimeSpan] = ()) -> None:
        """Show these lanes, from top to bottom.

        Args:
            lanes: Below the ruler.
            reviewed: What was looked at; a lane is added for it above those of segments.
        """
        spans, rows = tuple(reviewed), self.content.label_rows
        strips = [lane for lane in lanes if lane.is_strip]
        own = (ReviewedLane(spans),) if spans else ()
        shown, reviewed_before = self.content.lanes, self.content.reviewed
        before = [(lane.key, lane.height) for lane in shown]
        active = self.content.active
        others = [lane for lane in lanes if not lane.is_strip]
        self.content.lanes, self.content.reviewed = (*strips, *own, *others), spans
        if rows != self.content.label_rows:
            if self.content.scale is not None:
                self.content.scale = self.content.scale.reaching(self.content.extent)
            # What is being dragged may not be there any more; the model may say more meanwhile.
            self._pointer.cancel()
        if before != [(lane.key, lane.height) for lane in self.content.lanes]:
            self._lay_out()
        now = self.content.active
        if now is not None and (active is None or active.key != now.key):
            self._scroll_to(now.key)
        if spans != reviewed_before or len(shown) != len(self.content.lanes):
            self.update()
        else:
            self._update_lanes(shown)

    def _update_lanes(self, before: Sequence[Lane]) -> None:
        """Paint only the lanes anew that are not as they were, and the overview if any bar is not."""
        content = self.content
        for old, (lane, rect) in zip(before, content.lane_rects(), strict=True):
            if lane is old or lane == old:
                continue
            self.update(QRect(0, rect.top(), self.width(), rect.height()))
            if not (isinstance(lane, BarLane) and isinstance(old, BarLane) and lane.row is old.row):
                self.update(content.overview_rect)

    def show_lane(self, lane: Lane) -> None:
        """Show a lane in place of the one with its key."""
        shown = tuple(lane if old.key == lane.key else old for old in self.content.lanes)
        own = tuple(found for found in shown if not isinstance(found, ReviewedLane))
        self.show_lanes(own, reviewed=self.content.reviewed)

    def update_lane(self, key: str) -> None:
        """Paint a lane anew that shows something else than before."""
        self.update(self.content.lane_rect(key))

    def set_editable(self, can_edit: bool) -> None:
        """Allow or forbid dragging labels and drawing ranges."""
        self.content.can_edit = can_edit

    def select(self, *, labels: Chosen | None = None, prediction: str | None = None) -> None:
        """Mark bars as selected, or none."""
        self.content.chosen = labels or Chosen()
        self.content.selected_prediction = prediction
        self.update()

    def select_labels(self, chosen: Chosen) -> None:
        """Report which labels the pointer has selected."""
        self.labels_chosen.emit(chosen)

    def mark(self, span: TimeSpan | None) -> None:
        """Show the range between the in and the out mark."""
        self.content.marked = span
        self.update()

    def show_begun(self, begun: tuple[int, ...]) -> None:
        """Show labels that are open to the playhead.

        Args:
            begun: Where they begin, in ticks.
        """
        self.content.begun = begun
        self.update()

    # -- previews

    def preview(self, dragged: Mapping[str, TimeSpan], target: str = "") -> None:
        """Show where labels would be.

        Args:
            dragged: Keys of labels, with their spans.
            target: Key of the lane that they would go to, if it is another one.
        """
        self.content.dragged, self.content.target = dict(dragged), target
        self.update()

    def preview_range(self, span: TimeSpan | None) -> None:
        """Show which range would be marked."""
        self.content.drawn = span
        self.update()

    def preview_band(self, band: QRect) -> None:
        """Show a rubber band, in pixels."""
        self.content.band = band
        self.update()

    def preview_place(self, place: int | None) -> None:
        """Show where a dragged lane would go.

        Args:
            place: Before which of the lanes of labels; None where it would stay.
        """
        self.content.place = place
        self.update()

    def end_preview(self) -> None:
        """Show what is, not what would be."""
        self.content.dragged, self.content.target = {}, ""
        self.content.drawn = self.content.band = self.content.place = None
        self.update()
        self.drag_ended.emit()

    # -- moving through time

    def seek(self, pts: float) -> None:
        """Report that the playhead shall go to a tick; one outside of the video is brought into it."""
        if self.content.frames is not None:
            whole = self.content.whole
            self.seek_requested.emit(min(max(round(pts), whole.start), whole.end))

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
        self.view_changed.emit()

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

    def scroll_lanes(self, pixels: int) -> None:
        """Scroll the lanes down by some pixels."""
        self._bar.setValue(self._bar.value() + pixels)

    def _scroll_to(self, key: str) -> None:
        """Scroll as little as is needed to see a lane."""
        rect = self.content.lane_rect(key)
        above, below = (
            self.content.lanes_top - rect.top(),
            rect.bottom() + tokens.SPACE_S - self.height(),
        )
        if above > 0:
            self.scroll_lanes(-above)
        elif below > 0:
            self.scroll_lanes(below)

    @Slot(int)
    def _on_scrolled(self, pixels: int) -> None:
        self.content.scrolled = pixels
        self.update()

    # -- Qt events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint what lies in the exposed part."""
        painter = QPainter(self)
        look = self._current_look()
        # An edit is seen in the overview and in a lane; what lies between them is left as it is.
        whole = self.rect()
        above, lanes = QRect(whole), QRect(whole)
        above.setHeight(self.content.lanes_top)
        lanes.setTop(self.content.lanes_top)
        for area in (above, lanes):
            part = event.region().intersected(area).boundingRect()
            if part.isEmpty():
                continue
            painter.setClipRect(part)
            painter.fillRect(part, QColor(look.colors.window))
            self._painter.paint(painter, look, self.content, part)
        if self.hasFocus():
            painter.setClipping(False)
            paint_focus_frame(painter, self)
        painter.end()

    def _current_look(self) -> Look:
        """Return the present colors and fonts; they hardly ever change."""
        colors, base = colors_of(self), self.font()
        if self._look is None or (self._look.colors, self._look_font) != (colors, base):
            font = sized(base, tokens.TEXT_SMALL + 1)
            figures = with_tabular_figures(sized(base, tokens.TEXT_SMALL))
            self._look_font = base
            self._look = Look(colors, font, figures, QFontMetricsF(font), QFontMetricsF(figures))
        return self._look

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.content.text_scale = text_scale()
            self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Keep the visible part when the width changes."""
        self._lay_out()
        super().resizeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        """Report that something is in sight again."""
        super().showEvent(event)
        self.view_changed.emit()

    def _lay_out(self) -> None:
        """Find out how high the lanes are and how much of them is seen."""
        content = self.content
        content.width, content.height = self._lane_width(), self.height()
        if content.scale is not None and content.scale.width != content.width:
            content.scale = content.scale.resized(content.width)
        top, height = content.lanes_top, max(0, self.height() - content.lanes_top)
        self._bar.setGeometry(self.width() - _BAR_WIDTH, top, _BAR_WIDTH, height)
        self._bar.setPageStep(max(1, height))
        self._bar.setRange(0, content.scroll_range)
        self._bar.setVisible(content.scroll_range > 0)
        content.scrolled = self._bar.value()
        self.updateGeometry()
        self.update()
        self.view_changed.emit()

    def _lane_width(self) -> int:
        # The room of the scroll bar is kept free, or it would change the scale when it comes.
        return max(1, self.width() - self.content.header_width - _BAR_WIDTH)


def _emptied(lane: Lane) -> Lane:
    return replace(lane, row=Row(), hint="") if isinstance(lane, BarLane) else lane
