from __future__ import annotations

import errno
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from cast_studio.storage.lock import AlreadyLockedError, ProjectLock


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    first = ProjectLock(tmp_path)
    with pytest.raises(AlreadyLockedError):
        ProjectLock(tmp_path)
    first.release()
    first.release()
    ProjectLock(tmp_path).release()


def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from cast_studio.storage.lock import ProjectLock\n"
        "lock = ProjectLock(pathlib.Path(sys.argv[1])); print('locked', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(AlreadyLockedError):
            ProjectLock(tmp_path)
        holder.kill()
    ProjectLock(tmp_path).release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows always has file locks")
def test_a_drive_without_locks_does_not_keep_the_user_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with caplog.at_level(logging.WARNING):
        ProjectLock(tmp_path).release()
    assert "a second window is not noticed" in caplog.text
