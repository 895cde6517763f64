"""Makes pictures of frames on a thread of its own, from what is decoded; only the newest request counts."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage

from cast_studio.app.frame_request import FrameRequest
from cast_studio.app.latest import LatestSlot
from cast_studio.app.threads import Worker, sentence_of
from cast_studio.media.decoder import Frame
from cast_studio.media.frame_store import FrameStore
from cast_studio.said import say

log = logging.getLogger(__name__)

# A frame that is held this near is shown until the one that is wanted is decoded.
_NEAR: Final = 30


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Return an image that owns its memory, in the format that paints fastest.

    A QImage made over an array aliases it; this one is a copy.

    Args:
        pixels: Blue, green, red and a byte that is not used, shape (height, width, 4).
    """
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


class FrameReader(Worker):
    """The eye's thread: it answers at once from the store, or as soon as the decoder has the frame.

    Signals:
        frame_read: Generation, frame index and a QImage.
        preview_read: The same of another frame, to be seen until the one that is wanted is there.
        failed: Generation and a sentence.
    """

    frame_read = Signal(int, int, object)
    preview_read = Signal(int, int, object)
    failed = Signal(int, str)

    def __init__(self, wanted: LatestSlot[FrameRequest], store: FrameStore) -> None:
        super().__init__()
        self._wanted = wanted
        self._store = store
        self._open_request: FrameRequest | None = None
        self._last = FrameRequest(-1, None, 0)
        self._on_screen: int | None = None

    @Slot()
    def serve(self) -> None:
        """Answer the newest request, and whatever became the newest meanwhile, as far as it is decoded."""
        while (request := self._wanted.take()) is not None:
            if request.generation != self._last.generation:
                self._on_screen = None
            self._last = self._open_request = request
            self._answer(request)

    @Slot(int, int)
    def on_arrived(self, generation: int, frame_index: int) -> None:
        """Show a frame that was decoded, if it is the one that is wanted."""
        request = self._open_request
        if request is not None and (request.generation, request.frame_index) == (
            generation,
            frame_index,
        ):
            self._answer(request)

    @Slot(int)
    def on_sharpened(self, generation: int) -> None:
        """Show the frame at the playhead again: more of it is there now."""
        if self._last.generation == generation:
            self._answer(self._last)

    @Slot(int, object)
    def on_passed(self, generation: int, frame: Frame) -> None:
        """Show a frame on the way to the one that is wanted, if that is not there yet."""
        if self._open_request is not None and self._open_request.generation == generation:
            self._show_instead(self._open_request, frame)

    def _answer(self, request: FrameRequest) -> None:
        frame = self._store.get(request.generation, request.frame_index)
        if frame is not None:
            self._open_request = None
            image = self._image(request, frame)
            if image is not None:
                self._on_screen = frame.index
                self.frame_read.emit(request.generation, frame.index, image)
            return
        near = self._store.nearest(request.generation, request.frame_index, within=_NEAR)
        if near is not None:
            self._show_instead(request, near)

    def _show_instead(self, request: FrameRequest, frame: Frame) -> None:
        distance, shown = abs(frame.index - request.frame_index), self._on_screen
        # What is on screen already may be the better stand-in; from far away, a jump should be seen.
        if shown is not None and abs(shown - request.frame_index) <= min(distance, _NEAR):
            return
        image = self._image(request, frame)
        if image is not None:
            self._on_screen = frame.index
            self.preview_read.emit(request.generation, frame.index, image)

    def _image(self, request: FrameRequest, frame: Frame) -> QImage | None:
        try:
            return image_of(request.look.apply(frame.to_bgra(request.screen)))
        except Exception as error:
            log.exception("showing frame %d of %s", frame.index, request.path)
            sentence = sentence_of(error, doing=say("Showing the video"))
            self.failed.emit(request.generation, sentence)
            return None
