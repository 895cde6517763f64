"""Decoders in hardware: which there are, and for which videos they were found to give the same frames.

A device is used only after its first frames of a video were compared, byte by byte, with those that the
processor decoded. Whatever fails makes the processor take over, for good.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

import av
import numpy as np
from av.codec import Codec
from av.codec.hwaccel import HWAccel
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cast_studio.said import say

log = logging.getLogger(__name__)

NAMES: Final = {
    "videotoolbox": "VideoToolbox",
    "cuda": "NVDEC",
    "d3d11va": "D3D11",
    "vaapi": "VAAPI",
}
"""What FFmpeg calls the kinds of devices that are tried, in this order, and what users call them."""

# A video may be to blame, but not for so many.
_PATIENCE: Final = 3
UNUSABLE = (av.FFmpegError, OSError, RuntimeError, NotImplementedError, ValueError, MemoryError)
"""What PyAV has been seen to raise for devices and layouts that cannot be used."""


class HardwareError(Exception):
    """A device cannot be had, or has failed, or gives other frames than the processor."""


class Device(Protocol):
    """One kind of hardware that decodes."""

    @property
    def kind(self) -> str:
        """What FFmpeg calls it."""

    def accelerator(self) -> HWAccel | None:
        """Return what makes FFmpeg decode on it, and fail rather than turn to the processor."""

    def fetch(self, picture: VideoFrame, pixel_format: str) -> VideoFrame:
        """Return a picture that it decoded in the layout that the processor's decoder has.

        Raises:
            HardwareError: That cannot be done.
        """


@dataclass(frozen=True, slots=True)
class FfmpegDevice:
    """A :class:`Device` that FFmpeg drives.

    Attributes:
        kind: What FFmpeg calls it.
    """

    kind: str

    def accelerator(self) -> HWAccel:
        """See :class:`Device`."""
        return HWAccel(self.kind, allow_software_fallback=False)

    def fetch(self, picture: VideoFrame, pixel_format: str) -> VideoFrame:
        """See :class:`Device`. PyAV has copied the picture to memory, its colors interleaved."""
        if picture.format.name == pixel_format:
            return picture
        try:
            # Only the order of the samples changes.
            return picture.reformat(format=pixel_format)
        except UNUSABLE as error:
            raise HardwareError(
                say(
                    "{format} to {pixel_format}: {error}",
                    format=picture.format.name,
                    pixel_format=pixel_format,
                    error=error,
                )
            ) from error

    def create(self, codec: Codec) -> None:
        """Create the device and let it go again, to see whether this computer has it.

        Raises:
            HardwareError: It does not, or FFmpeg was built without it.
        """
        try:
            self.accelerator().create(codec)
        except UNUSABLE as error:
            raise HardwareError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Task:
    """What decides whether a device can decode a video."""

    codec: str
    profile: str | None
    pixel_format: str


class HardwareDecoders:
    """The devices that may be tried, and what is known of them. One for a process; any thread.

    Args:
        devices: In the order in which to try them.
        supports: Whether FFmpeg could decode a stream on a device at all.
    """

    def __init__(
        self, devices: Iterable[Device], *, supports: Callable[[Device, VideoStream], bool]
    ) -> None:
        self._devices = tuple(devices)
        self._supports = supports
        self._lock = Lock()
        self._missing: set[str] = set()
        self._unfit: set[tuple[str, _Task]] = set()
        self._failures: Counter[str] = Counter()

    def candidates(self, stream: VideoStream) -> tuple[Device, ...]:
        """Return the devices that may be able to decode a stream; often none."""
        task = _task(stream)
        with self._lock:
            return tuple(
                device
                for device in self._devices
                if device.kind not in self._missing
                and (device.kind, task) not in self._unfit
                and self._supports(device, stream)
            )

    def give_up(self, device: Device, reason: str) -> None:
        """Never try a device again: this computer has none, or it does not work."""
        log.info("no decoding on %s: %s", device.kind, reason)
        with self._lock:
            self._missing.add(device.kind)

    def refuse(self, device: Device, stream: VideoStream, reason: str) -> None:
        """Never decode videos of the kind of this stream on a device again."""
        task = _task(stream)
        log.info("%s is not decoded on %s: %s", task, device.kind, reason)
        with self._lock:
            self._unfit.add((device.kind, task))

    def complain(self, device: Device, reason: str) -> None:
        """Note that a device failed in the midst of a video; one that does so again is given up."""
        log.warning("decoding on %s failed: %s", device.kind, reason)
        with self._lock:
            self._failures[device.kind] += 1
            if self._failures[device.kind] >= _PATIENCE:
                self._missing.add(device.kind)


def usable_devices() -> tuple[FfmpegDevice, ...]:
    """Return the devices of this computer, found out by creating each. May take a second."""
    codec = Codec("h264", "r")
    found = []
    for device in known_devices(codec):
        try:
            device.create(codec)
        except HardwareError as error:
            log.info("no %s: %s", device.kind, error)
        else:
            found.append(device)
    return tuple(found)


def known_devices(codec: Codec) -> tuple[FfmpegDevice, ...]:
    """Return the devices on which this build of FFmpeg could decode, whether or not they are there."""
    kinds = {config.device_type.name for config in codec.hardware_configs if config.is_supported}
    return tuple(FfmpegDevice(kind) for kind in NAMES if kind in kinds)


def _is_supported(device: Device, stream: VideoStream) -> bool:
    return device in known_devices(stream.codec_context.codec)


HARDWARE: Final = HardwareDecoders(map(FfmpegDevice, NAMES), supports=_is_supported)
"""What this process knows of the computer's devices."""


def first_difference(expected: Sequence[VideoFrame], found: Sequence[VideoFrame]) -> str:
    """Return in what two decodings of the same frames differ first; "" where they are the same."""
    if len(expected) != len(found):
        return f"{len(found)} frames instead of {len(expected)}"
    for number, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
        if _facts(ours) != _facts(theirs):
            return f"frame {number} is {_facts(theirs)} instead of {_facts(ours)}"
        try:
            is_same = np.array_equal(ours.to_ndarray(), theirs.to_ndarray())
        except (ValueError, AssertionError) as error:
            return f"{ours.format.name} cannot be compared: {error}"
        if not is_same:
            return f"frame {number} has other pixels"
    return ""


def _facts(picture: VideoFrame) -> tuple[object, ...]:
    """Return all that has a say in what becomes of a picture, besides its pixels."""
    return (
        *(picture.pts, picture.key_frame, picture.pict_type, picture.format.name),
        *(picture.width, picture.height, picture.colorspace, picture.color_range),
        picture.color_trc,
    )


def _task(stream: VideoStream) -> _Task:
    context = stream.codec_context
    return _Task(context.codec.canonical_name, context.profile, context.pix_fmt or "")
