"""Writing a project to a file of the field, with frame numbers that come from the videos."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from cast_studio.app.accepting import without_accepted
from cast_studio.app.paths import relative_below
from cast_studio.app.prediction_shelf import kept_predictions
from cast_studio.app.session import Session
from cast_studio.app.threads import BackgroundCall, run_in_background
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import ExportError, MediaError
from cast_studio.media.decoder import VideoDecoder
from cast_studio.storage import formats

log = logging.getLogger(__name__)


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
        warnings: Sentences about videos without frame numbers.
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


def export(request: ExportRequest) -> Exported:
    """Scan the videos whose frames are not known yet, then write the file. Any thread.

    A video that cannot be read does not stop the export: its rows have no frame numbers, and a
    warning says so.

    Raises:
        ExportError: The file cannot be written, is one of the videos or belongs to the project;
            what was there before is untouched.
    """
    _refuse_precious(request)
    scanned: dict[str, FrameIndex] = {}
    warnings: list[str] = []
    for video_id in _videos_to_scan(request):
        try:
            with VideoDecoder(request.video_paths[video_id]) as decoder:
                scanned[video_id] = decoder.index
        except MediaError as error:
            log.warning("exporting without frame numbers", exc_info=True)
            warnings.append(f"{error} Its rows have no frame numbers.")
    report = formats.get(request.format_name).write(
        request.path,
        _with_paths_from(request),
        predictions=request.predictions,
        frame_indexes={**request.frame_indexes, **scanned},
        origins=tuple(_origins(request)),
    )
    return Exported(report.path, report.rows, tuple(warnings), scanned)


class Exporter(QObject):
    """Exports one project on a pool thread. GUI thread.

    Signals:
        exported: :class:`Exported`.
        failed: A sentence.
    """

    exported = Signal(object)
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._call: BackgroundCall | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an export is going on."""
        return self._call is not None

    def start(self, request: ExportRequest, *, pool: QThreadPool | None = None) -> None:
        """Export; ends in ``exported`` or ``failed``."""
        self._call = run_in_background(
            lambda: export(request),
            doing="Exporting",
            on_success=self._on_exported,
            on_failure=self._on_failed,
            pool=pool,
        )

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
        self.failed.emit(sentence)


def export_csv(session: Session, path: Path, *, include_predictions: bool = True) -> Exporter:
    """Write a project as CSV on a pool thread; the result comes by the exporter's signals.

    Args:
        session: The open project.
        path: The file to create or replace.
        include_predictions: Whether what the current model says is written too.

    Returns:
        The exporter, at work; its parent is the session.
    """
    exporter = Exporter(session, parent=session)
    exporter.start(export_request(session, path, include_predictions=include_predictions))
    return exporter


def _refuse_precious(request: ExportRequest) -> None:
    """Raise ``ExportError`` where the file would take the place of what it is made from."""
    target = Path(os.path.realpath(request.path))
    if any(_is_same(target, video) for video in request.video_paths.values()):
        raise ExportError(
            f"“{request.path}” is one of the videos and would be replaced; choose another file to "
            "write."
        )
    folder = request.project_folder
    if folder is not None and any(_is_same(found, folder) for found in (target, *target.parents)):
        raise ExportError(
            f"“{request.path}” lies in the project folder “{folder}”, where it could replace the "
            "project itself; choose a place outside it."
        )


def _is_same(path: Path, other: Path) -> bool:
    """Return whether two names are one file, also where case does not count or links are hard."""
    try:
        return path.samefile(other)
    except OSError:
        # One of them is not there, so all that can be equal is their names.
        return path == Path(os.path.realpath(other))


def _videos_to_scan(request: ExportRequest) -> Sequence[str]:
    with_rows = {track.video_id for track in request.project.tracks if track.segments}
    with_rows |= {track.video_id for track in request.predictions if track.predictions}
    return sorted(with_rows & request.video_paths.keys() - request.frame_indexes.keys())


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
            fingerprint = request.project.video(video_id).fingerprint
            kept = kept_predictions(request.project_folder, model_id, video_id, fingerprint)
            found = kept.track if kept is not None else None
        if found is not None:
            yield found


def _not_looked_at(session: Session, track: PredictionTrack) -> PredictionTrack:
    rejected = session.rejected_predictions(track.video_id)
    kept = tuple(found for found in track.predictions if found.span not in rejected)
    return without_accepted(
        replace(track, predictions=kept), session.project.tracks_of(track.video_id)
    )
