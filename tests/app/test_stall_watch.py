"""A video that does not answer is told, and holds up neither the window nor its closing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from av.video.frame import VideoFrame
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from cast_studio.app.playback import Player
from cast_studio.app.stall_watch import StallWatch
from cast_studio.media.reader import StreamReader
from tests.app.conftest import WAIT_MS

PATIENCE_MS = 100


class Disk(Event):
    """A disk that answers while the event is set."""

    def __init__(self) -> None:
        super().__init__()
        self.was_asked = Event()
        self.set()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """The disk of all videos."""
    answers = Disk()
    read = StreamReader.read

    def waiting_read(self: StreamReader) -> VideoFrame | None:
        answers.was_asked.set()
        answers.wait()
        return read(self)

    monkeypatch.setattr(StreamReader, "read", waiting_read)
    yield answers
    answers.set()


def test_a_stalled_disk_is_told_once_and_the_window_goes_on(
    qtbot: QtBot, numbered_video: Path, other_video: Path, disk: Disk
) -> None:
    player = Player()
    watch = StallWatch(player, patience_ms=PATIENCE_MS)
    told: list[str] = []
    watch.stalled.connect(told.append)
    with qtbot.waitSignal(player.frame_shown, timeout=WAIT_MS):
        player.set_video(other_video)
        watch.begin()
    disk.clear()
    # Another video: of the one before, all may have been read ahead by now.
    player.set_video(numbered_video)
    watch.begin()
    ticks: list[int] = []
    clock = QTimer()
    clock.timeout.connect(lambda: ticks.append(1))
    clock.start(10)
    player.show(40)
    player.show(41)
    qtbot.waitUntil(lambda: len(told) == 1, timeout=WAIT_MS)
    assert "“numbered.mp4” has not answered for 0.1 seconds" in told[0]
    qtbot.wait(3 * PATIENCE_MS)
    assert len(told) == 1
    qtbot.waitUntil(lambda: len(ticks) > 5, timeout=WAIT_MS)  # the window goes on
    clock.stop()
    with qtbot.waitSignal(player.frame_shown, timeout=WAIT_MS):
        disk.set()
    assert player.close(WAIT_MS)


def test_closing_does_not_wait_for_a_stalled_disk(
    qtbot: QtBot, numbered_video: Path, disk: Disk
) -> None:
    player = Player()
    disk.clear()
    player.set_video(numbered_video)
    qtbot.waitUntil(disk.was_asked.is_set, timeout=WAIT_MS)
    assert not player.close(timeout_ms=50)
    disk.set()
    assert player.close(WAIT_MS)


def test_a_prompt_video_is_not_complained_of(qtbot: QtBot, numbered_video: Path) -> None:
    player = Player()
    watch = StallWatch(player, patience_ms=PATIENCE_MS)
    told: list[str] = []
    watch.stalled.connect(told.append)
    player.set_video(numbered_video)
    watch.begin()
    qtbot.waitUntil(lambda: player.shown == 0, timeout=WAIT_MS)
    told.clear()  # a busy machine may be slow at opening
    qtbot.wait(3 * PATIENCE_MS)
    assert told == []
    assert player.close(WAIT_MS)
