"""The picture: one frame, letter-boxed, and the attention heatmap over what the model saw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.heat_colors import heat_pixels, magnified
from cast_studio.ui.picture_zoom import STEP, PictureZoom
from cast_studio.ui.theme import colors_of, paint_focus_frame, sized


class VideoView(QWidget):
    """Paints frames as they come; it decides nothing. The wheel magnifies, dragging moves what is magnified.

    Signals:
        clicked: The picture was clicked.
        screen_changed: Width and height in pixels of the screen that the whole picture takes now.
        zoomed: How many times larger than fits the picture is now.
        heat_changed: Another heatmap lies over the frame, or none.
    """

    clicked = Signal()
    screen_changed = Signal(int, int)
    zoomed = Signal(float)
    heat_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._heat: QImage | None = None
        self._hottest: tuple[int, int] | None = None
        self._opacity = 0.6
        self._title = ""
        self._detail = ""
        self._note = ""
        self._mark = ""
        self._shape = QSizeF()
        self._zoom = PictureZoom()
        self._dragged_from: QPointF | None = None
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

    @property
    def hottest(self) -> tuple[int, int] | None:
        """Where the model looked most: row and column of thirds of the square that it saw, each 0 to 2."""
        return self._hottest

    @property
    def zoom_factor(self) -> float:
        """How many times larger than fits the picture is, 1 to 16."""
        return self._zoom.factor

    @property
    def mark(self) -> str:
        """What is written at the foot of the frame about what is seen; empty for nothing."""
        return self._mark

    def show_shape(self, width: int, height: int, sample_aspect: float = 1.0) -> None:
        """Take over the shape of another video's pictures, all of which is shown.

        Args:
            width: Of a frame in stored pixels.
            height: Of a frame in stored pixels.
            sample_aspect: Width of a pixel over its height: the picture is stretched by it.
        """
        self._shape = QSizeF(width * sample_aspect, height)
        self._zoom.fit()
        self._tell_of_zoom()

    def show_mark(self, text: str) -> None:
        """Say at the foot of the frame that it is not the one that is wanted; empty if it is."""
        if text != self._mark:
            self._mark = text
            self.update()

    def zoom(self, steps: int) -> None:
        """Magnify the picture by some steps around its middle, or with a negative number less."""
        self._zoom.zoom(STEP**steps, QSizeF(self.size()), self._seen_shape())
        self._tell_of_zoom()

    def zoom_to_fit(self) -> None:
        """Show all of the picture."""
        self._zoom.fit()
        self._tell_of_zoom()

    def show_image(self, image: QImage) -> None:
        """Show a frame; a message goes away."""
        if self._title:
            self.setAccessibleDescription("")
        self._image = image
        self._title = self._detail = ""
        self.update()

    def show_message(self, title: str, detail: str = "") -> None:
        """Tell something instead of a picture."""
        self._image = None
        self._heat = self._hottest = None
        self._mark = ""
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
            self._heat = self._hottest = None
        else:
            row, column = np.unravel_index(int(np.argmax(values)), values.shape)
            height, width = values.shape
            self._hottest = int(row) * 3 // height, int(column) * 3 // width
            pixels = np.ascontiguousarray(heat_pixels(magnified(values)))
            height, width = pixels.shape[:2]
            view = QImage(
                pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied
            )
            self._heat = view.copy()  # the view aliases the array's memory
        self.update()
        self.heat_changed.emit()

    def set_heat_opacity(self, opacity: float) -> None:
        """Set how much of the frame the heatmap covers, 0 to 1."""
        self._opacity = min(1.0, max(0.0, opacity))
        self.update()

    def picture_rect(self) -> QRectF:
        """Return where the frame is painted: centered and as large as fits, unless it is magnified."""
        if self._image is None:
            return QRectF()
        return self._zoom.rect(QSizeF(self.size()), self._seen_shape())

    def heat_rect(self) -> QRectF:
        """Return the square in the middle of the picture, in stored pixels, that clips are cut from."""
        picture = self.picture_rect()
        if self._image is None or self._image.isNull():
            return QRectF()
        width, height = self._image.width(), self._image.height()
        side = min(width, height)
        square = QRectF(0, 0, picture.width() * side / width, picture.height() * side / height)
        square.moveCenter(picture.center())
        return square

    def _seen_shape(self) -> QSizeF:
        if not self._shape.isEmpty() or self._image is None:
            return self._shape
        return QSizeF(self._image.size())

    def _tell_of_zoom(self) -> None:
        self.zoomed.emit(self._zoom.factor)
        self._tell_of_screen()
        self.update()

    def _tell_of_screen(self) -> None:
        size = self._zoom.rect(QSizeF(self.size()), self._seen_shape()).size()
        ratio = self.devicePixelRatioF()
        if not size.isEmpty():
            self.screen_changed.emit(round(size.width() * ratio), round(size.height() * ratio))

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
            if self._mark:
                self._paint_mark(painter)
        if self.hasFocus():
            paint_focus_frame(painter, self)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802  (Qt's name)
        """Tell how large the picture is now."""
        super().resizeEvent(event)
        self._tell_of_screen()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802  (Qt's name)
        """Magnify around the pointer."""
        notches = event.angleDelta().y() / 120
        if self._image is not None and notches:
            area = QSizeF(self.size())
            self._zoom.zoom(STEP**notches, area, self._seen_shape(), event.position())
            self._tell_of_zoom()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Report a click of the left button; it may begin to move a magnified picture."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()
        if self._zoom.factor > 1:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Move a magnified picture with the pointer."""
        if self._dragged_from is not None:
            delta = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self._zoom.pan(delta, QSizeF(self.size()), self._seen_shape())
            self.update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Let go of the picture."""
        self._dragged_from = None
        self.unsetCursor()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's name)
        """Show all of the picture again."""
        self.zoom_to_fit()
        super().mouseDoubleClickEvent(event)

    def _paint_note(self, painter: QPainter) -> None:
        self._paint_words(painter, self._note, Qt.AlignmentFlag.AlignTop)

    def _paint_mark(self, painter: QPainter) -> None:
        self._paint_words(painter, self._mark, Qt.AlignmentFlag.AlignBottom)

    def _paint_words(self, painter: QPainter, text: str, edge: Qt.AlignmentFlag) -> None:
        picture = self.picture_rect() & QRectF(self.rect())
        painter.setFont(sized(self.font(), tokens.TEXT_BODY))
        margin, padding = tokens.SPACE_S, tokens.SPACE_S
        inset = margin + tokens.SPACE_XS
        area = picture.adjusted(margin + padding, inset, -margin - padding, -inset)
        wrapped = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap) | int(edge)
        words = painter.boundingRect(area, wrapped, text)
        ground = words.adjusted(-padding, -tokens.SPACE_XS, padding, tokens.SPACE_XS)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # Dark in both themes: it lies on the picture, not on the window.
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(ground, tokens.RADIUS, tokens.RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(words, wrapped, text)

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
