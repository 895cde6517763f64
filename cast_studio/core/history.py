"""What can be undone and redone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, Self, TypeVar

from cast_studio.errors import EditError
from cast_studio.said import say


class Undoable(Protocol):
    """What was done, as a value: :class:`~cast_studio.core.edits.Changes`, or what else has a way back."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""

    def inverse(self) -> Self:
        """Return what takes this back."""


Step = TypeVar("Step", bound=Undoable)


class History(Generic[Step]):
    """The changes of a session, in order, with a place among them. Not thread-safe.

    It holds changes, not projects, and so forgets nothing unless it is given a limit.

    Args:
        limit: How many changes can be undone, at least 1; None for all.

    Raises:
        ValueError: The limit is below 1.
    """

    def __init__(self, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"a history needs a limit of at least 1, not {limit}")
        self._done: deque[tuple[str, Step]] = deque(maxlen=limit)
        self._undone: list[tuple[str, Step]] = []
        # How many changes have to be undone (below 0: redone) to be clean again; None: no way back.
        self._steps_from_clean: int | None = 0

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to redo."""
        return bool(self._undone)

    @property
    def undo_text(self) -> str:
        """What would be undone, or ""."""
        return self._done[-1][0] if self._done else ""

    @property
    def redo_text(self) -> str:
        """What would be redone, or ""."""
        return self._undone[-1][0] if self._undone else ""

    @property
    def is_clean(self) -> bool:
        """Whether the project is as it was at the last :meth:`mark_clean`, or at the start."""
        return self._steps_from_clean == 0

    def mark_clean(self) -> None:
        """Remember the present state as clean."""
        self._steps_from_clean = 0

    def translate(self, step: Callable[[Step], Step]) -> None:
        """Put every change, done or undone, into other terms that mean the same.

        Args:
            step: Returns a change in the new terms.
        """
        for steps in (self._done, self._undone):
            for place, (text, changes) in enumerate(steps):
                steps[place] = text, step(changes)

    @property
    def steps(self) -> Iterator[Step]:
        """All changes that can be undone or redone, in no order."""
        for _, changes in (*self._done, *self._undone):
            yield changes

    def forget_through(self, is_lost: Callable[[Step], bool]) -> None:
        """Forget the changes for which this holds, and all to which the way leads through them.

        Args:
            is_lost: Whether a change cannot be undone or redone any more.
        """
        for steps in (self._done, self._undone):
            lost = [place for place, (_, step) in enumerate(steps) if is_lost(step)]
            kept = list(steps)[lost[-1] + 1 if lost else 0 :]
            steps.clear()
            steps.extend(kept)

    def restore(self, done: Iterable[tuple[str, Step]], undone: Iterable[tuple[str, Step]]) -> None:
        """Take over what was done and taken back before; the present state stays clean.

        Args:
            done: Oldest first.
            undone: What was taken back last stands last.
        """
        self._done.extend(done)
        self._undone.extend(undone)

    def push(self, text: str, changes: Step) -> None:
        """Add a change that was just made; what was undone before cannot be redone any more.

        Args:
            text: What the menu says, from the edit's ``describe()``.
            changes: From ``apply``; empty changes are not remembered.
        """
        if changes.is_empty:
            return
        self._undone.clear()
        if self._steps_from_clean is not None:
            # A clean state among what was undone is lost with it.
            ahead = self._steps_from_clean < 0
            self._steps_from_clean = None if ahead else self._steps_from_clean + 1
        self._done.append((text, changes))

    def undo(self) -> tuple[str, Step]:
        """Step back.

        Returns:
            The text of what is undone, and the changes to apply for it.

        Raises:
            EditError: There is nothing to undo.
        """
        if not self._done:
            raise EditError(say("There is nothing to undo."))
        text, changes = self._done.pop()
        self._undone.append((text, changes))
        self._step(-1)
        return text, changes.inverse()

    def redo(self) -> tuple[str, Step]:
        """Step forward again.

        Returns:
            The text of what is redone, and the changes to apply for it.

        Raises:
            EditError: There is nothing to redo.
        """
        if not self._undone:
            raise EditError(say("There is nothing to redo."))
        text, changes = self._undone.pop()
        self._done.append((text, changes))
        self._step(+1)
        return text, changes

    def _step(self, steps: int) -> None:
        if self._steps_from_clean is not None:
            self._steps_from_clean += steps
