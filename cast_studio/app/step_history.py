"""What can be undone and redone in an open project, whatever kind of step it was."""

from __future__ import annotations

from collections.abc import Callable

from cast_studio.app.prediction_shelf import Rejection
from cast_studio.app.stored_history import UNDO, StoredStep, read_step, steps_of
from cast_studio.core.edits import Changes, SeeVideo
from cast_studio.core.history import History
from cast_studio.core.project import Project
from cast_studio.errors import EditError
from cast_studio.storage.store import ProjectStore

_REMEMBERED = 2_000
"""So many of the newest edits can be taken back after a project was opened again."""

Step = Changes | Rejection
"""What can be done and undone: an edit, or a prediction that is rejected or restored."""


class StepHistory:
    """The steps since a project was opened, and behind them those of earlier sessions on the disk.

    GUI thread. It knows the way; going it is left to the caller.

    Args:
        store: Of the project; where it is open to read, nothing can be undone.
    """

    def __init__(self, store: ProjectStore) -> None:
        self._store = store
        self._history: History[Step | StoredStep] = History()
        if not store.read_only:
            self._history.restore(*steps_of(store, limit=_REMEMBERED))

    @property
    def undo_text(self) -> str:
        """The step that would be undone, in words; "" for none."""
        return self._history.undo_text

    @property
    def redo_text(self) -> str:
        """The step that would be redone, in words; "" for none."""
        return self._history.redo_text

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to undo."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to redo."""
        return self._history.can_redo

    def push(self, text: str, step: Step) -> None:
        """Add a step that was just made.

        Args:
            text: The step in words.
            step: What it did.
        """
        self._history.push(text, step)

    def take(self, way: str, go: Callable[[str, Step], None]) -> str:
        """Go a step back or forth again; there must be one.

        Args:
            way: ``UNDO`` or ``REDO``.
            go: Does what the step, given with its words, asks for; where it refuses, the step stays
                where it was.

        Returns:
            The step in words.

        Raises:
            EditError: From ``go``, or the step cannot be read from the disk, or there is none.
        """
        there, back = self._history.undo, self._history.redo
        if way != UNDO:
            there, back = back, there
        text, step = there()
        try:
            go(text, read_step(self._store, step) if isinstance(step, StoredStep) else step)
        except EditError:
            back()
            raise
        return text

    def translate(self, edit: SeeVideo, changes: Changes, project: Project) -> None:
        """Put the steps on the ticks of a file that was found, and forget those that cannot be.

        Args:
            edit: Finds the file.
            changes: What it changes.
            project: Before the edit.
        """
        # Steps of earlier sessions are not at hand to be translated, nor can those be that are in the
        # file's ticks already, or were made while labels might not overlap.
        self._history.forget_through(
            lambda step: (
                isinstance(step, StoredStep)
                or (isinstance(step, Changes) and (edit.is_known_in(step) or bool(changes.tracks)))
            )
        )
        steps = [step for step in self._history.steps if isinstance(step, Changes)]
        track_ids = edit.track_ids(project, steps)
        self._history.translate(
            lambda step: edit.translated(step, track_ids) if isinstance(step, Changes) else step
        )
