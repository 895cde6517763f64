"""The one decoder of the program: every frame exact, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.video.frame import VideoFrame

from cast_studio.core.timing import FrameIndex, Timebase, TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.frame import Frame, Orientation, RgbConverter
from cast_studio.media.frame_cache import FrameCache
from cast_studio.media.reader import StreamReader
from cast_studio.media.scan import scan
from cast_studio.media.seeking import go_to_key

__all__ = ["DamagedFrameError", "Frame", "VideoDecoder"]

DEFAULT_CACHE_BYTES = 192 << 20
# Decoding this many frames more is cheaper than a seek, which empties the decoder's pipeline.
_WORTH_SEEKING = 12
# Where a run of decoding began, for "at the first packet".
_FILE_START = -1


class DamagedFrameError(MediaError):
    """One frame that cannot be decoded, in a file that is readable elsewhere."""


class VideoDecoder:
    """Decodes the best video stream of a file, frame by frame, exactly.

    ``frame_at(i)`` gives the same picture whatever was asked before. Reading on is sequential, and
    a cache of recent pictures makes stepping back cheap. One decoder per thread: use an instance,
    and the frames it gives, in one thread only. Use it as a context manager or call :meth:`close`.

    Args:
        path: The video.
        cache_bytes: Most bytes of decoded pictures to keep.

    Raises:
        MediaError: The file cannot be opened, or holds no frame that can be decoded.
    """

    def __init__(self, path: str | Path, *, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        self._reader = StreamReader(Path(path))
        self._is_closed = False
        try:
            self._scan = scan(self._reader)
        except BaseException:
            self._reader.close()
            raise
        self._index = self._scan.index
        first = self._scan.first_frames[0]
        orientation = Orientation.of(first)
        self._orientation = orientation
        self._size = (first.width, first.height)
        self._converter = RgbConverter(first.width, first.height, orientation)
        self._cache = FrameCache(cache_bytes)
        self._undecodable: set[int] = set()
        self._next: int | None = None
        self._run_start = _FILE_START
        for position, picture in enumerate(self._scan.first_frames):
            self._cache.put(position, picture)
        if self._scan.is_reader_after_first_frames:
            self._next = len(self._scan.first_frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._index)

    def close(self) -> None:
        """Release the file and the cache; safe to call twice. Frames already given stay usable."""
        self._is_closed = True
        self._reader.close()
        self._cache.clear()

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._reader.path

    @property
    def index(self) -> FrameIndex:
        """When each frame is shown, and which are key frames."""
        return self._index

    @property
    def timebase(self) -> Timebase:
        """Seconds per tick."""
        return self._index.timebase

    @property
    def width(self) -> int:
        """Pixels of an upright frame from left to right, as stored: not stretched."""
        return self._size[1] if self._orientation.transposed else self._size[0]

    @property
    def height(self) -> int:
        """Pixels of an upright frame from top to bottom, as stored."""
        return self._size[0] if self._orientation.transposed else self._size[1]

    @property
    def rotation(self) -> int:
        """Clockwise turn in degrees, already applied to the frames: 0, 90, 180 or 270."""
        return self._orientation.rotation

    @property
    def sample_aspect(self) -> Fraction:
        """Width of an upright stored pixel divided by its height; only a view stretches by it."""
        stored = self._reader.stream.sample_aspect_ratio
        if not stored or stored <= 0:
            return Fraction(1)
        return 1 / stored if self._orientation.transposed else stored

    @property
    def codec(self) -> str:
        """Short name of the codec, such as ``h264``."""
        return self._reader.stream.codec_context.codec.canonical_name

    @property
    def average_rate(self) -> Fraction:
        """Frames per second over the whole video."""
        return self._index.average_rate

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user, such as how much of a truncated file can be read."""
        return self._scan.warnings

    def frame_at(self, index: int) -> Frame:
        """Return the frame at a position in the order of presentation.

        Args:
            index: From 0 to ``len(self) - 1``.

        Raises:
            IndexError: There is no such frame.
            DamagedFrameError: The file is damaged at this frame.
            MediaError: The file has gone.
        """
        pts = self._index.pts_of(index)
        picture = self._picture_at(index)
        if picture is None:
            raise DamagedFrameError(
                f"Frame {index} of “{self.path.name}” cannot be decoded: the file is damaged "
                "there. Go to another frame, or copy the file again from its source."
            )
        return Frame(
            picture, index=index, pts=pts, timebase=self.timebase, converter=self._converter
        )

    def frame_played_at(self, pts: int) -> Frame:
        """Return the frame that is on screen at a time in ticks, clamped to the video.

        Raises:
            DamagedFrameError: The file is damaged at this frame.
            MediaError: The file has gone.
        """
        return self.frame_at(self._index.index_played_at(pts))

    def frames_in(self, span: TimeSpan) -> Iterator[Frame]:
        """Yield the frames that start inside ``span``, in order, decoding each once.

        Damaged frames are left out; the indices of the others tell.

        Raises:
            MediaError: The file has gone.
        """
        for index in self._index.frames_in(span):
            if self._picture_at(index) is not None:
                yield self.frame_at(index)

    def _picture_at(self, index: int) -> VideoFrame | None:
        """Return the picture of a frame; None if it is damaged."""
        if self._is_closed:
            raise ValueError("the decoder is closed")
        held = self._cache.get(index)
        if held is not None:
            return held
        if index in self._undecodable:
            return None
        if self._can_read_on_to(index):
            picture = self._read_until(index)
            if picture is not None or index in self._undecodable:
                return picture
        for start in self._starts_for(index):
            self._begin_at(start)
            picture = self._read_until(index)
            if picture is not None or index in self._undecodable:
                return picture
        self._undecodable.add(index)
        return None

    def _can_read_on_to(self, index: int) -> bool:
        if self._next is None or self._next > index:
            return False
        if self._scan.is_counted:
            return True
        key = self._index.key_at_or_before(index)
        return key <= self._next or index - self._next <= _WORTH_SEEKING

    def _starts_for(self, index: int) -> Iterator[int]:
        """Yield the frames to start decoding from: the key frame, then the one before it.

        Some files mark frames as key frames from which decoding does not start clean.
        """
        if self._scan.is_counted:
            yield 0
            return
        key = self._index.key_at_or_before(index)
        yield key
        if key > 0:
            yield self._index.key_at_or_before(key - 1)

    def _begin_at(self, key: int) -> None:
        self._next = None
        if self._scan.is_counted:
            self._reader.restart()
        else:
            go_to_key(self._reader, self._scan.packets, self._index, key)
        self._run_start = _FILE_START if key == 0 else key
        self._next = key

    def _read_until(self, index: int) -> VideoFrame | None:
        """Read on until a frame or one after it comes out; None if it was passed or the file ended.

        Frames that a settled run passes over are noted as damaged: no other way of reading gives
        them.
        """
        while self._next is not None and self._next <= index:
            picture = self._reader.read()
            found = len(self._index) if picture is None else self._index_of(picture, self._next)
            if found is None or found < self._next:
                continue
            self._undecodable.update(i for i in range(self._next, found) if self._is_settled(i))
            self._next = None if picture is None else found + 1
            if picture is not None:
                self._cache.put(found, picture)
                if found == index:
                    return picture
        return None

    def _index_of(self, picture: VideoFrame, expected: int) -> int | None:
        """Return which frame a picture is; None for one that is not in the index."""
        if self._scan.is_counted:
            return expected if expected < len(self._index) else None
        if picture.pts is None:
            return None
        found = int(np.searchsorted(self._index.pts, picture.pts))
        if found < len(self._index) and int(self._index.pts[found]) == picture.pts:
            return found
        return None

    def _is_settled(self, index: int) -> bool:
        """Whether this run would have put out the frame if it could be decoded at all."""
        if self._run_start == _FILE_START:
            return True
        return self._index.key_at_or_before(index) > self._run_start
