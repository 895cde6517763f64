"""Asks what import and export must know, and passes the answers on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from cast_studio.app.importing import PreparedImport
from cast_studio.ui.exchange_dialogs import (
    ExportDialog,
    ImportDialog,
    ask_for_export,
    ask_for_labels,
)
from cast_studio.ui.file_questions import FileQuestions
from cast_studio.ui.studio import Studio


class Exchange(QObject):
    """The dialogs of import and export over one window. GUI thread."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window
        self._format_name = "csv"
        self._files = FileQuestions(studio.services.preferences)
        studio.imports.prepared.connect(self._on_prepared)

    def import_labels(self) -> None:
        """Ask for a file; its report comes as a dialog of its own."""
        path = ask_for_labels(self._window, self._files)
        if path is not None:
            self._studio.imports.start(path)

    def export(self) -> None:
        """Ask for a format and a file, and write it."""
        if self._studio.session is None:
            return
        dialog = ExportDialog(self._format_name, self._window)
        dialog.accepted.connect(lambda: self._export(dialog))
        self._open(dialog)

    def _export(self, dialog: ExportDialog) -> None:
        session = self._studio.session
        if session is None:
            return
        chosen = dialog.chosen
        self._format_name = chosen.name
        suggested = session.folder.parent / f"{session.project.name}{chosen.suffix}"
        path = ask_for_export(self._window, self._files, suggested, chosen)
        if path is not None:
            self._studio.exports.start(
                path,
                format_name=chosen.name,
                include_predictions=dialog.predictions.isChecked(),
            )

    @Slot(object)
    def _on_prepared(self, prepared: PreparedImport) -> None:
        session, folder = self._studio.session, self._studio.imports.new_folder
        into = (
            f"“{session.project.name}”"
            if session
            else self.tr("a new project, {folder}").format(folder=folder)
        )
        dialog = ImportDialog(prepared, into=into, is_new=session is None, parent=self._window)
        dialog.accepted.connect(lambda: self._studio.imports.apply(prepared))
        self._open(dialog)

    def _open(self, dialog: ExportDialog | ImportDialog) -> None:
        # Where no window manager does it, the keys would go nowhere afterwards.
        dialog.finished.connect(self._window.activateWindow)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
