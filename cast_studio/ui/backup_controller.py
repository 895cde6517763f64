"""Brings a project back: the window of backups, and what is offered when a project is damaged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from cast_studio.app.backup_shelf import BackupContents, BackupShelf, Opened, Salvage
from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.session import Session
from cast_studio.core.edits import RestoreProject
from cast_studio.errors import EditError
from cast_studio.ui import wording
from cast_studio.ui.backup_wording import difference_text, row_of
from cast_studio.ui.backups_dialog import BackupRow, BackupsDialog
from cast_studio.ui.language import translate

_SALVAGE = "salvage"


class BackupsOfProject(QObject):
    """The window of backups over an open project. It ends with its dialog.

    Restoring is an edit as any other: a backup of the present state is made first, and it can be
    undone.
    """

    def __init__(self, session: Session, messages: UserMessages, parent: QWidget) -> None:
        """Open the window and look what backups there are."""
        self.dialog = BackupsDialog(
            translate("Backups", "Backups"),
            translate(
                "Backups", "Go back to what the project “{name}” was at another time."
            ).format(name=session.project.name),
            is_damaged=False,
            parent=parent,
        )
        super().__init__(self.dialog)
        self._session = session
        self._messages = messages
        self._shelf = BackupShelf(session.folder, self)
        self._when: dict[str, str] = {}
        self._opened: Opened | None = None
        self._wanted: Opened | None = None
        self._shelf.listed.connect(self._on_listed)
        self._shelf.opened.connect(self._on_opened)
        self._shelf.failed.connect(self._on_failed)
        session.backed_up.connect(self._on_backed_up)
        self.dialog.chosen.connect(self._on_chosen)
        self.dialog.restore_wanted.connect(self._on_restore_wanted)
        self.dialog.backup_wanted.connect(session.back_up)
        self.dialog.backup_button.setEnabled(not session.read_only)
        self._shelf.list()
        self.dialog.open()

    @Slot(object)
    def _on_listed(self, found: tuple[BackupContents, ...]) -> None:
        now = datetime.now().astimezone()
        rows = [row_of(contents, now=now) for contents in found]
        self._when = {row.key: row.when for row in rows}
        self.dialog.show_rows(rows)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self.dialog.tell(self.tr("Comparing it with the project…"), can_restore=False)
        self._shelf.open(Path(key), self._session.project)

    @Slot(object)
    def _on_opened(self, opened: Opened) -> None:
        if str(opened.path) != self.dialog.current:
            return
        self._opened = opened
        can_restore = not opened.changes.is_empty and not self._session.read_only
        text = difference_text(opened.changes)
        if self._session.read_only:
            text = f"{text} {self._session.read_only_reason}"
        self.dialog.tell(text, can_restore=can_restore)

    @Slot(str)
    def _on_restore_wanted(self, key: str) -> None:
        if self._opened is not None and str(self._opened.path) == key:
            self._wanted = self._opened
            self.dialog.tell(self.tr("Backing up the present state…"), can_restore=False)
            self._session.back_up()

    @Slot(str)
    def _on_backed_up(self, problem: str) -> None:
        wanted, self._wanted = self._wanted, None
        if problem:
            self.dialog.tell(problem, can_restore=False)
        elif wanted is None:
            self._shelf.list()
        else:
            self._restore(wanted)

    def _restore(self, wanted: Opened) -> None:
        when = self._when.get(str(wanted.path), wanted.path.stem)
        try:
            self._session.do(RestoreProject(wanted.project, when))
        except EditError as error:
            self.dialog.tell(str(error), can_restore=False)
            return
        self.dialog.accept()
        self._messages.tell(
            "info",
            self.tr("The project is as it was {when}. Undo brings back what it was before.").format(
                when=when
            ),
        )

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.dialog.tell(sentence, can_restore=False)


class RescueOfProject(QObject):
    """What is offered when a project is damaged: its backups, and what can still be read of it.

    Nothing is overwritten: the damaged files are set aside in the project's folder.
    """

    def __init__(
        self,
        folder: Path,
        messages: UserMessages,
        reopen: Callable[[Path], object],
        parent: QWidget,
    ) -> None:
        """Open the window and look what there is.

        Args:
            folder: The damaged project.
            messages: Where the user is told what became of it.
            reopen: Opens a project folder.
            parent: The window above which it is shown.
        """
        self.dialog = BackupsDialog(
            translate("Backups", "Damaged project"),
            translate(
                "Backups",
                "The project “{name}” is damaged and cannot be opened as it is. Choose what to go "
                "on with. The damaged files are set aside in its folder, not deleted.",
            ).format(name=folder.stem),
            is_damaged=True,
            parent=parent,
        )
        super().__init__(self.dialog)
        self._folder = folder
        self._messages = messages
        self._reopen = reopen
        self._backups: tuple[BackupContents, ...] = ()
        self._has_listed = False
        self._salvaged: Salvage | None = None
        self._shelf = BackupShelf(folder, self)
        self._shelf.listed.connect(self._on_listed)
        self._shelf.salvaged.connect(self._on_salvaged)
        self._shelf.restored.connect(self._on_restored)
        self._shelf.failed.connect(self._on_failed)
        self.dialog.chosen.connect(self._on_chosen)
        self.dialog.restore_wanted.connect(self._on_restore_wanted)
        self._shelf.list()
        self._shelf.salvage()
        self.dialog.open()

    def _show(self) -> None:
        now = datetime.now().astimezone()
        rows = [row_of(contents, now=now) for contents in self._backups]
        if self._salvaged is not None:
            found = self._salvaged
            rows.insert(
                0,
                BackupRow(
                    _SALVAGE,
                    self.tr("What can still be read"),
                    wording.count(len(found.project.videos)),
                    wording.count(found.segments),
                    "",
                    "",
                ),
            )
        self.dialog.show_rows(rows)

    @Slot(object)
    def _on_listed(self, found: tuple[BackupContents, ...]) -> None:
        self._backups, self._has_listed = found, True
        self._show()

    @Slot(object)
    def _on_salvaged(self, found: Salvage) -> None:
        self._salvaged = found
        self._show()

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        if key == _SALVAGE and self._salvaged is not None:
            self.dialog.tell(self._salvaged.sentence, can_restore=True)
            return
        text = self.tr("Everything up to that edit comes back; what was done after it does not.")
        self.dialog.tell(text, can_restore=True)

    @Slot(str)
    def _on_restore_wanted(self, key: str) -> None:
        self.dialog.tell(self.tr("Restoring…"), can_restore=False)
        if key == _SALVAGE and self._salvaged is not None:
            self._shelf.replace_with_salvage(self._salvaged)
        else:
            self._shelf.replace_with_backup(Path(key))

    @Slot(object)
    def _on_restored(self, aside: Path) -> None:
        self.dialog.accept()
        self._reopen(self._folder)
        self._messages.tell(
            "info", self.tr("The damaged files are kept in “{folder}”.").format(folder=aside)
        )

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        if self._has_listed and not self.dialog.current:
            self._show()
        self.dialog.tell(sentence, can_restore=bool(self.dialog.current))
