"""Sound beside the picture: the right samples from any moment, in step, and nothing lost without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.playback import Player
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.sound import SoundOutput, SoundState, SoundWorker
from cast_studio.errors import MediaError
from cast_studio.media.sound_reader import BYTES_A_SAMPLE, CHANNELS, RATE, SoundReader
from tests import videos
from tests.app.conftest import WAIT_MS


class FakeSink:
    """An output that plays what it gets at the speed of a clock, unless it is told to hang behind."""

    def __init__(self, *, room: int = 1 << 16) -> None:
        self.written: list[bytes] = []
        self.starts = 0
        self.is_on = False
        self.volume = -1.0
        self.lag = 0.0
        self.threads: set[int] = set()
        self._room = room
        self._started_at = 0.0

    def start(self) -> None:
        self.threads.add(threading.get_ident())
        self.starts += 1
        self.is_on = True
        self.written = []
        self._started_at = time.monotonic()

    def stop(self) -> None:
        self.is_on = False

    def room(self) -> int:
        return max(0, self._room - sum(map(len, self.written)))

    def write(self, samples: bytes) -> None:
        self.written.append(samples)

    def heard_seconds(self) -> float:
        return time.monotonic() - self._started_at - self.lag

    def set_volume(self, volume: float) -> None:
        self.volume = volume


RAMP_SECONDS = 20


@pytest.fixture(scope="module")
def ramp_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Picture, and sound whose samples rise with time: from -16000 to 16000.

    So long that a busy machine does not come to its end between two steps of a test.
    """
    path = tmp_path_factory.mktemp("sound") / "ramp.mkv"
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=24)
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        samples = np.linspace(-16000, 16000, RAMP_SECONDS * RATE).astype(np.int16)
        for start in range(0, len(samples), 1000):
            frame = av.AudioFrame.from_ndarray(
                np.repeat(samples[start : start + 1000], 2)[None], format="s16", layout="stereo"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(sound.encode(frame))
        for number in range(24 * RAMP_SECONDS):
            shown = av.VideoFrame.from_ndarray(videos.numbered_picture(number), format="rgb24")
            shown.pts, shown.time_base = number, Fraction(1, 24)
            container.mux(picture.encode(shown))
        container.mux(picture.encode(None))
    return path


@pytest.fixture
def sink() -> FakeSink:
    return FakeSink()


@pytest.fixture
def sound(player: Player, sink: FakeSink) -> Iterator[SoundOutput]:
    made = SoundOutput(player, Preferences(AppFolders.default()), lambda: sink)
    yield made
    assert made.close()


def level_at(seconds: float) -> float:
    return -16000 + 32000 * seconds / RAMP_SECONDS


def first_level(samples: bytes) -> float:
    return float(np.frombuffer(samples, np.int16)[:CHANNELS].mean())


def open_video(qtbot: QtBot, player: Player, sound: SoundOutput, path: Path) -> None:
    player.set_video(path)
    qtbot.waitUntil(lambda: sound.state is not SoundState.NO_VIDEO, timeout=WAIT_MS)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.234, 0.25])
def test_samples_begin_at_the_moment_asked_for(ramp_video: Path, seconds: float) -> None:
    reader = SoundReader.open(ramp_video)
    assert reader is not None
    try:
        reader.seek(1.9)
        reader.read(4000)
        reader.seek(seconds)
        samples = reader.read(BYTES_A_SAMPLE * 5000)
    finally:
        reader.close()

    levels = np.frombuffer(samples, np.int16).reshape(-1, CHANNELS)
    times = seconds + np.arange(len(levels)) / RATE
    assert len(levels) == 5000
    # Within two milliseconds, to which matroska rounds its times.
    assert np.abs(levels - level_at(times)[:, None]).max() <= 32000 / RAMP_SECONDS * 0.002 + 2


def test_sound_ends_with_fewer_samples_than_asked_for(ramp_video: Path) -> None:
    reader = SoundReader.open(ramp_video)
    assert reader is not None
    try:
        reader.seek(RAMP_SECONDS - 0.5)
        length = len(reader.read(10 << 20))
        assert reader.read(1000) == b""
    finally:
        reader.close()
    assert abs(length / BYTES_A_SAMPLE - RATE // 2) <= RATE * 0.002


def test_compressed_sound_has_its_length(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", with_audio=True)
    reader = SoundReader.open(path)
    assert reader is not None
    try:
        reader.seek(0.0)
        seconds = len(reader.read(10 << 20)) / BYTES_A_SAMPLE / RATE
    finally:
        reader.close()
    assert seconds == pytest.approx(2.0, abs=0.1)


def test_a_file_without_sound_and_one_that_is_none(numbered_video: Path, no_video: Path) -> None:
    assert SoundReader.open(numbered_video) is None
    with pytest.raises(MediaError, match=r"notes\.mp4"):
        SoundReader.open(no_video)


def test_playing_is_heard_from_the_frame_on_at_normal_speed_alone(
    qtbot: QtBot, player: Player, sound: SoundOutput, sink: FakeSink, ramp_video: Path
) -> None:
    open_video(qtbot, player, sound, ramp_video)
    assert sound.state is SoundState.READY
    player.show(12)
    asked = time.monotonic()
    player.play()
    qtbot.waitUntil(lambda: bool(sink.written), timeout=WAIT_MS)
    late = time.monotonic() - asked
    heard = first_level(sink.written[0])
    assert level_at(0.5) - 4 <= heard <= level_at(0.5 + late) + 4
    player.play(2.0)
    qtbot.waitUntil(lambda: not sink.is_on, timeout=WAIT_MS)
    player.play(1.0)
    qtbot.waitUntil(lambda: sink.is_on, timeout=WAIT_MS)
    player.pause()
    qtbot.waitUntil(lambda: not sink.is_on, timeout=WAIT_MS)
    assert threading.get_ident() not in sink.threads


def test_an_output_that_hangs_behind_is_brought_into_step(
    qtbot: QtBot, qapp: object, sink: FakeSink, ramp_video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cast_studio.app.sound._SETTLED_SECONDS", 0.0)
    worker = SoundWorker(lambda: sink)
    worker.open(str(ramp_video))
    worker.start(0.0, time.monotonic())
    sink.lag = 0.3
    qtbot.waitUntil(lambda: sink.starts >= 2, timeout=WAIT_MS)
    heard = first_level(sink.written[0])
    # What is written first comes out 0.3 s later, so it is what is due by then.
    assert heard >= level_at(0.3) - 4
    worker.release()


def test_volume_and_mute_are_remembered(
    qtbot: QtBot, player: Player, sound: SoundOutput, sink: FakeSink, ramp_video: Path
) -> None:
    open_video(qtbot, player, sound, ramp_video)
    sound.set_volume(0.3)
    qtbot.waitUntil(lambda: sink.volume == pytest.approx(0.3), timeout=WAIT_MS)
    sound.set_muted(True)
    qtbot.waitUntil(lambda: sink.volume == 0.0, timeout=WAIT_MS)
    again = Preferences(AppFolders.default())
    assert (again.volume, again.is_muted) == (pytest.approx(0.3), True)


def test_without_an_output_nothing_else_is_lost(
    qtbot: QtBot, player: Player, ramp_video: Path
) -> None:
    sound = SoundOutput(player, Preferences(AppFolders.default()), lambda: None)
    try:
        open_video(qtbot, player, sound, ramp_video)
        assert sound.state is SoundState.NO_OUTPUT
        player.play(8.0)
        player.play(1.0)
        qtbot.waitUntil(lambda: player.position > 3, timeout=WAIT_MS)
        player.pause()
    finally:
        assert sound.close()


def test_a_silent_video_asks_for_no_output(
    qtbot: QtBot, player: Player, numbered_video: Path
) -> None:
    asked: list[int] = []
    sound = SoundOutput(
        player,
        Preferences(AppFolders.default()),
        lambda: asked.append(1),  # type: ignore[func-returns-value]
    )
    try:
        open_video(qtbot, player, sound, numbered_video)
        assert sound.state is SoundState.SILENT_FILE
        player.set_video(None)
        assert sound.state is SoundState.NO_VIDEO
        assert asked == []
    finally:
        assert sound.close()
