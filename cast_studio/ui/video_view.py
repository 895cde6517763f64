"""The picture: one frame, letter-boxed, and the attention heatmap over what the model saw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.heat_colors import heat_pixels, magnified
from cast_studio.ui.theme import colors_of, sized


class VideoView(QWidget):
    """Paints frames as they come; it decides nothing.

    Signals:
        clicked: The picture was clicked.
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._heat: QImage | None = None
        self._opacity = 0.6
        self._title = ""
        self._detail = ""
        self._note = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setAccessibleName(self.tr("Video"))

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a size that suits most windows."""
        return QSize(720, 420)

    @property
    def image(self) -> QImage | None:
        """The frame on screen."""
        return self._image

    @property
    def message(self) -> tuple[str, str]:
        """Title and detail of what is told instead of a picture; empty texts for none."""
        return self._title, self._detail

    @property
    def has_heat(self) -> bool:
        """Whether a heatmap lies over the frame."""
        return self._heat is not None

    def show_image(self, image: QImage) -> None:
        """Show a frame; a message goes away."""
        self._image = image
        self._title = self._detail = ""
        self.setAccessibleDescription("")
        self.update()

    def show_message(self, title: str, detail: str = "") -> None:
        """Tell something instead of a picture."""
        self._image = None
        self._heat = None
        self._title, self._detail = title, detail
        self.setAccessibleDescription(f"{title} {detail}".strip())
        self.update()

    @property
    def note(self) -> str:
        """What is written over the frame."""
        return self._note

    def show_note(self, text: str) -> None:
        """Write a few words over the frame, in its corner; empty for none."""
        if text != self._note:
            self._note = text
            self.update()

    def show_heat(self, values: NDArray[np.float64] | None) -> None:
        """Lay attention over the frame, or take it away.

        Args:
            values: Shape (h, w), 0 to 1, over the square in the middle of the frame that the model
                saw; None for no heatmap.
        """
        if values is None:
            self._heat = None
        else:
            pixels = np.ascontiguousarray(heat_pixels(magnified(values)))
            height, width = pixels.shape[:2]
            view = QImage(
                pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied
            )
            self._heat = view.copy()  # the view aliases the array's memory
        self.update()

    def set_heat_opacity(self, opacity: float) -> None:
        """Set how much of the frame the heatmap covers, 0 to 1."""
        self._opacity = min(1.0, max(0.0, opacity))
        self.update()

    def picture_rect(self) -> QRectF:
        """Return where the frame is painted, centered and as large as fits."""
        if self._image is None:
            return QRectF()
        size = QSize(self._image.width(), self._image.height())
        size.scale(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - size.width()) / 2
        top = (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def heat_rect(self) -> QRectF:
        """Return the square in the middle of the picture that clips are cut from."""
        picture = self.picture_rect()
        side = min(picture.width(), picture.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(picture.center())
        return square

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        """Paint the ground, the frame and what lies over it."""
        colors = colors_of(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors.canvas))
        if self._image is None:
            self._paint_message(painter)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.picture_rect(), self._image)
            if self._heat is not None:
                painter.setOpacity(self._opacity)
                painter.drawImage(self.heat_rect(), self._heat)
                painter.setOpacity(1.0)
            if self._note:
                self._paint_note(painter)
        if self.hasFocus():
            painter.setPen(QColor(colors.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Report a click of the left button."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
        super().mousePressEvent(event)

    def _paint_note(self, painter: QPainter) -> None:
        picture = self.picture_rect()
        painter.setFont(sized(self.font(), tokens.TEXT_BODY))
        margin, padding = tokens.SPACE_S, tokens.SPACE_S
        area = picture.adjusted(margin + padding, margin, -margin - padding, -margin)
        wrapped = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
        words = painter.boundingRect(area, wrapped, self._note)
        ground = words.adjusted(-padding, 0, padding, 2 * tokens.SPACE_XS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # Dark in both themes: it lies on the picture, not on the window.
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(ground, tokens.RADIUS, tokens.RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(words.translated(0, tokens.SPACE_XS), wrapped, self._note)

    def _paint_message(self, painter: QPainter) -> None:
        colors = colors_of(self)
        area = QRectF(self.rect()).adjusted(tokens.SPACE_XL, 0, -tokens.SPACE_XL, 0)
        wrapped = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
        painter.setFont(sized(self.font(), tokens.TEXT_TITLE))
        painter.setPen(QColor(tokens.ink_on(colors.canvas)))
        title = painter.boundingRect(area, wrapped, self._title)
        title.moveTop(self.height() / 2 - title.height())
        painter.drawText(title, wrapped, self._title)
        painter.setFont(sized(self.font(), tokens.TEXT_BODY))
        painter.setPen(QColor(tokens.blend(tokens.ink_on(colors.canvas), colors.canvas, 0.75)))
        below = QRectF(area)
        below.setTopLeft(QPointF(area.left(), title.bottom() + tokens.SPACE_S))
        painter.drawText(below, wrapped, self._detail)
