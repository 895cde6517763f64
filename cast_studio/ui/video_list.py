"""The panel of the project's videos: to find, sort, choose, annotate and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.ui import tokens, wording
from cast_studio.ui.actions import Actions
from cast_studio.ui.commands import Do
from cast_studio.ui.icons import Icon, icon
from cast_studio.ui.language import shown
from cast_studio.ui.parts import ActionButton, EmptyState, add_choices, text_label
from cast_studio.ui.video_entries import EntryBook, Order, VideoEntry
from cast_studio.ui.video_list_model import VideoListModel
from cast_studio.ui.video_list_paint import Thumbnail, VideoDelegate


class _VideoView(QListView):
    """The view; Del is its own while it has the focus.

    Signals:
        removal_wanted: Del was pressed.
    """

    removal_wanted = Signal()

    def event(self, event: QEvent) -> bool:
        """Keep Del from deleting the selected label."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Delete
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's name)
        """Ask for the removal of the chosen video with Del."""
        if event.key() == Qt.Key.Key_Delete:
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)


class VideoList(QWidget):
    """The list with its filter and its button; without videos it says how to get some.

    Signals:
        video_chosen: The id of a video.
        note_wanted: The id of a video that is to get a note.
        removal_wanted: The ids of the videos that are to be taken out of the project.
        locate_wanted: The id of a missing video: the user wants to say where it is.
    """

    locate_wanted = Signal(str)
    video_chosen = Signal(str)
    note_wanted = Signal(str)
    removal_wanted = Signal(object)

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = VideoListModel()
        self._book = EntryBook()
        self._is_choosing = False
        self._chosen = ""
        self._view = _VideoView()
        self._delegate = VideoDelegate(self._view)
        self._set_up_view()
        self.filter_field = QLineEdit()
        self.filter_field.setPlaceholderText(self.tr("Filter"))
        self.filter_field.setAccessibleName(self.tr("Filter the videos by name or note"))
        self.filter_field.setClearButtonEnabled(True)
        self.filter_field.setToolTip(self.tr("Enter shows the first one found"))
        self.filter_field.textChanged.connect(self._on_filter_changed)
        self.filter_field.returnPressed.connect(self._on_filter_confirmed)
        self.sort_button = self._make_sort_button()
        self._shown = text_label(kind="small")
        first = ActionButton(
            actions[Do.OPEN_VIDEO], text=self.tr("Add video…"), primary=True, shows_key=True
        )
        empty = EmptyState(
            self.tr("No videos yet"), self.tr("Add one, or drop files on the window."), [first]
        )
        add = ActionButton(actions[Do.OPEN_VIDEO], text=self.tr("Add video…"))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._locate = ActionButton(actions[Do.LOCATE_VIDEO], text=self.tr("Locate missing…"))
        self._locate.hide()
        self._stack.addWidget(self._lay_out(add))
        self.setFocusProxy(self._view)

    def _set_up_view(self) -> None:
        view = self._view
        view.setModel(self._model)
        view.setItemDelegate(self._delegate)
        view.setMouseTracking(True)
        view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        view.setUniformItemSizes(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setAccessibleName(self.tr("Videos of the project"))
        view.selectionModel().currentChanged.connect(self._on_current_changed)
        view.activated.connect(self._on_activated)
        view.customContextMenuRequested.connect(self._on_menu_requested)
        view.removal_wanted.connect(self._on_removal_key)

    def _make_sort_button(self) -> QToolButton:
        menu = QMenu(self)
        choices = ((order, shown(order.value)) for order in Order)
        add_choices(menu, choices, self._model.order, self._model.sort_by)
        button = QToolButton()
        button.setIcon(icon(Icon.SORT))
        button.setToolTip(self.tr("Sort the videos"))
        button.setAccessibleName(self.tr("Sort the videos"))
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self, add: QWidget) -> QWidget:
        full = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(tokens.SPACE_S, 0, tokens.SPACE_XS, 0)
        head.setSpacing(tokens.SPACE_XS)
        head.addWidget(self.filter_field, 1)
        head.addWidget(self.sort_button)
        layout = QVBoxLayout(full)
        layout.setContentsMargins(0, tokens.SPACE_XS, 0, tokens.SPACE_S)
        layout.setSpacing(tokens.SPACE_S)
        layout.addLayout(head)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._shown, alignment=Qt.AlignmentFlag.AlignHCenter)
        add.setMinimumWidth(self._locate.sizeHint().width())
        layout.addWidget(self._locate, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(add, alignment=Qt.AlignmentFlag.AlignHCenter)
        return full

    @property
    def view(self) -> QListView:
        """The view of the list."""
        return self._view

    @property
    def model(self) -> VideoListModel:
        """The item model."""
        return self._model

    @property
    def selected(self) -> tuple[str, ...]:
        """The ids of the chosen videos, from top to bottom."""
        rows = sorted(index.row() for index in self._view.selectedIndexes())
        return tuple(self._model.entries[row].id for row in rows)

    @property
    def shown_text(self) -> str:
        """How many of the videos the filter lets through; empty when all."""
        return self._shown.text()

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a width for a picture beside most file names."""
        return QSize(232, 300)

    def show_project(
        self,
        project: Project | None,
        *,
        predictions: Mapping[str, PredictionTrack] | None = None,
        missing: Set[str] = frozenset(),
        changed: Set[str] | None = None,
    ) -> None:
        """Show the videos of a project, or none.

        Args:
            project: The project.
            predictions: Video id to what the current model says.
            missing: Ids of videos whose files are not there.
            changed: Ids of the videos that alone have changed since the last time; None for all.
        """
        entries: tuple[VideoEntry, ...] = ()
        if project is None:
            self._book = EntryBook()
            self._chosen = ""
            self.filter_field.clear()
        else:
            entries = self._book.entries_of(
                project, predictions=predictions, missing=missing, changed=changed
            )
        with self._unreported():
            self._model.show_entries(entries)
        is_missing = bool(missing) and project is not None
        if self._locate.hasFocus() and not is_missing:
            # Qt would go on to the filter, and the next key would be typed there.
            self._view.setFocus()
        self._locate.setVisible(is_missing)
        self._after_change()

    def show_thumbnails(self, thumbnail: Thumbnail) -> None:
        """Show pictures at the left of the lines.

        Args:
            thumbnail: Asked for the picture whenever a line is painted.
        """
        self._delegate.show_thumbnails(thumbnail)
        self._view.viewport().update()

    @Slot(str)
    def refresh_thumbnail(self, video_id: str) -> None:
        """Paint the line of a video anew, whose picture is there now."""
        row = self._model.row_of(video_id)
        if row is not None:
            self._view.update(self._model.index(row))

    def choose(self, video_id: str) -> None:
        """Show which video is open, without reporting it."""
        self._chosen = video_id
        row = self._model.row_of(video_id)
        if row is not None and self._view.currentIndex().row() == row:
            return
        with self._unreported():
            self._view.setCurrentIndex(self._model.index(row) if row is not None else QModelIndex())

    def step(self, step: int) -> None:
        """Choose the line below (1) or above (-1) the video that is open, if there is one.

        Where the filter hides that video, the first line, or the last, is the next.
        """
        row, count = self._model.row_of(self._chosen), self._model.rowCount()
        if row is None:
            row = -1 if step > 0 else count
        if 0 <= row + step < count:
            self._view.setCurrentIndex(self._model.index(row + step))

    def beside(self, video_id: str, gone: Set[str]) -> str:
        """Return the nearest line of the list that stays when others go: below it, else above it.

        Args:
            video_id: Of the line to start at.
            gone: Ids of the lines that go.

        Returns:
            The id of the video; "" if no line of the list stays, or this one is not in it.
        """
        row, ids = self._model.row_of(video_id), [entry.id for entry in self._model.entries]
        near = [] if row is None else [*ids[row + 1 :], *reversed(ids[:row])]
        return next((found for found in near if found not in gone), "")

    @contextmanager
    def _unreported(self) -> Iterator[None]:
        """Let the current line change without saying that the user chose it.

        The view itself listens to the selection and scrolls to it: nothing may be blocked.
        """
        before, self._is_choosing = self._is_choosing, True
        try:
            yield
        finally:
            self._is_choosing = before

    def _after_change(self) -> None:
        shown, total = self._model.rowCount(), self._model.total
        self._stack.setCurrentIndex(1 if total else 0)
        text = self.tr("{n} of {total} videos").format(
            n=wording.count(shown), total=wording.count(total)
        )
        self._shown.setText(text if shown < total else "")
        self._shown.setVisible(shown < total)
        self.choose(self._chosen)

    @Slot(str)
    def _on_filter_changed(self, text: str) -> None:
        with self._unreported():  # what the filter hides was not left by the user
            self._model.filter(text)
        self._after_change()

    @Slot()
    def _on_filter_confirmed(self) -> None:
        if not self._model.rowCount():
            return
        first = self._model.index(0)
        with self._unreported():  # it may be the current line already
            self._view.setFocus()
            self._view.setCurrentIndex(first)
        self.video_chosen.emit(self._model.entry(first).id)

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid() and not self._is_choosing:
            self.video_chosen.emit(self._model.entry(current).id)

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        entry = self._model.entry(index)
        if entry.is_missing:
            self.locate_wanted.emit(entry.id)

    @Slot()
    def _on_removal_key(self) -> None:
        if self.selected:
            self.removal_wanted.emit(self.selected)

    @Slot(QPoint)
    def _on_menu_requested(self, place: QPoint) -> None:
        index = self._view.indexAt(place)
        if index.isValid():
            menu = self.menu_of(self._model.entry(index).id)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self._view.viewport().mapToGlobal(place))

    def menu_of(self, video_id: str) -> QMenu:
        """Return what can be done with a video."""
        menu = QMenu(self)
        row = self._model.row_of(video_id)
        if row is not None and self._model.entry(self._model.index(row)).is_missing:
            locate = menu.addAction(icon(Icon.OPEN), self.tr("Locate…"))
            locate.triggered.connect(lambda: self.locate_wanted.emit(video_id))
        note = menu.addAction(icon(Icon.NOTE), self.tr("Write a note…"))
        note.triggered.connect(lambda: self.note_wanted.emit(video_id))
        menu.addSeparator()
        chosen = self.selected if video_id in self.selected else (video_id,)
        words = self.tr("Remove from project\tDel")
        if len(chosen) > 1:
            words = self.tr("Remove {n} from project\tDel").format(n=wording.count(len(chosen)))
        remove = menu.addAction(icon(Icon.REJECT), words)
        remove.triggered.connect(lambda: self.removal_wanted.emit(chosen))
        return menu
