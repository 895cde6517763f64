"""The real window on real services, with a predictor that tells colors apart."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cast_studio.app.diagnostics import UserMessages
from cast_studio.app.inference import InferenceService
from cast_studio.app.new_project import empty_project
from cast_studio.app.playback import Player
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.session import Session
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.videos import scan_video
from cast_studio.core.tracks import Segment
from cast_studio.model.catalog import ModelInfo
from cast_studio.storage.store import ProjectStore
from cast_studio.ui import closing
from cast_studio.ui.closing import OnTraining
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.studio import Services, Studio
from cast_studio.ui.theme import Theme, palette_of, style_rules
from cast_studio.ui.tokens import DARK
from tests import videos
from tests.fakes import (
    SCHEMA,
    FakePredictor,
    MessageRecorder,
    fake_factory,
    fake_model_info,
    fake_training_command,
)

WAIT_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the offscreen platform say what it cannot do without a window manager."""
    for item in items:
        if "tests/ui" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@dataclass
class Desk:
    """A window at work, and what a test wants to know about it."""

    bot: QtBot
    window: MainWindow
    told: MessageRecorder
    models_made: list[tuple[Path, Path | None]] = field(default_factory=list)

    @property
    def studio(self) -> Studio:
        """The program behind the window."""
        return self.window.studio

    @property
    def session(self) -> Session:
        """The open project."""
        session = self.studio.session
        assert session is not None
        return session

    @property
    def labels(self) -> tuple[Segment, ...]:
        """The labels of the shown video."""
        track = self.studio.annotations.track
        return track.segments if track is not None else ()

    def wait(self, is_true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        self.bot.waitUntil(is_true, timeout=WAIT_MS)

    def press(self, *keys: str | Qt.Key, on: QWidget | None = None) -> None:
        """Press keys on the focused widget, as a user does.

        Args:
            keys: Characters, keys, or names such as ``"Ctrl+Z"``.
            on: Another widget, None for the one with the focus.
        """
        from PySide6.QtGui import QKeySequence

        for key in keys:
            target = on or QApplication.focusWidget() or self.window
            if isinstance(key, str):
                combination = QKeySequence(key)[0]
                self.bot.keyClick(target, combination.key(), combination.keyboardModifiers())
            else:
                self.bot.keyClick(target, key)
            QApplication.processEvents()

    def open_videos(self, *paths: Path) -> None:
        """Open videos and wait until the first frame is on screen."""
        self.studio.projects.open_paths(paths)
        self.wait(lambda: self.window.workspace.video_view.image is not None)
        self.wait(lambda: self.studio.state.frames is not None)

    def open_another(self, path: Path) -> str:
        """Open one more video, wait until it is shown, and return its id."""
        state = self.studio.state
        known = {video.id for video in self.session.project.videos}
        self.studio.projects.open_paths([path])
        self.wait(lambda: state.video_id not in known and state.frames is not None)
        return state.video_id

    def show_frame(self, frame_index: int) -> None:
        """Go to a frame and wait until the playhead is there."""
        self.studio.playback.show_frame(frame_index)
        self.wait(lambda: self.studio.state.frame_index == frame_index)
        QApplication.processEvents()

    def predict(self) -> None:
        """Let the model predict the shown video."""
        self.wait(lambda: bool(self.studio.services.inference.model_id))
        self.studio.predict()
        self.wait(lambda: not self.studio.models.is_predicting)
        QApplication.processEvents()


@pytest.fixture(scope="session")
def color_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of red, then of green, then of blue, at 24 frames a second."""
    colors = [(220, 10, 10), (10, 220, 10), (10, 10, 220)]
    pictures = [np.full((64, 96, 3), colors[i // 48], np.uint8) for i in range(144)]
    # Projects sort videos by their paths: this one comes first.
    path = tmp_path_factory.mktemp("colors") / "colors.mp4"
    return videos.write_video(path, count=len(pictures), pictures=pictures)


@pytest.fixture
def own_colors(color_video: Path, tmp_path: Path) -> Path:
    """The video of red, green and blue in a folder of this test's own."""
    return Path(shutil.copy(color_video, tmp_path / "colors.mp4"))


@pytest.fixture(scope="session")
def numbered_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 frames at 24 frames a second; each shows its number."""
    return videos.constant_rate(tmp_path_factory.mktemp("numbered") / "numbered.mp4")


@pytest.fixture
def preferences() -> Preferences:
    """Settings in the test's own folders."""
    made = Preferences(AppFolders.default())
    made.annotator = "ada"
    return made


@pytest.fixture
def session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    """An empty project of verbs and nouns, without a window."""
    made = Session.create(tmp_path / "try.cast", name="try", schema=SCHEMA, annotator="ada")
    yield made
    made.close()


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    """The dark theme; it is put on only where a test has left another one: that takes longest."""
    known = qapp.findChildren(Theme, options=Qt.FindChildOption.FindDirectChildrenOnly)
    is_dark = qapp.styleSheet() == style_rules(DARK) and qapp.palette() == palette_of(DARK)
    dark = [found for found in known if found.choice == "dark"]
    return dark[-1] if is_dark and dark else Theme(qapp, "dark")


@pytest.fixture
def make_desk(
    qtbot: QtBot,
    theme: Theme,
    preferences: Preferences,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Desk]]:
    """Return a function that opens a window; all are closed after the test.

    Nobody is there to answer when a window closes while the model is retrained: the run is stopped.
    """
    monkeypatch.setattr(closing, "what_about_training", lambda _parent: OnTraining.STOP)
    made: list[Desk] = []

    def empty_sample(annotator: str) -> Path:
        folder = preferences.folders.data / "sample.cast"
        if not folder.is_dir():
            project = empty_project(name="sample", schema=SCHEMA)
            ProjectStore.create(folder, project, annotator=annotator).close()
        return folder

    def make(
        *,
        training: str = "finish",
        predictor: FakePredictor | None = None,
        models: Sequence[ModelInfo] = (fake_model_info(),),
        prepare_sample: Callable[[str], Path] | None = None,
    ) -> Desk:
        loads: list[tuple[Path, Path | None]] = []
        factory = fake_factory(predictor)

        def load(folder: Path, adapter: Path | None) -> FakePredictor:
            loads.append((folder, adapter))
            return factory(folder, adapter)

        messages = UserMessages()
        recorder = MessageRecorder()
        messages.message.connect(recorder.on_message)
        described = {model.folder: model for model in models}
        services = Services(
            preferences=preferences,
            messages=messages,
            player=Player(),
            inference=InferenceService(load, describe=described.__getitem__),
            runner=TrainingRunner(command=fake_training_command(training)),
            list_models=lambda: models,
            prepare_sample=prepare_sample or empty_sample,
            make_sink=lambda: None,
        )
        window = MainWindow(Studio(services), theme)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        desk = Desk(qtbot, window, recorder, loads)
        made.append(desk)
        return desk

    yield make
    # Nor is anybody there when a test has failed while its edits could not be saved.
    monkeypatch.setattr(closing, "leave_unsaved", lambda _parent, _count: True)
    for desk in made:
        desk.window.close()
        desk.window.deleteLater()
    QApplication.processEvents()
    # Its timers end with it.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """An open window without a project."""
    return make_desk()


@pytest.fixture
def labelled_desk(desk: Desk, color_video: Path, tmp_path: Path) -> Desk:
    """A window that shows the video of red, green and blue, in a new project."""
    folder = tmp_path / "colors.cast"
    session = Session.create(folder, name="colors", schema=SCHEMA, annotator="ada")
    found = scan_video(color_video, video_id="colors")
    session.add_video(found.video, found.index)
    desk.studio.projects.adopt(session)
    desk.wait(lambda: desk.window.workspace.video_view.image is not None)
    desk.wait(lambda: desk.studio.state.frames is not None)
    desk.wait(lambda: session.is_saved)
    return desk
