"""Processes that go on by themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.launching import NICENESS, DetachedProcess
from tests.app.conftest import WAIT_MS


@pytest.mark.skipif(sys.platform == "win32", reason="priorities have other names there")
def test_a_child_gives_way_to_this_process(qtbot: QtBot, tmp_path: Path) -> None:
    tell = "import os; print(os.getpriority(os.PRIO_PROCESS, 0), flush=True)"
    wait_then_tell = f"import time; time.sleep(0.2); {tell}"
    log = tmp_path / "log.txt"
    child = DetachedProcess([sys.executable, "-c", wait_then_tell], folder=tmp_path, log_path=log)
    qtbot.waitUntil(lambda: not child.is_running(), timeout=WAIT_MS)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert int(log.read_text()) == min(own + NICENESS, 19)


def test_a_program_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        DetachedProcess(["no-such-program"], folder=tmp_path, log_path=tmp_path / "log.txt")
