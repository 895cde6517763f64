"""Writing a file so that a reader finds the old one or the new one, never a part."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of ``path`` when the block ends without an error.

    The bytes go to a hidden file in the same folder, reach the disk, and then get the name in one
    step. When anything fails, what was there before stays as it was and the hidden file is removed.
    A symbolic link is followed: the file that it names is replaced, not the link.

    Args:
        path: The file to write; its folder must exist.

    Yields:
        The binary file to write to.

    Raises:
        OSError: The file cannot be created, written or renamed; ``IsADirectoryError`` when ``path``
        is a
            folder, ``PermissionError`` when it is a file that was made read-only.
    """
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    exists = target.exists()
    if exists and not target.is_file():
        raise OSError(errno.EINVAL, "It is a device, not a file", str(path))
    if exists:
        # A rename would replace a write-protected file without asking; its owner meant to keep it.
        with target.open("r+b"):
            pass
    temporary = target.with_name(f".cast-studio-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if exists:
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder reach the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    # A share may refuse to sync a folder: the rename is done and only less certain to outlive a
    # power cut.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
