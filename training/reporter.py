"""The run directory from the run's side: events out, commands in, a log of everything printed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from cast_studio.core.training_protocol import (
    Event,
    Progress,
    Stop,
    TrainingProtocolError,
    decode_command,
    encode,
)
from cast_studio.processes import is_running

PROGRESS_INTERVAL = 0.25
"""Seconds between two reports of progress; the last step is always reported."""


class RunReporter:
    """Writes ``events.jsonl`` and reads ``commands.jsonl`` of one run directory.

    Args:
        run_dir: The run directory; it must exist.
        parent_pid: End the run when this process is gone; None to run on.
    """

    def __init__(self, run_dir: Path, *, parent_pid: int | None = None) -> None:
        # Without a buffer: what a full disk refused must not be in the way of the next event.
        self._events = (run_dir / "events.jsonl").open("ab", buffering=0)
        self._is_torn = False
        self._commands = run_dir / "commands.jsonl"
        self._parent_pid = parent_pid
        self._last_progress = 0.0

    def send(self, event: Event) -> None:
        """Append an event; it is on its way to the reader when this returns.

        Raises:
            OSError: It cannot be written, as on a full disk; a later one may be.
        """
        if isinstance(event, Progress):
            now = time.monotonic()
            is_last = event.step >= event.total_steps
            if not is_last and now - self._last_progress < PROGRESS_INTERVAL:
                return
            self._last_progress = now
        line = f"{encode(event)}\n".encode("ascii")
        if self._is_torn:
            line = b"\n" + line
        while line:
            line = line[self._events.write(line) :]
            self._is_torn = bool(line)

    def stop_requested(self) -> bool:
        """Whether the user, or the end of the parent process, asks the run to save and end."""
        return self._commanded_to_stop() or self._parent_is_gone()

    def close(self) -> None:
        """Close the files."""
        self._events.close()

    def _commanded_to_stop(self) -> bool:
        try:
            text = self._commands.read_text("utf-8")
        except FileNotFoundError:
            return False
        for line in text.splitlines():
            try:
                if isinstance(decode_command(line), Stop):
                    return True
            except TrainingProtocolError:
                continue  # a line that is still being written, or a newer program's command
        return False

    def _parent_is_gone(self) -> bool:
        return self._parent_pid is not None and not is_running(self._parent_pid)


def redirect_output(log: Path) -> None:
    """Send file descriptors 1 and 2 to a log, so that a library's print corrupts nothing."""
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def write_pid(run_dir: Path) -> None:
    """Write this process's id into the run directory, complete or not at all."""
    partial = run_dir / "pid.partial"
    partial.write_text(f"{os.getpid()}\n", "ascii")
    partial.replace(run_dir / "pid")
