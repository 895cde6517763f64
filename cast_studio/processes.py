"""Whether a process that is not ours still exists."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes

    _SYNCHRONIZE = 0x0010_0000
    _WAIT_TIMEOUT = 0x0000_0102

    def is_running(pid: int, *, mentions: str = "") -> bool:
        """Return whether a process exists and has not ended.

        Args:
            pid: The process id.
            mentions: Not looked at on this system.
        """
        # os.kill(pid, 0) would end the process here.
        kernel = ctypes.windll.kernel32
        opened = kernel.OpenProcess(_SYNCHRONIZE, False, pid)
        if not opened:
            return False
        try:
            return bool(kernel.WaitForSingleObject(opened, 0) == _WAIT_TIMEOUT)
        finally:
            kernel.CloseHandle(opened)

else:

    def is_running(pid: int, *, mentions: str = "") -> bool:
        """Return whether a process exists and has not ended.

        Args:
            pid: The process id.
            mentions: Part of its command line, where the system tells (Linux): a process that lacks
                it got the id of one that has ended.
        """
        if pid <= 0:
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            # It exists and belongs to somebody else, so it is not one that this user started.
            return False
        folder = Path(f"/proc/{pid}")
        try:
            # An ended process stays in the table until its parent has asked for its result.
            state = (folder / "stat").read_text("ascii", errors="replace").rpartition(")")[2]
            command = (folder / "cmdline").read_bytes()
        except OSError:
            return not Path("/proc/self").exists()
        return not state.lstrip().startswith(("Z", "X")) and os.fsencode(mentions) in command
