"""The window: it builds the panels, wires them to the program behind them, and decides nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QTimer, QUrl, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMainWindow,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from cast_studio.app.recent import existing_projects
from cast_studio.app.session import Session
from cast_studio.ui import closing
from cast_studio.ui.actions import Actions
from cast_studio.ui.asked_windows import AskedWindows
from cast_studio.ui.backup_controller import RescueOfProject
from cast_studio.ui.class_picker import ClassPicker
from cast_studio.ui.command_handlers import handlers
from cast_studio.ui.dialogs import (
    NoteDialog,
    ask_for_project,
    ask_for_videos,
)
from cast_studio.ui.exchange import Exchange
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.label_question import LabelQuestion
from cast_studio.ui.menus import Clicked, MenuTitles, timeline_menu
from cast_studio.ui.models_window import ModelsWindow
from cast_studio.ui.narrator import Narrator
from cast_studio.ui.notice_bar import NoticeBar
from cast_studio.ui.panel_presenter import PanelPresenter
from cast_studio.ui.playback_menu import add_playback_menus
from cast_studio.ui.relinking import RelinkPresenter
from cast_studio.ui.shortcut_guard import ShortcutGuard, is_text_field
from cast_studio.ui.stage_presenter import StagePresenter
from cast_studio.ui.status_bar import StatusBar
from cast_studio.ui.studio import Studio
from cast_studio.ui.text_size import TextSize, text_size_menu
from cast_studio.ui.theme import Theme
from cast_studio.ui.theme_menu import ThemeChooser, theme_menu
from cast_studio.ui.toolbar import TopBar
from cast_studio.ui.track_question import TrackDialog, TrackQuestion
from cast_studio.ui.welcome import WelcomePage
from cast_studio.ui.work_presenter import WorkPresenter
from cast_studio.ui.workspace import Workspace

_MODEL_DELAY_MS = 50


class MainWindow(QMainWindow):
    """Everything that is seen. The program behind it is a :class:`Studio`."""

    def __init__(self, studio: Studio, theme: Theme) -> None:
        super().__init__()
        self.studio = studio
        self.actions_ = Actions(self)
        self.notices = NoticeBar()
        self.welcome = WelcomePage(self.actions_)
        self.workspace = Workspace(self.actions_)
        self.status = StatusBar()
        self.top = TopBar(self.actions_)
        self._pages = QStackedLayout()  # of a QStackedWidget screen readers would speak
        self._was_shown = False
        self._models: ModelsWindow | None = None
        self._files = FileQuestions(studio.services.preferences)
        self.text_size = TextSize(theme, studio.services.preferences, self)
        self.themes = ThemeChooser(theme, studio.services.preferences)
        self.workspace.visit_also([self.top])
        self._build()
        stage = StagePresenter(studio, self.workspace, self.status, self.actions_)
        self._panels = PanelPresenter(studio, self.actions_, self.workspace, self.top, stage)
        self._works = WorkPresenter(studio, self.workspace, self.top, self.status, stage)
        self.narrator = Narrator(studio, self.actions_, self.workspace, self.notices)
        self.relinking = RelinkPresenter(studio, self.notices, self)
        self.workspace.video_list.locate_wanted.connect(self.relinking.locate)
        self.exchange = Exchange(studio, self)
        self.asked = AskedWindows(self)
        self.actions_.connect_to({**handlers(self), **self.asked.handlers})
        application = QApplication.instance()
        if isinstance(application, QApplication):
            guard = ShortcutGuard(
                application,
                self.workspace.stage,
                self.actions_,
                studio.class_labelling.class_of,
                self,
            )
            guard.class_pressed.connect(studio.class_labelling.press)
            guard.unused_pressed.connect(self._on_unused_digit)
        self._connect()
        self._restore()
        self._on_session_changed(None)

    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.addToolBar(self.top)
        menus = MenuTitles(self.menuBar(), self.actions_, self).menus
        add_playback_menus(menus["Play"], self.studio, self)
        menus["View"].addMenu(theme_menu(self.themes, self.actions_, self))
        menus["View"].addMenu(text_size_menu(self.text_size, self))
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.workspace)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notices)
        layout.addLayout(self._pages, 1)
        self.setCentralWidget(body)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        studio = self.studio
        studio.services.messages.message.connect(self.notices.tell)
        studio.projects.ask_before_losing(lambda count: closing.leave_unsaved(self, count))
        studio.projects.damaged.connect(self._on_damaged)
        studio.lock_watch.freed.connect(self._on_freed)
        studio.session_changed.connect(self._on_session_changed)
        studio.sample.began.connect(self._on_sample_began)
        studio.sample.ended.connect(self._on_sample_ended)
        studio.annotations.labels_wanted.connect(self._on_labels_wanted)
        studio.tracks.track_wanted.connect(self._on_track_wanted)
        self.workspace.timeline.menu_requested.connect(self._on_timeline_menu)
        studio.class_labelling.open_changed.connect(self._on_labelling_changed)
        studio.services.preferences.changed.connect(self._on_labelling_changed)
        self.welcome.project_chosen.connect(studio.projects.open_project)
        self.welcome.project_unwanted.connect(self._on_project_unwanted)
        self.workspace.video_list.note_wanted.connect(self._on_video_note_wanted)
        self.top.project_chosen.connect(studio.projects.open_project)
        self._panels.save_failed.connect(self._on_save_failed)
        for panel in (self.workspace.transport, self.workspace.why_panel):
            panel.opacity_changed.connect(self._on_opacity_changed)
        self.workspace.why_panel.layer_chosen.connect(studio.attention.choose_layer)
        # By now torch is imported, and nobody waits.
        for signal in (
            studio.services.inference.model_loaded,
            studio.services.inference.model_failed,
        ):
            signal.connect(self.workspace.training_panel.prepare_curve)
        self._on_opacity_changed(studio.services.preferences.heatmap_opacity)
        self._on_labelling_changed()

    def _restore(self) -> None:
        preferences = self.studio.services.preferences
        self.resize(1280, 800)
        if not preferences.window_geometry.isEmpty():
            self.restoreGeometry(preferences.window_geometry)
        self.workspace.restore_layout(preferences.window_state)

    # -- what commands ask of the window

    def open_videos(self) -> None:
        """Ask for videos and open them."""
        self.studio.projects.open_videos(ask_for_videos(self, self._files))

    def open_project(self) -> None:
        """Ask for a project folder and open it."""
        usual = self.studio.services.preferences.folders.projects
        folder = ask_for_project(self, self._files, usual)
        if folder is not None:
            self.studio.projects.open_project(folder)

    def back_out(self) -> None:
        """Leave the field, else close the message, else clear the range, else the selection."""
        state = self.studio.state
        if is_text_field(QApplication.focusWidget()):
            self.workspace.video_view.setFocus()
        elif self.notices.text:
            self.notices.dismiss()
        elif state.marked is not None:
            state.mark(None)
        else:
            state.select(None)

    def next_panel(self, step: int) -> None:
        """Give the focus to the next visible panel, or with -1 to the one before."""
        self.workspace.focus_next(QApplication.focusWidget(), step)

    def write_note(self) -> None:
        """Put the cursor into the note of the current label."""
        self.workspace.show_page(self.workspace.label_panel)
        self.workspace.label_panel.write_note()

    def write_subject(self) -> None:
        """Put the cursor into the subject of the current label."""
        self.workspace.show_page(self.workspace.label_panel)
        self.workspace.label_panel.write_subject()

    def _close_later(self, dialog: QDialog) -> None:
        dialog.finished.connect(self._on_question_closed)
        dialog.finished.connect(dialog.deleteLater)

    def show_models(self) -> None:
        """Show the window of models, which is made when it is first wanted."""
        if self._models is None:
            studio = self.studio
            self._models = ModelsWindow(
                studio.library,
                in_use=lambda: studio.models.base.folder if studio.models.base else None,
                projects=lambda: existing_projects(studio.services.preferences),
                files=self._files,
                parent=self,
            )
            self._models.library_changed.connect(studio.models.look_again)
            self._models.finished.connect(self._on_question_closed)
        self._models.show()
        self._models.raise_()
        self._models.activateWindow()

    def open_logs(self) -> None:
        """Show the log folder in the system's file manager."""
        folder = self.studio.services.preferences.folders.logs
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # -- Qt events

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        """Load the model once the window has been painted for the first time."""
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            QTimer.singleShot(_MODEL_DELAY_MS, self, self.studio.models.load_first)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's name)
        """Remember the layout and end everything, unless the user wants to stay."""
        if not closing.may_close(self.studio, self):
            event.ignore()
            return
        preferences = self.studio.services.preferences
        preferences.window_geometry = self.saveGeometry()
        preferences.window_state = self.workspace.saved_layout()
        self.studio.shut_down()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802  (Qt's name)
        """Welcome local files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802  (Qt's name)
        """Open what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.studio.projects.open_paths(paths)

    # -- replies

    @Slot(object)
    def _on_session_changed(self, session: Session | None) -> None:
        if session is None:
            self.notices.clear()
        self._show_recent()
        self._pages.setCurrentWidget(self.workspace if session is not None else self.welcome)
        name = session.project.name if session is not None else ""
        self.setWindowTitle(f"{name} – CAST Studio" if name else "CAST Studio")
        (self.welcome if session is None else self.workspace.video_view).setFocus()

    def _show_recent(self) -> None:
        recent = self.studio.projects.recent
        self.welcome.show_recent(recent)
        self.top.show_recent(recent)

    @Slot(object)
    def _on_project_unwanted(self, folder: Path) -> None:
        self.studio.projects.forget(folder)
        self._show_recent()

    @Slot()
    def _on_sample_began(self) -> None:
        self.welcome.setEnabled(False)

    @Slot()
    def _on_sample_ended(self) -> None:
        self.welcome.setEnabled(True)
        if self.studio.session is None:
            self.welcome.setFocus()

    @Slot(object)
    def _on_labels_wanted(self, question: LabelQuestion) -> None:
        if not question.schema.heads:
            self.notices.tell("info", self.tr("First say what can be labelled."), kind="heads")
            self.asked.edit_schema()
            return
        picker = ClassPicker(question, self)
        picker.accepted.connect(
            lambda: self.studio.annotations.answer(picker.question, picker.answer)
        )
        picker.finished.connect(self._on_question_closed)
        picker.finished.connect(picker.deleteLater)
        self.studio.playback.pause()
        picker.open()

    @Slot(object)
    def _on_damaged(self, folder: Path) -> None:
        studio = self.studio
        window = RescueOfProject(
            folder, studio.services.messages, studio.projects.open_project, self
        )
        self._close_later(window.dialog)

    @Slot(object)
    def _on_freed(self, folder: Path) -> None:
        self.notices.tell(
            "warning",
            self.tr("The other window has closed “{name}”; it can be edited here now.").format(
                name=folder.stem
            ),
            button=self.tr("Edit here"),
            follow_up=self.studio.take_over,
            kind="lock",
        )

    @Slot(str)
    def _on_video_note_wanted(self, video_id: str) -> None:
        session = self.studio.session
        if session is None or not session.project.has_video(video_id):
            return
        video = session.project.video(video_id)
        dialog = NoteDialog(video.name, video.note, self)
        dialog.accepted.connect(lambda: self.studio.projects.annotate_video(video_id, dialog.text))
        self._close_later(dialog)
        dialog.open()

    @Slot(object)
    def _on_track_wanted(self, question: TrackQuestion) -> None:
        dialog = TrackDialog(question, self)
        dialog.accepted.connect(lambda: self.studio.tracks.answer(dialog.question, dialog.answer))
        self._close_later(dialog)
        dialog.open()

    @Slot(object, object)
    def _on_timeline_menu(self, place: QPoint, clicked: Clicked) -> None:
        menu = timeline_menu(clicked, self.actions_, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    @Slot(str)
    def _on_save_failed(self, sentence: str) -> None:
        session = self.studio.session
        if session is not None:
            self.notices.tell(
                "error",
                sentence,
                button=self.tr("Try again"),
                follow_up=session.retry_save,
                kind="saving",
            )

    @Slot()
    def _on_labelling_changed(self) -> None:
        letters = self.studio.services.preferences.letters_label
        always = self.tr("Letters label") if letters else ""
        self.status.show_labelling(self.studio.class_labelling.open_text or always)

    @Slot(str)
    def _on_unused_digit(self, digit: str) -> None:
        session = self.studio.session
        if session is None or session.read_only or self.studio.state.frames is None:
            return
        has_classes = any(head.active for head in session.project.schema.heads)
        words = (
            self.tr("No class has the key {key}.")
            if has_classes
            else self.tr("There are no classes yet; the first ten that you add have the digits.")
        )
        self.notices.tell(
            "info",
            words.format(key=digit),
            button=self.tr("Edit classes"),
            follow_up=self.asked.edit_schema,
            kind="digit",
        )

    @Slot()
    def _on_question_closed(self) -> None:
        # Where no window manager does it, the keys would go nowhere.
        self.activateWindow()

    @Slot(float)
    def _on_opacity_changed(self, opacity: float) -> None:
        self.studio.services.preferences.heatmap_opacity = opacity
        self.workspace.video_view.set_heat_opacity(opacity)
        self.workspace.transport.show_opacity(opacity)
        self.workspace.why_panel.show_opacity(opacity)
