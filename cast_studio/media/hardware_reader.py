"""Reads frames that a device decodes; at the first doubt it raises, and the processor takes over."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cast_studio.errors import MediaError
from cast_studio.media.hardware import (
    UNUSABLE,
    Device,
    HardwareDecoders,
    HardwareError,
    first_difference,
)
from cast_studio.media.opening import identity_of
from cast_studio.media.reader import StreamReader
from cast_studio.said import say

# So many frames are decoded both ways; reordering shows within them.
_COMPARED_FRAMES = 8


class HardwareReader(StreamReader):
    """A :class:`StreamReader` whose frames come from a device.

    A packet that cannot be decoded is not passed over: what it means is for the processor to say.

    Args:
        path: The file.
        stream: Number of the stream in the file.
        device: What decodes.
        pixel_format: The layout of the frames that the processor's decoder gives.

    Raises:
        HardwareError: The device cannot be had, or does not decode such a stream.
    """

    def __init__(self, path: Path, stream: int, device: Device, pixel_format: str) -> None:
        self.device = device
        self._pixel_format = pixel_format
        super().__init__(path, stream)

    def read(self) -> VideoFrame | None:
        """Return the next frame that the device puts out; None after the last one.

        Raises:
            HardwareError: The device has failed, or the file is damaged.
        """
        damaged = self.damaged_packets
        picture = super().read()
        if self.damaged_packets != damaged:
            raise HardwareError(say("a packet was refused"))
        if picture is None:
            return None
        if picture.is_corrupt:
            raise HardwareError(say("a frame is marked as damaged"))
        return self.device.fetch(picture, self._pixel_format)

    def _open(self, number: int | None) -> tuple[InputContainer, VideoStream]:
        try:
            return super()._open(number)
        except (MediaError, *UNUSABLE) as error:
            raise HardwareError(str(error)) from error

    def _accelerator(self) -> HWAccel | None:
        return self.device.accelerator()


def hardware_reader(reader: StreamReader, decoders: HardwareDecoders) -> HardwareReader | None:
    """Return a reader whose device gives the very frames that the processor gives; None without one.

    Args:
        reader: Of the same stream, on the processor; stays as it is.
        decoders: What may be tried, and remembers what comes of it.

    Raises:
        MediaError: The file has gone or changed.
    """
    expected: list[VideoFrame] = []
    for device in decoders.candidates(reader.stream):
        pixel_format = reader.stream.codec_context.pix_fmt or ""
        try:
            found = HardwareReader(reader.path, reader.stream.index, device, pixel_format)
        except HardwareError as error:
            if identity_of(reader.path) == reader.identity:
                decoders.give_up(device, str(error))
            continue
        with ExitStack() as unless_used:
            unless_used.callback(found.close)
            # Only now: most computers have no device, and shall not decode anything for that.
            expected = expected or _first_frames(reader.again())
            difference = _difference(found, expected) if expected else "there is no frame"
            if found.identity == reader.identity and not difference:
                unless_used.pop_all()
                return found
            if found.identity == reader.identity:
                decoders.refuse(device, reader.stream, difference)
    return None


def _difference(reader: HardwareReader, expected: Sequence[VideoFrame]) -> str:
    try:
        return first_difference(expected, [p for _ in expected if (p := reader.read()) is not None])
    except HardwareError as error:
        return str(error)


def _first_frames(reader: StreamReader) -> list[VideoFrame]:
    frames: list[VideoFrame] = []
    try:
        while len(frames) < _COMPARED_FRAMES and (picture := reader.read()) is not None:
            frames.append(picture)
    finally:
        reader.close()
    return frames
