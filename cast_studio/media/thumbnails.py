"""Small pictures of a video: of any of its frames, or one that stands for all of it.

They are upright and have the shape in which the video is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from cast_studio.core.timing import FrameIndex
from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, VideoDecoder
from cast_studio.media.frame import Orientation, RgbConverter
from cast_studio.media.reader import StreamReader
from cast_studio.said import say

Picture = NDArray[np.uint8]
"""Shape (H, W, 4): blue, green, red, 255."""

BOX: Final = (192, 108)
"""Most pixels of a small picture from left to right and from top to bottom."""

IsWanted = Callable[[], bool]
"""Says between two frames whether a picture is still wanted."""

_CACHE_BYTES = 16 << 20
# Where a file cannot be sought, a frame costs all before it: farther ones are not worth the time.
_LONGEST_WAY = 2_000
# Where to look for a picture that stands for the video, as shares of its duration.
_PLACES = (Fraction(1, 10), Fraction(3, 10), Fraction(1, 2), Fraction(3, 4))
# Below this standard deviation (of 255, in the color that varies most) there is nothing to see: the frame
# is black, white or faded.
_LEAST_CONTRAST = 10.0
# Frames to pass by until there is something to see, where no other key frame helps.
_FRAMES_TO_PASS = 100
_MICROSECONDS = 1_000_000


class DistantFrameError(MediaError):
    """A frame that costs too many others to be decoded for a small picture."""


class ThumbnailReader:
    """Makes small pictures of frames, exactly as the decoder gives them. Use from one thread.

    It decodes on one thread, so that what is on screen has the others to itself, and without
    threads a key frame comes out sooner.

    Args:
        path: The video.
        stream: Number of its video stream; else the best one.
        is_wanted: Stops a scan that takes long, with False.

    Raises:
        ScanCanceledError: It was stopped.
        MediaError: The file cannot be opened.
    """

    def __init__(
        self, path: Path, *, stream: int | None = None, is_wanted: IsWanted = lambda: True
    ) -> None:
        self._decoder = VideoDecoder(
            path,
            stream=stream,
            cache_bytes=_CACHE_BYTES,
            threads=1,
            on_progress=lambda _share: is_wanted(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._decoder.close()

    @property
    def index(self) -> FrameIndex:
        """The frames of the video."""
        return self._decoder.index

    def picture_of(self, frame_index: int, *, is_wanted: IsWanted = lambda: True) -> Picture | None:
        """Return a frame as a small picture.

        Args:
            frame_index: From 0; a key frame costs least.
            is_wanted: Is asked before each frame that has to be decoded.

        Returns:
            None where it is not wanted any more.

        Raises:
            DistantFrameError: Too many frames would have to be decoded.
            DamagedFrameError: The file is damaged at this frame.
            MediaError: The file has gone.
        """
        decoder = self._decoder
        way = decoder.way_to(frame_index)
        if len(way) > _LONGEST_WAY:
            raise DistantFrameError(
                say(
                    "Frame {frame_index} is {count} frames away.",
                    frame_index=frame_index,
                    count=len(way),
                )
            )
        for passed in way[:-1]:
            if not is_wanted():
                return None
            try:
                decoder.frame_at(passed)
            except DamagedFrameError:
                continue
        if not is_wanted():
            return None
        size = small_size(decoder.width, decoder.height, decoder.sample_aspect)
        return _sized(decoder.frame_at(frame_index).to_bgra(size), size)


def small_size(width: int, height: int, sample_aspect: Fraction) -> tuple[int, int]:
    """Return width and height of a small picture, as a frame is seen: at least one pixel each way.

    Args:
        width: Stored pixels of the upright frame from left to right.
        height: From top to bottom.
        sample_aspect: Width of such a pixel by its height.
    """
    seen = width * sample_aspect / height
    shrunk = min(Fraction(BOX[0]) / (height * seen), Fraction(BOX[1], height), Fraction(1))
    return max(1, round(height * seen * shrunk)), max(1, round(height * shrunk))


def cover_of(
    path: Path, *, stream: int | None = None, is_wanted: IsWanted = lambda: True
) -> Picture | None:
    """Return a small picture that stands for a video: a key frame on which there is something to see.

    No scan of the file is needed: a few places are looked at, the first at a tenth of it.

    Args:
        path: The video.
        stream: Number of its video stream; else the best one.
        is_wanted: Is asked before each frame that has to be decoded.

    Returns:
        None where it is not wanted any more, or nothing can be decoded.

    Raises:
        MediaError: The file cannot be opened.
    """
    reader = StreamReader(path, stream, threads=1)
    try:
        return _Search(reader, is_wanted).best()
    finally:
        reader.close()


class _Search:
    """Looks for the picture with something to see."""

    def __init__(self, reader: StreamReader, is_wanted: IsWanted) -> None:
        self._reader = reader
        self._is_wanted = is_wanted
        self._found: Picture | None = None
        self._contrast = -1.0

    def best(self) -> Picture | None:
        """Return the first good picture, else the least bad one."""
        before: int | None = None
        for seconds in self._places():
            self._go_to(seconds)
            frame = self._next_frame(keys_only=True)
            if frame is None or frame.pts == before:
                # No other key frame is near there.
                continue
            before = frame.pts
            if self._is_good(frame):
                return self._found
        self._reader.restart()
        for _ in range(_FRAMES_TO_PASS):
            frame = self._next_frame(keys_only=False)
            if frame is None or self._is_good(frame):
                break
        return self._found if self._is_wanted() else None

    def _places(self) -> list[Fraction]:
        """Return times to look at, in seconds of the file."""
        stream, container = self._reader.stream, self._reader.container
        timebase = stream.time_base or Fraction(1)
        start = (stream.start_time or 0) * timebase
        if stream.duration:
            duration = stream.duration * timebase
        elif container.duration:
            duration = Fraction(container.duration, _MICROSECONDS)
        else:
            return []
        return [start + share * duration for share in _PLACES]

    def _go_to(self, seconds: Fraction) -> None:
        timebase = self._reader.stream.time_base
        if timebase and not self._reader.seek(int(seconds / timebase)):
            self._reader.restart()

    def _next_frame(self, *, keys_only: bool) -> VideoFrame | None:
        for _ in range(_FRAMES_TO_PASS):
            if not self._is_wanted():
                return None
            frame = self._reader.read()
            if frame is None or not keys_only or frame.key_frame:
                return frame
        return None

    def _is_good(self, frame: VideoFrame) -> bool:
        """Keep the frame if it is the best so far; return whether it is good enough."""
        picture = _small(frame, self._reader)
        contrast = float(picture[..., :3].std(axis=(0, 1)).max())
        if contrast > self._contrast:
            self._found, self._contrast = picture, contrast
        return contrast >= _LEAST_CONTRAST


def _small(frame: VideoFrame, reader: StreamReader) -> Picture:
    orientation = Orientation.of(frame)
    width, height = frame.width, frame.height
    if orientation.transposed:
        width, height = height, width
    size = small_size(width, height, orientation.upright_aspect(reader.stream.sample_aspect_ratio))
    converter = RgbConverter(frame.width, frame.height, orientation)
    return _sized(converter.paint(frame, size), size)


def _sized(picture: Picture, size: tuple[int, int]) -> Picture:
    """Return a picture in its size; it has it already unless its pixels are stretched."""
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
