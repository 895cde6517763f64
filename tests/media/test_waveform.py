"""Waveforms: the peaks of known sound at its times, at every zoom, and nothing where nothing is heard."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cast_studio.errors import MediaError
from cast_studio.media.sound_reader import SoundReader
from cast_studio.media.waveform import Waveform, WaveformBuilder
from cast_studio.media.waveform_cache import WaveformCache
from cast_studio.media.waveform_reader import WaveformReader
from tests import videos

RATE = 8000
LOUD = 16_000


def bursts(*spans: tuple[float, float], seconds: float = 1.0) -> NDArray[np.int16]:
    """Return silence with a tone at these times."""
    times = np.arange(int(seconds * RATE)) / RATE
    tone = LOUD * np.sin(2 * np.pi * 1000 * times + 0.5)
    is_on = np.zeros(len(times), bool)
    for start, end in spans:
        is_on |= (times >= start) & (times < end)
    return np.where(is_on, tone, 0).astype(np.int16)


def read(path: Path) -> Waveform:
    """Return the whole waveform of a file."""
    reader = WaveformReader.open(path)
    assert reader is not None
    try:
        for _ in reader.read():
            pass
        return reader.waveform(is_complete=True)
    finally:
        reader.close()


def heard(waveform: Waveform, *, step: float = 0.002, until: float = 2.5) -> list[float]:
    """Return when a tone begins and ends, in turn."""
    columns = waveform.columns(0.0, step, round(until / step))
    is_loud = (columns[:, 1] > 30) & (columns[:, 0] < -30)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_loud, [False])).astype(int)))
    return [float(edge * step) for edge in edges]


@pytest.mark.parametrize(
    ("name", "codec", "within"), [("a.mkv", "pcm_s16le", 0.004), ("a.mp4", "aac", 0.03)]
)
def test_a_tone_is_where_it_is_heard(name: str, codec: str, within: float, tmp_path: Path) -> None:
    samples = bursts((0.2, 0.3), (0.6, 0.8))
    waveform = read(videos.with_sound(tmp_path / name, samples, codec=codec))
    assert heard(waveform) == pytest.approx([0.2, 0.3, 0.6, 0.8], abs=within)
    lowest, highest = waveform.columns(0.65, 0.1, 1)[0].tolist()
    assert (lowest, highest) == pytest.approx((-LOUD / 256, LOUD / 256), abs=3)


def test_sound_that_begins_late_or_before_the_picture_keeps_its_time(tmp_path: Path) -> None:
    late = videos.with_sound(tmp_path / "late.mkv", bursts((0.1, 0.2)), sound_from=1.5)
    assert heard(read(late)) == pytest.approx([1.6, 1.7], abs=0.004)
    assert read(late).start == pytest.approx(1.5, abs=0.002)
    # Times of the file, as pictures have them: the first picture is shown at half a second.
    early = videos.with_sound(tmp_path / "early.mkv", bursts((0.7, 0.8)), picture_from=12)
    assert heard(read(early)) == pytest.approx([0.7, 0.8], abs=0.004)


def test_the_waveform_is_of_the_sound_that_is_played(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in range(2)]
        for stream, samples in zip(streams, (bursts((0.2, 0.3)), bursts((0.6, 0.7))), strict=True):
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    player = SoundReader.open(path)
    assert player is not None
    try:
        player.seek(0.0)
        played = np.frombuffer(player.read(1 << 20), np.int16)[::2]
    finally:
        player.close()
    first = int(np.flatnonzero(np.abs(played) > 8000)[0]) / 48_000
    assert heard(read(path))[0] == pytest.approx(first, abs=0.004) == pytest.approx(0.2, abs=0.004)


def test_a_silent_file_has_none(tmp_path: Path) -> None:
    assert WaveformReader.open(videos.constant_rate(tmp_path / "a.mp4", count=3)) is None
    (tmp_path / "b.mp4").write_text("milk, bread")
    with pytest.raises(MediaError, match=r"b\.mp4"):
        WaveformReader.open(tmp_path / "b.mp4")


@pytest.mark.parametrize("keep", [0.3, 0.7])
def test_of_a_damaged_file_is_shown_what_can_be_read(keep: float, tmp_path: Path) -> None:
    path = videos.with_sound(tmp_path / "a.mkv", bursts((0.1, 0.2), seconds=4.0), count=2)
    data = bytearray(path.read_bytes())
    data = data[: int(len(data) * keep)]
    path.write_bytes(data)
    found = read(path)
    assert heard(found) == pytest.approx([0.1, 0.2], abs=0.004)
    assert 4.0 * keep - 0.6 < found.end < 4.0 * keep + 0.2


def test_reading_is_done_in_short_steps_and_shows_what_is_there(tmp_path: Path) -> None:
    path = videos.with_sound(tmp_path / "a.mkv", bursts((0.1, 0.2), seconds=8.0), count=2)
    reader = WaveformReader.open(path)
    assert reader is not None
    steps = reader.read()
    next(steps)
    early = reader.waveform(is_complete=False)
    assert not early.is_complete
    assert early.end == pytest.approx(1.0, abs=0.3)
    assert heard(early) == pytest.approx([0.1, 0.2], abs=0.004)
    assert 5 <= len(list(steps)) <= 8
    assert early.end == pytest.approx(1.0, abs=0.3)  # what was given does not change
    reader.close()


def test_hours_take_no_more_memory_and_keep_every_peak() -> None:
    builder = WaveformBuilder(rate=500, most_stretches=1000)
    for minute in range(60):
        samples = np.zeros((2, 60 * 100), np.int16)
        samples[1, minute] = 20_000
        builder.add(60.0 * minute, samples, 100)
    found = builder.waveform(is_complete=True)
    assert len(found.levels[0]) <= 1000
    assert found.end == pytest.approx(3600, abs=2 / found.rate)
    loud = found.columns(0.0, 60.0, 60)[:, 1]
    assert (loud == 78).all()


def test_what_lies_between_is_neither_loud_nor_soft() -> None:
    builder = WaveformBuilder()
    builder.add(1.0, np.full((1, 100), 9000, np.int16), 1000)
    builder.add(2.0, np.zeros((1, 100), np.int16), 1000)
    found = builder.waveform(is_complete=True)
    columns = found.columns(0.0, 0.1, 25)
    there = set(np.flatnonzero(columns[:, 0] <= columns[:, 1]).tolist())
    assert {10, 20} <= there <= {9, 10, 11, 19, 20, 21}
    assert columns[10].tolist() == [35, 35]
    assert columns[20].tolist() == [0, 0]


@settings(max_examples=40)
@given(
    first=st.floats(-1, 3),
    step=st.floats(1e-4, 1.0),
    seed=st.integers(0, 100),
)
def test_every_peak_is_seen_at_every_zoom(first: float, step: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    peaks = np.sort(rng.integers(-128, 128, (1000, 2)), axis=1).astype(np.int8)
    found = Waveform.of(peaks, start=0.5, rate=500.0, is_complete=True)
    columns = found.columns(first, step, 20)
    # Each column shows all stretches inside, and none but those of its coarsest level around.
    width = max(1.0, step * 500)
    for number in range(20):
        a, b = ((first - 0.5 + step * (number + edge)) * 500 for edge in (0, 1))
        inside = range(max(0, int(np.ceil(a))), max(0, min(1000, int(np.floor(b)))))
        if len(inside):
            part = peaks[inside.start : inside.stop]
            assert columns[number, 0] <= part[:, 0].min()
            assert columns[number, 1] >= part[:, 1].max()
        around = peaks[max(0, int(a - width) - 1) : max(0, int(b + width) + 2)]
        if len(around):
            assert columns[number, 0] >= around[:, 0].min()
            assert columns[number, 1] <= around[:, 1].max()
        else:
            assert columns[number, 0] > columns[number, 1]


def test_a_kept_waveform_is_found_again_for_the_same_file_only(tmp_path: Path) -> None:
    path = videos.with_sound(tmp_path / "a.mkv", bursts((0.1, 0.2)))
    cache = WaveformCache(tmp_path / "cache")
    assert cache.load(path) is None
    cache.save(path, read(path))
    kept = WaveformCache(tmp_path / "cache").load(path)
    assert kept is not None
    assert kept.is_complete
    assert heard(kept) == heard(read(path))
    (place,) = (tmp_path / "cache").iterdir()
    data = place.read_bytes()
    for damaged in (b"", data[:-40], data[:100] + b"\xff" * 50 + data[150:]):
        place.write_bytes(damaged)
        assert cache.load(path) is None
    place.write_bytes(data)
    os.utime(path, ns=(0, 0))
    assert cache.load(path) is None
