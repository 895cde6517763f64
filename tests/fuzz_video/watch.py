"""Starts the process that reads, takes the time, and ends it when it hangs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

LIMIT_SECONDS = 5.0
_MEMORY_MIB = 1536


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one file.

    Attributes:
        outcome: "frames", "sentence", "bug", "crash" or "hang".
        text: What was said.
        seconds: How much of the processor's time it took.
        peak_mib: Most memory that the process has held so far.
    """

    outcome: str
    text: str
    seconds: float = 0.0
    peak_mib: int = 0

    @property
    def is_fine(self) -> bool:
        """Whether the user got a frame or a sentence in time."""
        is_answer = self.outcome == "frames" or (
            self.outcome == "sentence" and "“" in self.text and self.text.endswith(".")
        )
        return is_answer and self.seconds <= LIMIT_SECONDS


class WatchedReader:
    """Reads files in a process of its own, with a limit of memory and of time. A context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._end(self._process)

    @property
    def process_id(self) -> int:
        """The process that reads; 0 before the first file."""
        return self._process.pid if self._process is not None else 0

    def read(self, path: Path) -> Reading:
        """Read one file and say what came of it."""
        process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process has no pipes")
        hung = threading.Event()

        def stop() -> None:
            hung.set()
            process.kill()

        # A machine with other work may be slow, and the process may have to start first.
        watchdog = threading.Timer(4 * LIMIT_SECONDS, stop)
        watchdog.start()
        answer = ""
        # Of a process that has gone the pipe is broken, as soon as the system has taken it away.
        with suppress(BrokenPipeError):
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        watchdog.cancel()
        watchdog.join()
        if answer:
            return Reading(**json.loads(answer))
        code = self._end(process)
        return Reading("hang", "no answer") if hung.is_set() else Reading("crash", f"ended: {code}")

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz_video.reading", str(_MEMORY_MIB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self._process

    def _end(self, process: subprocess.Popen[str]) -> int:
        self._process = None
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.kill()
        return process.wait()
