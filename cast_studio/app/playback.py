"""The player: which frame is wanted, which is on screen, and playing in real time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from cast_studio.app.frame_reader import FrameReader, FrameRequest, OpenedVideo
from cast_studio.app.latest import LatestSlot
from cast_studio.app.playback_clock import PlaybackClock
from cast_studio.app.threads import STOP_TIMEOUT_MS, WorkerThread
from cast_studio.core.timing import FrameIndex

_TICK_MS: Final = 8


class Player(QObject):
    """Shows frames of one video at a time. GUI thread; decoding happens on a thread of its own.

    A frame that is asked for while another is being decoded replaces what else was waiting, so
    scrubbing never queues. Playing asks for the frame that is due by the clock: a slow computer
    drops frames and keeps the time.

    Signals:
        opened: The :class:`FrameIndex` of a video that can be shown now.
        position_changed: The frame index that is wanted: the playhead. At once.
        frame_shown: Frame index and QImage, when it was decoded.
        playing_changed: Whether it plays.
        warned: A sentence about a video that opened but is not whole. Playing goes on.
        failed: A sentence; the video or the frame cannot be shown.
    """

    opened = Signal(object)
    position_changed = Signal(int)
    frame_shown = Signal(int, object)
    playing_changed = Signal(bool)
    warned = Signal(str)
    failed = Signal(str)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        """Start the reader's thread. :meth:`close` ends it."""
        super().__init__(parent)
        self._wanted: LatestSlot[FrameRequest] = LatestSlot()
        self._generation = 0
        self._path: Path | None = None
        self._video: OpenedVideo | None = None
        self._position = 0
        self._shown: int | None = None
        self._stop_at: int | None = None
        self._clock = PlaybackClock()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        reader = FrameReader(self._wanted)
        self._wake.connect(reader.serve)
        reader.opened.connect(self._on_opened)
        reader.frame_read.connect(self._on_frame_read)
        reader.damaged.connect(self._on_damaged)
        reader.failed.connect(self._on_failed)
        self._thread = WorkerThread(reader, name="frame reader")
        self._thread.start()

    @property
    def path(self) -> Path | None:
        """The video file that was set last."""
        return self._path

    @property
    def frame_index(self) -> FrameIndex | None:
        """The frames of the video, None until it is open."""
        return self._video.index if self._video is not None else None

    @property
    def video(self) -> OpenedVideo | None:
        """What is known of the open video, None until it is open."""
        return self._video

    @property
    def position(self) -> int:
        """The frame index that is wanted."""
        return self._position

    @property
    def shown(self) -> int | None:
        """The frame index that is on screen, None before the first."""
        return self._shown

    @property
    def is_playing(self) -> bool:
        """Whether the video plays."""
        return self._clock.is_running

    @property
    def rate(self) -> float:
        """The playback rate that was used last; below 0 for backward."""
        return self._clock.rate

    @Slot(object)
    def set_video(self, path: Path | None) -> None:
        """Open another video and show its first frame; None closes the one that is open.

        Fine while another is still loading: only the last one is reported.
        """
        self.pause()
        self._generation += 1
        self._path = path
        self._video = None
        self._shown = None
        self._move_to(0)

    @Slot(int)
    def show(self, frame_index: int) -> None:
        """Ask for a frame, clamped to the video. Playing goes on from there."""
        if self._path is None:
            return
        self._move_to(self._clamped(frame_index))
        if self.is_playing:
            self._start_clock(self._clock.rate)

    @Slot(int)
    def step(self, count: int) -> None:
        """Pause and move by a number of frames; negative is backward."""
        self.pause()
        self.show(self._position + count)

    @Slot()
    def play(self, rate: float = 1.0, *, stop_at: int | None = None) -> None:
        """Play from the wanted frame on; from the other end if it is the last one that way.

        Args:
            rate: 0.25 to 4, or below 0 to play backward; while playing, it applies at once.
            stop_at: The frame index before which to pause, instead of at the video's end.
        """
        index = self.frame_index
        if index is None:
            return
        was_playing = self.is_playing
        backward = rate < 0
        if not was_playing and self._position == (0 if backward else len(index) - 1):
            self._move_to(len(index) - 1 if backward else 0)
        self._stop_at = stop_at
        self._start_clock(rate)
        self._timer.start()
        if not was_playing:
            self.playing_changed.emit(True)

    @Slot()
    def pause(self) -> None:
        """Stop playing; the wanted frame stays."""
        if not self.is_playing:
            return
        self._timer.stop()
        self._clock.stop()
        self.playing_changed.emit(False)

    @Slot()
    def toggle(self) -> None:
        """Play if paused, at the last rate; pause if playing."""
        if self.is_playing:
            self.pause()
        else:
            self.play(self.rate)

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Stop playing, close the video and end the reader's thread.

        Returns:
            Whether the thread ended in time; if not, it ends after the frame it is decoding.
        """
        self.pause()
        self._generation += 1
        self._wanted.close()
        return self._thread.stop(timeout_ms)

    def _clamped(self, frame_index: int) -> int:
        # Before the video is open nobody knows its length; the reader clamps, _on_opened corrects.
        index = self.frame_index
        last = len(index) - 1 if index is not None else frame_index
        return max(0, min(frame_index, last))

    def _move_to(self, frame_index: int) -> None:
        has_moved = frame_index != self._position
        self._position = frame_index
        if self._wanted.put(FrameRequest(self._generation, self._path, frame_index)):
            self._wake.emit()
        if has_moved:
            self.position_changed.emit(frame_index)

    def _start_clock(self, rate: float) -> None:
        index = self.frame_index
        if index is not None:
            self._clock.start(index.seconds_of(self._position), rate=rate)

    @Slot()
    def _on_tick(self) -> None:
        index = self.frame_index
        if index is None or not self.is_playing:
            return
        seconds = self._clock.seconds()
        due = index.index_at_seconds(seconds)
        if self._clock.rate < 0:
            is_over = seconds <= index.seconds_of(0)
        elif self._stop_at is not None:
            is_over = due >= self._stop_at
            due = min(due, max(self._stop_at - 1, self._position))
        else:
            is_over = seconds >= index.to_seconds(index.end_pts)
        if due != self._position:
            self._move_to(due)
        if is_over:
            self.pause()

    @Slot(int, object)
    def _on_opened(self, generation: int, video: OpenedVideo) -> None:
        if generation != self._generation:
            return
        self._video = video
        clamped = self._clamped(self._position)
        if clamped != self._position:
            self._position = clamped
            self.position_changed.emit(clamped)
        self.opened.emit(video.index)
        for warning in video.warnings:
            self.warned.emit(warning)

    @Slot(int, int, object)
    def _on_frame_read(self, generation: int, frame_index: int, image: object) -> None:
        if generation == self._generation:
            self._shown = frame_index
            self.frame_shown.emit(frame_index, image)

    @Slot(int, str)
    def _on_damaged(self, generation: int, sentence: str) -> None:
        if generation == self._generation:
            self.warned.emit(sentence)

    @Slot(int, str)
    def _on_failed(self, generation: int, sentence: str) -> None:
        if generation == self._generation:
            self.pause()
            self.failed.emit(sentence)
