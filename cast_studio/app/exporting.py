"""Writing a project to a file of the field, with frame numbers that come from the videos."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Final

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from cast_studio.app.accepting import without_accepted
from cast_studio.app.paths import relative_below
from cast_studio.app.prediction_shelf import kept_predictions
from cast_studio.app.progress import Tell, part_of, stoppable, telling
from cast_studio.app.session import Session
from cast_studio.app.threads import BackgroundCall, run_in_background
from cast_studio.core.known_classes import in_words_of
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import ExportError, MediaError
from cast_studio.media.decoder import VideoDecoder
from cast_studio.said import say
from cast_studio.storage import formats
from cast_studio.storage.formats import tell_nobody

log = logging.getLogger(__name__)

_SCANNING_SHARE: Final = 0.5
_WARNINGS: Final = 3
_SQLITE: Final = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """All that an export needs, taken when it was asked for: later edits do not change it.

    Attributes:
        project: What to write.
        predictions: What the current model says, without what the user rejected or made a label.
        frame_indexes: Video id to frames, as far as they are known.
        video_paths: Video id to file, for those whose frames are not known yet.
        path: The file to create or replace.
        format_name: One of :func:`cast_studio.storage.formats.names`.
        project_folder: Where the project is kept, if it is kept anywhere.
        origins: What models said that labels may have been made of, as far as it is at hand; the
            rest is looked for in the project folder.
    """

    project: Project
    predictions: tuple[PredictionTrack, ...]
    frame_indexes: Mapping[str, FrameIndex]
    video_paths: Mapping[str, Path]
    path: Path
    format_name: str = "csv"
    project_folder: Path | None = None
    origins: tuple[PredictionTrack, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote.

    Attributes:
        path: The file.
        rows: Segments and predictions in it.
        warnings: Sentences about videos without frame numbers, and what else is not in the file.
        scanned: Video id to frames of the videos that were scanned for it.
    """

    path: Path
    rows: int
    warnings: tuple[str, ...] = ()
    scanned: Mapping[str, FrameIndex] = field(default_factory=dict)


def export_request(
    session: Session, path: Path, *, include_predictions: bool, format_name: str = "csv"
) -> ExportRequest:
    """Take from a session what an export needs. GUI thread.

    Args:
        session: The open project.
        path: The file to create or replace.
        include_predictions: Whether what the current model says is written too; rejected
            predictions never are, and those that became labels are written as these only.
        format_name: One of :func:`cast_studio.storage.formats.names`.
    """
    tracks = session.prediction_tracks() if include_predictions else ()
    project = session.project
    return ExportRequest(
        project=project,
        predictions=tuple(_not_looked_at(session, track) for track in tracks),
        frame_indexes=session.frame_indexes(),
        video_paths={video.id: session.video_path(video.id) for video in project.videos},
        path=Path(path),
        format_name=format_name,
        project_folder=session.folder,
        origins=session.prediction_tracks_of_all_models(),
    )


def export(request: ExportRequest, *, tell: Tell = tell_nobody) -> Exported:
    """Scan the videos whose frames are not known yet, then write the file. Any thread.

    A video that cannot be read does not stop the export: its rows have no frame numbers, and a
    warning says so.

    Args:
        request: What to write and where to.
        tell: Is told how much of how much is done; may raise to stop.

    Raises:
        ExportError: The file cannot be written, is one of the videos or belongs to the project;
            what was there before is untouched.
    """
    _refuse_precious(request)
    chosen = formats.get(request.format_name)
    scanned, warnings = _scan(request, chosen, part_of(tell, 0.0, _SCANNING_SHARE))
    report = chosen.write(
        request.path,
        _with_paths_from(request),
        predictions=tuple(_in_own_words(request, track) for track in request.predictions),
        frame_indexes={**request.frame_indexes, **scanned},
        origins=tuple(_in_own_words(request, track) for track in _origins(request)),
        tell=part_of(tell, _SCANNING_SHARE, 1.0),
    )
    return Exported(report.path, report.rows, (*warnings, *report.notes), scanned)


def _scan(
    request: ExportRequest, chosen: formats.Format, tell: Tell
) -> tuple[Mapping[str, FrameIndex], tuple[str, ...]]:
    """Return the frames of videos that the format needs and nobody knows yet, and what failed."""
    scanned: dict[str, FrameIndex] = {}
    warnings: list[str] = []
    wanted = _videos_to_scan(request, chosen)
    for number, video_id in enumerate(wanted):
        tell(number, len(wanted))
        try:
            stream = request.project.video(video_id).stream
            with VideoDecoder(request.video_paths[video_id], stream=stream) as decoder:
                scanned[video_id] = decoder.index
        except MediaError as error:
            log.warning("exporting without frame numbers", exc_info=True)
            warnings.append(f"{error} Its rows have no frame numbers.")
    rest = len(warnings) - _WARNINGS
    if rest > 0:
        warnings = [
            *warnings[:_WARNINGS],
            f"The same holds for {rest:,} more {'video' if rest == 1 else 'videos'}.",
        ]
    return scanned, tuple(warnings)


class Exporter(QObject):
    """Exports one project on a pool thread. GUI thread.

    Signals:
        progressed: Share that is done, 0 to 1; at most ten times a second.
        exported: :class:`Exported`.
        failed: A sentence.
        cancelled: It was stopped; what was there before is untouched.
    """

    progressed = Signal(float)
    exported = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._stop = Event()
        self._call: BackgroundCall | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an export is going on."""
        return self._call is not None

    def start(self, request: ExportRequest, *, pool: QThreadPool | None = None) -> None:
        """Export; ends in ``exported``, ``failed`` or ``cancelled``."""
        self._stop.clear()
        tell = stoppable(self._stop, telling(self, self.progressed))
        self._call = run_in_background(
            lambda: export(request, tell=tell),
            doing=say("Exporting"),
            on_success=self._on_exported,
            on_failure=self._on_failed,
            pool=pool,
        )

    def cancel(self) -> None:
        """Stop, unless the file is written already."""
        self._stop.set()

    @Slot(object)
    def _on_exported(self, done: Exported) -> None:
        self._call = None
        for video_id, index in done.scanned.items():
            if self._session.project.has_video(video_id):
                self._session.set_frame_index(video_id, index)
        self.exported.emit(done)

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self._call = None
        if self._stop.is_set():
            self.cancelled.emit()
        else:
            self.failed.emit(sentence)


def export_csv(session: Session, path: Path, *, include_predictions: bool = True) -> Exporter:
    """Write a project as CSV on a pool thread; see :func:`export_as`."""
    return export_as(session, path, include_predictions=include_predictions)


def export_as(
    session: Session, path: Path, *, include_predictions: bool = True, format_name: str = "csv"
) -> Exporter:
    """Write a project on a pool thread; the result comes by the exporter's signals.

    Args:
        session: The open project.
        path: The file to create or replace.
        include_predictions: Whether what the current model says is written too.
        format_name: One of :func:`cast_studio.storage.formats.names`.

    Returns:
        The exporter, at work; its parent is the session.
    """
    exporter = Exporter(session, parent=session)
    exporter.start(
        export_request(
            session, path, include_predictions=include_predictions, format_name=format_name
        )
    )
    return exporter


def _refuse_precious(request: ExportRequest) -> None:
    """Raise ``ExportError`` where the file would take the place of what it is made from."""
    target = Path(os.path.realpath(request.path))
    if any(_is_same(target, video) for video in request.video_paths.values()):
        raise ExportError(
            say(
                "“{path}” is one of the videos and would be replaced; choose another file to "
                "write.",
                path=request.path,
            )
        )
    folder = request.project_folder
    if folder is not None and any(_is_same(found, folder) for found in (target, *target.parents)):
        raise ExportError(
            say(
                "“{path}” lies in the project folder “{folder}”, where it could replace the "
                "project itself; choose a place outside it.",
                path=request.path,
                folder=folder,
            )
        )
    if _is_database(target):
        raise ExportError(
            say(
                "“{path}” is a database, perhaps of another project, and would be replaced; choose "
                "another file to write.",
                path=request.path,
            )
        )


def _is_database(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        # Whether it may be written is told where it is written.
        return False


def _is_same(path: Path, other: Path) -> bool:
    """Return whether two names are one file, also where case does not count or links are hard."""
    try:
        return path.samefile(other)
    except OSError:
        # One of them is not there, so all that can be equal is their names.
        return path == Path(os.path.realpath(other))


def _videos_to_scan(request: ExportRequest, chosen: formats.Format) -> Sequence[str]:
    wanted = set(chosen.wants_frames_of(request.project))
    if wanted:
        wanted |= {track.video_id for track in request.predictions if track.predictions}
    return sorted(wanted & request.video_paths.keys() - request.frame_indexes.keys())


def _with_paths_from(request: ExportRequest) -> Project:
    """Return the project with the paths of its videos as seen from the file that is written."""
    folder, paths = request.path.parent, request.video_paths
    videos = tuple(
        replace(video, path=relative_below(paths[video.id], folder)) if video.id in paths else video
        for video in request.project.videos
    )
    return replace(request.project, videos=videos)


def _origins(request: ExportRequest) -> Iterator[PredictionTrack]:
    """Yield what models said that labels were made of, from the project folder where need be."""
    at_hand = {(track.video_id, track.model_id): track for track in request.origins}
    wanted = {
        (track.video_id, segment.model_id)
        for track in request.project.tracks
        for segment in track.segments
        if segment.model_id
    }
    for video_id, model_id in sorted(wanted):
        found = at_hand.get((video_id, model_id))
        if found is None and request.project_folder is not None:
            content = request.project.video(video_id).seen_content
            kept = kept_predictions(request.project_folder, model_id, video_id, content)
            found = kept.track if kept is not None else None
        if found is not None:
            yield found


def _in_own_words(request: ExportRequest, track: PredictionTrack) -> PredictionTrack:
    """Return what a model says with the names that the project has for its classes now."""
    return replace(track, heads=in_words_of(request.project.schema, track.heads))


def _not_looked_at(session: Session, track: PredictionTrack) -> PredictionTrack:
    rejected = session.rejected_predictions(track.video_id)
    kept = tuple(found for found in track.predictions if found.span not in rejected)
    return without_accepted(
        replace(track, predictions=kept), session.project.tracks_of(track.video_id)
    )
