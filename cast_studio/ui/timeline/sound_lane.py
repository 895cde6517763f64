"""The lane of the waveform: how loud the video is, in step with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from cast_studio.media.waveform import Waveform
from cast_studio.ui import tokens
from cast_studio.ui.timeline.lanes import SOUND
from cast_studio.ui.timeline.look import LaneView, Look

_MARGIN: Final = 2
# Below 1: ears hear more of what is soft than its samples show.
_LOUDNESS: Final = 0.6
_STRENGTH: Final = 0.8


@dataclass(frozen=True)
class SoundLane:
    """The lowest and the highest sample at each pixel.

    Attributes:
        name: Written in its header.
        tip: What is told about it under the pointer.
        waveform: What was read so far.
        timebase: Seconds in a tick of the video.
        key: Always the same.
        height: In pixels.
    """

    name: str
    tip: str
    waveform: Waveform | None = None
    timebase: float = 1.0
    is_strip: ClassVar[bool] = True
    key: str = SOUND
    height: int = 36

    def paint(self, painter: QPainter, look: Look, view: LaneView) -> None:
        """Paint what was read so far, in one picture."""
        area = view.area.adjusted(0, _MARGIN, 0, -_MARGIN)
        middle = QRect(area.left() + view.left, area.center().y(), view.right - view.left, 1)
        painter.fillRect(middle, QColor(look.colors.line))
        if self.waveform is None:
            return
        ratio = painter.device().devicePixelRatio()
        count = round((view.right - view.left) * ratio)
        first = view.scale.pts_at(view.left) * self.timebase
        step = view.scale.per_pixel * self.timebase / ratio
        columns = self.waveform.columns(first, step, count)
        ink = QColor(tokens.blend(look.colors.accent, look.colors.panel, _STRENGTH)).rgba()
        pixels = shape_of(columns, round(area.height() * ratio), ink)
        image = QImage(
            pixels.data,
            pixels.shape[1],
            pixels.shape[0],
            4 * pixels.shape[1],
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.setDevicePixelRatio(ratio)
        painter.drawImage(area.left() + view.left, area.top(), image)


def shape_of(columns: NDArray[np.int8], height: int, ink: int) -> NDArray[np.uint32]:
    """Return the picture of a waveform, shape (height, n): ``ink``, and 0 where nothing is.

    Args:
        columns: Lowest and highest sample of each column, shape (n, 2); the lowest above the highest
            where there is no sound.
        height: Pixels.
        ink: Its color, not translucent.
    """
    places = _places(height)[columns.astype(np.int16) + 128]
    bottom, top = places[:, 0], places[:, 1]
    rows = np.arange(height, dtype=np.int16)[:, None]
    is_inside = (rows >= top) & (rows <= bottom) & (columns[:, 0] <= columns[:, 1])
    return np.where(is_inside, np.uint32(ink), np.uint32(0))


@lru_cache(maxsize=4)
def _places(height: int) -> NDArray[np.int16]:
    """Return the row of each sample value from -128 to 127."""
    values = np.arange(-128, 128) / 128
    shares = np.sign(values) * np.abs(values) ** _LOUDNESS
    middle = (height - 1) / 2
    return np.rint(middle - shares * middle).astype(np.int16)
