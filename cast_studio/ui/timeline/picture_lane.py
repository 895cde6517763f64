"""The lane of small pictures: what is to be seen in the video, where it is in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

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
# How much of an older picture is seen: it says that there is no newer one, and not what is there.
_OLDER: Final = 0.3


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a picture.

    Attributes:
        x: Pixels from the left edge of the lane.
        frame_index: The last key frame up to the place's beginning.
        is_older: Whether the place before shows the same one.
    """

    x: float
    frame_index: int
    is_older: bool


@dataclass(frozen=True)
class PictureLane:
    """Key frames side by side: at each place the last one up to its left edge.

    The places are tied to the video's time, so that pictures move with it and do not flicker.

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
        before = self._key_at(frames, start + (number - 1) * step) if number else -1
        while (pts := start + number * step) < end and scale.x_of(pts) <= right:
            key = self._key_at(frames, pts)
            yield Slot(scale.x_of(pts), key, key == before)
            before = key
            number += 1

    @staticmethod
    def _key_at(frames: FrameIndex, pts: float) -> int:
        return frames.key_at_or_before(frames.index_played_at(int(pts)))

    def frames_in_view(self, scale: TimeScale) -> tuple[int, ...]:
        """Return which frames are to be seen, each once, from left to right."""
        return tuple(dict.fromkeys(s.frame_index for s in self.slots(scale, 0, scale.width)))

    def paint(self, painter: QPainter, look: Look, view: LaneView) -> None:
        """Paint the pictures that are there, and their places where they are not."""
        size, ratio = self.picture_size, painter.device().devicePixelRatio()
        end = round(view.scale.x_of(view.scale.whole.end))
        for slot in self.slots(view.scale, view.left, view.right):
            x = round(slot.x)
            width = min(size.width(), max(1, end - x))
            place = QRect(view.area.left() + x, view.area.top() + _MARGIN, width, size.height())
            image = self.picture(slot.frame_index)
            if image is None:
                painter.fillRect(place, QColor(look.colors.raised))
                continue
            pixmap = self.scaled.scaled(image, size, ratio)
            painter.setOpacity(_OLDER if slot.is_older else 1.0)
            painter.drawPixmap(place, pixmap, QRect(0, 0, round(width * ratio), pixmap.height()))
        painter.setOpacity(1.0)
