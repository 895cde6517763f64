"""Reads frames on a thread of its own: one open decoder, and only the newest request counts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage

from cast_studio.app.latest import LatestSlot
from cast_studio.app.threads import Worker, sentence_of
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, VideoDecoder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """What should be on screen.

    Attributes:
        generation: Counts the videos that were set; answers about an older one are dropped.
        path: The video file, None for none.
        frame_index: Clamped to the video.
    """

    generation: int
    path: Path | None
    frame_index: int


@dataclass(frozen=True, slots=True)
class OpenedVideo:
    """What is known of a video once it is open.

    Attributes:
        index: Its frames.
        width: Of an upright frame, in stored pixels.
        height: Of an upright frame, in stored pixels.
        sample_aspect: Width of a pixel over its height.
        warnings: Sentences about what is wrong with the file, such as a missing end.
    """

    index: FrameIndex
    width: int
    height: int
    sample_aspect: float
    warnings: tuple[str, ...]


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """Return an image that owns its memory, in the format that paints fastest.

    A QImage made over an array aliases it; the change of format copies.

    Args:
        pixels: RGB, shape (height, width, 3).
    """
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    view = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


class FrameReader(Worker):
    """The decoder's thread. Woken by :meth:`serve`, it works until the slot of requests is empty.

    Signals:
        opened: Generation and :class:`OpenedVideo`.
        frame_read: Generation, frame index and a QImage.
        damaged: Generation and a sentence, for the first frame of a video that cannot be decoded.
        failed: Generation and a sentence.
    """

    opened = Signal(int, object)
    frame_read = Signal(int, int, object)
    damaged = Signal(int, str)
    failed = Signal(int, str)

    def __init__(self, wanted: LatestSlot[FrameRequest]) -> None:
        super().__init__()
        self._wanted = wanted
        self._generation = -1
        self._decoder: VideoDecoder | None = None
        self._told_of_damage = False

    @Slot()
    def serve(self) -> None:
        """Answer the newest request, and whatever became the newest meanwhile."""
        while (request := self._wanted.take()) is not None:
            try:
                self._answer(request)
            except DamagedFrameError as error:
                self._tell_of_damage(request, error)
            except MediaError as error:
                self.failed.emit(request.generation, str(error))
            except Exception as error:
                log.exception("reading frame %d of %s", request.frame_index, request.path)
                sentence = sentence_of(error, doing="Reading the video")
                self.failed.emit(request.generation, sentence)

    def release(self) -> None:
        """Close the video."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def _tell_of_damage(self, request: FrameRequest, error: DamagedFrameError) -> None:
        # Once per video: playing through a damaged stretch would say it for every frame.
        if not self._told_of_damage:
            self._told_of_damage = True
            self.damaged.emit(request.generation, str(error))

    def _answer(self, request: FrameRequest) -> None:
        if request.generation != self._generation:
            self._open(request)
        if self._decoder is None:
            return
        frame_index = min(max(request.frame_index, 0), len(self._decoder) - 1)
        frame = self._decoder.frame_at(frame_index)
        self.frame_read.emit(request.generation, frame_index, image_of(frame.to_rgb()))

    def _open(self, request: FrameRequest) -> None:
        self.release()
        # Remembered before opening: a video that cannot be opened is reported once, not per frame.
        self._generation = request.generation
        self._told_of_damage = False
        if request.path is None:
            return
        decoder = VideoDecoder(request.path)
        self._decoder = decoder
        video = OpenedVideo(
            index=decoder.index,
            width=decoder.width,
            height=decoder.height,
            sample_aspect=float(decoder.sample_aspect),
            warnings=decoder.warnings,
        )
        self.opened.emit(request.generation, video)
