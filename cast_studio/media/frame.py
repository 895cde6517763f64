"""One decoded frame and how it becomes upright RGB."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Self, cast

import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

from cast_studio.core.timing import Timebase
from cast_studio.media.frame_cache import picture_bytes
from cast_studio.media.tone_mapping import is_high_dynamic_range, tone_mapped

# AVColorSpace of a frame -> the matrix that swscale knows (SWS_CS_*). What is not listed, above all
# "unspecified", is taken as BT.601, as FFmpeg, OpenCV and torchcodec do: models were taught on it.
_BT601, _BT709 = 5, 1
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
# The deprecated full-range formats, which say the range by their name alone.
_FULL_RANGE_PREFIX = "yuvj"


@dataclass(frozen=True, slots=True)
class Orientation:
    """How stored pixels are turned to be upright: transposed first, then mirrored.

    Attributes:
        transposed: Rows and columns change places.
        mirrored_x: Left and right change places, after that.
        mirrored_y: Top and bottom change places, after that.
    """

    transposed: bool = False
    mirrored_x: bool = False
    mirrored_y: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> Self:
        """Read the display matrix of a frame, to the nearest quarter turn."""
        # PyAV's type stubs name only one of the kinds that it gives.
        side_data = cast("SideDataContainer", frame.side_data)
        try:
            data = side_data["DISPLAYMATRIX"]
        except KeyError:
            return cls()
        return cls.from_matrix(np.frombuffer(bytes(data), dtype=np.int32))

    @classmethod
    def from_matrix(cls, matrix: NDArray[np.int32]) -> Self:
        """Read a display matrix.

        Args:
            matrix: Shape (9,), 16.16 fixed point: x' = m0 x + m3 y, y' = m1 x + m4 y.
        """
        if len(matrix) < 5:
            return cls()
        a, b, c, d = (int(matrix[i]) for i in (0, 1, 3, 4))
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(transposed=True, mirrored_x=c < 0, mirrored_y=b < 0)
        return cls(mirrored_x=a < 0, mirrored_y=d < 0)

    def upright_aspect(self, stored: Fraction | None) -> Fraction:
        """Return width by height of a pixel of the upright picture.

        Args:
            stored: Of a pixel as it is stored, as the file says it; what cannot be is square.
        """
        if not stored or stored <= 0:
            return Fraction(1)
        return 1 / stored if self.transposed else stored

    @property
    def rotation(self) -> int:
        """Clockwise turn in degrees: 0, 90, 180 or 270; a mirror image counts its turn alone."""
        if self.transposed:
            return 90 if self.mirrored_x else 270
        return 180 if self.mirrored_y else 0

    def apply(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return pixels of shape (H, W, channels) upright, contiguous."""
        upright: cv2.typing.MatLike = pixels
        if self.transposed:
            upright = cv2.transpose(upright)
        if self.mirrored_x or self.mirrored_y:
            both = self.mirrored_x and self.mirrored_y
            upright = cv2.flip(upright, -1 if both else 1 if self.mirrored_x else 0)
        return np.ascontiguousarray(upright, dtype=np.uint8)


class RgbConverter:
    """Turns decoded frames into upright RGB of one size.

    One thread may paint while another reduces, but never the same picture: PyAV writes to a picture
    while it converts it.

    Args:
        width: Of the stored picture, before it is turned; a frame of another size is scaled to it.
        height: As ``width``.
        orientation: How the picture is turned to be upright.
    """

    def __init__(self, width: int, height: int, orientation: Orientation) -> None:
        self._width = width
        self._height = height
        self._orientation = orientation
        self._reformatter = VideoReformatter()
        # What shows frames and what keeps them small are two threads: each has a converter's own.
        self._painter = VideoReformatter()
        self._reducer = VideoReformatter()

    def convert(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """Return a frame as uint8 of shape (H, W, 3), full range, by its own matrix and range.

        High dynamic range is compressed to what a usual screen shows. Transparency is left out.
        """
        return self._orientation.apply(
            self._rgb(self._reformatter, frame, (self._width, self._height))
        )

    def _rgb(
        self, reformatter: VideoReformatter, frame: VideoFrame, size: tuple[int, int]
    ) -> NDArray[np.uint8]:
        if is_high_dynamic_range(frame):
            wide = self._converted(reformatter, frame, "rgb48le", size)
            return tone_mapped(wide.astype(np.uint16), frame)
        return np.asarray(self._converted(reformatter, frame, "rgb24", size), dtype=np.uint8)

    def paint(self, frame: VideoFrame, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Return a frame as screens store it: uint8 of shape (H, W, 4), blue, green, red, unused.

        The colors are those of :meth:`convert`. swscale's own way to four bytes is no faster and, where
        the width is no multiple of eight, writes over the ends of lines. Use on one thread.

        Args:
            frame: The decoded picture.
            size: Width and height of the upright result; never more pixels than the frame has.
        """
        rgb = self._rgb(self._painter, frame, self._stored_size(frame, size))
        painted = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA), dtype=np.uint8)
        return self._orientation.apply(painted)

    def reduce(self, frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
        """Return a smaller copy of a decoded picture, in its own pixel format. Use on one thread.

        Args:
            frame: The decoded picture.
            size: Width and height that it has when it is upright.
        """
        width, height = self._stored_size(frame, size)
        return self._reducer.reformat(frame, width=width, height=height)

    def _stored_size(self, frame: VideoFrame, size: tuple[int, int] | None) -> tuple[int, int]:
        if size is None:
            return frame.width, frame.height
        width, height = reversed(size) if self._orientation.transposed else size
        return min(width, frame.width), min(height, frame.height)

    def _converted(
        self, reformatter: VideoReformatter, frame: VideoFrame, target: str, size: tuple[int, int]
    ) -> NDArray[np.generic]:
        # Where the file says nothing, swscale takes YUV as limited and gray as full.
        is_full = frame.format.name.startswith(_FULL_RANGE_PREFIX)
        matrix = _MATRICES.get(int(frame.colorspace), _BT601)
        width, height = size
        converted = reformatter.reformat(
            frame,
            width=width,
            height=height,
            format=target,
            src_colorspace=matrix,
            # RGB has no matrix. PyAV before 17 sets none at all unless the two differ.
            dst_colorspace=_BT709 if matrix == _BT601 else _BT601,
            src_color_range=ColorRange.JPEG if is_full else int(frame.color_range),
            dst_color_range=ColorRange.JPEG,
        )
        return np.asarray(converted.to_ndarray())


class Frame:
    """A decoded frame. It keeps the decoder's own pixels; RGB is made on request.

    Use it in the thread of its decoder: they share what converts the pixels. :meth:`to_bgra` alone
    may be used on another thread, one for all frames of a decoder, also while the decoder's reduces
    the same frame. The frame stays usable after the decoder is closed.
    """

    __slots__ = (
        "_converter",
        "_held_bytes",
        "_picture",
        "_pts",
        "_timebase",
        "_turn",
        "index",
        "owns_memory",
    )

    def __init__(
        self,
        picture: VideoFrame,
        *,
        index: int,
        pts: int,
        timebase: Timebase,
        converter: RgbConverter,
        owns_memory: bool = False,
    ) -> None:
        self.index = index
        """Position in the order of presentation, from 0."""
        self.owns_memory = owns_memory
        """Whether its memory goes with it; else the decoder keeps that to use it again."""
        self._pts = pts
        self._timebase = timebase
        self._picture = picture
        self._converter = converter
        self._turn = Lock()
        # The store asks for it again and again.
        self._held_bytes = picture_bytes(picture)

    @property
    def pts(self) -> int:
        """When the frame appears, in ticks of its video."""
        return self._pts

    @property
    def seconds(self) -> float:
        """When the frame appears, in seconds by the file's own timestamps."""
        return float(self._pts * self._timebase)

    def to_rgb(self) -> NDArray[np.uint8]:
        """Return the pixels as uint8 of shape (H, W, 3): upright, not stretched, full range.

        The array is the caller's own.
        """
        with self._turn:
            return self._converter.convert(self._picture)

    def to_bgra(self, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Return the pixels as screens store them: uint8 of shape (H, W, 4), upright, full range.

        Args:
            size: Most width and height of the result, in pixels; the frame's own without.
        """
        with self._turn:
            return self._converter.paint(self._picture, size)

    def reduced(self, size: tuple[int, int]) -> Frame:
        """Return the same frame with fewer pixels, which takes less memory to keep.

        Args:
            size: Width and height of the upright result, in pixels; never more than the frame has.
        """
        with self._turn:
            picture = self._converter.reduce(self._picture, size)
        return Frame(
            picture,
            index=self.index,
            pts=self._pts,
            timebase=self._timebase,
            converter=self._converter,
            owns_memory=True,
        )

    def has_picture_of(self, other: Frame) -> bool:
        """Return whether another frame keeps the very same pixels in memory."""
        return self._picture is other._picture

    @property
    def pixels(self) -> int:
        """How many pixels it has."""
        return self._picture.width * self._picture.height

    @property
    def held_bytes(self) -> int:
        """Bytes that it takes in memory, see :func:`picture_bytes`."""
        return self._held_bytes
