"""Starting the program with a window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

from cast_studio.app.diagnostics import UserMessages, install
from cast_studio.app.inference import InferenceService
from cast_studio.app.models import available_models
from cast_studio.app.playback import Player
from cast_studio.app.preferences import Preferences
from cast_studio.app.samples import prepare_sample
from cast_studio.app.threads import STOP_TIMEOUT_MS
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.window_thread import window_thread
from cast_studio.errors import CastStudioError, ModelError
from cast_studio.media.scan_cache import keep_scans_in
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.studio import Services, Studio
from cast_studio.ui.theme import Theme

_TITLE_BAR = QSize(0, 32)


def run_gui(paths: Sequence[Path | str] = ()) -> int:
    """Show the window until the user closes it.

    Args:
        paths: A project folder, or videos, to open at once.

    Returns:
        The exit code.

    Raises:
        CastStudioError: A program without windows runs in this process already.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(application, QApplication):
        raise CastStudioError(
            "A program without windows is running already; start CAST Studio alone."
        )
    application.setApplicationName("CAST Studio")
    application.setApplicationDisplayName("CAST Studio")
    with window_thread():
        return _show_window(application, paths)


def _show_window(application: QApplication, paths: Sequence[Path | str]) -> int:
    preferences = Preferences()
    messages = UserMessages()
    diagnostics = install(preferences.folders.logs, messages)
    theme = Theme(application, preferences.theme, text_percent=preferences.text_percent)
    window = MainWindow(Studio(make_services(preferences, messages)), theme)
    # On a small screen, with room for the title bar; Qt alone would put the status bar below it.
    window.resize(window.size().boundedTo(window.screen().availableSize() - _TITLE_BAR))
    window.show()
    if paths:
        opened = [Path(path) for path in paths]
        QTimer.singleShot(0, window, lambda: window.studio.projects.open_paths(opened))
    try:
        return application.exec()
    finally:
        # What still runs there would come back to objects that end with the application.
        QThreadPool.globalInstance().waitForDone(STOP_TIMEOUT_MS)
        diagnostics.remove()


def make_services(preferences: Preferences, messages: UserMessages) -> Services:
    """Return the real services."""
    keep_scans_in(preferences.folders.cache / "scans")
    told: set[str] = set()

    def tell_once(error: ModelError) -> None:
        if str(error) not in told:  # models are listed again and again
            told.add(str(error))
            messages.tell("error", str(error))

    player = Player(cache_bytes=preferences.frame_cache_megabytes << 20)
    player.set_hardware(preferences.uses_hardware)
    return Services(
        preferences=preferences,
        messages=messages,
        player=player,
        inference=InferenceService(),
        runner=TrainingRunner(),
        list_models=lambda: available_models(preferences.folders, on_damaged=tell_once),
        prepare_sample=lambda annotator: prepare_sample(preferences.folders, annotator=annotator),
    )
