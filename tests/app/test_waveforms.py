"""The waveform of the open video: as far as it is read, while the player rests, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.leisure import Leisure
from cast_studio.app.playback import Player
from cast_studio.app.waveforms import Waveforms
from cast_studio.media.waveform import Waveform
from cast_studio.media.waveform_cache import WaveformCache
from cast_studio.media.waveform_reader import WaveformReader
from tests import videos
from tests.app.conftest import WAIT_MS


@pytest.fixture
def make(player: Player, leisure: Leisure, tmp_path: Path) -> Iterator[Callable[[], Waveforms]]:
    made: list[Waveforms] = []

    def make_one() -> Waveforms:
        made.append(Waveforms(player, leisure, WaveformCache(tmp_path / "waveforms")))
        made[-1].want(True)
        return made[-1]

    yield make_one
    for waveforms in made:
        assert waveforms.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose sound was opened to be read."""
    names: list[str] = []
    original = WaveformReader.open.__func__  # type: ignore[attr-defined]

    def counting(kind: type[WaveformReader], path: Path) -> WaveformReader | None:
        names.append(path.name)
        found: WaveformReader | None = original(kind, path)
        return found

    monkeypatch.setattr(WaveformReader, "open", classmethod(counting))
    return names


@pytest.fixture
def loud_video(tmp_path: Path) -> Path:
    samples = np.full(12 * 8000, 9000, np.int16)
    samples[8000:] = 3000
    return videos.with_sound(tmp_path / "loud.mkv", samples)


def is_complete(waveform: Waveform | None) -> bool:
    return waveform is not None and waveform.is_complete


def open_video(qtbot: QtBot, player: Player, path: Path) -> None:
    with qtbot.waitSignal(player.opened, timeout=WAIT_MS):
        player.set_video(path)


def test_it_is_read_while_the_player_rests_and_kept_for_the_next_time(
    qtbot: QtBot,
    player: Player,
    make: Callable[[], Waveforms],
    opened: list[str],
    loud_video: Path,
) -> None:
    waveforms = make()
    seen: list[Waveform | None] = []
    waveforms.changed.connect(lambda: seen.append(waveforms.waveform))
    open_video(qtbot, player, loud_video)
    qtbot.waitUntil(lambda: is_complete(waveforms.waveform), timeout=WAIT_MS)
    found = waveforms.waveform
    assert found is not None
    assert found.end == pytest.approx(12, abs=0.1)
    assert found.columns(0.1, 0.8, 1)[0, 1] == 35
    assert found.columns(2.0, 0.8, 1)[0, 1] == 12
    # That there is sound is told before any of it is read.
    assert seen[0] is not None
    assert not seen[0].is_complete
    again = make()
    open_video(qtbot, player, loud_video)
    qtbot.waitUntil(lambda: is_complete(again.waveform), timeout=WAIT_MS)
    assert opened == ["loud.mkv"]


def test_a_silent_file_has_none(
    qtbot: QtBot,
    player: Player,
    make: Callable[[], Waveforms],
    opened: list[str],
    numbered_video: Path,
    loud_video: Path,
) -> None:
    waveforms = make()
    open_video(qtbot, player, loud_video)
    qtbot.waitUntil(lambda: is_complete(waveforms.waveform), timeout=WAIT_MS)
    player.set_video(None)
    assert waveforms.waveform is None
    open_video(qtbot, player, numbered_video)
    qtbot.waitUntil(lambda: opened[-1] == "numbered.mp4", timeout=WAIT_MS)
    qtbot.wait(50)
    assert waveforms.waveform is None


def test_it_is_not_read_while_nobody_wants_to_see_it(
    qtbot: QtBot,
    player: Player,
    make: Callable[[], Waveforms],
    opened: list[str],
    loud_video: Path,
) -> None:
    waveforms = make()
    waveforms.want(False)
    open_video(qtbot, player, loud_video)
    qtbot.wait(100)
    assert opened == []
    waveforms.want(True)
    qtbot.waitUntil(lambda: is_complete(waveforms.waveform), timeout=WAIT_MS)


def test_closing_in_the_midst_ends_the_thread(
    qtbot: QtBot, player: Player, leisure: Leisure, loud_video: Path, tmp_path: Path
) -> None:
    waveforms = Waveforms(player, leisure, WaveformCache(tmp_path / "waveforms"))
    waveforms.want(True)
    open_video(qtbot, player, loud_video)
    qtbot.waitUntil(lambda: waveforms.waveform is not None, timeout=WAIT_MS)
    assert waveforms.close(WAIT_MS)
