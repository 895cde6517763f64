"""How the decoder gets to a frame: where to begin, what comes out, and what is damaged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.video.frame import PictureType, VideoFrame

from cast_studio.errors import MediaError
from cast_studio.media.frame_cache import FrameCache
from cast_studio.media.hardware import HARDWARE, NAMES, HardwareDecoders, HardwareError
from cast_studio.media.hardware_reader import HardwareReader, hardware_reader
from cast_studio.media.locator import (
    CountedLocator,
    FrameLocator,
    TimedLocator,
    UnstableTimesError,
)
from cast_studio.media.reader import StreamReader
from cast_studio.media.scan import VideoScan
from cast_studio.said import say

# Decoding this many frames more is cheaper than a seek, which empties the decoder's pipeline.
_WORTH_SEEKING = 12
# Key frames to try before a frame: more are wrongly marked only where none is right but the first.
_KEYS_TO_TRY = 4
# As many frames as a decoder reorders: how far behind its place in time a frame may come out.
_LATE_FRAMES = 16


class PictureSearch:
    """Finds the picture of any frame, exactly, by seeking and reading on. Use from one thread.

    While a device decodes, everything out of the ordinary is left to the processor: what a damaged
    file, a wrong key frame or a missing frame means is judged by its decoder alone.

    Args:
        reader: Scanned; is the search's own from now on.
        scan: What was found.
        cache_bytes: Most bytes of decoded pictures to keep.
    """

    def __init__(self, reader: StreamReader, scan: VideoScan, cache_bytes: int) -> None:
        self._reader = reader
        self._scan = kept = scan.kept
        self._index = kept.index
        self._is_closed = False
        self._cache = FrameCache(cache_bytes)
        self._undecodable: set[int] = set()
        # Frames that have not come out when they should have, and how many had been taken then.
        self._passed_over: dict[int, int] = {}
        self._taken = 0
        self._false_keys: set[int] = set()
        self._can_seek = not kept.packets.changes_state
        self._keys = np.flatnonzero(self._index.is_key)
        # What the reader gives next, if it stands anywhere, and whether it got there by seeking.
        self._next: int | None = None
        self._has_sought = False
        self._started_at = 0
        self._decoders = HARDWARE
        self._has_left_device = False
        kind = CountedLocator if kept.is_counted else TimedLocator
        self._locator: FrameLocator = kind(self._index, kept.packets)
        for position, picture in enumerate(scan.first_frames):
            self._cache.put(position, picture)
        if scan.is_reader_after_first_frames:
            self._next = len(scan.first_frames)

    @property
    def reader(self) -> StreamReader:
        """What gives the pictures."""
        return self._reader

    @property
    def device(self) -> str:
        """What the hardware that decodes is called; "" while the processor does."""
        device = self._device
        return "" if device is None else NAMES.get(device.device.kind, device.device.kind)

    @property
    def _device(self) -> HardwareReader | None:
        return self._reader if isinstance(self._reader, HardwareReader) else None

    def close(self) -> None:
        """Release the file and the pictures; safe to call twice."""
        self._is_closed = True
        self._reader.close()
        self._cache.clear()

    def use_hardware(self, decoders: HardwareDecoders) -> bool:
        """Decode on a device from now on if one gives the very same frames.

        Args:
            decoders: What may be tried.

        Returns:
            Whether a device decodes now.
        """
        if self._device is not None:
            return True
        # Where frames are counted, or the file breaks off, a device might count otherwise.
        is_plain = self._can_seek and not (self._scan.is_counted or self._scan.is_cut_off)
        if self._is_closed or self._has_left_device or not is_plain:
            return False
        found = hardware_reader(self._reader, decoders)
        if found is None:
            return False
        self._decoders = decoders
        self._exchange(found)
        return True

    def use_processor(self) -> None:
        """Decode on the processor from now on. What a device has decoded stays: it is the same.

        Raises:
            MediaError: The file has gone.
        """
        if self._device is not None:
            self._exchange(self._reader.again())

    @property
    def next_index(self) -> int | None:
        """The frame that the reader gives next, if it stands anywhere."""
        return self._next

    def begin_anew(self) -> None:
        """Close FFmpeg's decoder with all that it keeps, and open the file again.

        Raises:
            MediaError: The file has gone or changed.
        """
        self._stop_reading()
        self._cache.clear()
        try:
            self._reader.restart()
        except HardwareError as error:
            self._leave_device(error)

    def _exchange(self, reader: StreamReader) -> None:
        self._stop_reading()
        self._reader.close()
        self._reader = reader

    def way_to(self, index: int) -> range:
        """Return the frames that have to be decoded to have one, in order; the last is the frame itself.

        From where the decoder stands if it can read on from there, else from the key frame before.

        Args:
            index: A frame of the video.
        """
        if self._next is not None and self._can_read_on_to(index):
            return range(self._next, index + 1)
        return range(next(self._keys_before(index), 0), index + 1)

    def picture_of(self, index: int) -> VideoFrame | None:
        """Return the picture of a frame; None if it is damaged.

        Args:
            index: A frame of the video.

        Raises:
            MediaError: The file has gone.
        """
        if self._is_closed:
            raise ValueError("the decoder is closed")
        if self._device is not None:
            try:
                return self._look_for(index)
            except HardwareError as error:
                self._leave_device(error)
        return self._look_for(index)

    def _leave_device(self, reason: HardwareError) -> None:
        """Decode on the processor for good."""
        self._has_left_device = True
        if self._device is not None:
            self._decoders.complain(self._device.device, str(reason))
        self.use_processor()

    def _look_for(self, index: int) -> VideoFrame | None:
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
            self._doubt("a frame has another time")
            self._can_seek = False
        if picture is None and index not in self._undecodable:
            self._doubt("a frame did not come out")
            self._begin_at_start()
            picture = self._read_until(index)
            # Found after all: after a seek, the file ends too early or tells other times.
            self._can_seek = self._can_seek and picture is None
        return picture

    def _doubt(self, reason: str) -> None:
        """Let the processor see to it if a device decodes."""
        if self._device is not None:
            raise HardwareError(reason)

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
            self._doubt("a key frame did not come out whole")
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
        if found != self._next:
            self._doubt("frames came out in another order")
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
        # Reading stops early in a damaged file, each time.
        if self._reader.demux_failed and not self._scan.is_cut_off:
            self._next = None
            raise MediaError(
                say(
                    "“{file}” cannot be read any further. Check that the disk it lies on is still "
                    "connected, then open it again.",
                    file=self._reader.path.name,
                )
            )
        if self._next is not None and self._next < len(self._index):
            self._doubt("frames are missing at the end")
        self._undecodable.update(self._passed_over)
        self._passed_over.clear()
        if self._next is not None and not self._has_sought:
            self._undecodable.update(range(self._next, len(self._index)))
        self._next = None
