"""The system's dialogs for files and folders, each begun where the last one of its purpose ended."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from cast_studio.app.preferences import Preferences, Purpose
from cast_studio.ui.language import translate

_Location = QStandardPaths.StandardLocation
_AT_FIRST: Final = {"videos": _Location.MoviesLocation}


class FileQuestions:
    """Asks for files and folders, and remembers on this machine where they were. GUI thread."""

    def __init__(self, preferences: Preferences | None = None) -> None:
        """Ask.

        Args:
            preferences: Where folders are remembered; None remembers none.
        """
        self._preferences = preferences

    def start(self, purpose: Purpose, usual: Path | None = None) -> Path:
        """Return the folder in which a dialog begins.

        Args:
            purpose: What the files are for.
            usual: Where to begin as long as no folder was used, or the one that was used is gone; None for
                the user's own folder of such files.
        """
        location = _AT_FIRST.get(purpose, _Location.DocumentsLocation)
        own = Path(QStandardPaths.writableLocation(location))
        places = (usual, own)
        return self._used_before(purpose) or next(
            (place for place in places if place is not None and is_there(place)), Path.home()
        )

    def place_for(self, purpose: Purpose, usual: Path) -> Path:
        """Return the folder that is suggested for something new: it may have to be made first.

        Args:
            purpose: What it is for.
            usual: As long as no folder was used, or the one that was used is gone.
        """
        return self._used_before(purpose) or usual

    def file(
        self,
        parent: QWidget,
        purpose: Purpose,
        title: str,
        filters: str = "",
        usual: Path | None = None,
    ) -> Path | None:
        """Ask for one file that exists; None when the user changes their mind.

        Args:
            parent: Under the dialog.
            purpose: What the file is for.
            title: Of the dialog.
            filters: As of ``QFileDialog``; all files can be chosen too.
            usual: As of :meth:`start`.
        """
        start = str(self.start(purpose, usual))
        name, _ = QFileDialog.getOpenFileName(parent, title, start, _with_all(filters))
        return self._used(purpose, Path(name).parent, Path(name)) if name else None

    def files(self, parent: QWidget, purpose: Purpose, title: str, filters: str = "") -> list[Path]:
        """Ask for files that exist, as :meth:`file`; none when the user changes their mind."""
        start = str(self.start(purpose))
        names, _ = QFileDialog.getOpenFileNames(parent, title, start, _with_all(filters))
        paths = [Path(name) for name in names]
        if paths:
            self._used(purpose, paths[0].parent, paths[0])
        return paths

    def folder(
        self,
        parent: QWidget,
        purpose: Purpose,
        title: str,
        usual: Path | None = None,
        *,
        is_place: bool = False,
    ) -> Path | None:
        """Ask for a folder; None when the user changes their mind.

        Args:
            parent: Under the dialog.
            purpose: What the folder is for.
            title: Of the dialog.
            usual: As of :meth:`start`.
            is_place: Whether something is put into the folder, so that the next dialog begins in it; else
                it is the thing itself, and the next dialog begins beside it.
        """
        start = str(self.start(purpose, usual))
        name = QFileDialog.getExistingDirectory(parent, title, start)
        if not name:
            return None
        path = Path(name)
        return self._used(purpose, path if is_place else path.parent, path)

    def target(
        self, parent: QWidget, purpose: Purpose, title: str, filters: str, suggested: Path
    ) -> Path | None:
        """Ask where to write a file; None when the user changes their mind.

        Args:
            parent: Under the dialog.
            purpose: What the file is for.
            title: Of the dialog.
            filters: As of ``QFileDialog``.
            suggested: The file's name, and the folder as long as none was used.
        """
        start = str(self.start(purpose, suggested.parent) / suggested.name)
        name, _ = QFileDialog.getSaveFileName(parent, title, start, filters)
        return self._used(purpose, Path(name).parent, Path(name)) if name else None

    def _used_before(self, purpose: Purpose) -> Path | None:
        used = self._preferences.used_folder(purpose) if self._preferences is not None else None
        return used if used is not None and is_there(used) else None

    def _used(self, purpose: Purpose, folder: Path, chosen: Path) -> Path:
        if self._preferences is not None:
            self._preferences.set_used_folder(purpose, folder)
        return chosen


def is_there(folder: Path) -> bool:
    """Return whether a folder can be looked into; a drive that is gone is not there."""
    try:
        return folder.is_dir()
    except OSError:
        return False


def _with_all(filters: str) -> str:
    if not filters:
        return ""
    return f"{filters};;{translate('FileQuestions', 'All files')} (*)"
