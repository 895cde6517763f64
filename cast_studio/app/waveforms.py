"""The waveform of the open video, read on a thread of its own while the player rests."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot

from cast_studio.app.leisure import Leisure
from cast_studio.app.leisure_work import LeisureService, LeisureWorker, Parts
from cast_studio.app.playback import Player
from cast_studio.media.waveform import Waveform
from cast_studio.media.waveform_cache import WaveformCache
from cast_studio.media.waveform_reader import WaveformReader

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


class WaveformWorker(LeisureWorker[SoundWish]):
    """Reads about a second of sound at a time.

    Signals:
        found: Generation and :class:`Waveform`, as far as it was read, or None for a silent file.
    """

    found = Signal(int, object)

    def __init__(self, leisure: Leisure, cache: WaveformCache) -> None:
        super().__init__(leisure)
        self._cache = cache

    def parts_of(self, wish: SoundWish) -> Parts:
        """Show what is kept of a file, or read it to its end."""
        self.subject = f"waveform of {wish.path}"
        if wish.path is None:
            return
        try:
            kept = self._cache.load(wish.path)
            if kept is not None:
                self.found.emit(wish.generation, kept)
            else:
                yield from self._read(wish.generation, wish.path)
        except Exception:
            self.found.emit(wish.generation, None)
            raise

    def _read(self, generation: int, path: Path) -> Parts:
        reader = WaveformReader.open(path)
        if reader is None:
            self.found.emit(generation, None)
            return
        with closing(reader):
            tell_at = time.monotonic() + _FIRST_AFTER_SECONDS
            # That there is sound is known at once: its place need not come later.
            self.found.emit(generation, reader.waveform(is_complete=False))
            yield
            begun = time.monotonic()
            for _ in reader.read():
                if begun >= tell_at:
                    self.found.emit(generation, reader.waveform(is_complete=False))
                    taken = time.monotonic() - begun
                    tell_at = begun + max(_FIRST_AFTER_SECONDS, _COPIES_SHARE * taken)
                yield
                begun = time.monotonic()
            waveform = reader.waveform(is_complete=True) if reader.has_sound else None
        self.found.emit(generation, waveform)
        if waveform is not None:
            self._cache.save(path, waveform)


class Waveforms(LeisureService[SoundWish]):
    """Has the waveform of the open video read, while somebody wants to see it. GUI thread.

    Signals:
        changed: There is another waveform than before, or more of it.
    """

    changed = Signal()

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
        worker = WaveformWorker(leisure, cache)
        super().__init__(worker, "waveform", parent)
        self._player = player
        self._generation = 0
        self._is_wanted = False
        self._waveform: Waveform | None = None
        worker.found.connect(self._on_found)
        player.closed.connect(self._on_closed)
        player.opened.connect(self._on_opened)

    @property
    def waveform(self) -> Waveform | None:
        """What was read so far; None while nothing is known, and for a silent file."""
        return self._waveform

    def want(self, is_wanted: bool) -> None:
        """Read the sound of this video and those to come, or none any more."""
        if is_wanted != self._is_wanted:
            self._is_wanted = is_wanted
            self._begin()

    def _begin(self) -> None:
        self._generation += 1
        is_open = self._player.frame_index is not None
        path = self._player.path if self._is_wanted and is_open else None
        self._show(None)
        self._have_done(SoundWish(self._generation, path))

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
