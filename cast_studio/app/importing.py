"""Reading labels from a file of the field: what they would change, and doing it as one edit."""

from __future__ import annotations

import logging
from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from cast_studio.app import clock
from cast_studio.app.new_project import empty_project
from cast_studio.app.paths import portable
from cast_studio.app.progress import part_of, stoppable, telling
from cast_studio.app.session import Session
from cast_studio.app.threads import run_in_background
from cast_studio.app.videos import VIDEO_SUFFIXES
from cast_studio.core.edits import Applied, Changes, apply
from cast_studio.core.imports import Imported, ImportPlan, ImportReport, plan_import
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project, VideoRef
from cast_studio.errors import EditError, MediaError
from cast_studio.media.fingerprint import fingerprint
from cast_studio.said import say
from cast_studio.storage import formats
from cast_studio.storage.formats import Tell, tell_nobody
from cast_studio.storage.store import ProjectStore

log = logging.getLogger(__name__)

_READING_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """All that a dry run needs, taken when it was asked for.

    Attributes:
        path: The file of labels.
        project: What it would change.
        folder: The project folder, from which paths of videos are seen.
        format_name: One of :func:`cast_studio.storage.formats.names`; "" lets the content tell.
        is_new: Whether the project is yet to be made, by :func:`make_project_of`.
    """

    path: Path
    project: Project
    folder: Path
    format_name: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """What an import would do.

    Attributes:
        path: The file of labels.
        format_title: What its format is called.
        plan: The edit and the report.
        ahead: What the edit makes of the project, where there is one.
        whole: The project that the file holds completely, with paths seen from ``folder``; else
            None.
    """

    path: Path
    format_title: str
    plan: ImportPlan
    ahead: Applied | None = None
    whole: Project | None = None


def prepare_import(request: ImportRequest, *, tell: Tell = tell_nobody) -> PreparedImport:
    """Read a file and find out what it would change. Any thread; nothing is changed.

    Args:
        request: What to read, and into which project.
        tell: Is told how much of how much is done; may raise to stop.

    Raises:
        ImportFileError: The file cannot be read, or is in no known format.
        ExportError: There is no format of that name.
        EditError: What the file says does not fit together.
    """
    path = Path(request.path)
    chosen = formats.get(request.format_name) if request.format_name else formats.recognize(path)
    imported = chosen.read(path, tell=part_of(tell, 0.0, _READING_SHARE))
    imported = _with_places(imported, path.absolute().parent, request.folder)
    plan = plan_import(
        request.project,
        imported,
        new_id=clock.new_id,
        now=clock.timestamp(),
        tell=part_of(tell, _READING_SHARE, 1.0),
    )
    ahead = None
    if plan.edit is not None:
        # Here, and not on the thread that the window waits for.
        ahead = Applied(request.project, *apply(request.project, plan.edit))
    if request.is_new and imported.whole is not None:
        plan = replace(plan, report=_report_of_whole(plan.report, imported.whole))
    return PreparedImport(path, chosen.title, plan, ahead, imported.whole)


def _report_of_whole(report: ImportReport, whole: Project) -> ImportReport:
    """Return what is told of a project that becomes the new one as it is: nothing of it is refused."""
    segments = sum(len(track.segments) for track in whole.tracks)
    return replace(
        report,
        segments=segments,
        known=0,
        refused_count=0,
        refused=(),
        new_tracks=len(whole.tracks),
    )


def project_for_import(folder: Path) -> Project:
    """Return the empty project that an import into a folder without one starts with."""
    return empty_project(name=folder.stem, schema=LabelSchema(()))


def make_project_of(prepared: PreparedImport, folder: Path, *, annotator: str) -> PreparedImport:
    """Make a project of what a file holds. Any thread.

    Args:
        prepared: For the project of :func:`project_for_import`.
        folder: The project folder to make.
        annotator: Who does it.

    Returns:
        ``prepared``.

    Raises:
        StoreError: It cannot be made there.
    """
    project = prepared.whole
    if project is None:
        empty = project_for_import(folder)
        project = empty if prepared.ahead is None else prepared.ahead.after
    ProjectStore.create(folder, project, annotator=annotator).close()
    return prepared


def apply_import(session: Session, prepared: PreparedImport) -> Changes:
    """Take over what a file says, as one step that can be undone. GUI thread.

    Raises:
        EditError: The project has changed meanwhile in a way that does not fit, or may not be
            written.
    """
    edit, ahead = prepared.plan.edit, prepared.ahead
    if edit is None:
        return Changes()
    planned_for = session.project.schema if ahead is None else ahead.before.schema
    if edit.schema is not None and planned_for != session.project.schema:
        # The edit holds the whole schema as it would have become.
        raise EditError(say("The labels of the project were changed meanwhile; import again."))
    return session.do(edit, ahead=ahead)


class Importer(QObject):
    """Reads one file of labels on a pool thread. GUI thread.

    Signals:
        progressed: Share that is done, 0 to 1; at most ten times a second.
        prepared: :class:`PreparedImport`; nothing is changed yet.
        failed: A sentence.
        cancelled: It was stopped by :meth:`cancel`.
    """

    progressed = Signal(float)
    prepared = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    _told = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop = Event()
        self._is_busy = False
        self._told.connect(self._on_told)

    @property
    def is_busy(self) -> bool:
        """Whether a file is being read."""
        return self._is_busy

    def start(self, request: ImportRequest, *, pool: QThreadPool | None = None) -> None:
        """Read a file; ends in ``prepared``, ``failed`` or ``cancelled``. One at a time."""
        self._is_busy = True
        self._stop.clear()
        tell = stoppable(self._stop, telling(self, self._told))
        run_in_background(
            lambda: prepare_import(request, tell=tell),
            doing=say("Importing"),
            on_success=self._on_prepared,
            on_failure=self._on_failed,
            pool=pool,
        )

    def cancel(self) -> None:
        """Stop reading."""
        self._stop.set()

    @Slot(float)
    def _on_told(self, share: float) -> None:
        if self._is_busy:
            self.progressed.emit(share)

    @Slot(object)
    def _on_prepared(self, prepared: PreparedImport) -> None:
        self._is_busy = False
        if self._stop.is_set():
            self.cancelled.emit()
        else:
            self.prepared.emit(prepared)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._is_busy = False
        if self._stop.is_set():
            self.cancelled.emit()
        else:
            self.failed.emit(sentence)


def _with_places(imported: Imported, source: Path, folder: Path) -> Imported:
    """Return what was imported with paths of videos as the project sees them, where they are safe."""
    suspicious = 0
    videos: dict[str, VideoRef] = {}
    taken: set[str] = set()
    for name, video in imported.videos.items():
        followed = _followed(video.path, source)
        if followed is None:
            suspicious += 1
            videos[name] = replace(video, path=_free(_bare_name(video.path), taken))
        else:
            videos[name] = _met(replace(video, path=portable(followed, folder)), followed)
        taken.add(videos[name].path)
    notes = imported.notes
    if suspicious:
        notes = (
            *notes,
            f"Paths of videos that lead elsewhere and are not followed: {suspicious:,}; only the "
            "names of the files are kept.",
        )
    whole = imported.whole
    if whole is not None:
        whole = replace(whole, videos=tuple(videos.values()))
    return replace(imported, videos=videos, notes=notes, whole=whole)


def _followed(path: str, source: Path) -> Path | None:
    """Return where a video of a file would be, or None for a path that nobody should follow.

    Followed is what lies in the file's own folder or below it, and a video somewhere on this machine.
    """
    if not path or not path.isprintable() or "\\" in path or "://" in path or path.startswith("//"):
        return None
    parts = Path(path).parts
    if ".." in parts or (":" in path and not Path(path).is_absolute()):
        return None
    if not Path(path).is_absolute():
        return source / path
    return Path(path) if Path(path).suffix.lower() in VIDEO_SUFFIXES else None


def _bare_name(path: str) -> str:
    name = path.replace("\\", "/").rstrip("/").rsplit("/", maxsplit=1)[-1]
    name = "".join(found for found in name if found.isprintable() and found not in ':<>"|?*')
    return name[:200] if name.strip(". ") else "video"


def _free(name: str, taken: Set[str]) -> str:
    """Return a name that no other video of the file has, so that none are taken for one."""
    stem, dot, suffix = name.rpartition(".")
    free, number = name, 2
    while free in taken:
        free = f"{stem}-{number}.{suffix}" if dot else f"{name}-{number}"
        number += 1
    return free


def _met(video: VideoRef, path: Path) -> VideoRef:
    """Return a video with the size and the content of its file, where that is there."""
    if video.fingerprint or not _is_file(path):
        return video
    try:
        return replace(video, size_bytes=path.stat().st_size, fingerprint=fingerprint(path))
    except (OSError, MediaError):
        log.warning("%s cannot be read", path, exc_info=True)
        return video


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
