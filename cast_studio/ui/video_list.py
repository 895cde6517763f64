"""The videos of the project: name, duration, and how much of each is labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QListView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import gaps
from cast_studio.ui import tokens, wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.parts import ActionButton, EmptyState
from cast_studio.ui.theme import colors_of, sized, with_tabular_figures

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 60
_NO_PARENT = QModelIndex()


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """One line of the list.

    Attributes:
        id: The video.
        name: Of its file.
        seconds: Duration, None until it was scanned.
        n_labels: Labels on all of its tracks.
        covered: Share of its time that is labelled, 0 to 1.
    """

    id: str
    name: str
    seconds: float | None
    n_labels: int
    covered: float

    @property
    def detail(self) -> str:
        """What is written below the name."""
        labels = wording.counted(self.n_labels, "label") if self.n_labels else "no labels yet"
        if self.seconds is None:
            return labels
        return f"{wording.short_clock(self.seconds)} · {labels}"


def entries_of(project: Project) -> tuple[VideoEntry, ...]:
    """Return the lines for a project's videos, in its order."""
    return tuple(_entry(project, video) for video in project.videos)


def _entry(project: Project, video: VideoRef) -> VideoEntry:
    tracks = project.tracks_of(video.id)
    seconds, covered = None, 0.0
    if video.timebase is not None and video.start_pts is not None and video.end_pts is not None:
        whole = TimeSpan(video.start_pts, video.end_pts)
        seconds = float(whole.duration * video.timebase)
        segments = [segment for track in tracks[:1] for segment in track.segments]
        free = sum(gap.duration for gap in gaps(segments, whole))
        covered = 1 - free / whole.duration if whole.duration else 0.0
    n_labels = sum(len(track.segments) for track in tracks)
    return VideoEntry(video.id, video.name, seconds, n_labels, covered)


class VideoListModel(QAbstractListModel):
    """The lines as an item model."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[VideoEntry, ...] = ()

    def show_entries(self, entries: Sequence[VideoEntry]) -> None:
        """Take over new lines; when the videos are the same, only what changed is announced."""
        new = tuple(entries)
        if [entry.id for entry in new] != [entry.id for entry in self._entries]:
            self.beginResetModel()
            self._entries = new
            self.endResetModel()
            return
        before, self._entries = self._entries, new
        for row, (old, entry) in enumerate(zip(before, new, strict=True)):
            if old != entry:
                self.dataChanged.emit(self.index(row), self.index(row))

    def entry(self, index: Index) -> VideoEntry:
        """Return the line at a model index."""
        return self._entries[index.row()]

    def row_of(self, video_id: str) -> int | None:
        """Return the row of a video, None if it is not in the list."""
        return next((row for row, entry in enumerate(self._entries) if entry.id == video_id), None)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: N802  (Qt's name)
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what Qt asks for: the name, a spoken description, or the whole name as a tip."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.detail}, {wording.percent(entry.covered)} labelled"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.name}\n{entry.detail}\n{wording.percent(entry.covered)} labelled"
        return None


class _VideoDelegate(QStyledItemDelegate):
    """Paints a line: name, facts, and a bar of what is labelled."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        """Return the height of a line."""
        return QSize(160, _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one line."""
        model = index.model()
        view = option.widget
        if not isinstance(model, VideoListModel):
            return
        colors, entry = colors_of(view), model.entry(index)
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        area = QRectF(option.rect).adjusted(tokens.SPACE_XS, 1, -tokens.SPACE_XS, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_selected or is_hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.hover if is_selected else colors.raised))
            painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)
        if is_selected and view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colors.accent), 1))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        inner = area.adjusted(tokens.SPACE_S, tokens.SPACE_S, -tokens.SPACE_S, -tokens.SPACE_S)
        self._paint_texts(painter, option, entry, inner, (colors.text, colors.muted))
        track = QRectF(inner.left(), inner.bottom() - 4, inner.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.line if not is_selected else colors.window))
        painter.drawRoundedRect(track, 2, 2)
        if entry.covered > 0:
            track.setWidth(max(4.0, track.width() * entry.covered))
            painter.setBrush(QColor(colors.accent))
            painter.drawRoundedRect(track, 2, 2)
        painter.restore()

    def _paint_texts(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        entry: VideoEntry,
        area: QRectF,
        inks: tuple[str, str],
    ) -> None:
        painter.setFont(sized(option.font, tokens.TEXT_BODY))
        painter.setPen(QColor(inks[0]))
        name = painter.fontMetrics().elidedText(
            entry.name, Qt.TextElideMode.ElideMiddle, int(area.width())
        )
        line = painter.fontMetrics().height()
        painter.drawText(QRectF(area.left(), area.top() - 1, area.width(), line), name)
        painter.setFont(with_tabular_figures(sized(option.font, tokens.TEXT_SMALL)))
        painter.setPen(QColor(inks[1]))
        below = QRectF(area.left(), area.top() + line, area.width(), line)
        painter.drawText(below, entry.detail)


class VideoList(QWidget):
    """The list with its button; without videos it says how to get some.

    Signals:
        video_chosen: The id of a video.
    """

    video_chosen = Signal(str)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = VideoListModel()
        self._is_choosing = False
        self._view = QListView()
        self._view.setModel(self._model)
        self._view.setItemDelegate(_VideoDelegate(self._view))
        self._view.setMouseTracking(True)
        self._view.setUniformItemSizes(True)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.setAccessibleName(self.tr("Videos of the project"))
        self._view.selectionModel().currentChanged.connect(self._on_current_changed)
        add = ActionButton(actions[Do.OPEN_VIDEO], text=self.tr("Add video…"))
        first = ActionButton(
            actions[Do.OPEN_VIDEO], text=self.tr("Add video…"), primary=True, shows_key=True
        )
        empty = EmptyState(
            self.tr("No videos yet"), self.tr("Add one, or drop files on the window."), [first]
        )
        full = QWidget()
        layout = QVBoxLayout(full)
        layout.setContentsMargins(0, tokens.SPACE_XS, 0, tokens.SPACE_S)
        layout.setSpacing(tokens.SPACE_S)
        layout.addWidget(self._view, 1)
        layout.addWidget(add, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(full)
        self.setFocusProxy(self._view)

    @property
    def view(self) -> QListView:
        """The view of the list."""
        return self._view

    @property
    def model(self) -> VideoListModel:
        """The item model."""
        return self._model

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a width for most file names."""
        return QSize(208, 300)

    def show_project(self, project: Project | None) -> None:
        """Show the videos of a project, or none."""
        self._model.show_entries(entries_of(project) if project is not None else ())
        self._stack.setCurrentIndex(1 if self._model.rowCount() else 0)

    def choose(self, video_id: str) -> None:
        """Show which video is open, without reporting it."""
        row = self._model.row_of(video_id)
        # The view itself listens to the selection and scrolls to it: nothing may be blocked.
        self._is_choosing = True
        self._view.setCurrentIndex(self._model.index(row) if row is not None else QModelIndex())
        self._is_choosing = False

    def _on_current_changed(self, current: QModelIndex) -> None:
        if current.isValid() and not self._is_choosing:
            self.video_chosen.emit(self._model.entry(current).id)
