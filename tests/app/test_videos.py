"""Opening files: real videos are scanned off the GUI thread, everything else is told in words."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.session import Session
from cast_studio.app.videos import VideoOpener, scan_unknown_videos, scan_video
from cast_studio.core.project import VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.errors import MediaError
from cast_studio.media.fingerprint import fingerprint
from tests import videos
from tests.app.conftest import WAIT_MS


class Heard:
    def __init__(self, opener: VideoOpener) -> None:
        self.opened: list[tuple[VideoRef, FrameIndex]] = []
        self.failures: list[tuple[str, str]] = []
        self.warnings: list[tuple[str, str]] = []
        opener.opened.connect(lambda video, index: self.opened.append((video, index)))
        opener.failed.connect(lambda path, text: self.failures.append((path, text)))
        opener.warned.connect(lambda path, text: self.warnings.append((path, text)))


def test_a_scan_finds_all_that_a_project_keeps(numbered_video: Path) -> None:
    found = scan_video(numbered_video, video_id="a")
    video = found.video
    assert video.id == "a"
    assert video.path == numbered_video.as_posix()
    assert video.size_bytes == numbered_video.stat().st_size
    assert video.fingerprint == fingerprint(numbered_video)
    assert (video.n_frames, video.rate) == (48, Fraction(24))
    assert (video.width, video.height) == (96, 64)
    assert (video.timebase, video.start_pts) == (found.index.timebase, 0)
    assert video.end_pts == found.index.end_pts
    assert found.warnings == ()


def test_several_files_are_opened_each_with_an_id_of_its_own(
    qtbot: QtBot, numbered_video: Path, other_video: Path
) -> None:
    opener = VideoOpener()
    heard = Heard(opener)
    with qtbot.waitSignal(opener.idle, timeout=WAIT_MS):
        opener.open([numbered_video, str(other_video)])
        assert opener.is_busy
    lengths = {video.name: len(index) for video, index in heard.opened}
    assert lengths == {"numbered.mp4": 48, "other.mp4": 12}
    assert len({video.id for video, _ in heard.opened}) == 2
    assert not opener.is_busy


def test_a_bad_file_among_good_ones_is_told_by_name(
    qtbot: QtBot, other_video: Path, no_video: Path, tmp_path: Path
) -> None:
    opener = VideoOpener()
    heard = Heard(opener)
    missing = tmp_path / "missing.mp4"
    empty = tmp_path / "empty.mp4"
    empty.touch()
    sound = videos.audio_only(tmp_path / "sound.m4a")
    with qtbot.waitSignal(opener.idle, timeout=WAIT_MS):
        opener.open([no_video, other_video, missing, empty, sound, tmp_path])
    assert [video.name for video, _ in heard.opened] == ["other.mp4"]
    assert {path for path, _ in heard.failures} == {
        str(path) for path in (no_video, missing, empty, sound, tmp_path)
    }
    for path, sentence in heard.failures:
        assert Path(path).name in sentence


def test_a_truncated_file_is_opened_with_a_warning(qtbot: QtBot, tmp_path: Path) -> None:
    opener = VideoOpener()
    heard = Heard(opener)
    with qtbot.waitSignal(opener.idle, timeout=WAIT_MS):
        opener.open([videos.truncated(tmp_path / "cut.mp4")])
    assert len(heard.opened) == 1
    assert "cut.mp4" in heard.warnings[0][1]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs file permissions")
def test_a_file_that_may_not_be_read_is_told(other_video: Path, tmp_path: Path) -> None:
    path = tmp_path / "locked.mp4"
    path.write_bytes(other_video.read_bytes())
    path.chmod(0)
    with pytest.raises(MediaError, match=r"locked\.mp4"):
        scan_video(path, video_id="a")


def test_nothing_is_reported_after_closing(qtbot: QtBot, other_video: Path) -> None:
    opener = VideoOpener()
    heard = Heard(opener)
    opener.open([other_video] * 5)
    assert opener.close(WAIT_MS)
    opener.open([other_video])
    qtbot.wait(1)
    assert heard.opened == []


def test_what_is_forgotten_is_not_reported_and_later_files_are(
    qtbot: QtBot, other_video: Path, numbered_video: Path
) -> None:
    opener = VideoOpener()
    found: list[str] = []
    opener.opened.connect(lambda video, _index: found.append(Path(video.path).name))
    opener.open([other_video])
    opener.forget()
    opener.open([numbered_video])
    qtbot.waitUntil(lambda: not opener.is_busy, timeout=WAIT_MS)
    assert found == [numbered_video.name]
    assert opener.close(WAIT_MS)


def test_unknown_videos_are_scanned_and_missing_ones_named(
    session: Session, other_video: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(other_video.read_bytes() + b"\0")
    session.add_video(scan_video(other_video, video_id="here").video)
    session.add_video(scan_video(copy, video_id="gone").video)
    copy.unlink()
    (problem,) = scan_unknown_videos(session)
    assert "copy.mp4" in problem
    index = session.frame_index("here")
    assert index is not None
    assert len(index) == 12
    assert session.frame_index("gone") is None


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every scan tell how far it is, as long ones do."""
    monkeypatch.setattr("cast_studio.media.scan_progress._FIRST_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("cast_studio.media.scan_progress._SECONDS_BETWEEN", 0.0)


@pytest.mark.usefixtures("telling")
def test_long_scans_tell_how_far_they_are(qtbot: QtBot, numbered_video: Path) -> None:
    opener = VideoOpener()
    told: list[tuple[str, float]] = []
    opener.progressed.connect(lambda name, share: told.append((name, share)))
    with qtbot.waitSignal(opener.idle, timeout=WAIT_MS):
        opener.open([numbered_video])
    assert {name for name, _ in told} == {"numbered.mp4"}
    assert all(0 <= share <= 1 for _, share in told)


@pytest.mark.usefixtures("telling")
def test_a_scan_that_nobody_waits_for_ends_early(qtbot: QtBot, tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "long.mp4", count=400)
    opener = VideoOpener()
    heard = Heard(opener)
    opener.progressed.connect(lambda _name, _share: opener.forget())
    with qtbot.waitSignal(opener.idle, timeout=WAIT_MS):
        opener.open([path])
    assert heard.opened == []
    assert heard.failures == []
