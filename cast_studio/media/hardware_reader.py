"""Reads frames that a device decodes; at the first doubt it raises, and the processor takes over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from av.codec.hwaccel import HWAccel
from av.video.frame import VideoFrame

from cast_studio.errors import MediaError
from cast_studio.media.hardware import (
    Device,
    HardwareDecoders,
    HardwareError,
    first_difference,
)
from cast_studio.media.reader import StreamReader


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
        try:
            super().__init__(path, stream)
        except (MediaError, RuntimeError, NotImplementedError) as error:
            raise HardwareError(str(error)) from error

    def read(self) -> VideoFrame | None:
        """Return the next frame that the device puts out; None after the last one.

        Raises:
            HardwareError: The device has failed, or the file is damaged.
        """
        damaged = self.damaged_packets
        picture = super().read()
        if self.damaged_packets != damaged:
            raise HardwareError("a packet was refused")
        if picture is None:
            return None
        if picture.is_corrupt:
            raise HardwareError("a frame is marked as damaged")
        return self.device.fetch(picture, self._pixel_format)

    def _accelerator(self) -> HWAccel | None:
        return self.device.accelerator()


def hardware_reader(
    reader: StreamReader, first_frames: Sequence[VideoFrame], decoders: HardwareDecoders
) -> HardwareReader | None:
    """Return a reader whose device gives the very frames that the processor gave; None without one.

    Args:
        reader: Of the same stream, on the processor; stays as it is.
        first_frames: What it gave first from the start of the file, at least one.
        decoders: What may be tried, and remembers what comes of it.
    """
    for device in decoders.candidates(reader.stream):
        try:
            found = HardwareReader(
                reader.path, reader.stream.index, device, first_frames[0].format.name
            )
        except HardwareError as error:
            decoders.give_up(device, str(error))
            continue
        try:
            frames = [picture for _ in first_frames if (picture := found.read()) is not None]
            difference = first_difference(first_frames, frames)
            if found.identity != reader.identity:
                difference = "the file has changed"
        except HardwareError as error:
            difference = str(error)
        if not difference:
            return found
        decoders.refuse(device, reader.stream, difference)
        found.close()
    return None
