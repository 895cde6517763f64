"""Finds moved videos off the GUI thread: by itself when a project opens, else from one that is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.relinking import (
    Moved,
    edits_to_relink,
    find_in,
    find_siblings,
    missing_videos,
    without_taken,
)
from cast_studio.app.session import Session
from cast_studio.app.threads import run_in_background
from cast_studio.core.edits import Changes
from cast_studio.core.project import Project
from cast_studio.errors import EditError
from cast_studio.said import say


@dataclass(frozen=True, slots=True)
class _Survey:
    session: Session
    missing: frozenset[str]
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class _Siblings:
    session: Session
    moved: tuple[Moved, ...]


class RelinkService(QObject):
    """Looks for moved videos of the open project. GUI thread; files are read on the pool.

    When a project opens, missing videos are looked for by their content in its folder, in the folder
    that it lies in, and below both. What is found is relinked in one step that can be undone.

    Signals:
        relinked: The ids of videos that have another path now, a frozenset.
        searched: The search at the opening of a project has ended: the ids of the videos that were not
            where the project said, and of those that were not found either, two frozensets.
        found: What was found from one file that the user chose, a tuple of :class:`Moved`; to be
            confirmed with :meth:`relink`.
        refused: A sentence: the chosen file is not the video.
    """

    relinked = Signal(object)
    searched = Signal(object, object)
    found = Signal(object)
    refused = Signal(str)

    def __init__(self, messages: UserMessages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._session: Session | None = None
        self._is_searching = False

    @property
    def is_searching(self) -> bool:
        """Whether a project was just opened and missing videos are still looked for."""
        return self._is_searching

    def set_session(self, session: Session | None) -> None:
        """Look at the videos of another project, or of none."""
        if self._session is not None:
            self._session.changed.disconnect(self._on_changed)
        self._session = session
        self._is_searching = False
        if session is None:
            return
        session.changed.connect(self._on_changed)
        if session.project.videos:
            self._is_searching = True
            project, folder, searches = session.project, session.folder, not session.read_only
            run_in_background(
                lambda: _survey(session, project, folder, searches=searches),
                doing=say("Looking for the videos"),
                on_success=self._on_surveyed,
                on_failure=self._on_broken,
            )

    def locate(self, video_id: str, chosen: Path) -> None:
        """Take a file for a missing video, and look for what was moved along with it.

        Ends in ``found`` or ``refused``.

        Raises:
            KeyError: The project has no such video.
        """
        session = self._session
        if session is None:
            return
        project, folder = session.project, session.folder
        video = project.video(video_id)
        run_in_background(
            lambda: _Siblings(
                session, find_siblings(chosen, video, missing_videos(project, folder), folder)
            ),
            doing=say("Looking for the videos"),
            on_success=self._on_found,
            on_failure=self.refused,
        )

    def relink(self, moved: Sequence[Moved]) -> None:
        """Say in the project where videos are now, in one step that can be undone."""
        session = self._session
        if session is None or not moved:
            return
        try:
            session.do(*edits_to_relink(moved, session.folder))
        except (EditError, KeyError) as error:
            self._messages.tell("error", str(error))

    @Slot(object)
    def _on_surveyed(self, survey: _Survey) -> None:
        if survey.session is not self._session:
            return
        known = {video.id for video in survey.session.project.videos}
        moved = without_taken(survey.moved, self._session.project, self._session.folder)
        if moved:
            self.relink(moved)
            self._messages.tell("info", _told(moved))
        self._is_searching = False
        absent = survey.missing & known
        self.searched.emit(absent, absent - {one.video.id for one in moved})

    @Slot(str)
    def _on_broken(self, sentence: str) -> None:
        self._is_searching = False
        self._messages.tell("error", sentence)
        self.searched.emit(frozenset(), frozenset())

    @Slot(object)
    def _on_found(self, siblings: _Siblings) -> None:
        session = self._session
        if session is not None and siblings.session is session:
            # What the user chose comes first; if that cannot be, the edit says why.
            chosen, *others = siblings.moved
            kept = without_taken(others, session.project, session.folder)
            self.found.emit((chosen, *kept))

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        was_moved = frozenset(
            row.id
            for row in changes.videos
            if row.before is not None
            and row.after is not None
            and row.before.path != row.after.path
        )
        if was_moved:
            self.relinked.emit(was_moved)


def _survey(session: Session, project: Project, folder: Path, *, searches: bool) -> _Survey:
    missing = missing_videos(project, folder)
    ids = frozenset(video.id for video in missing)
    if not missing or not searches:
        return _Survey(session, ids)
    moved = find_in(missing, folder)
    left = [video for video in missing if video.id not in {one.video.id for one in moved}]
    if left:
        taken = {one.path for one in moved}
        moved += tuple(one for one in find_in(left, folder.parent) if one.path not in taken)
    return _Survey(session, ids, moved)


def _told(moved: Sequence[Moved]) -> str:
    if len(moved) == 1:
        return say(
            "“{video}” was moved to “{path}” and was found there.",
            video=moved[0].video.name,
            path=moved[0].path,
        )
    return say("{count} videos were moved and were found again.", count=len(moved))
