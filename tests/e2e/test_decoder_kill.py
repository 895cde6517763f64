"""A decoder that takes the process with it takes no edit that was told to be saved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
from av.video.frame import VideoFrame
from PySide6.QtCore import QCoreApplication, QTimer

from cast_studio.app.playback import Player
from cast_studio.app.session import Session
from cast_studio.core.edits import apply
from cast_studio.media.reader import StreamReader
from tests.e2e.test_kill import ROOT, edits, folder, revision_and_project

__all__ = ["folder"]

# Of the 48 of the video: it is read ahead, so the decoder stands still in this one until edits are saved.
PICTURES = 30
SAVED = 5
MOST_SECONDS = 60


def edit_and_play_until_it_crashes(folder: Path, video: Path, signal_number: int) -> None:
    """Edit a project while its video plays; the decoder kills the process in the middle of a picture.

    Prints the number of an edit when it is saved.
    """
    application = QCoreApplication([])
    session = Session.open(folder, annotator="ada")
    coming = enumerate(edits(session.project), start=1)
    read, seen, saved = StreamReader.read, 0, 0
    has_saved = Event()

    def deadly_read(self: StreamReader) -> VideoFrame | None:
        nonlocal seen
        seen += 1
        if seen == PICTURES:
            has_saved.wait(MOST_SECONDS)
            os.kill(os.getpid(), signal_number)
        return read(self)

    StreamReader.read = deadly_read  # type: ignore[method-assign]
    player = Player()

    def on_saved(revision: int, _moment: object) -> None:
        nonlocal saved
        sys.stdout.write(f"{revision}\n")
        sys.stdout.flush()
        saved += 1
        if saved == SAVED:
            has_saved.set()
        session.do(next(coming)[1])
        player.show((player.position + 1) % 48)

    session.saved.connect(on_saved)
    player.set_video(video)
    QTimer.singleShot(0, lambda: session.do(next(coming)[1]))
    application.exec()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("deadly", [signal.SIGSEGV, signal.SIGKILL], ids=["crash", "kill"])
def test_a_crash_in_the_decoder_loses_no_saved_edit(folder: Path, deadly: signal.Signals) -> None:
    first_revision, expected = revision_and_project(folder)
    script = (
        "import sys, pathlib\n"
        "from tests.e2e.test_decoder_kill import edit_and_play_until_it_crashes\n"
        "place = pathlib.Path(sys.argv[1])\n"
        "edit_and_play_until_it_crashes(place, place.parent / 'a.mp4', int(sys.argv[2]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(int(deadly))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert ended.returncode == -deadly
    told = [int(line) for line in ended.stdout.splitlines(keepends=True) if line.endswith("\n")]
    assert len(told) >= SAVED, "it should have edited while it decoded"

    revision, found = revision_and_project(folder)
    assert revision >= told[-1]
    for edit in islice(edits(expected), revision - first_revision):
        expected, _ = apply(expected, edit)
    assert found == expected
