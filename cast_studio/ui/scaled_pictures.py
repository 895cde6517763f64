"""Pictures in the size in which they are painted, so that painting them is copying."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPixmap

_MOST: Final = 256


class ScaledPictures:
    """Scales each picture once, and keeps the last few hundred."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int, int], QPixmap] = OrderedDict()

    def scaled(self, image: QImage, size: QSize, ratio: float) -> QPixmap:
        """Return a picture as large as it is painted.

        Args:
            image: The picture.
            size: Pixels of the widget.
            ratio: Pixels of the screen for each of them.
        """
        width, height = round(size.width() * ratio), round(size.height() * ratio)
        key = image.cacheKey(), width, height
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        pixmap = QPixmap.fromImage(
            image.scaled(
                QSize(width, height),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        pixmap.setDevicePixelRatio(ratio)
        self._kept[key] = pixmap
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return pixmap
