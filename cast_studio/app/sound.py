"""Sound in step with the picture: at normal speed, where the file has it and the computer can play it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from cast_studio.app.playback import Player
from cast_studio.app.preferences import Preferences
from cast_studio.app.sound_sink import SoundSink
from cast_studio.app.threads import STOP_TIMEOUT_MS, Worker, WorkerThread
from cast_studio.errors import MediaError
from cast_studio.media.sound_reader import SoundReader

log = logging.getLogger(__name__)

_FEED_MS: Final = 20
# An ear notices more; correcting less would be heard as a crackle itself.
_LONGEST_DRIFT: Final = 0.1
_SETTLED_SECONDS: Final = 1.0
_LONGEST_LATENCY: Final = 0.5
_AT_ONCE: Final = 1 << 15


class SoundState(Enum):
    """Whether there is anything to hear."""

    NO_VIDEO = auto()
    SILENT_FILE = auto()
    NO_OUTPUT = auto()
    READY = auto()


class SoundWorker(Worker):
    """Feeds the output, on a thread of its own: decoding sound would make the window wait.

    Signals:
        state_found: The path as text and the :class:`SoundState` of that video.
    """

    state_found = Signal(str, object)

    def __init__(self, make_sink: Callable[[], SoundSink | None]) -> None:
        super().__init__()
        self._make_sink = make_sink
        self._sink: SoundSink | None = None
        self._has_tried = False
        self._reader: SoundReader | None = None
        self._volume = 1.0
        self._began: tuple[float, float] | None = None
        self._first = 0.0
        # How long after its beginning this computer's output is heard, as far as it was noticed.
        self._latency = 0.0
        self._caught_up_at = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_FEED_MS)
        self._timer.timeout.connect(self._on_feed)

    @Slot(str)
    def open(self, path: str) -> None:
        """Turn to the sound of another video; an empty text for none."""
        self.stop()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if path:
            self.state_found.emit(path, self._opened(Path(path)))

    @Slot(float, float)
    def start(self, seconds: float, begun_at: float) -> None:
        """Play.

        Args:
            seconds: The moment of the video that was due when it began.
            begun_at: When that was, by ``time.monotonic``.
        """
        self.stop()
        if self._reader is not None and self._sink is not None:
            self._began = seconds, begun_at
            self._catch_up()
            self._timer.start()

    @Slot()
    def stop(self) -> None:
        """Be silent."""
        self._timer.stop()
        if self._began is not None and self._sink is not None:
            self._sink.stop()
        self._began = None

    @Slot(float)
    def set_volume(self, volume: float) -> None:
        """Play louder or softer, 0 to 1."""
        self._volume = volume
        if self._sink is not None:
            self._sink.set_volume(volume)

    def release(self) -> None:
        """Close the file and the output."""
        self.open("")
        self._sink = None

    def _opened(self, path: Path) -> SoundState:
        try:
            self._reader = SoundReader.open(path)
        except MediaError:
            log.info("no sound", exc_info=True)
        if self._reader is None:
            return SoundState.SILENT_FILE
        if not self._has_tried:
            # Not before there is something to hear: it takes a moment, and may talk to a server.
            self._has_tried = True
            self._sink = self._make_sink()
            self.set_volume(self._volume)
        return SoundState.NO_OUTPUT if self._sink is None else SoundState.READY

    def _due(self) -> float:
        if self._began is None:
            return 0.0
        seconds, begun_at = self._began
        return seconds + time.monotonic() - begun_at

    def _catch_up(self) -> None:
        """Begin anew with what is due now."""
        if self._reader is None or self._sink is None:
            return
        self._sink.stop()
        self._caught_up_at = time.monotonic()
        self._first = self._due() + self._latency
        self._reader.seek(self._first)
        self._sink.start()
        self._feed()

    @Slot()
    def _on_feed(self) -> None:
        if self._sink is None:
            return
        drift = self._first + self._sink.heard_seconds() - self._due()
        has_settled = time.monotonic() - self._caught_up_at > _SETTLED_SECONDS
        if has_settled and abs(drift) > _LONGEST_DRIFT:
            self._latency = min(max(self._latency - drift, 0.0), _LONGEST_LATENCY)
            self._catch_up()
        else:
            self._feed()

    def _feed(self) -> None:
        if self._reader is None or self._sink is None:
            return
        while (room := min(self._sink.room(), _AT_ONCE)) > 0:
            samples = self._reader.read(room)
            if not samples:
                return
            self._sink.write(samples)


class SoundOutput(QObject):
    """Lets a player be heard. GUI thread.

    Signals:
        state_changed: The :class:`SoundState`.
        volume_changed: How loud it is, 0 to 1, and whether it is muted.
    """

    state_changed = Signal(object)
    volume_changed = Signal(float, bool)
    _opened = Signal(str)
    _started = Signal(float, float)
    _stopped = Signal()
    _volume_set = Signal(float)

    def __init__(
        self,
        player: Player,
        preferences: Preferences,
        make_sink: Callable[[], SoundSink | None],
        parent: QObject | None = None,
    ) -> None:
        """Follow a player.

        Args:
            player: Who plays.
            preferences: Remembers the volume.
            make_sink: Returns the computer's output or None; called once, on the sound's thread, when a
                video with sound is opened.
            parent: Owns it. :meth:`close` ends the thread.
        """
        super().__init__(parent)
        self._player = player
        self._preferences = preferences
        self._state = SoundState.NO_VIDEO
        worker = SoundWorker(make_sink)
        self._opened.connect(worker.open)
        self._started.connect(worker.start)
        self._stopped.connect(worker.stop)
        self._volume_set.connect(worker.set_volume)
        worker.state_found.connect(self._on_state_found)
        player.closed.connect(self._on_closed)
        player.opened.connect(self._on_opened)
        player.time_started.connect(self._on_time_started)
        player.time_stopped.connect(self._stopped)
        self._thread = WorkerThread(worker, name="sound")
        self._thread.start()
        self._tell_volume()

    @property
    def state(self) -> SoundState:
        """Whether there is anything to hear."""
        return self._state

    @property
    def volume(self) -> float:
        """How loud it is when it is not muted, 0 to 1."""
        return self._preferences.volume

    @property
    def is_muted(self) -> bool:
        """Whether nothing is to be heard."""
        return self._preferences.is_muted

    @Slot(float)
    def set_volume(self, volume: float) -> None:
        """Play louder or softer, 0 to 1, and remember it; no longer muted."""
        self._preferences.volume = volume
        self._preferences.is_muted = False
        self._tell_volume()

    @Slot(bool)
    def set_muted(self, is_muted: bool) -> None:
        """Be silent, or as loud as before, and remember it."""
        self._preferences.is_muted = is_muted
        self._tell_volume()

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Be silent and end the thread; return whether it ended in time."""
        return self._thread.stop(timeout_ms)

    def _tell_volume(self) -> None:
        self._volume_set.emit(0.0 if self.is_muted else self.volume)
        self.volume_changed.emit(self.volume, self.is_muted)

    def _set_state(self, state: SoundState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    @Slot()
    def _on_closed(self) -> None:
        self._opened.emit("")
        self._set_state(SoundState.NO_VIDEO)

    @Slot(object)
    def _on_opened(self, _index: object) -> None:
        self._opened.emit(str(self._player.path or ""))

    @Slot(str, object)
    def _on_state_found(self, path: str, state: SoundState) -> None:
        if path == str(self._player.path):
            self._set_state(state)

    @Slot(float, float)
    def _on_time_started(self, seconds: float, rate: float) -> None:
        if rate == 1.0:
            self._started.emit(seconds, time.monotonic())
        else:
            self._stopped.emit()
