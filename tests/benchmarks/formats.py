"""Import and export of a file like the EPIC-KITCHENS-100 validation set, by the command and by the window."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.importing import PreparedImport
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.session import Session
from cast_studio.app.window_thread import window_thread
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project
from cast_studio.storage import formats
from cast_studio.storage.store import ProjectStore
from cast_studio.ui.application import make_services
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.studio import Studio
from cast_studio.ui.theme import Theme
from tests.benchmarks.calibration import calibrate
from tests.benchmarks.report import Measured, Report
from tests.benchmarks.stage import pause, wait_until
from tests.benchmarks.stalls import StallMeter, StallSummary
from tests.epic_files import ROWS, write_epic_file

TARGET_SECONDS = 3.0
TARGET_STALL_MS = 50.0
_READING, _APPLYING, _UNDOING = "reading", "applying", "undoing"
_APART_MS = 100
"""Between two phases, so that a stall where they meet is not counted in both."""
_ROOT = Path(__file__).parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help="rows of the file")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="times for each number")


def measure(arguments: argparse.Namespace) -> Report:
    """Time each way as a whole process and inside of one, and how long a window stands still."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _application = QApplication.instance() or QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        source = write_epic_file(work / "epic.csv", rows=arguments.rows)
        ways = _processes(work, source, arguments.repeat)
        inside = _formats(work, arguments.repeat)
        with window_thread():
            window = _window(work / "home", source)
        same = (work / "out-0.epic").read_bytes() == source.read_bytes()
    return Report(
        "formats",
        (*ways, *inside, *window),
        {"rows": arguments.rows, "epic file came back byte for byte": same},
    )


def _processes(work: Path, source: Path, repeat: int) -> list[Measured]:
    """Time the command with all that it costs: a process, the project on disk, its backup."""
    taken: dict[str, list[float]] = {"import epic (process)": [], "export epic (process)": []}
    epic = ("--format", "epic")
    for number in range(repeat):
        project = work / f"project-{number}.cast"
        taken["import epic (process)"].append(
            _timed(lambda project=project: _run("import", source, "--project", project, *epic))
        )
        out = work / f"out-{number}.epic"
        taken["export epic (process)"].append(
            _timed(lambda project=project, out=out: _run("export", project, "--out", out, *epic))
        )
    return [_measured(name, seconds) for name, seconds in taken.items()]


def _formats(work: Path, repeat: int) -> list[Measured]:
    with ProjectStore.open(work / "project-0.cast") as store:
        project = store.load()
    found = []
    for name in formats.names():
        chosen, path = formats.get(name), work / f"inside.{name}"
        found.append(
            _measured(
                f"write {name}",
                [_timed(lambda c=chosen, p=path: c.write(p, project)) for _ in range(repeat)],
            )
        )
        found.append(
            _measured(
                f"read {name}",
                [_timed(lambda c=chosen, p=path: c.read(p)) for _ in range(repeat)],
            )
        )
    return found


def _window(home: Path, source: Path) -> list[Measured]:
    """Import in the real window while a heartbeat watches the GUI thread, and undo it."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    preferences = Preferences(AppFolders.below(home))
    window = MainWindow(
        Studio(make_services(preferences, UserMessages())), Theme(application, "dark")
    )
    studio, meter = window.studio, StallMeter()
    # The report is not shown: a dialog would wait for somebody.
    studio.imports.prepared.disconnect()
    reports: list[PreparedImport] = []
    studio.imports.prepared.connect(reports.append)
    session = Session.create(
        home / "window.cast", name="window", schema=LabelSchema(()), annotator="benchmark"
    )
    studio.projects.adopt(session)
    window.show()
    pause(1_000)
    # Making the plot of the training panel belongs to starting, whenever there is time for it.
    wait_until(lambda: window.workspace.training_panel.curve is not None, 60)
    pause(2_000)
    meter.start()
    pause(200)
    with meter.phase(_READING):
        studio.imports.start(source)
        wait_until(lambda: bool(reports), 60)
    pause(_APART_MS)
    with meter.phase(_APPLYING):
        studio.imports.apply(reports[0])
        wait_until(lambda: session.is_saved, 60)
    pause(_APART_MS)
    imported = session.project
    with meter.phase(_UNDOING):
        session.undo()
        wait_until(lambda: session.is_saved, 60)
    meter.stop()
    _check(session.project, imported)
    window.close()
    idle = calibrate(3.0, neighbors=0)
    return [
        Measured("longest stall of an idle process", idle.longest, "ms"),
        *(_stall(meter, name) for name in (_READING, _APPLYING, _UNDOING)),
    ]


def _check(after: Project, imported: Project) -> None:
    if after.tracks or not imported.tracks:
        raise RuntimeError("the import was not done and undone")


def _stall(meter: StallMeter, name: str) -> Measured:
    found = StallSummary.of(meter.stalls_in(name))
    return Measured(
        f"longest stall while {name}",
        found.longest,
        "ms",
        TARGET_STALL_MS,
        {"own": found.longest_own, "most_own": found.most_own, "beats": found.beats},
    )


def _run(*arguments: object) -> None:
    command = [sys.executable, "-m", "cast_studio", *map(str, arguments)]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _measured(name: str, seconds: list[float]) -> Measured:
    return Measured(
        name,
        statistics.median(seconds),
        "s",
        TARGET_SECONDS,
        {"all": [round(found, 2) for found in seconds]},
    )
