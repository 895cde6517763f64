"""The lock that gives a project one writer: a second window is told, and can still read.

SQLite locks a database only while a transaction runs, but an open project is also in memory: two
windows that both write would work from two different truths. The operating system drops this lock
when its process ends, however it ends, so a crash leaves nothing behind that must be cleaned up.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from pathlib import Path

log = logging.getLogger(__name__)

LOCK_NAME = "project.lock"

_LOCKED_BY_OTHERS = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})
_NOT_SUPPORTED = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})


class AlreadyLockedError(Exception):
    """Another window or program holds the lock."""


class ProjectLock:
    """Held by the one store that may write to a project folder.

    Use from any thread; a second lock on the same folder is refused in the same process too.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Args:
            folder: The project folder; the lock file in it is left in place when the lock is
            dropped,
                since deleting it would let two others lock two different files.

        Raises:
            AlreadyLockedError: Somebody else holds it.
            OSError: The lock file cannot be opened for writing.
        """
        self._descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(self._descriptor)
        except OSError as error:
            if error.errno in _NOT_SUPPORTED:
                log.warning(
                    "no file locks in %s (%s): a second window is not noticed", folder, error
                )
                return
            os.close(self._descriptor)
            if error.errno in _LOCKED_BY_OTHERS:
                raise AlreadyLockedError(str(folder)) from error
            raise

    def release(self) -> None:
        """Drop the lock; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_free(folder: Path) -> bool:
    """Return whether nobody holds the lock of a project folder just now."""
    try:
        ProjectLock(folder).release()
    except (AlreadyLockedError, OSError):
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        # flock, not lockf: a POSIX lock belongs to the process, so two stores in one process would
        # share it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
