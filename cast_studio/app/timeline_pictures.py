"""Small pictures of the open video's key frames, made on a thread of their own while the player rests."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from cast_studio.app.frame_reader import image_of
from cast_studio.app.leisure import Leisure
from cast_studio.app.leisure_work import LeisureService, LeisureWorker, Parts
from cast_studio.app.picture_memory import PictureMemory
from cast_studio.app.playback import Player
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError
from cast_studio.media.heap import give_back_free_memory
from cast_studio.media.thumbnail_cache import PictureFile, ThumbnailCache
from cast_studio.media.thumbnails import DistantFrameError, Picture, ThumbnailReader
from cast_studio.said import say

log = logging.getLogger(__name__)

MOST_BYTES: Final = 32 << 20
"""Of pictures in memory."""
_REST_MS: Final = 5_000
"""So long after the last picture the video is closed: of a long one, FFmpeg's list of frames is large."""


@dataclass(frozen=True, slots=True)
class PictureWish:
    """Which pictures are to be seen.

    Attributes:
        generation: Counts the videos.
        path: The video, None for none.
        index: Its frames as the player knows them.
        frames: Frame indices, the one that is wanted first first.
        stream: Number of the stream that is shown.
    """

    generation: int
    path: Path | None
    index: FrameIndex | None
    frames: tuple[int, ...] = ()
    stream: int | None = None


class PictureWorker(LeisureWorker[PictureWish]):
    """Makes one picture after the other.

    Signals:
        made: Generation, frame index, and a :class:`QImage`, or None where there can be none.
    """

    made = Signal(int, int, object)

    def __init__(self, leisure: Leisure, cache: ThumbnailCache) -> None:
        super().__init__(leisure)
        self._cache = cache
        self._wish = PictureWish(-1, None, None)
        self._file: PictureFile | None = None
        self._reader: ThumbnailReader | None = None
        self._rest = QTimer(self)  # of the thread to which the worker moves
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._close_reader)

    def parts_of(self, wish: PictureWish) -> Parts:
        """Show what was made before, then make the others."""
        if wish.generation != self._wish.generation:
            self._close_video()
        self._wish = wish
        self.subject = f"small pictures of {wish.path}"
        if wish.path is None or wish.index is None:
            return
        if self._file is None:
            self._file = self._cache.frames_of(wish.path, wish.index, stream=wish.stream)
        for frame in [frame for frame in wish.frames if not self._has_shown_kept(frame)]:
            is_made = False
            while not is_made:
                yield
                is_made = self._has_made(frame)
                self._rest.start()

    def release(self) -> None:
        """Make no more pictures and close the video."""
        super().release()
        self._close_video()

    def _close_video(self) -> None:
        self._rest.stop()
        self._close_reader()
        self._file = None

    @Slot()
    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None
            give_back_free_memory()

    def _has_shown_kept(self, frame_index: int) -> bool:
        """Show a picture that was made before, if there is one: that disturbs nobody."""
        kept = self._file.get(frame_index) if self._file is not None else None
        if kept is not None:
            self._show(frame_index, kept)
        return kept is not None

    def _has_made(self, frame_index: int) -> bool:
        """Make a picture and show it; False if that has to wait."""
        picture: Picture | None = None
        try:
            picture = self._opened().picture_of(frame_index, is_wanted=self.may_go_on)
            if picture is None:
                return False
        except (DamagedFrameError, DistantFrameError) as error:
            log.info("no small picture of %s: %s", self._wish.path, error)
        if picture is not None and self._file is not None:
            self._file.put(frame_index, picture)
        self._show(frame_index, picture)
        return True

    def _show(self, frame_index: int, picture: Picture | None) -> None:
        image = None if picture is None else image_of(picture)
        self.made.emit(self._wish.generation, frame_index, image)

    def _opened(self) -> ThumbnailReader:
        """Return the reader of the video.

        Raises:
            MediaError: The file cannot be read, or is another one by now.
        """
        if self._reader is None:
            if self._wish.path is None:
                raise MediaError(say("no video is open"))
            reader = ThumbnailReader(
                self._wish.path, stream=self._wish.stream, is_wanted=self._is_same_video
            )
            if reader.index != self._wish.index:
                reader.close()
                raise MediaError(
                    say("“{file}” has changed since it was opened.", file=self._wish.path.name)
                )
            self._reader = reader
        return self._reader

    def may_go_on(self) -> bool:
        """Return whether a picture may be finished: not if others are wanted by now."""
        return self.wished.is_empty and super().may_go_on()

    def _is_same_video(self) -> bool:
        newest = self.wished.peek()
        same = newest is None or newest.generation == self._wish.generation
        return same and not self.wished.is_closed


class TimelinePictures(LeisureService[PictureWish]):
    """Holds small pictures of the open video's frames, and has those made that are to be seen. GUI thread.

    Signals:
        changed: Other pictures are there than before: of another video, or one more.
    """

    changed = Signal()

    def __init__(
        self,
        player: Player,
        leisure: Leisure,
        cache: ThumbnailCache,
        parent: QObject | None = None,
    ) -> None:
        """Follow a player.

        Args:
            player: Whose video it is.
            leisure: When there is time.
            cache: Keeps pictures on the disk.
            parent: Owns it. :meth:`close` ends the thread.
        """
        worker = PictureWorker(leisure, cache)
        super().__init__(worker, "small pictures", parent)
        self._player = player
        self._memory: PictureMemory[int] = PictureMemory(MOST_BYTES)
        self._generation = 0
        self._frames: tuple[int, ...] = ()
        worker.made.connect(self._on_made)
        player.closed.connect(self._on_closed)

    def picture(self, frame_index: int) -> QImage | None:
        """Return the picture of a frame; None while there is none."""
        return self._memory.get(frame_index)

    def want(self, frames: Iterable[int]) -> None:
        """Have pictures made of these frames, in this order, and of no others any more."""
        wanted = tuple(frames)
        if self._player.frame_index is None or wanted == self._frames:
            return
        self._frames = wanted
        missing = tuple(frame for frame in wanted if frame not in self._memory)
        self._wish(missing)

    def _wish(self, frames: tuple[int, ...]) -> None:
        player = self._player
        index, video = player.frame_index, player.video
        path = None if index is None else player.path
        stream = None if video is None else video.stream
        self._have_done(PictureWish(self._generation, path, index, frames, stream))

    @Slot()
    def _on_closed(self) -> None:
        self._generation += 1
        self._frames = ()
        self._memory.clear()
        self._wish(())
        self.changed.emit()

    @Slot(int, int, object)
    def _on_made(self, generation: int, frame_index: int, image: QImage | None) -> None:
        if generation == self._generation:
            self._memory.put(frame_index, image)
            self.changed.emit()
