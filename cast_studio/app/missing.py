"""Which videos of a project have no file where it should be; looked up where nothing waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.paths import located
from cast_studio.app.session import Session
from cast_studio.app.threads import run_in_background
from cast_studio.core.edits import Changes
from cast_studio.core.project import VideoRef
from cast_studio.said import say

LOOK_EVERY_MS: Final = 20_000


class MissingVideos(QObject):
    """Looks for the files of the open project, now and again. GUI thread; the disk is asked elsewhere.

    A drive that does not answer keeps one pool thread waiting, never more.

    Signals:
        changed: The files of other videos than before are missing.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._ids: frozenset[str] = frozenset()
        self._is_looking = False
        self._looks_again = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)

    @property
    def ids(self) -> frozenset[str]:
        """The videos whose files were missing when they were last looked for."""
        return self._ids

    def set_session(self, session: Session | None) -> None:
        """Look for the videos of another project, or of none."""
        if self._session is not None:
            self._session.changed.disconnect(self._on_changed)
        self._session = session
        self._tell(frozenset())
        if session is None:
            self._timer.stop()
            return
        session.changed.connect(self._on_changed)
        self._timer.start()
        self.look()

    @Slot()
    def look(self) -> None:
        """Look for all files, unless that is being done."""
        session = self._session
        if session is None:
            return
        if self._is_looking:
            self._looks_again = True
            return
        self._is_looking, self._looks_again = True, False
        videos, folder = session.project.videos, session.folder
        run_in_background(
            lambda: (session, missing_among(videos, folder)),
            doing=say("Looking for the videos"),
            on_success=self._on_looked,
            on_failure=self._on_failed,
        )

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.videos:
            self.look()

    @Slot(object)
    def _on_looked(self, found: tuple[Session, frozenset[str]]) -> None:
        self._is_looking = False
        session, ids = found
        if session is self._session:
            self._tell(ids)
        if session is not self._session or self._looks_again:
            self.look()

    @Slot(str)
    def _on_failed(self, _sentence: str) -> None:
        self._is_looking = False

    def _tell(self, ids: frozenset[str]) -> None:
        if ids != self._ids:
            self._ids = ids
            self.changed.emit()


def missing_among(videos: Iterable[VideoRef], folder: Path) -> frozenset[str]:
    """Return the ids of the videos of a project in ``folder`` whose files are not there."""
    return frozenset(video.id for video in videos if not located(video.path, folder).is_file())
