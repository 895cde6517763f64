"""The window of models: what is installed, what can be fetched, and what is known of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListView,
    QProgressBar,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.class_lists import read_heads
from cast_studio.app.library_items import LibraryItem
from cast_studio.app.library_service import LibraryService, Shelf
from cast_studio.app.model_library import Brought, Progress
from cast_studio.errors import ModelError
from cast_studio.model.weights.sources import ExpertSource
from cast_studio.ui import tokens, wording
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.models_list import ModelsDelegate, ModelsListModel, entries_of
from cast_studio.ui.models_questions import (
    ImportDialog,
    ImportWish,
    fetch_question,
    removal_question,
)
from cast_studio.ui.models_sheet import ModelSheet
from cast_studio.ui.notice_bar import NoticeBar
from cast_studio.ui.parts import ElidedLabel, EmptyState, push_button, resize_with_text, separator
from cast_studio.ui.theme import scaled, with_tabular_figures

_SIZE = (960, 620)
_LIST_WIDTH = 336


class ModelsWindow(QDialog):
    """Lists on the left, tells on the right, and works without blocking. Not modal.

    Signals:
        library_changed: Something was brought or removed.
    """

    library_changed = Signal()

    def __init__(
        self,
        service: LibraryService,
        *,
        in_use: Callable[[], Path | None] = lambda: None,
        projects: Callable[[], Sequence[Path]] = tuple,
        files: FileQuestions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Show nothing yet; what there is comes when the window is shown.

        Args:
            service: Does the work.
            in_use: The folder of the model that is in use, which cannot be removed.
            projects: The projects whose trained models count before something is removed.
            files: Knows which folders were used last; None begins anew.
            parent: The window above which it is shown.
        """
        super().__init__(parent)
        self._service = service
        self._in_use = in_use
        self._projects = projects
        self._files = files or FileQuestions()
        self._wanted = ""
        self.setWindowTitle(self.tr("Models"))
        self.notices = NoticeBar()
        self._model = ModelsListModel()
        self.view = self._make_view()
        self._title = ElidedLabel(kind="heading")
        self.sheet = ModelSheet()
        self.fetch_button = push_button(self.tr("Fetch…"), primary=True)
        self.remove_button = push_button(self.tr("Remove…"))
        self.import_button = push_button(self.tr("Import…"))
        self._import_key = QShortcut(QKeySequence("Ctrl+I"), self)
        self._work, self._work_text, self._bar, self.stop_button = self._make_work()
        self._pages = QStackedLayout()
        self._loading = EmptyState(self.tr("Looking what there is…"), "")
        first = push_button(self.tr("Import…"), primary=True)
        first.clicked.connect(self.ask_for_import)
        self._empty = EmptyState(
            self.tr("No models yet"),
            self.tr("Import a file of weights; it is kept in your own library."),
            [first],
        )
        self._pages.addWidget(self._loading)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._make_details())
        self._lay_out()
        self._connect()
        self._show_current()
        resize_with_text(self, *_SIZE)

    # -- what the user can do

    @property
    def current(self) -> LibraryItem | ExpertSource | None:
        """What is chosen in the list."""
        index = self.view.currentIndex()
        return self._model.entry(index).what if index.isValid() else None

    def choose(self, name: str) -> None:
        """Choose something by its name; the first there is where it is gone."""
        row = self._model.row_named(name)
        if row is not None:
            self.view.setCurrentIndex(self._model.index(row))

    @Slot()
    def ask_to_fetch(self) -> None:
        """Ask whether the chosen expert is to be downloaded."""
        source = self.current
        if not isinstance(source, ExpertSource) or self._service.is_busy:
            return
        if source.hub is None:
            self.ask_for_import(name=source.name, kind=source.kind)
            return
        box, agree = fetch_question(source, self)
        agree.clicked.connect(lambda: self._begin(source.name, lambda: self._service.fetch(source)))
        box.open()

    @Slot()
    def ask_for_import(self, *_clicked: object, name: str = "", kind: str = "") -> None:
        """Ask for a file, and what the program cannot know of it."""
        if self._service.is_busy:
            return
        dialog = ImportDialog(self, name=name, files=self._files)
        dialog.kind.setCurrentIndex(max(0, dialog.kind.findData(kind)))
        dialog.wished.connect(self._on_import_wished)
        dialog.open()

    @Slot()
    def ask_to_remove(self) -> None:
        """Ask whether the chosen model is to be deleted, once it is known what needs it."""
        item = self.current
        if not isinstance(item, LibraryItem) or item.is_bundled or self._service.is_busy:
            return
        if item.folder == self._in_use():
            self.notices.tell(
                "warning",
                self.tr("“{name}” is in use; choose another model in the toolbar first.").format(
                    name=item.name
                ),
            )
            return
        self._service.weigh_removal(item, tuple(self._projects()))

    # -- Qt events

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        """Look what there is whenever the window comes up."""
        super().showEvent(event)
        self._service.refresh()
        self.view.setFocus()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.view.setFixedWidth(scaled(_LIST_WIDTH))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's name)
        """Close; what is going on goes on and is seen again when the window is."""
        self.notices.dismiss()
        super().closeEvent(event)

    def reject(self) -> None:
        """Back out with Esc: close the message first, then the window."""
        if self.notices.text:
            self.notices.dismiss()
        else:
            super().reject()

    # -- building

    def _make_view(self) -> QListView:
        view = QListView()
        view.setModel(self._model)
        view.setItemDelegate(ModelsDelegate(view))
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName(self.tr("Models and experts"))
        view.setFixedWidth(scaled(_LIST_WIDTH))
        return view

    def _make_work(self) -> tuple[QWidget, ElidedLabel, QProgressBar, QWidget]:
        work = QWidget()
        text = ElidedLabel(kind="muted")
        text.setFont(with_tabular_figures(text.font()))
        bar = QProgressBar()
        bar.setTextVisible(False)
        stop = push_button(self.tr("Stop"))
        stop.setToolTip(self.tr("Stop; the part of a download that is there is kept"))
        stop.clicked.connect(self._on_stop)
        row = QHBoxLayout(work)
        row.setContentsMargins(tokens.SPACE_L, tokens.SPACE_S, tokens.SPACE_L, tokens.SPACE_S)
        row.setSpacing(tokens.SPACE_M)
        row.addWidget(text, 2)
        row.addWidget(bar, 1)
        row.addWidget(stop)
        work.hide()
        return work, text, bar, stop

    def _make_details(self) -> QWidget:
        page = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(tokens.SPACE_L, tokens.SPACE_M, tokens.SPACE_L, tokens.SPACE_M)
        head.setSpacing(tokens.SPACE_S)
        head.addWidget(self._title, 1)
        head.addWidget(self.fetch_button)
        head.addWidget(self.remove_button)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(separator())
        column.addWidget(self.sheet, 1)
        return page

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(0, tokens.SPACE_XS, 0, tokens.SPACE_S)
        left.setSpacing(tokens.SPACE_S)
        left.addWidget(self.view, 1)
        left.addWidget(self.import_button, alignment=Qt.AlignmentFlag.AlignHCenter)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addLayout(left)
        across.addLayout(self._pages, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notices)
        layout.addLayout(across, 1)
        layout.addWidget(separator())
        layout.addWidget(self._work)
        # The order in which Tab visits them is that in which they are read.
        order = (self.view, self.import_button, self.fetch_button, self.remove_button, self.sheet)
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        self.view.activated.connect(self._on_activated)
        self.fetch_button.clicked.connect(self.ask_to_fetch)
        self.remove_button.clicked.connect(self.ask_to_remove)
        self.import_button.clicked.connect(self.ask_for_import)
        self.import_button.setToolTip(self.tr("Import a file of weights (Ctrl+I)"))
        self._import_key.activated.connect(self.ask_for_import)
        remove = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.view)
        remove.setContext(Qt.ShortcutContext.WidgetShortcut)
        remove.activated.connect(self.ask_to_remove)
        service = self._service
        service.listed.connect(self._on_listed)
        service.busy_changed.connect(self._on_busy_changed)
        service.progressed.connect(self._on_progressed)
        service.brought.connect(self._on_brought)
        service.removed.connect(self._on_removed)
        service.weighed.connect(self._on_weighed)
        service.failed.connect(self._on_failed)
        service.cancelled.connect(self._on_cancelled)

    # -- showing

    def _show_current(self) -> None:
        what, is_busy = self.current, self._service.is_busy
        title = what.title if isinstance(what, ExpertSource) else what.name if what else ""
        self._title.setText(title)
        self.sheet.show_what(what)
        by_hand = isinstance(what, ExpertSource) and what.hub is None
        self.fetch_button.setText(self.tr("Import by hand…") if by_hand else self.tr("Fetch…"))
        self.fetch_button.setVisible(isinstance(what, ExpertSource))
        self.fetch_button.setEnabled(not is_busy)
        is_removable = isinstance(what, LibraryItem) and not what.is_bundled
        self.remove_button.setVisible(is_removable)
        self.remove_button.setToolTip(self.tr("Delete it from this computer (Del)"))
        self.remove_button.setEnabled(not is_busy)
        self.import_button.setEnabled(not is_busy)

    def _begin(self, wanted: str, start: Callable[[], None]) -> None:
        self._wanted = wanted
        self.notices.dismiss()
        start()

    # -- replies

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._show_current()

    @Slot(QModelIndex)
    def _on_activated(self, _index: QModelIndex) -> None:
        self.ask_to_fetch()

    @Slot(object)
    def _on_listed(self, shelf: Shelf) -> None:
        what = self.current
        wanted = self._wanted or (what.name if what is not None else "")
        self._wanted = ""
        self._model.show_entries(entries_of(shelf))
        self.choose(wanted)
        self._pages.setCurrentIndex(2 if self._model.rowCount() else 1)
        self._show_current()
        for sentence in shelf.damaged:
            self.notices.tell("warning", sentence)

    @Slot(bool)
    def _on_busy_changed(self, is_busy: bool) -> None:
        self._work.setVisible(is_busy)
        self._work_text.setText("")
        self._bar.setRange(0, 0)
        self.stop_button.setEnabled(True)
        self._show_current()

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        note = f"  {progress.note}" if progress.note else ""
        self._work_text.setText(f"{progress.doing} {wording.percent(progress.share)}{note}")
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(progress.share * 1000))

    @Slot()
    def _on_stop(self) -> None:
        self.stop_button.setEnabled(False)
        self._work_text.setText(self.tr("Stopping…"))
        self._service.cancel()

    @Slot(object)
    def _on_import_wished(self, wish: ImportWish) -> None:
        try:
            heads = read_heads(wish.class_files)
        except ModelError as error:
            self.notices.tell("error", str(error))
            return
        self._begin(
            "",
            lambda: self._service.import_file(
                wish.path, name=wish.name, kind=wish.kind, heads=heads
            ),
        )

    @Slot(object)
    def _on_brought(self, brought: Brought) -> None:
        self._wanted = brought.name
        self.notices.tell("info", brought.sentence)
        self._service.refresh()
        self.library_changed.emit()

    @Slot(str)
    def _on_removed(self, name: str) -> None:
        self.notices.tell("info", self.tr("Removed “{name}”.").format(name=name))
        self._service.refresh()
        self.library_changed.emit()

    @Slot(object, object)
    def _on_weighed(self, item: LibraryItem, dependents: tuple[str, ...]) -> None:
        box, agree = removal_question(item, dependents, self)
        agree.clicked.connect(lambda: self._begin("", lambda: self._service.remove(item)))
        box.open()

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        if not self._model.rowCount():
            self._pages.setCurrentIndex(1)
        self.notices.tell("error", sentence)

    @Slot()
    def _on_cancelled(self) -> None:
        self.notices.tell("info", self.tr("Stopped; nothing was changed."))
