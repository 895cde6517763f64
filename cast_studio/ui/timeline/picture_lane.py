"""The lane of small pictures: what is to be seen in the video, where it is in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from cast_studio.core.timing import FrameIndex
from cast_studio.ui.scaled_pictures import ScaledPictures
from cast_studio.ui.timeline.lanes import PICTURES
from cast_studio.ui.timeline.look import LaneView, Look
from cast_studio.ui.timeline.scale import TimeScale

_MARGIN: Final = 2
_GAP: Final = 1
_LEAST_WIDTH: Final = 4
# How much of a picture is seen that has been seen before: it tells only that there is no later one.
_OLDER: Final = 0.3
# Frames that are decoded for one view: two seconds' work of a usual computer.
_MOST_DECODED: Final = 600


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a picture.

    Attributes:
        x: Pixels from the left edge of the lane.
        frame_index: The frame that is on screen at its left edge.
        key_frame: The last key frame up to it, which is there sooner.
        is_older: Whether the place before begins with the same key frame, or a later one.
    """

    x: float
    frame_index: int
    key_frame: int
    is_older: bool


@dataclass(frozen=True)
class PictureLane:
    """Pictures side by side, each of the frame at its left edge.

    A key frame stands for it until it is decoded, and for good where too many frames would have to
    be. The places are tied to the video's time, so that pictures move with it and do not flicker.

    Attributes:
        name: Written in its header.
        tip: What is told about it under the pointer.
        picture: Returns the picture of a frame, None while there is none; must not take time.
        scaled: Those that were painted.
        frames: Of the video, None without one.
        aspect: Width of a picture by its height, as it is seen.
        key: Always the same.
        height: In pixels.
    """

    name: str
    tip: str
    picture: Callable[[int], QImage | None]
    scaled: ScaledPictures
    frames: FrameIndex | None = None
    aspect: float = 16 / 9
    is_strip: ClassVar[bool] = True
    key: str = PICTURES
    height: int = 50

    @property
    def picture_size(self) -> QSize:
        """Width and height of a picture, in pixels of the lane."""
        height = self.height - 2 * _MARGIN
        return QSize(max(round(height * self.aspect), _LEAST_WIDTH), height)

    def slots(self, scale: TimeScale, left: float, right: float) -> Iterator[Slot]:
        """Yield the places that touch ``[left, right]``, in pixels of the lane."""
        frames = self.frames
        if frames is None:
            return
        start, end = scale.whole.start, scale.whole.end
        step = (self.picture_size.width() + _GAP) * scale.per_pixel
        number = max(0, int((scale.pts_at(left) - start) // step))
        before = -1
        if number:
            shown = frames.index_played_at(int(start + (number - 1) * step))
            before = frames.key_at_or_before(shown)
        while (pts := start + number * step) < end and scale.x_of(pts) <= right:
            shown = frames.index_played_at(int(pts))
            key = frames.key_at_or_before(shown)
            yield Slot(scale.x_of(pts), shown, key, key == before)
            before = key
            number += 1

    def frames_in_view(self, scale: TimeScale) -> tuple[int, ...]:
        """Return of which frames pictures are to be seen, each once: first key frames, then others.

        Of the others as many as can be decoded in a moment, from left to right.
        """
        slots = tuple(self.slots(scale, 0, scale.width))
        found = dict.fromkeys(slot.key_frame for slot in slots)
        at, left = -1, _MOST_DECODED
        for slot in slots:
            cost = slot.frame_index - max(slot.key_frame, at)
            if 0 < cost <= left:
                left -= cost
                at = slot.frame_index
                found[slot.frame_index] = None
        return tuple(found)

    def paint(self, painter: QPainter, look: Look, view: LaneView) -> None:
        """Paint the pictures that are there, and their places where they are not."""
        size, ratio = self.picture_size, painter.device().devicePixelRatio()
        end = round(view.scale.x_of(view.scale.whole.end))
        for slot in self.slots(view.scale, view.left, view.right):
            x = round(slot.x)
            width = min(size.width(), max(1, end - x))
            place = QRect(view.area.left() + x, view.area.top() + _MARGIN, width, size.height())
            exact = self.picture(slot.frame_index)
            image = self.picture(slot.key_frame) if exact is None else exact
            if image is None:
                painter.fillRect(place, QColor(look.colors.raised))
                continue
            pixmap = self.scaled.scaled(image, size, ratio)
            painter.setOpacity(_OLDER if exact is None and slot.is_older else 1.0)
            painter.drawPixmap(place, pixmap, QRect(0, 0, round(width * ratio), pixmap.height()))
        painter.setOpacity(1.0)
