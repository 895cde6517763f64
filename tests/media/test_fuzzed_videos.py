"""A short run of ``python -m tests.fuzz_video``: always a frame or a sentence, in time."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.fuzz_video.mutations import Mutant, make_sources, mutant
from tests.fuzz_video.watch import WatchedReader

SOURCES = (
    *("h264 mp4, B-frames", "h264 mkv with sound", "h264 ts, open groups"),
    *("mpeg4 avi, B-frames", "vp8 webm, alpha", "raw avi, indexed colors"),
)
COUNT = 60

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").is_file(), reason="the memory of a process cannot be limited here"
)


def test_damaged_videos_give_a_frame_or_a_sentence(tmp_path: Path) -> None:
    sources = make_sources(tmp_path, SOURCES)
    outcomes = set()
    with WatchedReader() as reader:
        for seed in range(COUNT):
            damaged = mutant(sources, seed)
            path = tmp_path / f"seed{seed}{damaged.suffix}"
            path.write_bytes(damaged.content)
            reading = reader.read(path)
            outcomes.add(reading.outcome)
            assert reading.is_fine, f"seed {seed}, {damaged.name}: {reading}"

    assert outcomes == {"frames", "sentence"}


def test_a_seed_gives_the_same_video_again(tmp_path: Path) -> None:
    sources = make_sources(tmp_path, SOURCES[:2])
    made: list[Mutant] = [mutant(sources, seed) for seed in range(20)]

    assert made == [mutant(sources, seed) for seed in range(20)]
    assert len({one.content for one in made}) > 10


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes and signals")
def test_the_watch_itself_tells_hangs_and_crashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = tmp_path / "clip.txt"
    clip.write_text("nothing")
    with WatchedReader() as reader:
        assert reader.read(clip).outcome == "sentence"
        os.kill(reader.process_id, signal.SIGSTOP)
        with monkeypatch.context() as patch:
            patch.setattr("tests.fuzz_video.watch.LIMIT_SECONDS", 0.1)
            assert reader.read(clip).outcome == "hang"
        assert reader.read(clip).outcome == "sentence", "another process takes over"
        os.kill(reader.process_id, signal.SIGSEGV)
        assert reader.read(clip).outcome == "crash"
