"""The player: which frame is wanted, which is on screen, and playing in real time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from cast_studio.app.frame_decoding import DecodingWorker, store_bytes
from cast_studio.app.frame_reader import FrameReader
from cast_studio.app.frame_request import FrameRequest, OpenedVideo
from cast_studio.app.latest import LatestSlot
from cast_studio.app.playback_clock import PlaybackClock
from cast_studio.app.threads import STOP_TIMEOUT_MS, WorkerThread
from cast_studio.core.timing import FrameIndex
from cast_studio.media.frame_store import FrameStore
from cast_studio.media.picture_look import Look

DEFAULT_CACHE_BYTES: Final = 512 << 20
_TICK_MS: Final = 8
# A frame that comes within this time needs no mark that it is still to come.
_PATIENCE_MS: Final = 60


class Player(QObject):
    """Shows frames of one video at a time. GUI thread.

    One thread decodes, what is asked for and then what the playhead will come to; another makes
    pictures of what is decoded, so that a frame that is there never waits for one that is not. What
    is asked for while a frame is being decoded replaces what else was waiting, so scrubbing never queues.
    Playing asks for the frame that is due by the clock: a slow computer drops frames, not time.

    Signals:
        closed: The video that was open is so no more; another may be opening.
        opened: The :class:`FrameIndex` of a video that can be shown now.
        position_changed: The frame index that is wanted: the playhead. At once.
        frame_shown: Frame index and QImage, when it was decoded.
        preview_shown: The same of another frame than the one that is wanted, until that is decoded.
        exact_changed: Whether what is on screen is the frame that is wanted; while it plays, always.
        playing_changed: Whether it plays.
        time_started: While it plays: the moment in seconds that is due now, and the rate from now on.
        time_stopped: The clock stands.
        device_changed: What the hardware that decodes is called; empty for the processor.
        warned: A sentence about a video that opened but is not whole. Playing goes on.
        failed: A sentence; the video or the frame cannot be shown.
    """

    closed = Signal()
    opened = Signal(object)
    position_changed = Signal(int)
    frame_shown = Signal(int, object)
    preview_shown = Signal(int, object)
    exact_changed = Signal(bool)
    playing_changed = Signal(bool)
    time_started = Signal(float, float)
    time_stopped = Signal()
    device_changed = Signal(str)
    warned = Signal(str)
    failed = Signal(str)
    _decode = Signal()
    _show = Signal()

    def __init__(
        self, parent: QObject | None = None, *, cache_bytes: int = DEFAULT_CACHE_BYTES
    ) -> None:
        """Start the threads. :meth:`close` ends them.

        Args:
            parent: Owns the player.
            cache_bytes: Most bytes of decoded pictures to keep around the playhead.
        """
        super().__init__(parent)
        self._to_decode: LatestSlot[FrameRequest] = LatestSlot()
        self._to_show: LatestSlot[FrameRequest] = LatestSlot()
        self._store = FrameStore(store_bytes(cache_bytes))
        self._generation = 0
        self._path: Path | None = None
        self._wish = FrameRequest(0, None, 0)
        self._device = ""
        self._video: OpenedVideo | None = None
        self._position = 0
        self._shown: int | None = None
        self._is_exact = True
        self._stop_at: int | None = None
        self._loop_from: int | None = None
        self._clock = PlaybackClock()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._on_late)
        self._start_threads()

    def _start_threads(self) -> None:
        decoding = DecodingWorker(self._to_decode, self._store)
        reader = FrameReader(self._to_show, self._store)
        self._decode.connect(decoding.serve)
        self._show.connect(reader.serve)
        decoding.arrived.connect(reader.on_arrived)
        decoding.sharpened.connect(reader.on_sharpened)
        decoding.passed.connect(reader.on_passed)
        decoding.opened.connect(self._on_opened)
        decoding.device_changed.connect(self._on_device_changed)
        decoding.damaged.connect(self._on_damaged)
        decoding.failed.connect(self._on_failed)
        reader.frame_read.connect(self._on_frame_read)
        reader.preview_read.connect(self._on_preview_read)
        reader.failed.connect(self._on_failed)
        self._threads = (
            WorkerThread(decoding, name="frame decoder"),
            WorkerThread(reader, name="frame reader"),
        )
        for thread in self._threads:
            thread.start()

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
    def is_exact(self) -> bool:
        """Whether what is on screen is the frame that is wanted."""
        return self._is_exact

    @property
    def store(self) -> FrameStore:
        """The frames that are decoded, for who wants to know how many bytes they take."""
        return self._store

    @property
    def is_playing(self) -> bool:
        """Whether the video plays."""
        return self._clock.is_running

    @property
    def rate(self) -> float:
        """The playback rate that was used last; below 0 for backward."""
        return self._clock.rate

    @Slot(object)
    def set_video(self, path: Path | None, stream: int | None = None) -> None:
        """Open another video and show its first frame; None closes the one that is open.

        Args:
            path: The file. Fine while another is still loading: only the last one is reported.
            stream: Number of its video stream; None for the best one.
        """
        self.pause()
        self._generation += 1
        self._path = path
        self._wish = replace(self._wish, stream=stream)
        self._video = None
        self._shown = None
        self.closed.emit()
        self._set_exact(True)
        self._move_to(0)

    @Slot(int)
    def show(self, frame_index: int) -> None:
        """Ask for a frame, clamped to the video. Playing goes on from there."""
        if self._path is None:
            return
        self._move_to(self._clamped(frame_index))
        if self.is_playing:
            self._start_clock(self._clock.rate)

    @Slot(int, int)
    def set_screen(self, width: int, height: int) -> None:
        """Tell how many pixels the screen has for the picture; no more of a frame are shown."""
        self._wish_for(replace(self._wish, screen=(width, height)))

    @Slot(float, float)
    def set_look(self, brightness: float, contrast: float) -> None:
        """Show frames otherwise than they are: each -1 to 1, 0 changes nothing."""
        self._wish_for(replace(self._wish, look=Look(brightness, contrast)))

    def set_cache_bytes(self, cache_bytes: int) -> None:
        """Change how many bytes of decoded pictures are kept around the playhead."""
        self._store.set_limit(store_bytes(cache_bytes))

    def set_hardware(self, may_use: bool) -> None:
        """Say whether hardware may decode; it does where there is some that gives the same frames."""
        self._wish_for(replace(self._wish, may_use_hardware=may_use))

    @property
    def device(self) -> str:
        """What the hardware that decodes is called; empty for the processor."""
        return self._device

    @Slot(int)
    def step(self, count: int) -> None:
        """Pause and move by a number of frames; negative is backward."""
        self.pause()
        self.show(self._position + count)

    @Slot()
    def play(
        self, rate: float = 1.0, *, stop_at: int | None = None, loop_from: int | None = None
    ) -> None:
        """Play from the wanted frame on; from the other end if it is the last one that way.

        Args:
            rate: 0.1 to 8, or below 0 to play backward; while playing, it applies at once.
            stop_at: The frame index before which to pause, instead of at the video's end.
            loop_from: The frame index from which to play again instead of pausing there; forward only.
        """
        index = self.frame_index
        if index is None:
            return
        was_playing = self.is_playing
        backward = rate < 0
        if not was_playing and self._position == (0 if backward else len(index) - 1):
            self._move_to(len(index) - 1 if backward else 0)
        self._stop_at = stop_at
        self._loop_from = loop_from
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
        self.time_stopped.emit()
        self._ask()
        self.playing_changed.emit(False)

    @Slot()
    def toggle(self) -> None:
        """Play if paused, at the last rate; pause if playing."""
        if self.is_playing:
            self.pause()
        else:
            self.play(self.rate)

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Stop playing, close the video and end the threads.

        Returns:
            Whether they ended in time; if not, they end after the frame that is being decoded.
        """
        self.pause()
        self._patience.stop()
        self._generation += 1
        self._to_decode.close()
        self._to_show.close()
        ended = [thread.stop(timeout_ms) for thread in self._threads]
        return all(ended)

    def _clamped(self, frame_index: int) -> int:
        # Before the video is open nobody knows its length; the reader clamps, _on_opened corrects.
        index = self.frame_index
        last = len(index) - 1 if index is not None else frame_index
        return max(0, min(frame_index, last))

    def _move_to(self, frame_index: int) -> None:
        has_moved = frame_index != self._position
        self._position = frame_index
        self._ask()
        if has_moved:
            self.position_changed.emit(frame_index)

    def _wish_for(self, wish: FrameRequest) -> None:
        """Have frames shown otherwise from now on."""
        if wish != self._wish:
            self._wish = wish
            if self._path is not None:
                self._ask()

    def _ask(self) -> None:
        rate = self._clock.rate if self.is_playing else 0.0
        request = replace(
            self._wish,
            generation=self._generation,
            path=self._path,
            frame_index=self._position,
            rate=rate,
        )
        if self._to_decode.put(request):
            self._decode.emit()
        if self._to_show.put(request):
            self._show.emit()
        is_awaited = self._path is not None and self._shown != self._position
        if is_awaited and not self._patience.isActive():
            self._patience.start()

    def _start_clock(self, rate: float) -> None:
        index = self.frame_index
        if index is not None:
            seconds = index.seconds_of(self._position)
            self._clock.start(seconds, rate=rate)
            self.time_started.emit(seconds, self._clock.rate)

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
        if is_over and self._loop_from is not None and self._clock.rate > 0:
            self._move_to(self._loop_from)
            self._start_clock(self._clock.rate)
        elif is_over:
            self.pause()

    @Slot(int, object)
    def _on_opened(self, generation: int, video: OpenedVideo) -> None:
        if generation != self._generation:
            return
        self._video = video
        clamped = self._clamped(self._position)
        if clamped != self._position:
            self._move_to(clamped)
        self.opened.emit(video.index)
        for warning in video.warnings:
            self.warned.emit(warning)

    @Slot(int, int, object)
    def _on_frame_read(self, generation: int, frame_index: int, image: object) -> None:
        if generation == self._generation:
            self._shown = frame_index
            self.frame_shown.emit(frame_index, image)
            if frame_index == self._position:
                self._patience.stop()
                self._set_exact(True)

    @Slot(int, int, object)
    def _on_preview_read(self, generation: int, frame_index: int, image: object) -> None:
        if generation == self._generation:
            self._shown = frame_index
            self.preview_shown.emit(frame_index, image)
            self._set_exact(self.is_playing or frame_index == self._position)

    @Slot()
    def _on_late(self) -> None:
        if self._shown is not None and self._path is not None and not self.is_playing:
            self._set_exact(self._shown == self._position)

    def _set_exact(self, is_exact: bool) -> None:
        if is_exact != self._is_exact:
            self._is_exact = is_exact
            self.exact_changed.emit(is_exact)

    @Slot(int, str)
    def _on_device_changed(self, generation: int, device: str) -> None:
        if generation == self._generation:
            self._device = device
            self.device_changed.emit(device)

    @Slot(int, str)
    def _on_damaged(self, generation: int, sentence: str) -> None:
        if generation == self._generation:
            self.warned.emit(sentence)

    @Slot(int, str)
    def _on_failed(self, generation: int, sentence: str) -> None:
        if generation == self._generation:
            self.pause()
            self._patience.stop()
            self.failed.emit(sentence)
