"""Starting, following and stopping a training process, which may outlive this program."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from cast_studio.app.launching import DetachedProcess
from cast_studio.app.run_directory import EventTail, RunDirectory
from cast_studio.app.training_outcome import (
    TrainingOutcome,
    crashed,
    did_not_start,
    outcome_of,
)
from cast_studio.core.training_protocol import (
    Event,
    Failed,
    Finished,
    Message,
    Progress,
    Started,
    Stop,
    Stopped,
    TrainingJob,
    TrainingProtocolError,
    Validated,
)
from cast_studio.errors import TrainingError
from cast_studio.said import say

log = logging.getLogger(__name__)

TrainingCommand = Callable[[Path], Sequence[str]]
"""From the path of a job to the program and its arguments."""

_POLL_MS: Final = 150
# Importing torch from a cold disk takes a while, and only then the run writes its first file.
START_DEADLINE_SECONDS: Final = 120.0


def training_command(job_path: Path) -> list[str]:
    """Return what runs a job: this interpreter, or this very program in a frozen build."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--train", str(job_path)]
    # -P: a folder named "training" where the user happens to be must not be run instead.
    return [sys.executable, "-P", "-m", "training", "run", str(job_path)]


class TrainingRunner(QObject):
    """Follows one training run at a time. GUI thread; the run is a process of its own.

    The run directory is the only channel, so the end of this program does not end a run, and
    another one can go on following it with :meth:`attach`.

    Signals:
        started: :class:`Started`.
        progressed: :class:`Progress`.
        validated: :class:`Validated`.
        message: A sentence.
        running_changed: Whether a run is followed.
        finished: :class:`TrainingOutcome`; the last signal of a run.
    """

    started = Signal(object)
    progressed = Signal(object)
    validated = Signal(object)
    message = Signal(str)
    running_changed = Signal(bool)
    finished = Signal(object)

    def __init__(
        self,
        *,
        command: TrainingCommand = training_command,
        start_deadline_seconds: float = START_DEADLINE_SECONDS,
        parent: QObject | None = None,
    ) -> None:
        """Follow nothing yet.

        Args:
            command: What runs a job.
            start_deadline_seconds: How long a run may take to write its first file.
            parent: Owns the runner.
        """
        super().__init__(parent)
        self._command = command
        self._deadline_seconds = start_deadline_seconds
        self._run: RunDirectory | None = None
        self._tail: EventTail | None = None
        self._process: DetachedProcess | None = None
        self._launch_problem = ""
        self._followed_since = 0.0
        self._is_stopping = False
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._on_tick)

    @property
    def is_running(self) -> bool:
        """Whether a run is followed."""
        return self._run is not None

    @property
    def is_stopping(self) -> bool:
        """Whether the run was told to stop and has not ended yet."""
        return self._is_stopping

    @property
    def run_dir(self) -> Path | None:
        """The directory of the run that is followed."""
        return self._run.path if self._run is not None else None

    def start(self, job: TrainingJob) -> None:
        """Start a run and follow it; how it ends, even at once, comes by ``finished``.

        Raises:
            TrainingError: A run is going on, or the run directory cannot be written.
        """
        self._refuse_second()
        run = RunDirectory(Path(job.run_dir))
        run.write_job(job)
        try:
            self._process = DetachedProcess(
                self._command(run.job_path), folder=run.path, log_path=run.log_path
            )
        except OSError as error:
            log.exception("running a training process")
            self._launch_problem = error.strerror or str(error)
        self._follow(run)

    def attach(self, run_dir: Path) -> None:
        """Follow a run that was started before; everything it has said so far is told again.

        Raises:
            TrainingError: A run is going on, or there is none in that directory.
        """
        self._refuse_second()
        run = RunDirectory(run_dir)
        run.read_job()
        self._follow(run)

    @Slot()
    def stop(self) -> None:
        """Ask the run to finish its step, save and end; ``finished`` follows."""
        if self._run is not None and not self._is_stopping:
            self._is_stopping = self._send_stop(self._run)

    def close(self) -> None:
        """Stop following; the run itself goes on."""
        self._timer.stop()
        self._forget()

    def _refuse_second(self) -> None:
        if self._run is not None:
            raise TrainingError(
                say(
                    "A training run is going on; wait until it is done or stop it before you start "
                    "another one."
                )
            )

    def _follow(self, run: RunDirectory) -> None:
        self._run = run
        self._tail = EventTail(run.events_path)
        self._followed_since = time.monotonic()
        self._timer.start()
        self.running_changed.emit(True)

    @Slot()
    def _on_tick(self) -> None:
        run, tail = self._run, self._tail
        if run is None or tail is None:
            return
        # Asked first: what a process wrote before it ended is then surely among what is read.
        is_alive = self._process.is_running() if self._process is not None else run.is_alive()
        for event in tail.read():
            if isinstance(event, Finished | Stopped | Failed):
                self._end(outcome_of(event, run))
                return
            self._tell(event)
            if self._run is not run:
                # A slot closed the runner.
                return
        if not run.has_started():
            self._check_start(run, is_alive=is_alive)
        elif not is_alive:
            self._end(crashed(run))

    def _check_start(self, run: RunDirectory, *, is_alive: bool) -> None:
        if self._launch_problem:
            self._end(did_not_start(run, f"its process could not be run ({self._launch_problem})"))
        elif self._process is not None and not is_alive:
            self._end(did_not_start(run, "its process ended at once"))
        elif time.monotonic() - self._followed_since > self._deadline_seconds:
            self._send_stop(run)
            seconds = f"{self._deadline_seconds:.0f} seconds"
            self._end(did_not_start(run, f"its process gave no sign of life for {seconds}"))

    def _send_stop(self, run: RunDirectory) -> bool:
        try:
            run.send(Stop())
        except TrainingError as error:
            log.warning("stopping %s", run.path, exc_info=True)
            self.message.emit(str(error))
            return False
        return True

    def _tell(self, event: Event | TrainingProtocolError) -> None:
        match event:
            case Started():
                self.started.emit(event)
            case Progress():
                self.progressed.emit(event)
            case Validated():
                self.validated.emit(event)
            case Message():
                self.message.emit(event.text)
            case TrainingProtocolError():
                log.warning("%s", event)
                self.message.emit(str(event))

    def _end(self, outcome: TrainingOutcome) -> None:
        self._timer.stop()
        self._forget()
        self.finished.emit(outcome)

    def _forget(self) -> None:
        was_running = self._run is not None
        self._run = None
        self._tail = None
        self._process = None
        self._launch_problem = ""
        self._is_stopping = False
        if was_running:
            self.running_changed.emit(False)
