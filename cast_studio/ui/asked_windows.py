"""The windows that commands open: keys, all commands, classes, a new project, backups and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QDialog

from cast_studio.core.edits import ClassKey
from cast_studio.core.labels import LabelSchema
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.errors import CastStudioError, EditError
from cast_studio.ui.backup_controller import BackupsOfProject
from cast_studio.ui.cheat_sheet import CheatSheet
from cast_studio.ui.commands import BY_DO, Do
from cast_studio.ui.dialogs import AboutDialog, GoToDialog
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.key_window import KeyChoice, KeyWindow
from cast_studio.ui.keys.key_map import KeyMap
from cast_studio.ui.new_project_dialog import NewProjectDialog
from cast_studio.ui.palette import Palette, PaletteRow
from cast_studio.ui.schema_window import SchemaWindow

if TYPE_CHECKING:
    from cast_studio.ui.main_window import MainWindow

_REMEMBERED = 8


class AskedWindows(QObject):
    """Opens them, and does what was chosen in them. GUI thread."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio
        self._actions = window.actions_
        self._recent: list[Do] = []
        preferences = self._studio.services.preferences
        self._files = FileQuestions(preferences)
        self._actions.use_keys(KeyMap(preferences.key_preset, preferences.key_changes))
        self._actions[Do.LABELLING_MODE].setChecked(preferences.letters_label)

    @property
    def handlers(self) -> dict[Do, Callable[[], object]]:
        """What to call for the commands that open these windows."""
        return {
            Do.NEW_PROJECT: self.new_project,
            Do.EDIT_SCHEMA: lambda: self.edit_schema(),
            Do.LABELLING_MODE: self.switch_letters,
            Do.PALETTE: self.show_palette,
            Do.CHEAT_SHEET: self.show_cheat_sheet,
            Do.KEYS: lambda: self.show_keys(),
            Do.GO_TO: self.go_to,
            Do.BACKUPS: self.show_backups,
            Do.ABOUT: self.show_about,
        }

    @property
    def recent(self) -> tuple[Do, ...]:
        """What was run from the list of all commands, the last one first."""
        return tuple(self._recent)

    @property
    def _schema(self) -> LabelSchema | None:
        session = self._studio.session
        return session.project.schema if session is not None else None

    def go_to(self) -> None:
        """Ask for a frame or a time and go there."""
        dialog = GoToDialog(self._window)
        dialog.accepted.connect(lambda: self._go_to(dialog.text))
        self._open(dialog)

    def _go_to(self, text: str) -> None:
        if text.strip() and not self._studio.playback.show_text(text):
            self._window.notices.tell(
                "warning",
                self.tr(
                    "“{text}” is neither a frame such as 2503 nor a time such as 1:23.5 or 12.5 s."
                ).format(text=text),
                kind="place",
            )

    def show_backups(self) -> None:
        """Show what backups of the project there are."""
        session = self._studio.session
        if session is not None:
            window = BackupsOfProject(session, self._studio.services.messages, self._window)
            window.dialog.finished.connect(self._on_closed)
            window.dialog.finished.connect(window.dialog.deleteLater)

    def show_about(self) -> None:
        """Show what this program is."""
        base = self._studio.models.base
        sentence = base.knows if base is not None else ""
        self._open(AboutDialog(model_sentence=sentence, parent=self._window))

    def show_cheat_sheet(self) -> None:
        """Show all keys."""
        self._open(CheatSheet(self._actions, self._schema, self._window))

    def show_keys(self, left: KeyChoice | None = None) -> None:
        """Let keys be changed.

        Args:
            left: What was chosen before and not applied, to go on with it.
        """
        preferences = self._studio.services.preferences
        choice = KeyChoice(self._actions.keys, preferences.letters_label, preferences.reaction_ms)
        window = KeyWindow(left or choice, self._schema, self._window)
        window.accepted.connect(lambda: self._use(window.choice))
        window.rejected.connect(lambda: self._keep_keys(choice, window.choice))
        self._open(window)

    def _keep_keys(self, before: KeyChoice, chosen: KeyChoice) -> None:
        if chosen != before:
            words = self.tr("The keys are as they were; what you changed was not applied.")
            self._offer_again(words, lambda: self.show_keys(chosen), "keys")

    def _offer_again(self, words: str, go_on: Callable[[], None], kind: str) -> None:
        """Offer what was not applied again: Esc is pressed by mistake, too."""
        self._window.notices.tell(
            "info", words, button=self.tr("Go on changing"), follow_up=go_on, kind=kind
        )

    def show_palette(self) -> None:
        """Show all commands to search and run."""
        session = self._studio.session
        can_label = session is not None and not session.read_only
        palette = Palette(
            self._actions, self._schema if can_label else None, self._recent, self._window
        )
        # Later: the palette is closed by then, and the focus is where it was.
        palette.chosen.connect(lambda row: QTimer.singleShot(0, self, lambda: self._run(row)))
        self._open(palette)

    def edit_schema(self, draft: SchemaDraft | None = None) -> None:
        """Let the classes of the project be changed.

        Args:
            draft: What was left before, to go on with it.
        """
        session = self._studio.session
        if session is None:
            return
        if draft is not None and draft.before != session.project.schema:
            draft = None
        window = SchemaWindow(
            session.project,
            can_edit=not session.read_only,
            draft=draft,
            command_of=self._command_of,
            files=self._files,
            parent=self._window,
        )
        window.accepted.connect(lambda: self._change_schema(window))
        window.rejected.connect(lambda: self._keep(window.draft))
        self._open(window)

    def _keep(self, draft: SchemaDraft) -> None:
        if draft.is_changed:
            words = self.tr("The classes are as they were; what you changed was not applied.")
            self._offer_again(words, lambda: self.edit_schema(draft), "classes")

    def new_project(self) -> None:
        """Ask for a new project and open it."""
        studio = self._studio
        try:
            of_model: LabelSchema | None = studio.models.new_schema()
        except CastStudioError:
            of_model = None
        place = self._files.place_for("projects", studio.services.preferences.folders.projects)
        dialog = NewProjectDialog(place, of_model=of_model, files=self._files, parent=self._window)
        dialog.accepted.connect(lambda: self._create(dialog))
        self._open(dialog)

    def switch_letters(self) -> None:
        """Let letters of classes label, or not."""
        is_on = self._actions[Do.LABELLING_MODE].isChecked()
        self._studio.services.preferences.letters_label = is_on

    def _command_of(self, key: str) -> str:
        do = self._actions.keys.command_of(key) if key else None
        return "" if do is None else BY_DO[do].name.rstrip("…")

    def _use(self, choice: KeyChoice) -> None:
        preferences = self._studio.services.preferences
        preferences.set_keys(choice.keys.preset_name, choice.keys.changes)
        preferences.letters_label = choice.letters_label
        preferences.reaction_ms = choice.reaction_ms
        self._actions[Do.LABELLING_MODE].setChecked(choice.letters_label)
        self._actions.use_keys(choice.keys)
        if self._window.workspace.label_panel.view is None:
            self._window.workspace.label_panel.show_nothing()

    def _run(self, row: PaletteRow) -> None:
        if isinstance(row.what, Do):
            self._recent = [row.what, *(do for do in self._recent if do is not row.what)]
            del self._recent[_REMEMBERED:]
            self._actions[row.what].trigger()
        else:
            key: ClassKey = row.what
            self._studio.class_labelling.press(key)

    def _change_schema(self, window: SchemaWindow) -> None:
        session = self._studio.session
        if session is None:
            return
        try:
            session.do(window.edit(modified_at=session.now()))
        except EditError as error:
            self._studio.services.messages.tell("error", str(error))

    def _create(self, dialog: NewProjectDialog) -> None:
        answer = dialog.answer
        if answer is not None:
            self._studio.projects.create(answer.place, name=answer.name, schema=answer.schema)

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(self._on_closed)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        # Where no window manager does it, the keys would go nowhere.
        self._window.activateWindow()
