"""Paints a line of the list of videos: picture, name, facts, and a bar of how far it is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QTransform
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cast_studio.ui import tokens
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.row_ground import paint_row_ground
from cast_studio.ui.scaled_pictures import ScaledPictures
from cast_studio.ui.theme import colors_of, scaled, sized, with_tabular_figures
from cast_studio.ui.tokens import ColorTokens
from cast_studio.ui.video_entries import VideoEntry
from cast_studio.ui.video_list_model import Index, VideoListModel

ROW_HEIGHT = 60
THUMBNAIL_WIDTH = 64
_MARK = 14
_BAR = 4
_CORNER = 3
_FAINT = 0.5

Thumbnail = Callable[[str], QImage | None]
"""Returns the picture of a video by its id, None until there is one; must not take time."""


class VideoDelegate(QStyledItemDelegate):
    """Paints a line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._thumbnail: Thumbnail | None = None
        self._scaled = ScaledPictures()

    def show_thumbnails(self, thumbnail: Thumbnail) -> None:
        """Leave room for pictures at the left, and paint those that there are; they may be asked for."""
        self._thumbnail = thumbnail

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Return the height of a line."""
        return QSize(160, scaled(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        model = index.model()
        view = option.widget
        if not isinstance(model, VideoListModel):
            return
        colors, entry = colors_of(view), model.entry(index)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        area = QRectF(option.rect).adjusted(tokens.SPACE_XS, 1, -tokens.SPACE_XS, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_row_ground(painter, option, area)
        inner = area.adjusted(tokens.SPACE_S, tokens.SPACE_S, -tokens.SPACE_S, -tokens.SPACE_S)
        inner = self._paint_thumbnail(painter, entry, inner, colors)
        _paint_texts(painter, option, entry, inner, colors)
        ground = colors.window if is_selected else colors.line
        _paint_bar(painter, entry, inner, colors, ground)
        painter.restore()

    def _paint_thumbnail(
        self, painter: QPainter, entry: VideoEntry, area: QRectF, colors: ColorTokens
    ) -> QRectF:
        """Paint the picture; return what is left for the rest."""
        if self._thumbnail is None:
            return area
        # Not larger with the text: that needs the room itself.
        place = QRect(round(area.left()), round(area.top()), THUMBNAIL_WIDTH, round(area.height()))
        image = None if entry.is_missing else self._thumbnail(entry.id)
        if image is None or image.isNull():
            _paint_placeholder(painter, place, colors)
        else:
            size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            ratio = painter.device().devicePixelRatio()
            shown = QRect(QPoint(0, 0), size)
            shown.moveCenter(place.center())
            # A brush has round corners without any clipping.
            brush = QBrush(self._scaled.scaled(image, size, ratio))
            brush.setTransform(QTransform.fromTranslate(shown.left(), shown.top()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(brush)
            painter.drawRoundedRect(shown, _CORNER, _CORNER)
        return area.adjusted(THUMBNAIL_WIDTH + tokens.SPACE_S, 0, 0, 0)


def _paint_placeholder(painter: QPainter, place: QRect, colors: ColorTokens) -> None:
    """Paint what stands for a picture that is not there."""
    shape = QRect(0, 0, place.width(), round(place.width() * 9 / 16))
    shape.moveCenter(place.center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors.raised))
    painter.drawRoundedRect(shape, _CORNER, _CORNER)
    sign = QRect(0, 0, tokens.ICON_SIZE, tokens.ICON_SIZE)
    sign.moveCenter(place.center())
    painter.setOpacity(_FAINT)
    icon(Icon.VIDEO).paint(painter, sign)
    painter.setOpacity(1.0)


def _paint_texts(
    painter: QPainter,
    option: QStyleOptionViewItem,
    entry: VideoEntry,
    area: QRectF,
    colors: ColorTokens,
) -> None:
    painter.setFont(sized(option.font, tokens.TEXT_BODY))
    painter.setPen(QColor(colors.muted if entry.is_missing else colors.text))
    line = painter.fontMetrics().height()
    width = area.width()
    name = painter.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideMiddle, int(width))
    painter.drawText(QRectF(area.left(), area.top() - 1, width, line), name)
    size = scaled(_MARK)
    for mark in _marks(entry):
        place = QRectF(area.left() + width - size, area.top() + line + 1, size, size)
        icon(mark).paint(painter, place.toRect())
        width -= size + tokens.SPACE_XS
    painter.setFont(with_tabular_figures(sized(option.font, tokens.TEXT_SMALL)))
    painter.setPen(QColor(colors.warning if entry.is_missing else colors.muted))
    below = QRectF(area.left(), area.top() + line, width, line)
    detail = painter.fontMetrics().elidedText(entry.detail, Qt.TextElideMode.ElideRight, int(width))
    painter.drawText(below, detail)


def _marks(entry: VideoEntry) -> list[Icon]:
    """Return the small pictures at the end of the second line, from right to left."""
    marks = [Icon.WARNING] if entry.is_missing else []
    return [*marks, Icon.NOTE] if entry.note else marks


def _paint_bar(
    painter: QPainter, entry: VideoEntry, area: QRectF, colors: ColorTokens, ground: str
) -> None:
    """Paint what is labelled, over what the model has said; below it what was reviewed."""
    track = QRectF(area.left(), area.bottom() - _BAR, area.width(), _BAR)
    painter.setPen(Qt.PenStyle.NoPen)
    for share, color in (
        (1.0, QColor(ground)),
        (entry.predicted, QColor(colors.muted)),
        (entry.covered, QColor(colors.accent)),
    ):
        if share > 0:
            painter.setBrush(color)
            full = QRectF(track)
            full.setWidth(max(float(_BAR), track.width() * share))
            painter.drawRoundedRect(full, _BAR / 2, _BAR / 2)
    if entry.reviewed > 0:
        painter.setBrush(QColor(colors.good))
        below = QRectF(track.left(), track.bottom() + 2, track.width() * entry.reviewed, 2)
        painter.drawRoundedRect(below, 1, 1)
