"""The lanes of the timeline: each knows its height and paints itself.

A new kind of lane is a class with the attributes of :class:`Lane` and goes to
:meth:`cast_studio.ui.timeline.widget.Timeline.show_lanes`; nothing else has to know it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter

from cast_studio.core.timing import TimeSpan
from cast_studio.ui.language import translate
from cast_studio.ui.timeline.bar_paint import paint_bars, paint_range, paint_words
from cast_studio.ui.timeline.look import LaneView, Look
from cast_studio.ui.timeline.rows import Row

MODEL = "model"
"""The key of the model's lane; a label lane has the id of its track."""
PICTURES = "pictures"
"""The key of the lane of small pictures."""
SOUND = "sound"
"""The key of the lane of the waveform."""
_HEIGHT = 34
_LEVEL = 20
_MARGIN = 4


class Lane(Protocol):
    """One line of the timeline, below the ruler."""

    @property
    def key(self) -> str:
        """Unique among the lanes of a timeline."""

    @property
    def name(self) -> str:
        """Written in its header."""

    @property
    def height(self) -> int:
        """In pixels at the usual size of text, that of a strip at any size."""

    @property
    def tip(self) -> str:
        """What is told about it under the pointer."""

    @property
    def is_strip(self) -> bool:
        """Whether it shows the video itself: a press on it moves the playhead, as on the ruler."""

    def paint(self, painter: QPainter, look: Look, view: LaneView) -> None:
        """Paint the lane between two pixels; the painter is clipped to it."""


@dataclass(frozen=True)
class BarLane:
    """Segments, of a person or of the model.

    Attributes:
        key: Id of the track, or :data:`MODEL`.
        name: Of the track.
        row: The bars.
        hint: Written while there are none.
        tip: What is told about it under the pointer.
        is_model: Whether the segments are the model's.
        is_active: Whether new labels go here.
        exclusive: Whether bars may not overlap.
    """

    key: str
    name: str
    row: Row = field(default_factory=Row)
    hint: str = ""
    tip: str = ""
    is_model: bool = False
    is_strip: ClassVar[bool] = False
    is_active: bool = False
    exclusive: bool = True

    @property
    def height(self) -> int:
        """Higher where bars overlap."""
        levels = self.row.n_levels
        return _HEIGHT if levels == 1 else levels * _LEVEL + 2 * _MARGIN

    def level_rect(self, area: QRect, level: int) -> QRect:
        """Return where the bars of a level are."""
        levels = self.row.n_levels
        inner = area.adjusted(0, _MARGIN, 0, -_MARGIN)
        if levels == 1:
            return inner
        height = inner.height() / levels
        top = inner.top() + round(level * height)
        return QRect(inner.left(), top, inner.width(), round(height) - 2)

    def level_at(self, area: QRect, y: int) -> int | None:
        """Return the level at a pixel; None where there is only one."""
        levels = self.row.n_levels
        if levels == 1:
            return None
        height = (area.height() - 2 * _MARGIN) / levels
        return min(max(int((y - area.top() - _MARGIN) // height), 0), levels - 1)

    def paint(self, painter: QPainter, look: Look, view: LaneView) -> None:
        """Paint the bars, what is selected or dragged of them, and the marked range."""
        levels = [self.level_rect(view.area, n) for n in range(self.row.n_levels)]
        paint_bars(painter, look, self.row, levels, view)
        for span in view.marked:
            paint_range(painter, look, view, span)
        if not view.marked and self.hint and not self.row.bars:
            paint_words(painter, look, view.area, self.hint)


@dataclass(frozen=True)
class ReviewedLane:
    """What was looked at: what is empty in there is background.

    Attributes:
        spans: In order, disjoint.
        key: Always the same.
        name: Written in its header.
        height: In pixels.
        tip: What is told about it under the pointer.
    """

    spans: tuple[TimeSpan, ...] = ()
    is_strip: ClassVar[bool] = False
    key: str = "reviewed"
    name: str = field(default_factory=lambda: translate("Timeline", "Reviewed"))
    height: int = 16
    tip: str = field(
        default_factory=lambda: translate(
            "Timeline",
            "What somebody has looked at: what is empty here is background.\nShift+R marks more.",
        )
    )

    def paint(self, painter: QPainter, look: Look, view: LaneView) -> None:
        """Paint the ranges."""
        for span in self.spans:
            box = view.box(span, view.area.adjusted(0, 5, 0, -5))
            painter.fillRect(box, QColor(look.colors.good))
