"""Following a training run to its end, with a progress bar."""

from __future__ import annotations

import os
from dataclasses import replace

from cast_studio.app.trainer import TrainingCommand, TrainingRunner, training_command
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.cli.event_loop import EventLoop
from cast_studio.cli.progress import ProgressBar
from cast_studio.core.training_protocol import Progress, Started, TrainingJob, Validated
from cast_studio.errors import TrainingError


def teach(job: TrainingJob, *, command: TrainingCommand = training_command) -> TrainingOutcome:
    """Start a run and wait for its end. Main thread.

    Ctrl+C asks the run to finish its step, to save and to end, and its outcome is then "stopped"; a
    second one does not wait for that. The run also saves and ends when this process is killed:
    nobody would make its result part of the project.

    Args:
        job: What to learn.
        command: What runs a job.

    Raises:
        TrainingError: The run cannot be started.
        KeyboardInterrupt: The user did not want to wait.
    """
    job = replace(job, stop_when_parent_dies=True, parent_pid=os.getpid())
    with ProgressBar("Training") as progress:
        return _Lesson(progress, TrainingRunner(command=command)).run(job)


class _Lesson:
    """Follows one training run."""

    def __init__(self, progress: ProgressBar, runner: TrainingRunner) -> None:
        self._progress = progress
        self._runner = runner
        self._outcome: TrainingOutcome | None = None
        self._is_stopping = False
        self._loop = EventLoop()
        runner.started.connect(self._on_started)
        runner.progressed.connect(self._on_progressed)
        runner.validated.connect(self._on_validated)
        runner.message.connect(progress.tell)
        runner.finished.connect(self._on_finished)

    def run(self, job: TrainingJob) -> TrainingOutcome:
        try:
            self._runner.start(job)
            self._loop.run(on_interrupt=self._on_interrupt)
        finally:
            self._runner.close()
        if self._outcome is None:
            raise TrainingError("The training run ended without saying how; start it again.")
        return self._outcome

    def _on_interrupt(self) -> bool:
        if self._is_stopping:
            return False
        self._is_stopping = True
        self._progress.tell("Stopping after this step; what was learned is kept.")
        self._runner.stop()
        return True

    def _on_started(self, event: Started) -> None:
        self._progress.tell(
            f"Training {event.trainable:,} of {event.total:,} weights in {event.total_steps} steps."
        )

    def _on_progressed(self, event: Progress) -> None:
        left = f"{event.eta_seconds:.0f} s left"
        self._progress.show(event.step, event.total_steps, f"loss {event.loss:.3f}, {left}")

    def _on_validated(self, event: Validated) -> None:
        found = ", ".join(f"{name} {share:.0%}" for name, share in event.accuracy.items())
        self._progress.tell(f"Right in the video that was put aside: {found}.")

    def _on_finished(self, outcome: TrainingOutcome) -> None:
        self._outcome = outcome
        self._loop.end()
