"""The sound of a file, decoded: what its player and its waveform have in common."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from cast_studio.errors import MediaError
from cast_studio.said import say

log = logging.getLogger(__name__)


def open_sound(path: Path) -> tuple[InputContainer, AudioStream] | None:
    """Open a video and the sound of it that is played; None if it has none that can be decoded.

    Raises:
        MediaError: The file cannot be opened.
    """
    try:
        container = av.open(str(path), mode="r", metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            say("The sound of “{file}” cannot be opened: {error}.", file=path.name, error=error)
        ) from error
    streams = [s for s in container.streams.audio if getattr(s, "codec_context", None)]
    if not streams:
        container.close()
        return None
    return container, streams[0]


def sound_frames(
    container: InputContainer, stream: AudioStream
) -> Iterator[tuple[float, AudioFrame]]:
    """Yield frames with their time in seconds, from where the file is read.

    Damaged ones are passed over; where the file cannot be read any further, its sound ends.
    """
    timebase = stream.time_base or Fraction(1)
    for packet in _packets(container, stream):
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame) and frame.pts is not None:
                yield float(frame.pts * timebase), frame


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[av.Packet[AudioStream]]:
    try:
        yield from container.demux(stream)
    except (av.FFmpegError, OSError, IndexError) as error:
        log.info("the sound ends early: %s", error)


class SoundConverter:
    """Turns samples of any kind, which may change in the midst of a stream, into one kind.

    Args:
        format: FFmpeg's name of the samples' format: 16 bit.
        layout: FFmpeg's name of the channels; None for those of the file.
        rate: Samples a second; None for the file's.
    """

    def __init__(self, format: str, *, layout: str | None = None, rate: int | None = None) -> None:
        self._wanted = format, layout, rate
        self._resampler: AudioResampler | None = None
        self._kind: tuple[object, ...] = ()

    def convert(self, frame: AudioFrame) -> NDArray[np.int16] | None:
        """Return the samples, in rows as the format has them.

        None where they cannot be converted, or none are ready.
        """
        kind = frame.format.name, frame.layout.name, frame.sample_rate
        if self._resampler is None or kind != self._kind:
            self._resampler, self._kind = AudioResampler(*self._wanted), kind
        try:
            made = [part.to_ndarray() for part in self._resampler.resample(frame)]
        except (av.FFmpegError, ValueError):
            self._resampler = None
            return None
        samples = np.concatenate(made, axis=1) if made else np.empty(0)
        return samples.astype(np.int16, copy=False) if samples.size else None
