"""The waveform of the open video, read on a thread of its own while the player rests."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.latest import LatestSlot
from cast_studio.app.leisure import Leisure
from cast_studio.app.playback import Player
from cast_studio.app.threads import STOP_TIMEOUT_MS, Worker, WorkerThread
from cast_studio.errors import MediaError
from cast_studio.media.waveform import Waveform
from cast_studio.media.waveform_cache import WaveformCache
from cast_studio.media.waveform_reader import WaveformReader

log = logging.getLogger(__name__)

_FIRST_AFTER_SECONDS: Final = 0.1
# What was read so far is copied each time it is told: no more than a small share of the work.
_COPIES_SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class SoundWish:
    """Whose waveform is to be seen.

    Attributes:
        generation: Counts the videos.
        path: The video, None for none.
    """

    generation: int
    path: Path | None


class WaveformWorker(Worker):
    """Reads about a second of sound at a time; between two it looks whether it is still wanted.

    Signals:
        found: Generation and :class:`Waveform`, as far as it was read, or None for a silent file.
    """

    found = Signal(int, object)

    def __init__(
        self, wished: LatestSlot[SoundWish], leisure: Leisure, cache: WaveformCache
    ) -> None:
        super().__init__()
        self._wished = wished
        self._leisure = leisure
        self._cache = cache
        self._wish = SoundWish(-1, None)
        self._reader: WaveformReader | None = None
        self._read: Iterator[float] = iter(())
        self._tell_at = 0.0

    @Slot()
    def serve(self) -> None:
        """Read until the sound ends, or there is no time for it."""
        try:
            while not self._wished.is_closed:
                wish = self._wished.take()
                if wish is not None:
                    self._turn_to(wish)
                if self._reader is None or not self._leisure.is_now():
                    return
                self._go_on(self._reader)
        except Exception as error:
            # What nobody waits for is no reason to disturb anybody.
            level = logging.INFO if isinstance(error, MediaError) else logging.ERROR
            log.log(level, "no waveform of %s", self._wish.path, exc_info=True)
            self.release()
            self.found.emit(self._wish.generation, None)

    def release(self) -> None:
        """Close the file."""
        self._read = iter(())
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _turn_to(self, wish: SoundWish) -> None:
        self.release()
        self._wish = wish
        if wish.path is None:
            return
        kept = self._cache.load(wish.path)
        if kept is not None:
            self.found.emit(wish.generation, kept)
            return
        self._reader = WaveformReader.open(wish.path)
        if self._reader is None:
            self.found.emit(wish.generation, None)
            return
        self._read = self._reader.read()
        self._tell_at = time.monotonic() + _FIRST_AFTER_SECONDS
        # That there is sound is known at once: its place need not come later.
        self.found.emit(wish.generation, self._reader.waveform(is_complete=False))

    def _go_on(self, reader: WaveformReader) -> None:
        now = time.monotonic()
        if next(self._read, None) is None:
            self._finish(reader)
        elif now >= self._tell_at:
            self.found.emit(self._wish.generation, reader.waveform(is_complete=False))
            taken = time.monotonic() - now
            self._tell_at = now + max(_FIRST_AFTER_SECONDS, _COPIES_SHARE * taken)

    def _finish(self, reader: WaveformReader) -> None:
        waveform = reader.waveform(is_complete=True) if reader.has_sound else None
        self.release()
        self.found.emit(self._wish.generation, waveform)
        if waveform is not None and self._wish.path is not None:
            self._cache.save(self._wish.path, waveform)


class Waveforms(QObject):
    """Has the waveform of the open video read, while somebody wants to see it. GUI thread.

    Signals:
        changed: There is another waveform than before, or more of it.
    """

    changed = Signal()
    _serve = Signal()

    def __init__(
        self,
        player: Player,
        leisure: Leisure,
        cache: WaveformCache,
        parent: QObject | None = None,
    ) -> None:
        """Follow a player.

        Args:
            player: Whose video it is.
            leisure: When there is time.
            cache: Keeps waveforms on the disk.
            parent: Owns it. :meth:`close` ends the thread.
        """
        super().__init__(parent)
        self._player = player
        self._wished: LatestSlot[SoundWish] = LatestSlot()
        self._generation = 0
        self._is_wanted = False
        self._waveform: Waveform | None = None
        worker = WaveformWorker(self._wished, leisure, cache)
        self._serve.connect(worker.serve)
        worker.found.connect(self._on_found)
        leisure.began.connect(worker.serve)
        player.closed.connect(self._on_closed)
        player.opened.connect(self._on_opened)
        self._thread = WorkerThread(worker, name="waveform")
        self._thread.start()

    @property
    def waveform(self) -> Waveform | None:
        """What was read so far; None while nothing is known, and for a silent file."""
        return self._waveform

    def want(self, is_wanted: bool) -> None:
        """Read the sound of this video and those to come, or none any more."""
        if is_wanted != self._is_wanted:
            self._is_wanted = is_wanted
            self._begin()

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Read no more and end the thread; return whether it ended in time."""
        self._wished.close()
        return self._thread.stop(timeout_ms)

    def _begin(self) -> None:
        self._generation += 1
        is_open = self._player.frame_index is not None
        path = self._player.path if self._is_wanted and is_open else None
        self._show(None)
        if self._wished.put(SoundWish(self._generation, path)):
            self._serve.emit()

    def _show(self, waveform: Waveform | None) -> None:
        if waveform is not self._waveform:
            self._waveform = waveform
            self.changed.emit()

    @Slot()
    def _on_closed(self) -> None:
        self._begin()

    @Slot(object)
    def _on_opened(self, _index: object) -> None:
        self._begin()

    @Slot(int, object)
    def _on_found(self, generation: int, waveform: Waveform | None) -> None:
        if generation == self._generation:
            self._show(waveform)
