"""What the timeline shows and where: its rows, its visible part, and what lies under a point."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QPoint, QRect

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline_drag import Edge
from cast_studio.ui.timeline_rows import Bar, Row
from cast_studio.ui.timeline_scale import TimeScale

Lane = Literal["overview", "ruler", "labels", "model"]

HEADER_WIDTH = 72
_GRIP = 6
_LANES: dict[Lane, tuple[int, int]] = {}
"""Top and height of each lane in pixels."""

_top = tokens.SPACE_XS
_lane: Lane
for _lane, _height, _gap in (
    ("overview", 26, 2),
    ("ruler", 24, 0),
    ("labels", 38, 2),
    ("model", 38, 0),
):
    _LANES[_lane] = (_top, _height)
    _top += _height + _gap
HEIGHT = _top + tokens.SPACE_S


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under a point.

    Attributes:
        lane: The lane, None between them and in their headers.
        bar: The segment, None on empty ground.
        edge: The edge that can be dragged there.
    """

    lane: Lane | None
    bar: Bar | None = None
    edge: Edge | None = None


@dataclass(slots=True)
class TimelineContent:
    """The timeline's own view model; only the timeline changes it.

    Attributes:
        width: Pixels of the lanes, without their headers.
        frames: Of the video, None without one.
        scale: The visible part, None without a video.
        labels: The human's labels.
        model: The model's segments.
        selected_label: Key of the selected label.
        selected_prediction: Key of the selected segment of the model.
        playhead: In ticks.
        marked: The range between the in and the out mark.
        preview: What a drag would give, and the label it changes (None for a new range).
        hint: Written on the model's row while it is empty.
        can_edit: Whether labels may be dragged.
    """

    width: int = 1
    frames: FrameIndex | None = None
    scale: TimeScale | None = None
    labels: Row = field(default_factory=Row)
    model: Row = field(default_factory=Row)
    selected_label: str | None = None
    selected_prediction: str | None = None
    playhead: int = 0
    marked: TimeSpan | None = None
    preview: tuple[str | None, TimeSpan] | None = None
    hint: str = ""
    can_edit: bool = True

    def lane_rect(self, lane: Lane) -> QRect:
        """Return where a lane is, without its header."""
        top, height = _LANES[lane]
        return QRect(HEADER_WIDTH, top, self.width, height)

    def lane_at(self, position: QPoint) -> Lane | None:
        """Return the lane under a point."""
        return next((lane for lane in _LANES if self.lane_rect(lane).contains(position)), None)

    def pts_at(self, x: float) -> float:
        """Return the tick at a pixel of the widget; 0 without a video."""
        return 0.0 if self.scale is None else self.scale.pts_at(x - HEADER_WIDTH)

    def x_of(self, pts: float) -> float:
        """Return the pixel of the widget for a tick."""
        return HEADER_WIDTH + (0.0 if self.scale is None else self.scale.x_of(pts))

    def hit(self, position: QPoint) -> Hit:
        """Return what is under a point of the widget."""
        lane = self.lane_at(position)
        if lane not in ("labels", "model") or self.scale is None:
            return Hit(lane)
        row = self.labels if lane == "labels" else self.model
        if lane == "labels" and self.can_edit:
            held = self._edge_at(position.x())
            if held is not None:
                return held
        found = row.at(self.pts_at(position.x()))
        return Hit(lane, None if found is None else row.bars[found])

    def _edge_at(self, x: int) -> Hit | None:
        if self.scale is None:
            return None
        pts, grip = self.pts_at(x), _GRIP * self.scale.per_pixel
        for position in self.labels.visible(pts - grip, pts + grip):
            bar = self.labels.bars[position]
            # The middle half of a narrow bar must stay free for clicking it.
            reach = min(_GRIP, bar.span.duration / self.scale.per_pixel / 4)
            if -1 <= x - self.x_of(bar.span.start) <= reach:
                return Hit("labels", bar, "start")
            if -1 <= self.x_of(bar.span.end) - x <= reach:
                return Hit("labels", bar, "end")
        return None

    def limits_of(self, bar: Bar) -> TimeSpan:
        """Return how far the edges of a label may be dragged: to its neighbors."""
        whole = self.frames.span if self.frames is not None else bar.span
        position = self.labels.position_of(bar.key)
        if position is None:
            return whole
        before = self.labels.bars[position - 1].span.end if position else whole.start
        later = self.labels.bars[position + 1 : position + 2]
        after = later[0].span.start if later else whole.end
        return TimeSpan(min(before, bar.span.start), max(after, bar.span.end))

    def magnets(self, near: float, *, besides: str | None) -> tuple[int, ...]:
        """Return the ticks that attract a dragged edge: the playhead and all edges close by.

        Args:
            near: The tick in question.
            besides: Key of the label that is being dragged.
        """
        found = [self.playhead]
        for row in (self.labels, self.model):
            margin = 0.0 if self.scale is None else 20 * self.scale.per_pixel
            for position in row.visible(near - margin, near + margin):
                bar = row.bars[position]
                if bar.key != besides or row is not self.labels:
                    found += (bar.span.start, bar.span.end)
        return tuple(found)
