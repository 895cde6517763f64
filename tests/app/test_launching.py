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
    # Its priority is changed when it runs already, so it must not look before it may.
    tell_when_asked = (
        "import os, time\n"
        "while not os.path.exists('asked'): time.sleep(0.01)\n"
        "print(os.getpriority(os.PRIO_PROCESS, 0), flush=True)"
    )
    log = tmp_path / "log.txt"
    child = DetachedProcess([sys.executable, "-c", tell_when_asked], folder=tmp_path, log_path=log)
    (tmp_path / "asked").touch()
    qtbot.waitUntil(lambda: not child.is_running(), timeout=WAIT_MS)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert int(log.read_text()) == min(own + NICENESS, 19)


def test_a_program_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        DetachedProcess(["no-such-program"], folder=tmp_path, log_path=tmp_path / "log.txt")
