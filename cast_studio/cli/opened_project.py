"""A project that is open for as long as a command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cast_studio.app.preferences import Preferences
from cast_studio.app.session import Session
from cast_studio.cli.event_loop import core_application
from cast_studio.errors import StoreError


@contextmanager
def opened_project(folder: Path, *, to_read: bool = False) -> Iterator[Session]:
    """Open a project and close it when the block ends.

    Args:
        folder: The project folder.
        to_read: Change nothing, not even the version of its tables, and keep no window from it.

    Raises:
        StoreError: It cannot be opened, or not everything could be saved.
    """
    core_application()
    session = Session.open(folder, annotator=Preferences().annotator, to_read=to_read)
    try:
        yield session
    except BaseException:
        session.close()
        raise
    report = session.close()
    if report.text:
        raise StoreError(report.text)
