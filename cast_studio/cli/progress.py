"""How far a long command is: a bar on a terminal, a few plain lines in a file."""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import Final, Self, TextIO

from cast_studio.cli.terminal import complain, encodable, write_line

_WIDTH: Final = 24
_LINES: Final = 10


class ProgressBar:
    """Shows on standard error how much of something is done. A context manager.

    On a terminal one line redraws itself and is gone at the end. Elsewhere there is a line for each
    tenth, so that a log stays short.
    """

    def __init__(
        self, title: str, *, stream: TextIO | None = None, only_live: bool = False
    ) -> None:
        """Show nothing yet.

        Args:
            title: What is being done: ``"Predicting"``.
            stream: Standard error by default.
            only_live: Whether to stay silent where nobody watches, for what takes seconds.
        """
        self._title = title
        self._stream = stream if stream is not None else sys.stderr
        self._is_live = self._stream is not None and self._stream.isatty()
        self._shown = ""
        self._tenth = _LINES if only_live else -1
        self._part, self._parts, self._part_note = 0, 1, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._erase()

    def begin_part(self, number: int, parts: int, note: str = "") -> None:
        """Let what :meth:`show` is told from now on be one of several equal parts of the whole.

        Args:
            number: From 0.
            parts: How many there are.
            note: Stands behind the bar where ``show`` names nothing else.
        """
        self._part, self._parts, self._part_note = number, parts, note

    def show(self, done: float, total: float, note: str = "") -> None:
        """Show that ``done`` of ``total`` is done.

        Args:
            done: From 0 to ``total``.
            total: Nothing is shown for 0.
            note: Stands behind the bar.
        """
        if total <= 0:
            return
        share = (self._part + min(1.0, max(0.0, done / total))) / self._parts
        note = note or self._part_note
        if self._is_live:
            self._redraw(self._line(share, note))
        elif int(share * _LINES) > self._tenth:
            self._tenth = int(share * _LINES)
            write_line(self._stream, f"{self._title} {share:4.0%}{_spaced(note)}")

    def tell(self, text: str) -> None:
        """Write a line above the bar."""
        shown = self._shown
        self._erase()
        complain(text)
        if shown:
            self._redraw(shown)

    def _line(self, share: float, note: str) -> str:
        filled = round(share * _WIDTH)
        bar = "█" * filled + "░" * (_WIDTH - filled)
        line = f"{self._title} {bar} {share:4.0%}{_spaced(note)}"
        # A line that the terminal wraps cannot be drawn over.
        return line[: shutil.get_terminal_size().columns - 1]

    def _redraw(self, line: str) -> None:
        if line == self._shown:
            return
        # Shorter text must not leave the rest of longer text behind.
        self._stream.write("\r" + encodable(line.ljust(len(self._shown)), self._stream))
        self._stream.flush()
        self._shown = line

    def _erase(self) -> None:
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""


def _spaced(note: str) -> str:
    return f"  {note}" if note else ""
