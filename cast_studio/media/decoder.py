"""The one decoder of the program: every frame exact, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.video.frame import PictureType, VideoFrame

from cast_studio.core.timing import FrameIndex, Timebase, TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.frame import Frame, Orientation, RgbConverter
from cast_studio.media.frame_cache import FrameCache
from cast_studio.media.locator import (
    CountedLocator,
    FrameLocator,
    TimedLocator,
    UnstableTimesError,
)
from cast_studio.media.opening import StreamInfo, streams_of
from cast_studio.media.reader import StreamReader
from cast_studio.media.scan import VideoScan, resume, scan
from cast_studio.media.scan_cache import ScanCache, chosen_cache
from cast_studio.media.scan_progress import OnProgress, ScanProgress

__all__ = ["DamagedFrameError", "Frame", "StreamInfo", "VideoDecoder"]

DEFAULT_CACHE_BYTES = 192 << 20
# Decoding this many frames more is cheaper than a seek, which empties the decoder's pipeline.
_WORTH_SEEKING = 12
# Key frames to try before a frame: more are wrongly marked only where none is right but the first.
_KEYS_TO_TRY = 4
# As many frames as a decoder reorders: how far behind its place in time a frame may come out.
_LATE_FRAMES = 16


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
        stream: Number of a video stream, as of :attr:`streams`; else the best one is decoded.
        scans: Where scans are kept, so that opening the file again takes no time; else where
            :func:`keep_scans_in` has said, if anywhere.
        on_progress: Is told how far a scan is that takes more than 0.3 s; stops it with False.
        threads: Most threads that decode; else as many as serve.

    Raises:
        ScanCanceledError: ``on_progress`` has stopped it.
        MediaError: The file cannot be opened, or holds no frame that can be decoded.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        stream: int | None = None,
        scans: ScanCache | None = None,
        on_progress: OnProgress | None = None,
        threads: int | None = None,
    ) -> None:
        self._reader = StreamReader(Path(path), stream, threads=threads)
        self._is_closed = False
        try:
            self._scan = _scanned(self._reader, scans, on_progress)
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
        # Frames that have not come out when they should have, and how many had been taken then.
        self._passed_over: dict[int, int] = {}
        self._taken = 0
        self._false_keys: set[int] = set()
        self._can_seek = not self._scan.packets.changes_state
        self._keys = np.flatnonzero(self._index.is_key)
        # Reading stops early in a damaged file, each time.
        self._is_cut_off = self._scan.is_cut_off
        # What the reader gives next, if it stands anywhere, and whether it got there by seeking.
        self._next: int | None = None
        self._has_sought = False
        self._started_at = 0
        kind = CountedLocator if self._scan.is_counted else TimedLocator
        self._locator: FrameLocator = kind(self._index, self._scan.packets)
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
    def stream(self) -> int:
        """Number of the stream that is decoded, among all streams of the file."""
        return self._reader.stream.index

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """The video streams that can be decoded, in the order of the file; cover pictures are none."""
        return streams_of(self._reader.container)

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

    def way_to(self, index: int) -> range:
        """Return the frames that have to be decoded to have one, in order; the last is the frame itself.

        From where the decoder stands if it can read on from there, else from the key frame before.
        Asking :meth:`frame_at` for each of them decodes each once.

        Args:
            index: From 0 to ``len(self) - 1``.
        """
        if self._next is not None and self._can_read_on_to(index):
            return range(self._next, index + 1)
        return range(next(self._keys_before(index), 0), index + 1)

    def _picture_at(self, index: int) -> VideoFrame | None:
        """Return the picture of a frame; None if it is damaged."""
        if self._is_closed:
            raise ValueError("the decoder is closed")
        held = self._cache.get(index)
        if held is not None:
            return held
        if index in self._undecodable:
            return None
        picture = None
        try:
            if index not in self._passed_over and not self._can_read_on_to(index):
                self._begin_before(index)
            picture = self._read_until(index)
        except UnstableTimesError:
            self._can_seek = False
        if picture is None and index not in self._undecodable:
            self._begin_at_start()
            picture = self._read_until(index)
            # Found after all: after a seek, the file ends too early or tells other times.
            self._can_seek = self._can_seek and picture is None
        return picture

    def _can_read_on_to(self, index: int) -> bool:
        if self._next is None or self._next > index:
            return False
        key = next(self._keys_before(index), 0)
        return key <= self._next or index - self._next <= _WORTH_SEEKING

    def _begin_before(self, index: int) -> None:
        """Start decoding at the last frame up to this one that really is a key frame."""
        for key in self._keys_before(index):
            if self._begin_at(key):
                return
            self._false_keys.add(key)
        self._begin_at_start()

    def _keys_before(self, index: int) -> Iterator[int]:
        """Yield the key frames worth trying, from the last; none where only the start is safe."""
        if not self._can_seek:
            return
        stop = int(np.searchsorted(self._keys, index, side="right"))
        for key in self._keys[max(stop - _KEYS_TO_TRY, 0) : stop][::-1].tolist():
            if key not in self._false_keys:
                yield key

    def _begin_at(self, key: int) -> bool:
        """Start decoding at a key frame; False if it cannot be reached or does not come out whole.

        Files with intra refresh mark frames as key frames at which the picture only begins to heal.
        """
        self._stop_reading()
        if not self._locator.go_to_key(self._reader, key):
            return False
        while (picture := self._reader.read()) is not None:
            found = self._locator.identify(picture)
            if found is not None and found >= key:
                if found > key or not (picture.key_frame or picture.pict_type == PictureType.I):
                    return False
                self._cache.put(key, picture)
                self._next = key + 1
                self._started_at = key
                self._has_sought = True
                return True
        return False

    def _begin_at_start(self) -> None:
        self._stop_reading()
        self._locator.go_to_start(self._reader)
        self._next = self._started_at = 0
        self._has_sought = False

    def _stop_reading(self) -> None:
        self._next = None
        self._passed_over.clear()

    def _read_until(self, index: int) -> VideoFrame | None:
        """Read on until a frame comes out; None if it was passed over or the file ended.

        Frames that are passed over are damaged: no other way of reading gives them. That the file
        ends before a frame is certain only if it was read from its start.
        """
        while self._next is not None and (self._next <= index or index in self._passed_over):
            picture = self._reader.read()
            if picture is None:
                self._end_reading()
                break
            found = self._locator.identify(picture)
            if found is not None and found >= self._started_at:
                self._take(found, picture)
            if found == index:
                return picture
        return self._cache.get(index)

    def _take(self, found: int, picture: VideoFrame) -> None:
        """Hold what came out. Frames that it passed over may come out late, where times are wrong."""
        self._cache.put(found, picture)
        self._passed_over.pop(found, None)
        self._taken += 1
        if self._next is not None and found >= self._next:
            self._passed_over.update(dict.fromkeys(range(self._next, found), self._taken))
            self._next = found + 1
        for passed, when in tuple(self._passed_over.items()):
            if self._taken - when >= _LATE_FRAMES:
                self._undecodable.add(passed)
                del self._passed_over[passed]

    def _end_reading(self) -> None:
        """Say what the end of the file means: at its end, in its midst, or on a disk that is gone."""
        if self._reader.demux_failed and not self._is_cut_off:
            self._next = None
            raise MediaError(
                f"“{self.path.name}” cannot be read any further. Check that the disk it lies "
                "on is still connected, then open it again."
            )
        self._undecodable.update(self._passed_over)
        self._passed_over.clear()
        if self._next is not None and not self._has_sought:
            self._undecodable.update(range(self._next, len(self._index)))
        self._next = None


def _scanned(
    reader: StreamReader, scans: ScanCache | None, on_progress: OnProgress | None
) -> VideoScan:
    """Return the scan of a file: the one that was kept, else a new one, which is kept."""
    stream = reader.stream.index
    scans = scans or chosen_cache()
    kept = scans.load(reader.path, stream) if scans is not None else None
    if kept is not None:
        resumed = resume(reader, kept)
        if resumed is not None:
            return resumed
        reader.restart()
    if on_progress is not None:
        reader.progress = ScanProgress(reader.path, reader.size_bytes, on_progress)
    found = scan(reader)
    reader.progress = None
    if scans is not None:
        scans.save(reader.path, stream, found)
    return found
