"""What the controllers that change labels have in common."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from cast_studio.app.session import Session
from cast_studio.core.edits import Edit
from cast_studio.errors import EditError
from cast_studio.ui.annotation_controller import AnnotationController
from cast_studio.ui.view_state import ViewState


class EditingController(QObject):
    """Base of what edits labels for the user. GUI thread.

    Signals:
        refused: A sentence: why something was not done.
    """

    refused = Signal(str)

    def __init__(
        self, state: ViewState, annotations: AnnotationController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state = state
        self._annotations = annotations
        self._session: Session | None = None

    def set_session(self, session: Session | None) -> None:
        """Work on another project, or on none."""
        self._session = session

    def _do(self, *edits: Edit, described_as: str = "") -> bool:
        """Do edits as one step; returns whether they were done, else the user was told why not."""
        if self._session is None:
            return False
        try:
            self._session.do(*edits, described_as=described_as)
        except EditError as error:
            self.refused.emit(str(error))
            return False
        return True
