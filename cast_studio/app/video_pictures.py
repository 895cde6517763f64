"""A small picture of each video of a project, made one video at a time while the player rests."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from cast_studio.app.frame_reader import image_of
from cast_studio.app.leisure import Leisure
from cast_studio.app.leisure_work import LeisureService, LeisureWorker, Parts
from cast_studio.app.picture_memory import PictureMemory
from cast_studio.app.threads import STOP_TIMEOUT_MS
from cast_studio.errors import MediaError
from cast_studio.media.thumbnail_cache import ThumbnailCache
from cast_studio.media.thumbnails import Picture, cover_of

log = logging.getLogger(__name__)

MOST_BYTES: Final = 16 << 20
"""Of pictures in memory: about two hundred."""
_MOST_WISHES: Final = 100
_COVER: Final = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A video whose picture is to be seen.

    Attributes:
        video_id: The video.
        path: Its file.
        stream: Number of its video stream; None for the best one.
    """

    video_id: str
    path: Path
    stream: int | None = None


class CoverWorker(LeisureWorker[tuple[Wanted, ...]]):
    """Makes pictures of videos, those first that were asked for last.

    Signals:
        made: A :class:`Wanted`, and its :class:`QImage` or None where there can be none.
    """

    made = Signal(object, object)

    def __init__(self, leisure: Leisure, cache: ThumbnailCache) -> None:
        super().__init__(leisure)
        self._cache = cache

    def parts_of(self, wish: tuple[Wanted, ...]) -> Parts:
        """Show these pictures in their order, those that were made before at any time."""
        self.subject = "pictures of videos"
        for wanted in wish:
            if self.wished.is_closed or not self.wished.is_empty:
                return
            while not self._has_shown(wanted):
                yield

    def _has_shown(self, wanted: Wanted) -> bool:
        """Show one picture; False where that has to wait."""
        picture: Picture | None = None
        try:
            kept = self._cache.cover_of(wanted.path, stream=wanted.stream)
            picture = kept.get(_COVER)
            if picture is None:
                if not self.leisure.is_now():
                    return False
                picture = cover_of(wanted.path, stream=wanted.stream, is_wanted=self.may_go_on)
                if picture is None and not self.may_go_on():
                    return False
                if picture is not None:
                    kept.put(_COVER, picture)
        except MediaError as error:
            log.info("no picture of %s: %s", wanted.path, error)
        except Exception:
            log.exception("making a picture of %s", wanted.path)
        self.made.emit(wanted, None if picture is None else image_of(picture))
        return True


class VideoPictures(LeisureService[tuple[Wanted, ...]]):
    """Holds the pictures, and has those made that somebody asks for. GUI thread.

    Signals:
        arrived: The id of a video whose picture is there now.
    """

    arrived = Signal(str)

    def __init__(
        self, leisure: Leisure, cache: ThumbnailCache, parent: QObject | None = None
    ) -> None:
        """Start the thread. :meth:`close` ends it.

        Args:
            leisure: When there is time.
            cache: Keeps pictures on the disk.
            parent: Owns it.
        """
        worker = CoverWorker(leisure, cache)
        super().__init__(worker, "pictures of videos", parent)
        worker.made.connect(self._on_made)
        self._memory: PictureMemory[Wanted] = PictureMemory(MOST_BYTES)
        self._asked: dict[Wanted, None] = {}
        self._waiting: dict[Wanted, None] = {}
        # A list asks line by line while it is painted: what it asks for together is one wish.
        self._together = QTimer(self)
        self._together.setSingleShot(True)
        self._together.setInterval(0)
        self._together.timeout.connect(self._on_asked)

    @property
    def held_bytes(self) -> int:
        """Bytes of pictures in memory."""
        return self._memory.held_bytes

    def picture(self, video_id: str, path: Path, stream: int | None = None) -> QImage | None:
        """Return the picture of a video; None while there is none, and it is made.

        Args:
            video_id: The video.
            path: Its file; one that is replaced by another has another picture.
            stream: Number of its video stream; None for the best one.
        """
        wanted = Wanted(video_id, path, stream)
        if wanted not in self._memory and wanted not in self._waiting:
            self._asked[wanted] = None
            self._together.start()
        return self._memory.get(wanted)

    @Slot()
    def try_again(self) -> None:
        """Forget of which videos there is no picture: their files may be there now."""
        self._memory.forget_absent()

    def clear(self) -> None:
        """Forget all pictures, and what was asked for."""
        self._memory.clear()
        self._asked.clear()
        self._waiting.clear()
        self._have_done(())

    def close(self, timeout_ms: int = STOP_TIMEOUT_MS) -> bool:
        """Make no more pictures and end the thread; return whether it ended in time."""
        self._together.stop()
        return super().close(timeout_ms)

    @Slot()
    def _on_asked(self) -> None:
        """Pass on what is to be seen now before what was to be seen a moment ago."""
        later = {wanted: None for wanted in self._waiting if wanted not in self._asked}
        both = [*self._asked, *later]
        self._waiting = dict.fromkeys(both[:_MOST_WISHES])
        self._asked.clear()
        self._have_done(tuple(self._waiting))

    @Slot(object, object)
    def _on_made(self, wanted: Wanted, image: QImage | None) -> None:
        self._waiting.pop(wanted, None)
        self._memory.put(wanted, image)
        self.arrived.emit(wanted.video_id)
