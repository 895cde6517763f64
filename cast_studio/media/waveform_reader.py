"""Reads the sound of a video from start to end for its waveform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from cast_studio.media.sound_frames import SoundConverter, open_sound, sound_frames
from cast_studio.media.waveform import Waveform, WaveformBuilder

_MICROSECONDS: Final = 1_000_000
_BLOCK_SECONDS: Final = 1.0
# Containers round times to a millisecond.
_ROUNDING_SECONDS: Final = 0.005
# What lies so far behind the file's end has a wrong time.
_MARGIN_SECONDS: Final = 60.0
_LONGEST_SECONDS: Final = 24 * 3600.0
# FFmpeg's AVDISCARD_ALL.
_DISCARD_ALL: Final = 48


class WaveformReader:
    """Reads the sound that the player plays. Use from one thread.

    Args:
        container: Open; the reader's own from now on.
        stream: One of its sound streams.
    """

    def __init__(self, container: InputContainer, stream: AudioStream) -> None:
        self._container = container
        self._stream = stream
        self._builder = WaveformBuilder()
        duration = container.duration
        self._limit = _LONGEST_SECONDS
        if duration:
            start = (container.start_time or 0) + duration
            self._limit = min(self._limit, start / _MICROSECONDS + _MARGIN_SECONDS)
        for other in container.streams:
            if other.index != stream.index:
                # Older versions of PyAV read what nobody wants and throw it away.
                with suppress(AttributeError):
                    setattr(other, "discard", _DISCARD_ALL)  # noqa: B010

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open the sound of a video; None if it has none, or none that can be decoded.

        Raises:
            MediaError: The file cannot be opened.
        """
        opened = open_sound(path)
        return None if opened is None else cls(*opened)

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._container.close()

    @property
    def has_sound(self) -> bool:
        """Whether anything was decoded so far."""
        return self._builder.has_sound

    def waveform(self, *, is_complete: bool) -> Waveform:
        """Return what was read so far."""
        return self._builder.waveform(is_complete=is_complete)

    def read(self) -> Iterator[float]:
        """Read to the end of the file; yield about each second of it where it is.

        What is damaged is passed over.
        """
        parts: list[NDArray[np.int16]] = []
        begin = end = 0.0
        rate = 0
        for seconds, samples, sample_rate in self._decoded():
            continues = rate == sample_rate and abs(seconds - end) <= _ROUNDING_SECONDS
            continues = continues and parts[0].shape[0] == samples.shape[0]
            if parts and (not continues or end - begin >= _BLOCK_SECONDS):
                self._builder.add(begin, np.concatenate(parts, axis=1), rate)
                parts = []
                yield end
            if not parts:
                begin = end = seconds
                rate = sample_rate
            parts.append(samples)
            end += samples.shape[1] / sample_rate
        if parts:
            self._builder.add(begin, np.concatenate(parts, axis=1), rate)
            yield end

    def _decoded(self) -> Iterator[tuple[float, NDArray[np.int16], int]]:
        """Yield time in seconds, samples of shape (channels, n) and their rate."""
        converter = SoundConverter("s16p")
        for seconds, frame in sound_frames(self._container, self._stream):
            samples = converter.convert(frame)
            if samples is not None and seconds <= self._limit:
                yield seconds, samples, frame.sample_rate
