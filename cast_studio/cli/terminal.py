"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from typing import TextIO


def say(text: str = "") -> None:
    """Write a line of the result to standard output."""
    write_line(sys.stdout, text)


def complain(text: str) -> None:
    """Write a line that is not part of the result to standard error."""
    write_line(sys.stderr, text)


def write_line(stream: TextIO | None, text: str) -> None:
    """Write a line and flush it.

    Args:
        stream: None where the program has no terminal, as in a windowed build.
        text: Characters that the stream cannot encode, as in a file name that is not Unicode, are
            written as escapes.
    """
    if stream is None:
        return
    stream.write(encodable(text, stream) + "\n")
    stream.flush()


def encodable(text: str, stream: TextIO) -> str:
    """Return a text with escapes in place of what a stream cannot encode."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
