"""Which part of the picture is seen: how far it is magnified, and around which point. No widgets."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt

MOST: Final = 16.0
"""The picture is never larger than that many times the size at which all of it fits."""
STEP: Final = 1.25
"""What one notch of the wheel, or one press of a key, magnifies by."""


class PictureZoom:
    """Places a picture in an area. At 1 all of it is seen, as large as fits.

    Attributes:
        factor: How many times larger than fits, 1 to 16.
    """

    def __init__(self) -> None:
        self.factor = 1.0
        # The point of the picture in the middle of the area, as shares of its width and height.
        self._center = QPointF(0.5, 0.5)

    def fit(self) -> None:
        """Show all of the picture."""
        self.factor = 1.0
        self._center = QPointF(0.5, 0.5)

    def rect(self, area: QSizeF, picture: QSizeF) -> QRectF:
        """Return where the whole picture lies; parts of it are outside the area when magnified.

        Args:
            area: Size of what is painted on.
            picture: Width and height of the picture; only their relation counts.
        """
        if picture.isEmpty() or area.isEmpty():
            return QRectF()
        size = picture.scaled(area, Qt.AspectRatioMode.KeepAspectRatio) * self.factor
        left = _placed(area.width(), size.width(), self._center.x())
        top = _placed(area.height(), size.height(), self._center.y())
        return QRectF(left, top, size.width(), size.height())

    def zoom(self, by: float, area: QSizeF, picture: QSizeF, around: QPointF | None = None) -> None:
        """Magnify.

        Args:
            by: Above 1 larger, below 1 smaller.
            area: As of :meth:`rect`.
            picture: As of :meth:`rect`.
            around: The point of the area that stays where it is; its middle without.
        """
        before = self.rect(area, picture)
        if before.isEmpty():
            return
        point = around if around is not None else QPointF(area.width() / 2, area.height() / 2)
        x = (point.x() - before.left()) / before.width()
        y = (point.y() - before.top()) / before.height()
        self.factor = min(max(self.factor * by, 1.0), MOST)
        size = picture.scaled(area, Qt.AspectRatioMode.KeepAspectRatio) * self.factor
        self._look_at(
            x + (area.width() / 2 - point.x()) / size.width(),
            y + (area.height() / 2 - point.y()) / size.height(),
        )

    def pan(self, delta: QPointF, area: QSizeF, picture: QSizeF) -> None:
        """Move the picture by so many pixels of the area."""
        now = self.rect(area, picture)
        if now.isEmpty():
            return
        center = QPointF(area.width() / 2, area.height() / 2) - delta - now.topLeft()
        self._look_at(center.x() / now.width(), center.y() / now.height())

    def _look_at(self, x: float, y: float) -> None:
        half = 0.5 / self.factor
        self._center = QPointF(min(max(x, half), 1 - half), min(max(y, half), 1 - half))


def _placed(area: float, size: float, center: float) -> float:
    """Return where a length begins: in the middle if it fits, else without a gap at its ends."""
    if size <= area:
        return (area - size) / 2
    return min(0.0, max(area - size, area / 2 - center * size))
