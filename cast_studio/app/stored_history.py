"""Undo that survives closing: the steps of a history, read out of the edits of a project."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cast_studio.core.edits import SEEN, Changes
from cast_studio.errors import DamagedError, EditError, StoreError
from cast_studio.storage.store import ProjectStore

log = logging.getLogger(__name__)

UNDO: Final = "Undo: "
"""What a project's history says before the words of an edit that was taken back."""

REDO: Final = "Redo: "
"""What a project's history says before the words of an edit that was repeated."""


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step whose changes are on the disk and are read when they are needed.

    Attributes:
        revision: Of the edit.
        is_inverse: Whether the edit is to be taken back.
    """

    revision: int
    is_inverse: bool = False

    @property
    def is_empty(self) -> bool:
        """Never: what changes nothing is not written."""
        return False

    def inverse(self) -> StoredStep:
        """Return what takes this back."""
        return replace(self, is_inverse=not self.is_inverse)


def steps_of(store: ProjectStore, *, limit: int) -> tuple[Steps, Steps]:
    """Return what can be undone and redone of earlier sessions; nothing where that is damaged.

    Args:
        store: An open project.
        limit: How many of the newest edits are looked at.
    """
    try:
        return replayed(store.edit_titles(limit=limit))
    except (DamagedError, ValueError):
        # What is labelled has been read: it is not withheld for the words of earlier edits.
        log.warning("the history of %s cannot be read", store.folder, exc_info=True)
        return [], []


def read_step(store: ProjectStore, step: StoredStep) -> Changes:
    """Return the changes of a step from the disk.

    Raises:
        EditError: They cannot be read.
    """
    try:
        changes = store.changes_of(step.revision)
    except StoreError as error:
        raise EditError(str(error)) from error
    return changes.inverse() if step.is_inverse else changes


Steps = list[tuple[str, StoredStep]]


def replayed(titles: Iterable[tuple[int, str]]) -> tuple[Steps, Steps]:
    """Return what can be undone and what can be redone after a project's edits.

    Args:
        titles: Revision and words of the edits, oldest first; the first ones may be missing.

    Returns:
        What was done, oldest first, and what was taken back, the first to be repeated last.
    """
    done: Steps = []
    undone: Steps = []
    for revision, title in titles:
        if title == SEEN:
            # What was done before is written in other ticks than the video has now.
            done.clear()
            undone.clear()
        elif title.startswith(UNDO):
            _shift(done, undone, title.removeprefix(UNDO))
        elif title.startswith(REDO):
            _shift(undone, done, title.removeprefix(REDO))
        else:
            undone.clear()
            done.append((title, StoredStep(revision)))
    return done, undone


def _shift(source: Steps, target: Steps, title: str) -> None:
    if source and source[-1][0] == title:
        target.append(source.pop())
    else:
        # Its edit is from before the titles at hand: no way leads back beyond this.
        source.clear()
        target.clear()
