"""The program as its users have it: the window on its real services, with the bundled model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.threads import has_unfinished_threads
from cast_studio.ui import closing
from cast_studio.ui.application import make_services
from cast_studio.ui.closing import OnTraining
from cast_studio.ui.commands import Do
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.studio import Studio
from cast_studio.ui.theme import Theme
from tests.fakes import MessageRecorder
from tests.ui.conftest import Desk
from tests.ui.test_projects import drop

WAIT_MS = 120_000
"""Far more than anything here takes: the machine may be busy with something else."""
EXPECTED_HERE = ("This plugin does not support", "PulseAudioService", "pipewire")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let Qt say what it cannot do without a window manager, and without a sound server."""
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore(*EXPECTED_HERE, extend=True))


class RealDesk(Desk):
    """A window at work on its real services."""

    def wait(self, is_true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        self.bot.waitUntil(is_true, timeout=WAIT_MS)

    def wait_until_possible(self, command: Do) -> None:
        """Wait until a command can be given."""
        self.wait(self.window.actions_[command].isEnabled)

    def open_sample(self) -> None:
        """Open the sample project and wait for its first picture."""
        self.window.actions_[Do.OPEN_SAMPLE].trigger()
        self.wait(self._shows_a_frame)

    def drop(self, *paths: Path) -> None:
        """Drop files on the window."""
        drop(self, *paths)

    def choose_video(self, name: str) -> None:
        """Click a video in the list and wait for its first picture."""
        view = self.window.workspace.video_list.view
        (row,) = (i for i, video in enumerate(self.session.project.videos) if video.name == name)
        index = view.model().index(row, 0)
        view.scrollTo(index)
        place = view.visualRect(index).center()
        self.bot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.wait(lambda: self.shown_name == name and self._shows_a_frame())
        self.window.workspace.video_view.setFocus()

    def go_to(self, frame_index: int) -> None:
        """Go to a frame by typing it, and wait until its picture is shown."""
        self.press("G")
        self.bot.keyClicks(QApplication.focusWidget(), f"f{frame_index}")
        self.press(Qt.Key.Key_Return)
        self.wait(lambda: self.studio.services.player.shown == frame_index)

    @property
    def shown_name(self) -> str:
        """The file name of the shown video."""
        video_id = self.studio.state.video_id
        return self.session.project.video(video_id).name if video_id else ""

    def _shows_a_frame(self) -> bool:
        has_image = self.window.workspace.video_view.image is not None
        return has_image and self.studio.state.frames is not None


OpenWindow = Callable[[], RealDesk]


@pytest.fixture
def open_window(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenWindow]:
    """Return a function that starts the program with a window; all are closed after the test.

    Nobody is there to answer when a window closes while the model is retrained: the run is stopped.
    """
    monkeypatch.setattr(closing, "what_about_training", lambda _parent: OnTraining.STOP)
    opened: list[MainWindow] = []

    def start() -> RealDesk:
        preferences = Preferences(AppFolders.default())
        preferences.annotator = "ada"
        messages = UserMessages()
        told = MessageRecorder()
        messages.message.connect(told.on_message)
        window = MainWindow(Studio(make_services(preferences, messages)), Theme(qapp, "dark"))
        opened.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        return RealDesk(qtbot, window, told)

    yield start
    for window in opened:
        window.close()
        window.deleteLater()
    QApplication.processEvents()
    # A model that was still being loaded ends a while after its window.
    qtbot.waitUntil(lambda: not has_unfinished_threads(), timeout=WAIT_MS)
