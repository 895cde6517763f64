"""The real window on a project of real files, to be measured at work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from cast_studio.app.diagnostics import UserMessages, install
from cast_studio.app.inference import (
    InferenceService,
    import_predictor,
    load_cast_predictor,
)
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.samples import apply_corrections, open_sample, read_sample, sample_source
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_unknown_videos, scan_video
from cast_studio.app.window_thread import window_thread
from cast_studio.core.predictions import Predictor
from cast_studio.ui.application import make_services
from cast_studio.ui.main_window import MainWindow
from cast_studio.ui.studio import Studio
from cast_studio.ui.theme import Theme
from tests.benchmarks.stalls import StallMeter
from tests.videos import write_video

IMPORTING = "importing torch"
LARGE_SIZE = (1920, 1080)
LARGE_FRAMES = 240
_POLL_MS = 20


class TexturedPictures(Sequence[NDArray[np.uint8]]):
    """A busy picture that drifts: about as much work to decode as what a camera takes."""

    def __init__(self, size: tuple[int, int], count: int) -> None:
        self._count = count
        self._size = size
        width, height = size
        rng = np.random.default_rng(3)
        coarse = rng.integers(0, 256, (height // 8, width // 8 + count, 3), np.uint8)
        self._scene = cv2.resize(coarse, (width + 8 * count, height))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204
        start = 5 * range(self._count)[number]
        return np.ascontiguousarray(self._scene[:, start : start + self._size[0]])


@dataclass(frozen=True)
class Stage:
    """An open window at work.

    Attributes:
        window: The real one, on real services.
        session: The sample project with labels, and a large video.
        meter: Beats on the window's thread.
        small: Id of a video of the sample.
        large: Id of a video of 1920 × 1080.
    """

    window: MainWindow
    session: Session
    meter: StallMeter
    small: str
    large: str

    @property
    def studio(self) -> Studio:
        """The program behind the window."""
        return self.window.studio

    def open_project(self) -> None:
        """Open the project in the window and wait for the first frame of its first video."""
        self.studio.projects.adopt(self.session)
        self.show_video(self.small)

    def show_video(self, video_id: str) -> None:
        """Switch to a video and wait for its first frame."""
        player = self.studio.services.player
        self.studio.state.show_video(video_id)
        wait_until(lambda: player.frame_index is not None and player.shown is not None, 60)


@contextmanager
def open_stage(home: Path, meter: StallMeter) -> Iterator[Stage]:
    """Show the window with its welcome page; the model is being loaded then.

    Args:
        home: Everything is kept below this folder.
        meter: Told when torch is being imported.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    with window_thread():
        yield from _show_stage(application, home, meter)


def _show_stage(application: QApplication, home: Path, meter: StallMeter) -> Iterator[Stage]:
    preferences = Preferences(AppFolders.below(home))
    preferences.annotator = "benchmark"
    messages = UserMessages()
    diagnostics = install(preferences.folders.logs, messages)
    session = make_project(preferences.folders)
    small, large = session.project.videos[0].id, session.project.videos[-1].id
    services = make_services(preferences, messages)
    services.inference.close()
    services = replace(services, inference=InferenceService(timed_factory(meter)))
    window = MainWindow(Studio(services), Theme(application, preferences.theme))
    window.resize(1440, 900)
    try:
        meter.start()
        with meter.phase("showing the window"):
            window.show()
            pause(10)
        yield Stage(window, session, meter, small, large)
    finally:
        meter.stop()
        window.close()
        diagnostics.remove()


def timed_factory(meter: StallMeter) -> Callable[[Path, Path | None], Predictor]:
    """Return what loads a model as the program does, and tells the meter of the import of torch."""

    def load(model_folder: Path, adapter_folder: Path | None) -> Predictor:
        with meter.phase(IMPORTING):
            # The first step of loading, by itself; done already, it takes no time.
            import_predictor()
        return load_cast_predictor(model_folder, adapter_folder)

    return load


def make_project(folders: AppFolders) -> Session:
    """Return the sample project with its labels and one large video."""
    session = open_sample(folders, annotator="benchmark")
    scan_unknown_videos(session)
    apply_corrections(session, read_sample(sample_source()))
    path = session.folder.parent / "videos" / "large.mp4"
    pictures = TexturedPictures(LARGE_SIZE, LARGE_FRAMES)
    write_video(path, count=LARGE_FRAMES, rate=30, size=LARGE_SIZE, gop=60, pictures=pictures)
    found = scan_video(path, video_id="large")
    session.add_video(found.video, found.index)
    session.flush()
    return session


def pause(milliseconds: float) -> None:
    """Let the program run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(milliseconds), loop.quit)
    loop.exec()


def wait_until(is_true: Callable[[], bool], seconds: float) -> None:
    """Let the program run until something is true.

    Raises:
        TimeoutError: It did not become true.
    """
    deadline = QDeadlineTimer(int(seconds * 1000))
    while not is_true():
        if deadline.hasExpired():
            raise TimeoutError("the window did not get there in time")
        pause(_POLL_MS)
