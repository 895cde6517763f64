"""A folder of what was worked out of videos, in files that may be deleted at any time.

What is kept is found only by who has the same content: the name of a file is made of the video's
fingerprint and time, and of whatever else had a say.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from cast_studio.errors import MediaError
from cast_studio.media.fingerprint import fingerprint

log = logging.getLogger(__name__)

T = TypeVar("T")
UNREADABLE: Final = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError),
    *(ValueError, TypeError, LookupError, ArithmeticError, AttributeError),
)
"""What reading a damaged file of arrays raises: archive, compression, text and numbers."""


class CacheFolder:
    """Names, writes and deletes the files. Any thread, any process.

    Args:
        folder: Is made when something is kept.
        suffix: Of its files.
        most_bytes: What was not used for longest is deleted when all take more.
    """

    def __init__(self, folder: Path, *, suffix: str, most_bytes: int) -> None:
        self._folder = folder
        self._suffix = suffix
        self._most_bytes = most_bytes

    def place_of(self, path: Path, *, version: int, of: object) -> Path | None:
        """Return where something about a video belongs; None if the video cannot be read.

        Args:
            path: The video.
            version: Of the format of what is kept.
            of: What else it depends on; its ``repr`` must be the same whenever it is the same.
        """
        try:
            changed = path.stat().st_mtime_ns
            content = fingerprint(path)
        except (OSError, MediaError):
            return None
        versions = sorted(av.library_versions.items())
        said = repr((version, content, changed, of, av.__version__, versions))
        return self._folder / f"{hashlib.sha256(said.encode()).hexdigest()[:40]}{self._suffix}"

    def write(self, place: Path, write: Callable[[BinaryIO], object]) -> None:
        """Write a file as a whole; that it cannot be written is no error.

        Args:
            place: As of :meth:`place_of`.
            write: Gets the open file.
        """
        unfinished = place.with_name(f".{secrets.token_hex(6)}.unfinished")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                write(file)
            unfinished.replace(place)
            self.make_room()
        except OSError as error:
            log.info("%s is not kept: %s", place, error)
            with contextlib.suppress(OSError):
                unfinished.unlink()

    def load_arrays(
        self, place: Path | None, read: Callable[[Mapping[str, NDArray[np.generic]]], T]
    ) -> T | None:
        """Return what is made of the arrays in a file; None if it is not there or does not fit.

        Args:
            place: As of :meth:`place_of`.
            read: Makes it of them; whatever it raises of :data:`UNREADABLE` says that they do not fit.
        """
        if place is None or not place.is_file():
            return None
        try:
            # NumPy does not close what it has opened itself and cannot read.
            with place.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                found = read(dict(stored))
        except UNREADABLE as error:
            log.info("%s is not used: %s", place, error)
            return None
        touch(place)
        return found

    def save_arrays(self, place: Path | None, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Keep arrays in a file; that they cannot be kept is no error."""
        if place is not None:
            self.write(place, lambda file: np.savez_compressed(file, allow_pickle=False, **arrays))

    def append(self, place: Path, record: bytes) -> int | None:
        """Write at the end of a file, which may not be there yet.

        Returns:
            Where the record begins; None where it could not be written, which is no error.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with place.open("ab", buffering=0) as file:
                # At once: another window may be writing to the same file.
                file.write(record)
                return file.tell() - len(record)
        except OSError as error:
            log.info("%s is not kept: %s", place, error)
            return None

    def make_room(self) -> None:
        """Delete what was not used for longest; that the folder cannot be read is no error."""
        kept = []
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        kept.append((entry.stat().st_mtime_ns, entry.stat().st_size, entry.path))
        except OSError as error:
            log.info("%s cannot be read: %s", self._folder, error)
        total = sum(size for _, size, _ in kept)
        for _, size, name in sorted(kept):
            if total <= self._most_bytes:
                break
            total -= size
            with contextlib.suppress(OSError):
                Path(name).unlink()


def touch(place: Path) -> None:
    """Note that a file was used; that it cannot be noted is no error."""
    with contextlib.suppress(OSError):
        place.touch()
