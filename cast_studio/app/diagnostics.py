"""Where trouble goes: log files, uncaught exceptions, Qt's messages, and what the user is told."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)

from cast_studio.errors import CastStudioError
from cast_studio.said import say

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")

Level = Literal["info", "warning", "error"]

LOG_FILE_NAME: Final = "cast-studio.log"
CRASH_FILE_NAME: Final = "crash.log"
_LOG_BYTES: Final = 2_000_000
_LOG_FILES_KEPT: Final = 4
_FORMAT: Final = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
_QT_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class UserMessages(QObject):
    """The one channel of sentences to the user.

    Any thread may tell; slots hear it on the thread of their own object.

    Signals:
        message: With the level (``"info"``, ``"warning"`` or ``"error"``) and the sentence.
    """

    message = Signal(str, str)

    def tell(self, level: Level, text: str) -> None:
        """Log a sentence and hand it to whoever shows messages."""
        log.log(
            {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}[level], text
        )
        self.message.emit(level, text)


@dataclass(slots=True)
class Diagnostics:
    """What :func:`install` put in place; :meth:`remove` takes it back."""

    log_file: Path | None
    messages: UserMessages
    _handler: logging.Handler | None
    _crash_file: IO[str] | None

    def remove(self) -> None:
        """Restore the hooks of Python and Qt and close the log files."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        qInstallMessageHandler(None)
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()
            self._crash_file = None
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None


def install(log_folder: Path, messages: UserMessages | None = None) -> Diagnostics:
    """Send everything that goes wrong to a log file and, where it concerns them, to the user.

    Call once, on the GUI thread, before the first window. Where the log folder cannot be written
    the program runs without a log file and says so.

    Args:
        log_folder: Created if missing; holds ``cast-studio.log`` (rotating) and ``crash.log``.
        messages: The channel to the user; a new one by default.
    """
    messages = messages if messages is not None else UserMessages()
    root = logging.getLogger()
    if root.level > logging.INFO or root.level == logging.NOTSET:
        root.setLevel(logging.INFO)
    handler: logging.Handler | None = None
    crash_file: IO[str] | None = None
    log_file: Path | None = None
    try:
        log_folder.mkdir(parents=True, exist_ok=True)
        log_file = log_folder / LOG_FILE_NAME
        handler = RotatingFileHandler(
            log_file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES_KEPT, encoding="utf-8"
        )
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
        crash_file = (log_folder / CRASH_FILE_NAME).open("a", encoding="utf-8")
        faulthandler.enable(crash_file)
    except OSError as error:
        log_file = None
        messages.tell(
            "warning",
            f"No log file can be written to {log_folder} ({error.strerror or error}); "
            "the program works without one.",
        )
    _install_hooks(messages)
    return Diagnostics(log_file, messages, handler, crash_file)


def _install_hooks(messages: UserMessages) -> None:
    def on_exception(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        messages.tell("error", _sentence_of_uncaught(error))

    def on_thread_exception(raised: threading.ExceptHookArgs) -> None:
        if raised.exc_value is None or issubclass(raised.exc_type, SystemExit):
            return
        on_exception(raised.exc_type, raised.exc_value, raised.exc_traceback)

    def on_qt_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        qt_log.log(_QT_LEVELS.get(kind, logging.WARNING), "%s [%s]", text, context.category)

    sys.excepthook = on_exception
    threading.excepthook = on_thread_exception
    qInstallMessageHandler(on_qt_message)


def _sentence_of_uncaught(error: BaseException) -> str:
    if isinstance(error, CastStudioError):
        return str(error)
    return say(
        "Something unexpected went wrong ({name}: {error}). Your labels are saved; the "
        "log file has the details.",
        name=type(error).__name__,
        error=error,
    )
