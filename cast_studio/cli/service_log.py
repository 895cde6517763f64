"""Where the services' log goes while a command runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cast_studio.app.diagnostics import UserMessages, install
from cast_studio.app.preferences import AppFolders
from cast_studio.cli.terminal import complain


@contextmanager
def services_logged() -> Iterator[None]:
    """Send logs, warnings of libraries and Qt's messages to the log file, not to the terminal."""
    root = logging.getLogger()
    # Without any handler, Python prints tracebacks that services log. There is none besides when
    # the log file cannot be written.
    silent = logging.NullHandler()
    root.addHandler(silent)
    messages = UserMessages()
    messages.message.connect(_on_message)
    diagnostics = install(AppFolders.default().logs, messages)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        diagnostics.remove()
        root.removeHandler(silent)


def _on_message(level: str, text: str) -> None:
    if level != "info":
        complain(text)
