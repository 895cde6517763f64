"""Opening video files: each is scanned on a pool thread before it becomes part of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

from cast_studio.app.clock import new_id
from cast_studio.app.session import Session
from cast_studio.app.threads import STOP_TIMEOUT_MS, run_in_background, take_back_waiting
from cast_studio.core.project import VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import CastStudioError, MediaError
from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.fingerprint import fingerprint
from cast_studio.media.scan_progress import OnProgress
from cast_studio.said import say

_SCANS_AT_ONCE: Final = 2

VIDEO_SUFFIXES: Final = (
    *(".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"),
    *(".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
)
"""What a file dialog offers first; every file can be tried."""


@dataclass(frozen=True, slots=True)
class ScannedVideo:
    """What a scan found.

    Attributes:
        video: With an absolute path; :meth:`Session.add_video` makes it relative.
        index: Its frames.
        warnings: Sentences about what is wrong with the file.
    """

    video: VideoRef
    index: FrameIndex
    warnings: tuple[str, ...]


def scan_video(path: Path, *, video_id: str, on_progress: OnProgress | None = None) -> ScannedVideo:
    """Open a video and read what a project keeps of it. Any thread; reads the whole file's packets.

    Args:
        path: The file.
        video_id: The id that the video gets.
        on_progress: As of :class:`VideoDecoder`.

    Raises:
        MediaError: The file is not a video that can be read.
    """
    path = path.absolute()
    with VideoDecoder(path, on_progress=on_progress) as decoder:
        index = decoder.index
        video = VideoRef(
            id=video_id,
            path=path.as_posix(),
            size_bytes=_size_of(path),
            fingerprint=fingerprint(path),
            timebase=index.timebase,
            n_frames=len(index),
            rate=index.average_rate,
            width=decoder.width,
            height=decoder.height,
            start_pts=index.span.start,
            end_pts=index.span.end,
        )
        return ScannedVideo(video, index, decoder.warnings)


def scan_unknown_videos(session: Session) -> tuple[str, ...]:
    """Scan the videos of a project whose frames are not known yet, one after the other.

    For callers without a window; waits for the disk.

    Returns:
        A sentence for each video that cannot be read.
    """
    problems = []
    for video in session.project.videos:
        if session.frame_index(video.id) is None:
            try:
                with VideoDecoder(session.video_path(video.id), stream=video.stream) as decoder:
                    session.set_frame_index(video.id, decoder.index)
            except MediaError as error:
                problems.append(str(error))
    return tuple(problems)


class VideoOpener(QObject):
    """Scans video files without holding up the GUI thread, which it lives on.

    Signals:
        opened: :class:`VideoRef` with a new id, and :class:`FrameIndex`.
        warned: Path and a sentence about a file that was opened but is not whole.
        failed: Path and a sentence.
        progressed: Name of a file and the share of it that was read, for those that take longer than
            a moment.
        idle: All that was asked for has ended.
    """

    opened = Signal(object, object)
    warned = Signal(str, str)
    failed = Signal(str, str)
    progressed = Signal(str, float)
    idle = Signal()
    _told = Signal(object, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(_SCANS_AT_ONCE)
        self._running = 0
        self._round = 0
        self._is_closed = False
        self._told.connect(self._on_told)

    @property
    def is_busy(self) -> bool:
        """Whether files are being scanned."""
        return self._running > 0

    def open(self, paths: Iterable[Path | str]) -> None:
        """Scan files for the project; each ends in ``opened`` or ``failed``."""
        for path in paths:
            self._start(Path(path))

    def forget(self) -> None:
        """Read no further, and report nothing more of what was asked for so far."""
        self._round += 1

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Begin no further scan and wait for those that run; nothing is reported any more.

        Returns:
            Whether all have ended.
        """
        self._is_closed = True
        self._round += 1
        take_back_waiting(self._pool)
        return self._pool.waitForDone(timeout_ms)

    def _start(self, path: Path) -> None:
        if self._is_closed:
            return
        self._running += 1
        asked = _Request(path, new_id(), self._round)
        run_in_background(
            lambda: _attempt(asked, self._tell),
            doing=say("Reading the video"),
            on_success=self._on_ended,
            on_failure=self._on_broken,
            pool=self._pool,
        )

    def _tell(self, asked: _Request, share: float) -> bool:
        """Say on the pool's thread how far a scan is; return whether it is still wanted."""
        is_wanted = asked.round == self._round
        if is_wanted:
            self._told.emit(asked, share)
        return is_wanted

    @Slot(object, float)
    def _on_told(self, asked: _Request, share: float) -> None:
        if asked.round == self._round:
            self.progressed.emit(asked.path.name, share)

    @Slot(object)
    def _on_ended(self, attempt: _Attempt) -> None:
        if not self._is_closed and attempt.asked.round == self._round:
            self._report(attempt)
        self._count_down()

    def _report(self, attempt: _Attempt) -> None:
        asked, found = attempt.asked, attempt.found
        if found is None:
            self.failed.emit(str(asked.path), attempt.sentence)
            return
        self.opened.emit(found.video, found.index)
        for warning in found.warnings:
            self.warned.emit(str(asked.path), warning)

    @Slot(str)
    def _on_broken(self, sentence: str) -> None:
        if not self._is_closed:
            self.failed.emit("", sentence)
        self._count_down()

    def _count_down(self) -> None:
        self._running -= 1
        if self._running == 0 and not self._is_closed:
            self.idle.emit()


@dataclass(frozen=True, slots=True)
class _Request:
    path: Path
    video_id: str
    round: int


@dataclass(frozen=True, slots=True)
class _Attempt:
    asked: _Request
    found: ScannedVideo | None
    sentence: str = ""


def _attempt(asked: _Request, tell: Callable[[_Request, float], bool]) -> _Attempt:
    def on_progress(share: float) -> bool:
        return tell(asked, share)

    try:
        found = scan_video(asked.path, video_id=asked.video_id, on_progress=on_progress)
        return _Attempt(asked, found)
    except CastStudioError as error:
        return _Attempt(asked, None, str(error))


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise MediaError(
            say(
                "“{file}” cannot be read: {reason}.", file=path.name, reason=error.strerror or error
            )
        ) from error
