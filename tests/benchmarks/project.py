"""Large projects: opening them, what an edit costs the window, how long it takes to be saved."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from cast_studio.app.session import Session
from cast_studio.core.edits import (
    AddSegments,
    AnnotateSegment,
    ChangeSchema,
    Edit,
    RelabelSegments,
    RetimeSegment,
)
from cast_studio.core.labels import LabelSchema
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.ui.main_window import MainWindow
from tests.benchmarks.large_projects import NOW, open_window, write_many_videos, write_one_video
from tests.benchmarks.report import Measured, Report, percentile
from tests.benchmarks.stage import pause, wait_until

TARGET_OPEN_SECONDS = 1.5
TARGET_EDIT_MS = 16.0
_ROOT = Path(__file__).parents[2]
_HOURS = 7_200
_REST_MS = 3_000
"""Until what is made while nobody waits has been begun."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--videos", type=int, default=1_000, help="videos of the project")
    parser.add_argument("--segments", type=int, default=100_000, help="labels of the project")
    parser.add_argument("--repeat", type=int, default=20, help="how often each edit is made")
    parser.add_argument(
        "--platform", default=os.environ.get("QT_QPA_PLATFORM", "offscreen"), help="Qt platform"
    )


def measure(arguments: argparse.Namespace) -> Report:
    """Write two large projects, open them and edit them."""
    os.environ["QT_QPA_PLATFORM"] = arguments.platform
    n_videos, n_segments, repeat = arguments.videos, arguments.segments, arguments.repeat
    size = f"{n_videos} videos, {n_segments} segments"
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        many = write_many_videos(home, n_videos=n_videos, n_segments=n_segments)
        one = write_one_video(home, seconds=_HOURS, n_segments=n_segments)
        loaded = [_loaded(many) for _ in range(3)]
        measured = [
            Measured(
                f"reading it, {size}",
                statistics.median(found["seconds"] for found in loaded),
                "s",
                details={"memory_mb": loaded[0]["mb"], "bytes": _size_of(many)},
            )
        ]
        measured += _in_fresh_process("window", many, repeat)
        measured += _in_fresh_process("session", one, repeat)
        measured += _memory(home)
    return Report("project", tuple(measured), {"platform": arguments.platform})


def _in_fresh_process(what: str, folder: Path, repeat: int) -> list[Measured]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.project", what, str(folder), str(repeat)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [Measured(**found) for found in json.loads(done.stdout.splitlines()[-1])]


def _loaded(folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.project", "load", str(folder), "1"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _load(folder: Path) -> dict[str, float]:
    QCoreApplication([])
    before = _resident_mb()
    start = time.perf_counter()
    session = Session.open(folder)
    seconds = time.perf_counter() - start
    found = {"seconds": seconds, "mb": round(_resident_mb() - before, 1)}
    session.close()
    return found


def _window(folder: Path, repeat: int) -> list[Measured]:
    """Open a project in the window and edit it there."""
    with tempfile.TemporaryDirectory() as home, open_window(Path(home)) as window:
        pause(300)
        start = time.perf_counter()
        window.studio.projects.open_project(folder)
        QApplication.processEvents()
        listed = time.perf_counter() - start
        wait_until(lambda: window.workspace.video_view.image is not None, 60)
        opened = time.perf_counter() - start
        pause(500)
        session = window.studio.session
        assert session is not None
        n_videos = len(session.project.videos)
        measured = [
            Measured(
                "opening it in the window",
                listed,
                "s",
                TARGET_OPEN_SECONDS,
                {"to_first_picture_s": round(opened, 3), "resident_mb": _resident_mb()},
            )
        ]
        measured += _edits(session, "s0", repeat, f"of {n_videos} videos, in the window")
        measured.append(_removal(window, repeat))
    return measured


def _session(folder: Path, repeat: int) -> list[Measured]:
    """Edit a track of many segments, without a window."""
    QApplication([])
    session = Session.open(folder, annotator="ada")
    try:
        count = len(session.project.tracks[0].segments)
        return _edits(session, "s", repeat, f"in a track of {count} segments")
    finally:
        session.close()


def _edits(session: Session, prefix: str, repeat: int, where: str) -> list[Measured]:
    segment = session.project.segment(f"{prefix}-7")[1]
    track = session.project.segment(segment.id)[0]
    end = track.segments[-1].span.end
    every = [found.id for known in session.project.tracks for found in known.segments]
    thousand = tuple(every[:: max(1, len(every) // 1_000)][:1_000])
    imported = tuple(
        Segment(f"i{i}", TimeSpan(end + 10 * i, end + 10 * i + 5), {"verb": i % 97})
        for i in range(10_000)
    )
    kinds: dict[str, tuple[Callable[[int], Edit], int]] = {
        "add a label": (lambda n: _new(track.id, end, n), repeat),
        "relabel": (lambda n: RelabelSegments((segment.id,), {"verb": n % 90 + 1}, NOW), repeat),
        "move": (
            lambda n: RetimeSegment(segment.id, TimeSpan(segment.span.start, segment.span.end - n)),
            repeat,
        ),
        "note": (lambda n: AnnotateSegment(segment.id, note=f"{n} more"), repeat),
        "relabel 1,000": (lambda n: RelabelSegments(thousand, {"verb": n % 90}, NOW), 5),
        "rename a class": (lambda n: ChangeSchema(_renamed(session.project.schema, n)), 5),
        "import 10,000": (lambda n: AddSegments(track.id, imported), 1),
    }
    measured = []
    for name, (make, times) in kinds.items():
        is_single = times == repeat
        target = TARGET_EDIT_MS if is_single else None
        done = _timed(
            session, [lambda n=n, make=make: session.do(make(n)) for n in range(1, times + 1)]
        )
        measured.append(_line(f"{name} {where}", done, target))
        if name == "relabel":
            undone = _timed(session, [session.undo] * times)
            measured.append(_line(f"undo {where}", undone, target))
    return measured


def _new(track_id: str, end: int, number: int) -> Edit:
    start = end + 1_000_000 + 10 * number  # behind what is imported
    span = TimeSpan(start, start + 5)
    return AddSegments(track_id, (Segment(f"new{number}", span, {"verb": 1}),))


def _renamed(schema: LabelSchema, number: int) -> LabelSchema:
    head = schema.heads[0]
    classes = (replace(head.classes[0], name=f"renamed {number}"), *head.classes[1:])
    return LabelSchema((replace(head, classes=classes), *schema.heads[1:]))


def _removal(window: MainWindow, repeat: int) -> Measured:
    """Take a video out that is not shown, and put it back."""
    session, projects = window.studio.session, window.studio.projects
    assert session is not None
    done = []
    for _ in range(min(repeat, 5)):
        video_id = session.project.videos[-1].id
        done += _timed(session, [lambda video_id=video_id: projects.remove_videos([video_id])])
        _timed(session, [session.undo])
    return _line("remove a video", done, TARGET_EDIT_MS)


def _timed(session: Session, steps: list[Callable[[], object]]) -> list[tuple[float, float, float]]:
    """Do steps; return of each the time in the GUI thread, its own, and that until it was saved."""
    found = []
    for step in steps:
        gc.collect()
        start, own = time.perf_counter(), time.thread_time()
        step()
        QApplication.processEvents()
        in_gui, own = time.perf_counter() - start, time.thread_time() - own
        wait_until(lambda: session.is_saved, 60)
        found.append((in_gui * 1000, own * 1000, (time.perf_counter() - start) * 1000))
        pause(30)
    return found


def _line(name: str, found: list[tuple[float, float, float]], target: float | None) -> Measured:
    in_gui, own, saved = ([row[i] for row in found] for i in range(3))
    return Measured(
        name,
        round(statistics.median(in_gui), 2),
        "ms",
        target,
        {
            "longest": round(max(in_gui), 1),
            "own_p90": round(percentile(own, 0.9), 1),
            "saved_within": round(statistics.median(saved), 1),
        },
    )


def _memory(home: Path) -> list[Measured]:
    """Show a short and a long video in the window; the difference is what length costs.

    Frames are held up to a limit that the length does not change, only how many of them there are: what
    is held of them is told apart. The rest is the list of frames: FFmpeg's own, and the program's.
    """
    found = {}
    for name, seconds in (("10 s", 10), ("2 h", _HOURS)):
        folder = home / name
        folder.mkdir()
        project = write_one_video(folder, seconds=seconds, n_segments=100)
        shown = _in_fresh_process("memory", project, 1)
        found[name] = {one.name: one.value for one in shown}
    growth = {name: round(found["2 h"][name] - found["10 s"][name], 1) for name in found["2 h"]}
    return [
        Measured(
            "memory that 2 h of video take over 10 s, beside frames held",
            round(growth["resident"] - growth["frames held"], 1),
            "MB",
            16.0,
            found,
        )
    ]


def _show(folder: Path) -> list[Measured]:
    with tempfile.TemporaryDirectory() as home, open_window(Path(home)) as window:
        window.studio.projects.open_project(folder)
        wait_until(lambda: window.workspace.video_view.image is not None, 120)
        wait_until(lambda: window.studio.state.frames is not None, 60)
        frames = window.studio.state.frames
        assert frames is not None
        for place in range(0, len(frames), max(1, len(frames) // 40)):
            window.studio.playback.show_frame(place)
            pause(30)
        pause(_REST_MS)
        # The small pictures' decoder closes the video a while after its work.
        video = window.studio.services.player.path
        wait_until(lambda: video is None or _times_open(video) <= 1, 60)
        pause(_REST_MS)
        gc.collect()
        held = window.studio.services.player.store.most_bytes / 1e6
        return [
            Measured("resident", _resident_mb(), "MB"),
            Measured("frames held", round(held, 1), "MB"),
        ]


def _times_open(path: Path) -> int:
    """Return how often this process has a file open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    links = list(folder.iterdir()) if folder.is_dir() else []
    found = 0
    for link in links:
        with contextlib.suppress(OSError):
            found += link.samefile(path)
    return found


def _resident_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    return round(pages * resource.getpagesize() / 1e6, 1)


def _size_of(folder: Path) -> int:
    return (folder / "project.db").stat().st_size


def _plain(found: list[Measured]) -> list[dict[str, object]]:
    keys = ("name", "value", "unit", "target", "details")
    return [{key: getattr(one, key) for key in keys} for one in found]


def _main(what: str, folder: Path, repeat: int) -> int:
    found: object
    match what:
        case "load":
            found = _load(folder)
        case "window":
            found = _plain(_window(folder, repeat))
        case "session":
            found = _plain(_session(folder, repeat))
        case _:
            found = _plain(_show(folder))
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
