"""Reading labels from files without holding up the window: first what they would change, then doing it."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.importing import (
    Importer,
    ImportRequest,
    PreparedImport,
    apply_import,
    make_project_of,
    project_for_import,
)
from cast_studio.app.preferences import Preferences
from cast_studio.app.session import Session
from cast_studio.app.threads import run_in_background
from cast_studio.errors import EditError
from cast_studio.said import say
from cast_studio.ui import wording
from cast_studio.ui.project_controller import SUFFIX, ProjectController, free_folder


class ImportController(QObject):
    """Imports one file at a time into the open project, or into a new one. GUI thread.

    Signals:
        began: A file is being read.
        progressed: Share that is done, 0 to 1.
        ended: Nothing is being read any more.
        prepared: :class:`PreparedImport`; nothing is changed until :meth:`apply`.
    """

    began = Signal()
    progressed = Signal(float)
    ended = Signal()
    prepared = Signal(object)

    def __init__(
        self,
        projects: ProjectController,
        preferences: Preferences,
        messages: UserMessages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._projects = projects
        self._preferences = preferences
        self._messages = messages
        self._session: Session | None = None
        self._new_folder = Path()
        self._is_making = False
        self._importer = Importer(self)
        self._importer.progressed.connect(self.progressed)
        self._importer.prepared.connect(self._on_prepared)
        self._importer.failed.connect(self._on_failed)
        self._importer.cancelled.connect(self._on_cancelled)

    @property
    def is_busy(self) -> bool:
        """Whether a file is being read or a project made of it."""
        return self._importer.is_busy or self._is_making

    @property
    def new_folder(self) -> Path | None:
        """The project that would be made, or None where one is open."""
        return self._new_folder if self._session is None else None

    def set_session(self, session: Session | None) -> None:
        """Import into another project, or a new one; what is being read is for the one before."""
        self._importer.cancel()
        self._session = session

    def start(self, path: Path) -> None:
        """Find out what a file would change; ends in ``prepared``, or the user is told why not."""
        if self.is_busy:
            return
        session = self._session
        if session is not None and session.read_only:
            self._messages.tell("warning", session.read_only_reason)
            return
        if session is None:
            self._new_folder = self._place_for(path)
            project, folder = project_for_import(self._new_folder), self._new_folder
        else:
            project, folder = session.project, session.folder
        self._importer.start(ImportRequest(path, project, folder, is_new=session is None))
        self.began.emit()

    def cancel(self) -> None:
        """Stop reading; nothing has changed."""
        self._importer.cancel()

    def apply(self, prepared: PreparedImport) -> None:
        """Take over what was prepared, as one step that can be undone."""
        if self._session is not None:
            self._apply_to(self._session, prepared)
            return
        self._is_making = True
        annotator, folder = self._preferences.annotator, self._new_folder
        run_in_background(
            lambda: make_project_of(prepared, folder, annotator=annotator),
            doing=say("Making the project"),
            on_success=self._on_made,
            on_failure=self._on_not_made,
        )
        self.began.emit()

    def _apply_to(self, session: Session, prepared: PreparedImport) -> None:
        try:
            apply_import(session, prepared)
        except EditError as error:
            self._messages.tell("error", str(error))
            return
        self._tell_done(prepared)

    def _tell_done(self, prepared: PreparedImport) -> None:
        report = prepared.plan.report
        told = self.tr("Imported {segments} from {name}.").format(
            segments=wording.counted(report.segments, "segment"), name=prepared.path.name
        )
        if report.refused_count:
            told += " " + self.tr("{rows} refused.").format(
                rows=wording.counted(report.refused_count, "row")
            )
        self._messages.tell("info", told)

    def _place_for(self, path: Path) -> Path:
        beside = path.absolute().parent
        is_open = os.access(beside, os.W_OK)
        return free_folder(
            (beside if is_open else self._preferences.folders.projects) / f"{path.stem}{SUFFIX}"
        )

    @Slot(object)
    def _on_made(self, prepared: PreparedImport) -> None:
        self._end_making()
        if self._projects.open_project(self._new_folder):
            self._tell_done(prepared)

    @Slot(str)
    def _on_not_made(self, sentence: str) -> None:
        self._end_making()
        self._messages.tell("error", sentence)

    def _end_making(self) -> None:
        self._is_making = False
        self.ended.emit()

    @Slot(object)
    def _on_prepared(self, prepared: PreparedImport) -> None:
        self.ended.emit()
        self.prepared.emit(prepared)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.ended.emit()
        self._messages.tell("error", sentence)

    @Slot()
    def _on_cancelled(self) -> None:
        self.ended.emit()
        self._messages.tell("info", self.tr("The import was stopped; nothing has changed."))
