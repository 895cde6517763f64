"""A backup at the wish of the user, and the words that tell of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.session import Session


class SnapshotController(QObject):
    """Makes a backup of the open project when it is asked to. GUI thread."""

    def __init__(self, messages: UserMessages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._session: Session | None = None
        self._is_asked = False

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none."""
        self._session, self._is_asked = session, False
        if session is not None:
            session.backed_up.connect(self._on_backed_up)

    def save(self) -> None:
        """Have a backup made of all that was done up to now."""
        if self._session is not None and not self._session.read_only:
            self._is_asked = True
            self._session.back_up()

    @Slot(str)
    def _on_backed_up(self, problem: str) -> None:
        if not self._is_asked:
            return
        self._is_asked = False
        if problem:
            self._messages.tell("error", problem)
            return
        self._messages.tell(
            "info",
            self.tr(
                "A backup of this state is kept. Every edit is saved at once anyway; "
                "“Backups…” in the File menu brings back what was.",
            ),
        )
