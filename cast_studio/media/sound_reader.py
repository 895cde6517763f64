"""The sound of a video as samples that a computer's sound output takes, from any moment on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from cast_studio.media.sound_frames import SoundConverter, open_sound, sound_frames

RATE: Final = 48_000
"""Samples a second of each channel."""
CHANNELS: Final = 2
BYTES_A_SAMPLE: Final = 2 * CHANNELS
"""Of all channels at one moment; 16 bit each."""
_LONGEST_SILENCE: Final = 10 * RATE


class SoundReader:
    """Reads the first sound stream of a file. Use from one thread.

    Args:
        container: Open; the reader's own from now on.
        stream: One of its sound streams.
    """

    def __init__(self, container: InputContainer, stream: AudioStream) -> None:
        self._container = container
        self._stream = stream
        self._chunks: Iterator[bytes] = iter(())
        self._left = b""

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
        self._chunks, self._left = iter(()), b""
        self._container.close()

    def seek(self, seconds: float) -> None:
        """Go to a moment, in the file's own time, from which :meth:`read` goes on."""
        self._left = b""
        timebase = self._stream.time_base
        if timebase is None:
            self._chunks = iter(())
            return
        try:
            self._container.seek(int(seconds / timebase), stream=self._stream, backward=True)
        except (av.FFmpegError, OSError, OverflowError):
            self._chunks = iter(())
        else:
            self._chunks = _from(seconds, _decoded(self._container, self._stream))

    def read(self, n_bytes: int) -> bytes:
        """Return the next samples, 16 bit and interleaved; fewer than asked for only at the end.

        Args:
            n_bytes: Most bytes; what is returned is a multiple of :data:`BYTES_A_SAMPLE`.
        """
        wanted = n_bytes - n_bytes % BYTES_A_SAMPLE
        parts, missing = [self._left], wanted - len(self._left)
        while missing > 0 and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            missing -= len(chunk)
        joined = b"".join(parts)
        self._left = joined[wanted:]
        return joined[:wanted]


def _from(seconds: float, frames: Iterator[tuple[float, bytes]]) -> Iterator[bytes]:
    """Yield samples from a moment on: what comes before is cut off, what comes later is awaited."""
    has_begun = False
    for start, samples in frames:
        if not has_begun:
            offset = round((seconds - start) * RATE) * BYTES_A_SAMPLE
            if offset >= len(samples):
                continue
            has_begun = True
            if offset < 0:
                yield bytes(min(-offset, _LONGEST_SILENCE * BYTES_A_SAMPLE))
            samples = samples[max(offset, 0) :]
        yield samples


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[tuple[float, bytes]]:
    """Yield the time in seconds and the samples of each stretch; damaged ones are passed over."""
    converter = SoundConverter("s16", layout="stereo", rate=RATE)
    for start, frame in sound_frames(container, stream):
        samples = converter.convert(frame)
        if samples is not None:
            yield start, samples.tobytes()
