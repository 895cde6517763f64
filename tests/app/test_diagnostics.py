"""Trouble: it is logged, and the user hears of what concerns them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qWarning
from pytestqt.qtbot import QtBot

from cast_studio.app.diagnostics import Diagnostics, UserMessages, install
from cast_studio.errors import MediaError
from tests.app.conftest import WAIT_MS
from tests.fakes import MessageRecorder


@pytest.fixture
def recorder(qapp: object) -> MessageRecorder:
    return MessageRecorder()


@pytest.fixture
def installed(tmp_path: Path, recorder: MessageRecorder) -> Iterator[Diagnostics]:
    messages = UserMessages()
    messages.message.connect(recorder.on_message)
    hooks = (sys.excepthook, threading.excepthook, logging.getLogger().level)
    found = install(tmp_path / "logs", messages)
    yield found
    found.remove()
    sys.excepthook, threading.excepthook = hooks[0], hooks[1]
    logging.getLogger().setLevel(hooks[2])


def log_text(found: Diagnostics) -> str:
    assert found.log_file is not None
    return found.log_file.read_text("utf-8")


def raise_uncaught(error: Exception) -> None:
    try:
        raise error
    except type(error):
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]


def test_log_records_reach_the_file(installed: Diagnostics) -> None:
    logging.getLogger("cast_studio.test").info("opened “ä.mp4”")
    assert "opened “ä.mp4”" in log_text(installed)
    assert "INFO MainThread cast_studio.test" in log_text(installed)


def test_an_uncaught_exception_is_logged_and_told(
    installed: Diagnostics, recorder: MessageRecorder
) -> None:
    raise_uncaught(ZeroDivisionError("by zero"))
    assert "Traceback" in log_text(installed)
    (level, text) = recorder.told[0]
    assert level == "error"
    assert "ZeroDivisionError: by zero" in text


def test_an_error_made_for_the_user_is_told_as_it_is(
    installed: Diagnostics, recorder: MessageRecorder
) -> None:
    raise_uncaught(MediaError("“a.mp4” has gone; put it back."))
    assert recorder.told == [("error", "“a.mp4” has gone; put it back.")]


def test_an_exception_in_a_thread_is_logged_and_told(
    qtbot: QtBot, installed: Diagnostics, recorder: MessageRecorder
) -> None:
    def fail() -> None:
        raise OSError("no such luck")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(recorder.told), timeout=WAIT_MS)
    assert "no such luck" in recorder.told[0][1]
    assert "no such luck" in log_text(installed)


@pytest.mark.qt_no_exception_capture
def test_ctrl_c_is_no_trouble_for_the_user(
    installed: Diagnostics, recorder: MessageRecorder, capsys: pytest.CaptureFixture[str]
) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert recorder.told == []


@pytest.mark.no_qt_log
def test_messages_of_qt_reach_the_file(installed: Diagnostics) -> None:
    qWarning("something is odd")
    assert "WARNING MainThread qt: something is odd" in log_text(installed)


def test_messages_to_the_user_are_logged_too(
    installed: Diagnostics, recorder: MessageRecorder
) -> None:
    installed.messages.tell("warning", "The disk is nearly full.")
    assert recorder.told == [("warning", "The disk is nearly full.")]
    assert "The disk is nearly full." in log_text(installed)


def test_without_a_log_folder_the_program_goes_on(
    tmp_path: Path, recorder: MessageRecorder
) -> None:
    (tmp_path / "file").touch()
    messages = UserMessages()
    messages.message.connect(recorder.on_message)
    hooks = (sys.excepthook, threading.excepthook)
    found = install(tmp_path / "file" / "logs", messages)
    found.remove()
    sys.excepthook, threading.excepthook = hooks
    assert found.log_file is None
    assert recorder.told[0][0] == "warning"
    assert "No log file" in recorder.told[0][1]


def test_after_removal_nothing_is_logged_any_more(installed: Diagnostics) -> None:
    before = log_text(installed)
    installed.remove()
    logging.getLogger("cast_studio.test").warning("afterwards")
    assert log_text(installed) == before
