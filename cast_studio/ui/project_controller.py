"""Which project is open: creating, opening, adding videos, closing, exporting."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.known_video import known_video, same_file
from cast_studio.app.preferences import Preferences
from cast_studio.app.recent import existing_projects, forget_project, remember_project
from cast_studio.app.session import Session
from cast_studio.app.videos import VideoOpener
from cast_studio.core.edits import AnnotateVideo, Edit, RemoveVideo
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import CastStudioError, DamagedError, EditError, StoreError
from cast_studio.said import counted, say
from cast_studio.ui.opening_order import OpeningOrder
from cast_studio.ui.waiting_videos import WaitingVideos

SUFFIX = ".cast"


class ProjectController(QObject):
    """Holds the one session. GUI thread.

    Signals:
        session_opened: The :class:`Session`.
        session_closed: There is none any more.
        leaving: The project is about to be left; what is being typed belongs in it now.
        video_added: Id of a video that the user opened and wants to see; of several that are opened
            together the first.
        scanning: Whether videos are being opened.
        damaged: The folder of a project that could not be opened because it is damaged.
    """

    session_opened = Signal(object)
    session_closed = Signal()
    leaving = Signal()
    video_added = Signal(str)
    scanning = Signal(bool)
    damaged = Signal(object)

    def __init__(
        self,
        preferences: Preferences,
        messages: UserMessages,
        *,
        new_schema: Callable[[], LabelSchema],
        parent: QObject | None = None,
    ) -> None:
        """Start without a project.

        Args:
            preferences: Remember recent projects; know the annotator and the folders.
            messages: Where the user is told.
            new_schema: Gives the labels of a new project.
            parent: Owns the controller.
        """
        super().__init__(parent)
        self._preferences = preferences
        self._messages = messages
        self._new_schema = new_schema
        self._session: Session | None = None
        self._may_lose: Callable[[int], bool] = _lose_nothing
        self._is_asking = False
        self._warned: set[str] = set()
        self._waiting = WaitingVideos()
        self._order = OpeningOrder()
        self._opener = VideoOpener(self)
        self._opener.opened.connect(self._on_video_opened)
        self._opener.warned.connect(self._on_video_warned)
        self._opener.failed.connect(self._on_video_failed)
        self._opener.idle.connect(self._on_scanned)

    @property
    def session(self) -> Session | None:
        """The open project."""
        return self._session

    @property
    def opener(self) -> VideoOpener:
        """What scans videos."""
        return self._opener

    @property
    def recent(self) -> tuple[Path, ...]:
        """Projects that were open last and still exist."""
        return existing_projects(self._preferences)

    def forget(self, folder: Path) -> None:
        """Take a project off the list of recent ones; its folder stays as it is."""
        forget_project(self._preferences, folder)

    def ask_before_losing(self, ask: Callable[[int], bool]) -> None:
        """Set what asks the user before edits are given up; until then none are.

        Args:
            ask: Gets how many edits cannot be saved; returns whether to leave all the same.
        """
        self._may_lose = ask

    def may_leave(self) -> bool:
        """Save what is waiting; where that cannot be done, ask whether to give it up.

        Returns:
            Whether the open project may be left.
        """
        session = self._session
        if session is None:
            return True
        if self._is_asking:
            return False
        self.leaving.emit()
        if session.is_saved or session.flush():
            return True
        self._is_asking = True
        try:
            return self._may_lose(session.unsaved_count)
        finally:
            self._is_asking = False

    def warn(self, sentence: str) -> None:
        """Tell what is wrong with a video; once while the project is open, whoever finds it."""
        if sentence not in self._warned:
            self._warned.add(sentence)
            self._messages.tell("warning", sentence)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open a project folder, or add videos to the open project (or to a new one)."""
        projects = [path for path in paths if is_project(path)]
        videos = [path for path in paths if not is_project(path)]
        if projects:
            self.open_project(projects[0])
        if videos:
            self.open_videos(videos)

    def open_project(self, folder: Path) -> bool:
        """Open a project; the one that is open is closed.

        Returns:
            Whether it is open now; if not, the user was told why or has chosen to stay.
        """
        if self._session is not None and same_file(self._session.folder, folder):
            return True
        is_open = self._open(folder)
        if is_open:
            self._forget_scans()
        return is_open

    def reopen(self) -> bool:
        """Open the open project again, to edit it where it could only be read.

        Returns:
            Whether a project is open now.
        """
        if self._session is None:
            return False
        folder = self._session.folder
        is_open = self.close() and self._open(folder)
        self._forget_scans()
        return is_open

    def _open(self, folder: Path) -> bool:
        try:
            session = Session.open(folder, annotator=self._preferences.annotator)
        except DamagedError as error:
            self._messages.tell("error", str(error))
            self.damaged.emit(folder)
            return False
        except StoreError as error:
            self._messages.tell("error", str(error))
            return False
        if not self._adopt(session):
            session.close()
            return False
        if session.read_only:
            self._messages.tell("warning", session.read_only_reason)
        return True

    def create(self, place: Path, *, name: str, schema: LabelSchema) -> bool:
        """Make a project in a folder of its own below ``place`` and open it.

        Returns:
            Whether it is open now; if not, the user was told why or has chosen to stay.
        """
        folder = free_folder(place / f"{name}{SUFFIX}")
        try:
            place.mkdir(parents=True, exist_ok=True)
            session = Session.create(
                folder, name=name, schema=schema, annotator=self._preferences.annotator
            )
        except (StoreError, OSError) as error:
            self._messages.tell("error", str(error))
            return False
        if not self.adopt(session):
            session.close()
            return False
        self._messages.tell(
            "info", self.tr("Your labels are kept in {folder}.").format(folder=folder)
        )
        return True

    def open_videos(self, paths: Iterable[Path]) -> None:
        """Add videos to the open project; without one, make a project for those that open."""
        paths = list(paths)
        if not paths:
            return
        if self._session is None:
            self._waiting.expect(paths)
        self._order.expect(paths)
        self.scanning.emit(True)
        self._opener.open(paths)

    def stop_opening(self) -> None:
        """Open none of the videos that are still being read."""
        self._forget_scans()

    def remove_videos(self, video_ids: Iterable[str]) -> None:
        """Take videos and their labels out of the project in one step; their files stay."""
        session = self._session
        found = [id_ for id_ in video_ids if session is not None and session.project.has_video(id_)]
        if found:
            several = ""
            if len(found) > 1:
                several = say("Remove {videos}", videos=counted("video", len(found)))
            self._try(*map(RemoveVideo, found), described_as=several)

    def annotate_video(self, video_id: str, note: str) -> None:
        """Write a video's note; refused in words when the project can only be read."""
        if self._session is not None and self._session.project.has_video(video_id):
            self._try(AnnotateVideo(video_id, note))

    def _try(self, *edits: Edit, described_as: str = "") -> None:
        try:
            if self._session is not None:
                self._session.do(*edits, described_as=described_as)
        except EditError as error:
            self._messages.tell("warning", str(error))

    def adopt(self, session: Session) -> bool:
        """Take over a session that somebody else opened; the project that is open is closed.

        Returns:
            Whether it was taken over; if not, the user stays and it is the caller's to close.
        """
        if not self._adopt(session):
            return False
        self._forget_scans()
        return True

    def close(self) -> bool:
        """Close the open project, unless it cannot be saved and the user wants to stay.

        Returns:
            Whether no project is open now.
        """
        if not self.may_leave():
            return False
        self._close()
        return True

    def shut_down(self) -> None:
        """Close the project and end the scans, before the program ends; ask nothing any more."""
        self._opener.close()
        self._close()

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        self._forget_scans()
        self._warned.clear()
        self.session_closed.emit()
        report = session.close()
        if report.text:
            self._messages.tell("error", report.text)

    def _adopt(self, session: Session) -> bool:
        if not self.close():
            return False
        self._session = session
        remember_project(self._preferences, session.folder)
        self.session_opened.emit(session)
        return True

    def _forget_scans(self) -> None:
        """What is being scanned belongs to the project that was, not to the one that is now."""
        self._opener.forget()
        self._waiting.take()
        self._order.forget()

    def _create_for(self, video: Path) -> None:
        """Make a project beside a video, or where the user's documents are.

        One that is beside it already is opened. Where neither can be done, the user is told why.
        """
        try:
            schema = self._new_schema()
        except CastStudioError as error:
            self._messages.tell("error", str(error))
            return
        beside = video.absolute().parent / f"{video.stem}{SUFFIX}"
        if is_project(beside):
            self._open(beside)
            return
        own = free_folder(self._preferences.folders.projects / f"{video.stem}{SUFFIX}")
        places = [free_folder(beside), own] if os.access(beside.parent, os.W_OK) else [own]
        refusal = ""
        for folder in places:
            try:
                folder.parent.mkdir(parents=True, exist_ok=True)
                session = Session.create(
                    folder, name=video.stem, schema=schema, annotator=self._preferences.annotator
                )
            except (StoreError, OSError) as error:
                refusal = str(error)
                continue
            self._adopt(session)
            self._messages.tell(
                "info", self.tr("Your labels are kept in {folder}.").format(folder=folder)
            )
            return
        self._messages.tell("error", refusal)

    @Slot(object, object)
    def _on_video_opened(self, video: VideoRef, index: FrameIndex) -> None:
        if self._session is not None:
            self._add(self._session, video, index)
            return
        self._waiting.keep(video, index)
        self._settle()

    def _settle(self) -> None:
        """Put what waits for a project into one, as soon as it is known whose name that has."""
        if self._session is None:
            namesake = self._waiting.namesake
            if namesake is None:
                return
            self._create_for(namesake)
        found = self._waiting.take()
        if self._session is not None:
            for video, index in found:
                self._add(self._session, video, index)

    def _add(self, session: Session, video: VideoRef, index: FrameIndex) -> None:
        known = known_video(session, video)
        if known is not None:
            # What was scanned is the best stream of the file.
            if session.project.video(known).stream is None:
                session.set_frame_index(known, index)
            self._show(known, video)
            return
        try:
            session.add_video(video, index)
        except EditError as error:
            self._messages.tell("error", str(error))
            return
        self._show(video.id, video)

    def _show(self, video_id: str, opened: VideoRef) -> None:
        if self._order.is_next_shown(Path(opened.path)):
            self.video_added.emit(video_id)

    @Slot()
    def _on_scanned(self) -> None:
        self._waiting.give_up_missing()
        self._settle()
        self._order.forget()
        self.scanning.emit(False)

    @Slot(str, str)
    def _on_video_warned(self, path: str, sentence: str) -> None:
        self.warn(sentence)

    @Slot(str, str)
    def _on_video_failed(self, path: str, sentence: str) -> None:
        self._messages.tell("error", sentence)
        self._waiting.give_up(Path(path))
        self._settle()


def _lose_nothing(_count: int) -> bool:
    return False


def is_project(path: Path) -> bool:
    """Return whether a path looks like a project folder."""
    return path.is_dir() and (path.suffix == SUFFIX or (path / "project.db").is_file())


def free_folder(folder: Path) -> Path:
    """Return the folder, or the same name with a number behind it if there is something already."""
    candidate, number = folder, 2
    while candidate.exists():
        candidate = folder.with_name(f"{folder.stem} {number}{folder.suffix}")
        number += 1
    return candidate
