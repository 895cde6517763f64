"""A run directory: the only channel between the program and a training process."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cast_studio.app.clock import new_id
from cast_studio.core.training_protocol import (
    Command,
    Event,
    TrainingJob,
    TrainingProtocolError,
    decode,
    encode_command,
)
from cast_studio.errors import TrainingError
from cast_studio.processes import is_running
from cast_studio.said import say
from cast_studio.storage.atomic import replacing

log = logging.getLogger(__name__)

LOG_TAIL_LINES: Final = 20
_LOG_TAIL_BYTES: Final = 64_000


class RunDirectory:
    """The files of one training run, seen from the program's side. Any thread.

    Args:
        path: The directory; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def job_path(self) -> Path:
        """What to do, written by the program."""
        return self.path / "job.json"

    @property
    def events_path(self) -> Path:
        """What happens, one event a line, written by the run."""
        return self.path / "events.jsonl"

    @property
    def commands_path(self) -> Path:
        """What the run is told, one command a line, written by the program."""
        return self.path / "commands.jsonl"

    @property
    def log_path(self) -> Path:
        """What the run and its libraries print."""
        return self.path / "log.txt"

    @property
    def pid_path(self) -> Path:
        """The process id, written by the run first of all."""
        return self.path / "pid"

    def write_job(self, job: TrainingJob) -> None:
        """Make the directory and write the job, whole or not at all.

        Raises:
            TrainingError: It cannot be written, or the directory has been used for a run already.
        """
        if self.job_path.exists():
            raise TrainingError(
                say(
                    "“{path}” holds a training run already; start a new run in a new folder.",
                    path=self.path,
                )
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with replacing(self.job_path) as file:
                file.write(json.dumps(job.to_json(), indent=1).encode())
        except OSError as error:
            raise TrainingError(
                say(
                    "The training cannot start: “{path}” cannot be written ({reason}). Free some "
                    "space or allow writing, then try again.",
                    path=self.path,
                    reason=error.strerror or error,
                )
            ) from error

    def read_job(self) -> TrainingJob:
        """Return the job.

        Raises:
            TrainingError: There is none that can be read.
        """
        try:
            return TrainingJob.from_json(json.loads(self.job_path.read_text("utf-8")))
        except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise TrainingError(
                say(
                    "The training run in “{path}” cannot be read ({error}); start a new one.",
                    path=self.path,
                    error=error,
                )
            ) from error

    def send(self, command: Command) -> None:
        """Tell the run something; it looks between two steps.

        Raises:
            TrainingError: It cannot be written.
        """
        try:
            with self.commands_path.open("a", encoding="ascii") as file:
                file.write(encode_command(command) + "\n")
        except OSError as error:
            raise TrainingError(
                say(
                    "The training in “{path}” cannot be told to stop ({reason}). Free some space "
                    "and stop it again.",
                    path=self.path,
                    reason=error.strerror or error,
                )
            ) from error

    def pid(self) -> int | None:
        """Return the run's process id, or None until the run has written it."""
        try:
            return int(self.pid_path.read_text("ascii"))
        except (OSError, ValueError):
            return None

    def has_started(self) -> bool:
        """Return whether the run has written anything."""
        return self.pid() is not None or self.events_path.exists()

    def is_alive(self) -> bool:
        """Return whether the run has written its process id and that process exists."""
        pid = self.pid()
        return pid is not None and is_running(pid, mentions=self.path.name)

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """Return the last lines of the log; "" when there is none."""
        try:
            with self.log_path.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _LOG_TAIL_BYTES))
                text = file.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


class EventTail:
    """Reads the events of a run as they are written, each once.

    A line that is still being written is left for the next time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._partial = b""

    def read(self) -> tuple[Event | TrainingProtocolError, ...]:
        """Return what was added since the last call; a line that is no event as the error it is."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                added = file.read()
        except OSError:
            # Not there yet, or a share that is away for a moment: the next call will tell.
            return ()
        self._position += len(added)
        *lines, self._partial = (self._partial + added).split(b"\n")
        return tuple(_event_of(line) for line in lines if line.strip())


def _event_of(line: bytes) -> Event | TrainingProtocolError:
    try:
        return decode(line.decode("utf-8", errors="replace"))
    except TrainingProtocolError as error:
        return error


def new_run_directory(project_folder: Path) -> Path:
    """Return a path below the project's ``runs/`` that no run has used. Nothing is made."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return project_folder.absolute() / "runs" / f"{moment}-{new_id()[:6]}"


def run_directories(project_folder: Path) -> tuple[RunDirectory, ...]:
    """Return the runs of a project, newest first."""
    found: Iterable[Path] = (project_folder / "runs").glob("*/job.json")
    return tuple(RunDirectory(path.parent) for path in sorted(found, reverse=True))


def living_run(project_folder: Path) -> Path | None:
    """Return the run of a project whose process still exists, to attach to; or None."""
    return next((run.path for run in run_directories(project_folder) if run.is_alive()), None)
