"""Sound whose kind changes in its midst, as recordings of television and joined files have it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cast_studio.media.sound_reader import CHANNELS, RATE, SoundReader
from cast_studio.media.waveform_reader import WaveformReader

_FRAME = 1152
"""Samples of each channel in a frame of MP2."""


def write_tone(path: Path, *, rate: int, begin: int, layout: str) -> Path:
    """Write a second of sound in a transport stream.

    Args:
        path: The file to write.
        rate: Samples a second.
        begin: The second of the file's own time from which on it is heard.
        layout: FFmpeg's name of the channels.
    """
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("mp2", rate=rate, layout=layout)
        tone = (8000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype(np.int16)
        channels = 2 if layout == "stereo" else 1
        for start in range(0, rate - _FRAME, _FRAME):
            samples = np.repeat(tone[start : start + _FRAME], channels)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = begin * rate + start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(params=[(32_000, "stereo"), (48_000, "mono")], ids=["other rate", "other channels"])
def changing_sound(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One second of stereo at 48 kHz, and one of another kind."""
    rate, layout = request.param
    first = write_tone(tmp_path / "a.ts", rate=48_000, begin=0, layout="stereo")
    second = write_tone(tmp_path / "b.ts", rate=rate, begin=1, layout=layout)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    return joined


def test_sound_that_changes_is_played_to_its_end(changing_sound: Path) -> None:
    with av.open(str(changing_sound)) as container:
        begin = (container.start_time or 0) / 1_000_000
    reader = SoundReader.open(changing_sound)
    assert reader is not None
    try:
        reader.seek(begin)
        samples = np.frombuffer(reader.read(10 << 20), np.int16).reshape(-1, CHANNELS)
    finally:
        reader.close()
    assert len(samples) / RATE == pytest.approx(2, abs=0.15)
    for second in np.array_split(samples, 2):
        assert np.abs(second).max() > 6000


def test_sound_that_changes_is_shown_to_its_end(changing_sound: Path) -> None:
    reader = WaveformReader.open(changing_sound)
    assert reader is not None
    try:
        ends = list(reader.read())
        found = reader.waveform(is_complete=True)
    finally:
        reader.close()
    assert found.end == pytest.approx(ends[-1], abs=0.01)
    assert ends[-1] - ends[0] == pytest.approx(1, abs=0.15)
