"""Recently decoded pictures, bounded by the memory that they hold."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from av.video.frame import VideoFrame

# FFmpeg's, PyAV's and our own objects for one picture, measured: a quarter of a very small one.
_BESIDE_PIXELS: Final = 3000


class FrameCache:
    """Pictures by frame index; the least recently used go first. Use from one thread at a time.

    Args:
        limit_bytes: Most bytes to keep, see :func:`picture_bytes`; one picture may be larger and stays.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._pictures: OrderedDict[int, VideoFrame] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def held_bytes(self) -> int:
        """Bytes held now."""
        return self._bytes

    def get(self, index: int) -> VideoFrame | None:
        """Return the picture of a frame and count it as used; None if it is not held."""
        picture = self._pictures.get(index)
        if picture is not None:
            self._pictures.move_to_end(index)
        return picture

    def put(self, index: int, picture: VideoFrame) -> None:
        """Hold a picture, letting go of older ones as needed."""
        previous = self._pictures.pop(index, None)
        if previous is not None:
            self._bytes -= picture_bytes(previous)
        self._pictures[index] = picture
        self._bytes += picture_bytes(picture)
        while self._bytes > self._limit and len(self._pictures) > 1:
            _, oldest = self._pictures.popitem(last=False)
            self._bytes -= picture_bytes(oldest)

    def clear(self) -> None:
        """Let go of everything."""
        self._pictures.clear()
        self._bytes = 0


def picture_bytes(picture: VideoFrame) -> int:
    """Return how much memory a picture takes: its pixels with their padding, and what knows them."""
    return _BESIDE_PIXELS + sum(plane.buffer_size for plane in picture.planes)
