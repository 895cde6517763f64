"""Starting a process that goes on when this program ends."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import cast_studio

NICENESS: Final = 5
"""How much less a child's wish for the processor counts than this program's, as in ``nice``."""

# A child that has ended stays in the system's table until it is asked for its result, also when
# nobody follows it any more.
_children: list[subprocess.Popen[bytes]] = []


class DetachedProcess:
    """A process of its own session, without pipes to this one, that gives way to what people watch.

    ``QProcess.startDetached`` would do as well, if PySide6 returned the process id together with
    redirected output: a process that dies before it has written anything could not be noticed
    without.
    """

    def __init__(self, command: Sequence[str], *, folder: Path, log_path: Path) -> None:
        """Start it.

        Args:
            command: The program and its arguments.
            folder: Its working directory.
            log_path: What it prints is added to this file.

        Raises:
            OSError: The program cannot be run, or the file cannot be written.
        """
        _reap()
        with log_path.open("ab") as output:
            self._child = subprocess.Popen(
                list(command),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                start_new_session=True,
                creationflags=_creation_flags(),
            )
        _children.append(self._child)
        _give_way(self._child.pid)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def is_running(self) -> bool:
        """Return whether it has not ended."""
        return self._child.poll() is None


@atexit.register
def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]


def _environment() -> dict[str, str]:
    """Return this process's environment, made so that the child finds the same code as this."""
    root = str(Path(cast_studio.__file__).resolve().parents[1])
    path = os.environ.get("PYTHONPATH", "")
    joined = os.pathsep.join(part for part in (root, path) if part)
    return {**os.environ, "PYTHONPATH": joined}


def _creation_flags() -> int:
    if sys.platform == "win32":
        # No console window, and Ctrl+C in the console of this program stays here.
        own_console = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return own_console | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return 0


def _give_way(pid: int) -> None:
    if sys.platform != "win32":
        with suppress(OSError):  # it has ended already, or the system does not allow it
            os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
