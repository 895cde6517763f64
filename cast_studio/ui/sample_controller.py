"""Opening the sample project: its videos are copied and scanned while the window goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.preferences import Preferences
from cast_studio.app.threads import STOP_TIMEOUT_MS, run_in_background
from cast_studio.said import say
from cast_studio.ui.project_controller import ProjectController


class SampleController(QObject):
    """Prepares the sample project on a pool thread, then opens it. GUI thread.

    The user's latest wish counts: when another project is opened meanwhile, that one stays open,
    and the sample is there for the next time.

    Signals:
        began: The sample is being prepared.
        ended: It is not any more; the project is opened right after, or the user is told why not.
    """

    began = Signal()
    ended = Signal()

    def __init__(
        self,
        prepare: Callable[[str], Path],
        projects: ProjectController,
        preferences: Preferences,
        messages: UserMessages,
        parent: QObject | None = None,
    ) -> None:
        """Start idle.

        Args:
            prepare: Gets the annotator and returns the sample's project folder, which it makes
                where there is none; called on a pool thread.
            projects: Opens the folder.
            preferences: Know the annotator.
            messages: Where the user is told.
            parent: Owns the controller.
        """
        super().__init__(parent)
        self._prepare = prepare
        self._projects = projects
        self._preferences = preferences
        self._messages = messages
        self._pool = QThreadPool()
        self._is_busy = False
        self._is_wanted = False
        self._is_closed = False
        projects.session_opened.connect(self._on_session_opened)

    @property
    def is_busy(self) -> bool:
        """Whether the sample is being prepared."""
        return self._is_busy

    def open(self) -> None:
        """Open the sample project; does nothing while that is under way already."""
        if self._is_busy or self._is_closed:
            return
        prepare, annotator = self._prepare, self._preferences.annotator
        self._is_busy = self._is_wanted = True
        run_in_background(
            lambda: prepare(annotator),
            doing=say("Opening the sample project"),
            on_success=self._on_prepared,
            on_failure=self._on_failed,
            pool=self._pool,
        )
        self.began.emit()

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Open nothing any more, and wait for a copy that is being made: it is kept.

        Returns:
            Whether nothing is at work any more.
        """
        self._is_closed = True
        return self._pool.waitForDone(timeout_ms)

    @Slot(object)
    def _on_prepared(self, folder: Path) -> None:
        self._end()
        if self._is_wanted and not self._is_closed:
            self._projects.open_project(folder)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._end()
        if not self._is_closed:
            self._messages.tell("error", sentence)

    def _end(self) -> None:
        self._is_busy = False
        if not self._is_closed:
            self.ended.emit()

    @Slot(object)
    def _on_session_opened(self, session: object) -> None:
        self._is_wanted = False
