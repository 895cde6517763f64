"""Icons: one font, one weight, drawn in the color of the current palette."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap


class Icon(Enum):
    """The icons of the program, by what they mean; the value is the glyph's name in the font."""

    ADD = "plus"
    ACCEPT = "check"
    CLOSE = "x"
    COPY = "copy"
    EDIT = "pencil-simple"
    EXPORT = "export"
    BACKUP = "clock-counter-clockwise"
    FAILED = "warning-circle"
    HEAT = "fire"
    IMPORT = "download-simple"
    INFO = "info"
    KEYBOARD = "keyboard"
    MENU = "list"
    MODEL = "brain"
    NOTE = "note"
    SORT = "sort-ascending"
    NEXT_FRAME = "caret-right"
    OPEN = "folder-open"
    PAUSE = "pause"
    PLAY = "play"
    PREDICT = "lightning"
    PREVIOUS_FRAME = "caret-left"
    REDO = "arrow-u-up-right"
    REJECT = "trash"
    SAMPLE = "flask"
    STOP = "stop"
    TO_END = "skip-forward"
    TO_START = "skip-back"
    TRAIN = "graduation-cap"
    UNDO = "arrow-u-up-left"
    VIDEO = "film-strip"
    WARNING = "warning"
    ZOOM_FIT = "arrows-out-line-horizontal"
    ZOOM_IN = "magnifying-glass-plus"
    LOOK = "sun"
    MUTED = "speaker-slash"
    SOUND = "speaker-high"
    ZOOM_OUT = "magnifying-glass-minus"


_MOST_KEPT = 8


class _GlyphEngine(QIconEngine):
    """Draws one glyph in the palette of the moment, so that a theme change needs no new icons."""

    def __init__(self, glyph: str, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._glyph = glyph
        self._role = role
        self._kept: dict[tuple[int, int, int], QPixmap] = {}

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the glyph in the middle of ``rect``."""
        import qtawesome  # its fonts take 0.2 s to load: not before something is to be seen

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.setPen(QGuiApplication.palette().color(_group_of(mode), self._role))
        painter.setFont(qtawesome.font("ph", round(rect.height() * 0.86)))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, qtawesome.charmap(f"ph.{self._glyph}"))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return the glyph on a transparent ground; the last ones in a color are kept."""
        ink = QGuiApplication.palette().color(_group_of(mode), self._role).rgba()
        key = (size.width(), size.height(), ink)
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._drawn(size, mode, state)
        return self._kept[key]

    def _drawn(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        image = QPixmap(size)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return image

    def clone(self) -> QIconEngine:
        """Return an equal engine, as QIcon asks for when it detaches."""
        return _GlyphEngine(self._glyph, self._role)


def _group_of(mode: QIcon.Mode) -> QPalette.ColorGroup:
    disabled = mode == QIcon.Mode.Disabled
    return QPalette.ColorGroup.Disabled if disabled else QPalette.ColorGroup.Active


def icon(which: Icon, *, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText) -> QIcon:
    """Return an icon that follows the theme.

    Args:
        which: Its meaning.
        role: The color of the palette it is drawn in.
    """
    return QIcon(_GlyphEngine(which.value, role))
