"""A project whose program is killed has every edit that was told to be saved."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTimer

from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddSegments, AnnotateSegment, Edit, RelabelSegments, apply
from cast_studio.core.project import Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.storage.store import ProjectStore
from tests.fakes import SCHEMA
from tests.videos import constant_rate

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
MOST_EDITS_A_LIFE = 60
AT_ONCE = 3
_TICKS = 10
_NOW = "2025-01-01T00:00:00Z"


def edits(project: Project) -> Iterator[Edit]:
    """Yield what is done to a project, the same in every process: label, relabel, note."""
    track_id, number = project.tracks[0].id, 0
    while True:
        segment_id, start = f"s{number}", number * _TICKS
        segment = Segment(segment_id, TimeSpan(start, start + _TICKS), {"verb": number % 3})
        yield AddSegments(track_id, (segment,))
        yield RelabelSegments((segment_id,), {"noun": number % 2}, _NOW)
        yield AnnotateSegment(segment_id, note="what was seen here " * 50, modified_at=_NOW)
        number += 1


def edit_until_killed(folder: Path, done: int) -> None:
    """Open a project as the window does and edit it; print an edit's number when it is saved.

    Args:
        folder: The project.
        done: How many of the edits it has already.
    """
    application = QCoreApplication([])
    session = Session.open(folder, annotator="ada")
    coming = enumerate(edits(session.project), start=1)
    unsaved: deque[int] = deque()

    def edit_on() -> None:
        for number, edit in islice(coming, AT_ONCE - len(unsaved)):
            unsaved.append(number)
            session.do(edit)

    def on_saved(_revision: int, _moment: object) -> None:
        sys.stdout.write(f"{unsaved.popleft()}\n")
        sys.stdout.flush()
        edit_on()

    next(islice(coming, done, done), None)
    session.saved.connect(on_saved)
    QTimer.singleShot(0, edit_on)
    application.exec()


def live_and_die(folder: Path, *, done: int, saved_before_death: int) -> int:
    """Let a process edit, kill it in the middle, and return the last edit it told to be saved."""
    script = (
        "import sys, pathlib; from tests.e2e.test_kill import edit_until_killed\n"
        "edit_until_killed(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder), str(done)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(saved_before_death)]
        assert all(lines), "it ended by itself"
        process.kill()
        lines += process.stdout.readlines()
    # The last line may have been cut off by the kill; it then tells nothing.
    return int([line for line in lines if line.endswith("\n")][-1])


@pytest.fixture
def folder(qapp: object, tmp_path: Path) -> Path:
    """A closed project of one video and no labels."""
    session = Session.create(tmp_path / "a.cast", name="a", schema=SCHEMA, annotator="ada")
    found = scan_video(constant_rate(tmp_path / "a.mp4"), video_id="a")
    session.add_video(found.video, found.index)
    assert session.close().text == ""
    return session.folder


def revision_and_project(folder: Path) -> tuple[int, Project]:
    """Return what is on the disk."""
    with ProjectStore.open(folder, read_only=True) as store:
        return store.revision, store.load()


def test_every_edit_that_was_told_to_be_saved_survives_a_kill(folder: Path) -> None:
    first_revision, expected = revision_and_project(folder)
    coming = edits(expected)
    moments, done = random.Random(11), 0
    for _ in range(KILLS):
        moment = moments.randint(1, MOST_EDITS_A_LIFE)
        told = live_and_die(folder, done=done, saved_before_death=moment)
        assert told >= done + moment
        revision, found = revision_and_project(folder)
        for edit in islice(coming, revision - first_revision - done):
            expected, _ = apply(expected, edit)
        done = revision - first_revision
        assert done >= told
        assert found == expected

    session = Session.open(folder, annotator="ada")
    assert not session.read_only
    session.do(next(coming))
    edited = session.project
    assert session.close().text == ""
    assert revision_and_project(folder)[1] == edited
