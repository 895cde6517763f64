"""What the timeline shows and where: its lanes, its visible part, and what lies under a point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from PySide6.QtCore import QPoint, QRect

from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.ui import tokens
from cast_studio.ui.timeline.drag import Edge, free_room
from cast_studio.ui.timeline.lanes import MODEL, BarLane, Lane
from cast_studio.ui.timeline.rows import Bar, Row
from cast_studio.ui.timeline.scale import TimeScale
from cast_studio.ui.timeline.selecting import Chosen

Zone = Literal["overview", "ruler", "header", "lane", "outside"]

HEADER_WIDTH = 116
"""At the usual size of text; see :attr:`TimelineContent.header_width`."""
_OVERVIEW_HEIGHT = 26
_RULER_HEIGHT = 24
LANES_TOP = tokens.SPACE_XS + _OVERVIEW_HEIGHT + 2 + _RULER_HEIGHT
"""At the usual size of text; see :attr:`TimelineContent.lanes_top`."""
_GAP = 2
_GRIP = 6
_POINT_REACH = 6
_MAGNETS = 20
_MANY = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under a point.

    Attributes:
        zone: Which part of the timeline.
        lane: The lane, also for its header.
        bar: The segment, None on empty ground.
        edge: The edge that can be dragged there.
    """

    zone: Zone
    lane: Lane | None = None
    bar: Bar | None = None
    edge: Edge | None = None

    @property
    def scrubs(self) -> bool:
        """Whether a press there moves the playhead at once, and a drag takes it along."""
        on_strip = self.lane is not None and self.lane.is_strip
        return self.zone == "ruler" or (self.zone == "lane" and on_strip)

    @property
    def bar_lane(self) -> BarLane | None:
        """The lane, where it is one of segments."""
        return self.lane if isinstance(self.lane, BarLane) else None


@dataclass(slots=True)
class TimelineContent:
    """The timeline's own view model; only the timeline changes it.

    Attributes:
        width: Pixels of the lanes, without their headers.
        height: Pixels of the whole timeline.
        frames: Of the video, None without one.
        scale: The visible part, None without a video.
        lanes: From top to bottom.
        reviewed: What was looked at: there, empty ground is background.
        scrolled: Pixels by which the lanes are scrolled up.
        chosen: The selected labels.
        selected_prediction: Key of the selected segment of the model.
        playhead: In ticks.
        marked: The range between the in and the out mark.
        begun: Where labels begin that were not ended, in ticks; they are open to the playhead.
        dragged: Labels that are being dragged, with where they would be.
        target: Key of the lane that they are dragged to, if it is another one.
        drawn: A range that is being drawn.
        band: A rubber band that is being drawn, in pixels of the widget.
        place: Before which of the lanes of labels a dragged lane would go, counted from 0 at the top;
            None where it would stay.
        can_edit: Whether labels may be dragged.
        text_scale: How much larger than usual text is: headers, ruler and lanes are so, too.
    """

    width: int = 1
    height: int = 1
    frames: FrameIndex | None = None
    scale: TimeScale | None = None
    lanes: tuple[Lane, ...] = ()
    reviewed: tuple[TimeSpan, ...] = ()
    scrolled: int = 0
    chosen: Chosen = field(default_factory=Chosen)
    selected_prediction: str | None = None
    playhead: int = 0
    marked: TimeSpan | None = None
    begun: tuple[int, ...] = ()
    dragged: Mapping[str, TimeSpan] = field(default_factory=dict)
    target: str = ""
    drawn: TimeSpan | None = None
    band: QRect | None = None
    place: int | None = None
    can_edit: bool = True
    text_scale: float = 1.0

    @property
    def ranges(self) -> tuple[TimeSpan, ...]:
        """What is marked, drawn or begun on the lane that new labels go to."""
        marked = self.drawn or self.marked
        begun = (TimeSpan(start, max(start, self.playhead)) for start in self.begun)
        return (*begun, marked) if marked is not None else tuple(begun)

    # -- lanes

    @property
    def bar_lanes(self) -> tuple[BarLane, ...]:
        """The lanes of segments."""
        return tuple(lane for lane in self.lanes if isinstance(lane, BarLane))

    @property
    def label_rows(self) -> tuple[Row, ...]:
        """The labels of all lanes."""
        return tuple(lane.row for lane in self.bar_lanes if not lane.is_model)

    @property
    def active(self) -> BarLane | None:
        """The lane that new labels go to."""
        return next((lane for lane in self.bar_lanes if lane.is_active), None)

    @property
    def labels(self) -> Row:
        """The labels of the active lane."""
        return self.active.row if self.active is not None else Row()

    @property
    def model(self) -> Row:
        """The model's segments."""
        return next((lane.row for lane in self.bar_lanes if lane.is_model), Row())

    @property
    def hint(self) -> str:
        """What is written on the model's lane while it is empty."""
        return next((lane.hint for lane in self.bar_lanes if lane.is_model), "")

    @property
    def lanes_height(self) -> int:
        """Pixels of all lanes together."""
        return sum(self.height_of(lane) + _GAP for lane in self.lanes)

    def height_of(self, lane: Lane) -> int:
        """Return the pixels of a lane, which grow with the text, but not with that beside pictures."""
        return lane.height if lane.is_strip else round(lane.height * self.text_scale)

    @property
    def full_height(self) -> int:
        """Pixels of a timeline that shows all lanes."""
        return self.lanes_top + self.lanes_height + tokens.SPACE_S

    @property
    def scroll_range(self) -> int:
        """By how many pixels the lanes can be scrolled up."""
        return max(0, self.full_height - self.height)

    # -- places

    @property
    def header_width(self) -> int:
        """Pixels of the lanes' headers."""
        return round(HEADER_WIDTH * self.text_scale)

    @property
    def lanes_top(self) -> int:
        """Where the first lane begins."""
        return self.ruler_rect.bottom() + 1

    @property
    def overview_rect(self) -> QRect:
        """Where the whole video is."""
        return QRect(self.header_width, tokens.SPACE_XS, self.width, _OVERVIEW_HEIGHT)

    @property
    def ruler_rect(self) -> QRect:
        """Where the times are."""
        top = self.overview_rect.bottom() + 3
        return QRect(self.header_width, top, self.width, round(_RULER_HEIGHT * self.text_scale))

    def lane_rects(self) -> Iterator[tuple[Lane, QRect]]:
        """Yield the lanes with where they are, without their headers."""
        top, left = self.lanes_top - self.scrolled, self.header_width
        for lane in self.lanes:
            height = self.height_of(lane)
            yield lane, QRect(left, top, self.width, height)
            top += height + _GAP

    def lane_rect(self, key: str) -> QRect:
        """Return where a lane is, without its header; ``overview`` and ``ruler`` are places too."""
        if key == "overview":
            return self.overview_rect
        if key == "ruler":
            return self.ruler_rect
        return next((rect for lane, rect in self.lane_rects() if lane.key == key), QRect())

    def pts_at(self, x: float) -> float:
        """Return the tick at a pixel of the widget; 0 without a video."""
        return 0.0 if self.scale is None else self.scale.pts_at(x - self.header_width)

    def x_of(self, pts: float) -> float:
        """Return the pixel of the widget for a tick."""
        return self.header_width + (0.0 if self.scale is None else self.scale.x_of(pts))

    # -- what is where

    def hit(self, position: QPoint) -> Hit:
        """Return what is under a point of the widget."""
        if self.overview_rect.contains(position):
            return Hit("overview")
        if self.ruler_rect.contains(position):
            return Hit("ruler")
        if position.y() < self.lanes_top:
            return Hit("outside")
        for lane, rect in self.lane_rects():
            if rect.top() <= position.y() <= rect.bottom():
                if position.x() < self.header_width:
                    return Hit("header", lane)
                if rect.contains(position):
                    return self._hit_lane(lane, rect, position)
        return Hit("outside")

    def _hit_lane(self, lane: Lane, rect: QRect, position: QPoint) -> Hit:
        if not isinstance(lane, BarLane) or self.scale is None:
            return Hit("lane", lane)
        level = lane.level_at(rect, position.y())
        if not lane.is_model and self.can_edit:
            held = self._edge_at(lane, level, position.x())
            if held is not None:
                return held
        reach = _POINT_REACH * self.scale.per_pixel
        found = lane.row.at(self.pts_at(position.x()), level=level, reach=reach)
        return Hit("lane", lane, None if found is None else lane.row.bars[found])

    def _edge_at(self, lane: BarLane, level: int | None, x: int) -> Hit | None:
        if self.scale is None:
            return None
        pts, grip, row = self.pts_at(x), _GRIP * self.scale.per_pixel, lane.row
        near = row.visible(pts - grip, pts + grip)
        if len(near) > _MANY:
            return None
        for position in near:
            bar = row.bars[position]
            if bar.span.is_point or (level is not None and row.levels[position] != level):
                continue
            # The middle half of a narrow bar must stay free for clicking it.
            reach = min(_GRIP, bar.span.duration / self.scale.per_pixel / 4)
            if -1 <= x - self.x_of(bar.span.start) <= reach:
                return Hit("lane", lane, bar, "start")
            if -1 <= self.x_of(bar.span.end) - x <= reach:
                return Hit("lane", lane, bar, "end")
        return None

    def bars_in(self, band: QRect) -> frozenset[str]:
        """Return the keys of the labels that a rubber band touches."""
        first, last = self.pts_at(band.left()), self.pts_at(band.right())
        found: set[str] = set()
        for lane, rect in self.lane_rects():
            if isinstance(lane, BarLane) and not lane.is_model and rect.intersects(band):
                for position in lane.row.touching(first, last):
                    level = lane.level_rect(rect, int(lane.row.levels[position]))
                    if level.top() <= band.bottom() and band.top() <= level.bottom():
                        found.add(lane.row.bars[position].key)
        return frozenset(found)

    # -- what a drag may do

    def place_at(self, key: str, y: int) -> int | None:
        """Return before which of the lanes of labels one would go that is let go at a height.

        Args:
            key: The lane that is dragged.
            y: In pixels of the widget.

        Returns:
            Counted from 0 at the top, the number of lanes for below the last; None where it would
            stay.
        """
        places = self._label_places
        own = next((at for at, (lane, _) in enumerate(places) if lane.key == key), None)
        found = sum(y > rect.center().y() for _, rect in places)
        return None if own is None or found in (own, own + 1) else found

    def place_line(self, place: int) -> int:
        """Return the height between two lanes of labels, in pixels of the widget."""
        places = self._label_places
        if place < len(places):
            return places[place][1].top() - _GAP // 2
        return places[-1][1].bottom() + 1 + _GAP // 2

    @property
    def _label_places(self) -> list[tuple[BarLane, QRect]]:
        found = ((lane, rect) for lane, rect in self.lane_rects() if isinstance(lane, BarLane))
        return [(lane, rect) for lane, rect in found if not lane.is_model]

    @property
    def whole(self) -> TimeSpan:
        """The video, in ticks."""
        return self.frames.span if self.frames is not None else TimeSpan(0, 0)

    @property
    def extent(self) -> TimeSpan:
        """The video and all labels, some of which may lie outside of it, in ticks."""
        spans = [self.whole, *filter(None, (row.extent for row in self.label_rows))]
        return TimeSpan(min(span.start for span in spans), max(span.end for span in spans))

    def limits_of(self, lane: BarLane, bar: Bar) -> TimeSpan:
        """Return how far the edges of a label may be dragged: to its neighbors."""
        whole, position = self.whole, lane.row.position_of(bar.key)
        if position is None or not lane.exclusive:
            return whole
        before = lane.row.bars[position - 1].span.end if position else whole.start
        later = lane.row.bars[position + 1 : position + 2]
        after = later[0].span.start if later else whole.end
        return TimeSpan(min(before, bar.span.start), max(after, bar.span.end))

    def moving(self, bar: Bar) -> tuple[dict[str, TimeSpan], tuple[int, int]]:
        """Return what moves with a label, and by how many ticks to the left and to the right."""
        keys = self.chosen.keys if bar.key in self.chosen.keys else frozenset((bar.key,))
        spans: dict[str, TimeSpan] = {}
        rooms: list[tuple[int, int]] = []
        for lane in self.bar_lanes:
            mine = {key: found.span for key in keys if (found := lane.row.bar(key)) is not None}
            if mine and not lane.is_model:
                fixed = (b.span for b in lane.row.bars if b.key not in mine)
                rooms.append(free_room(mine.values(), fixed if lane.exclusive else (), self.whole))
                spans |= mine
        return spans, (max(room[0] for room in rooms), min(room[1] for room in rooms))

    def magnets(self, near: float, *, besides: Mapping[str, TimeSpan]) -> tuple[int, ...]:
        """Return the edges that attract a dragged one: those close by.

        Args:
            near: The tick in question.
            besides: What is being dragged.
        """
        found: list[int] = []
        margin = 0.0 if self.scale is None else _MAGNETS * self.scale.per_pixel
        for lane in self.bar_lanes:
            positions = lane.row.touching(near - margin, near + margin)
            # So many edges attract everywhere, which helps nobody.
            for position in positions if len(positions) <= _MANY else ():
                bar = lane.row.bars[position]
                if bar.key not in besides or lane.is_model:
                    found += (bar.span.start, bar.span.end)
        return tuple(found)


__all__ = ["HEADER_WIDTH", "LANES_TOP", "MODEL", "Hit", "TimelineContent", "Zone"]
