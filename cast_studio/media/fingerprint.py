"""Recognizing a video again after it was moved or renamed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cast_studio.errors import MediaError
from cast_studio.said import say

_SAMPLE_BYTES = 64 << 10


def fingerprint(path: str | Path) -> str:
    """Return a short identity of a file's content: a SHA-256 of its size and samples.

    The samples are the first, the middle and the last 64 KiB, so that a file of any size takes a
    few milliseconds. A smaller file is read whole. Any thread.

    Args:
        path: The file.

    Returns:
        64 hexadecimal digits.

    Raises:
        MediaError: The file cannot be read.
    """
    file = Path(path)
    digest = hashlib.sha256()
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            digest.update(size.to_bytes(8, "big"))
            for start in (0, max(0, size // 2 - _SAMPLE_BYTES // 2), max(0, size - _SAMPLE_BYTES)):
                stream.seek(start)
                digest.update(stream.read(_SAMPLE_BYTES))
    except FileNotFoundError as error:
        raise MediaError(
            say(
                "“{file}” was not found in “{folder}”. It may have been moved or renamed.",
                file=file.name,
                folder=file.absolute().parent,
            )
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise MediaError(
            say("“{file}” cannot be read: {reason}.", file=file.name, reason=reason)
        ) from error
    return digest.hexdigest()
