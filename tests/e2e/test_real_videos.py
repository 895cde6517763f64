"""Real videos of many kinds, opened, scrubbed and predicted in the window."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.frame import Frame
from cast_studio.ui.commands import Do
from tests.e2e.conftest import OpenWindow, RealDesk
from tests.videos import SHARED_VIDEOS

REAL_VIDEOS = sorted(
    path for path in SHARED_VIDEOS.glob("*.*") if path.suffix not in (".json", ".md")
)


@pytest.mark.slow
@pytest.mark.skipif(not REAL_VIDEOS, reason=f"there are no real videos in {SHARED_VIDEOS}")
def test_they_all_open_scrub_and_predict_in_one_project(
    open_window: OpenWindow, tmp_path: Path
) -> None:
    # Copies: the window makes a project beside the first one.
    paths = [Path(shutil.copy(path, tmp_path)) for path in REAL_VIDEOS]
    desk = open_window()
    desk.drop(*paths)
    desk.wait(lambda: desk.studio.session is not None)
    desk.wait(lambda: len(desk.session.project.videos) == len(paths))
    for path in paths:
        desk.choose_video(path.name)
        scrub(desk, path)
        predict(desk, path)
    desk.wait(lambda: desk.session.is_saved)
    assert [text for level, text in desk.told.told if level != "info"] == []


def scrub(desk: RealDesk, path: Path) -> None:
    """Go to the first, the middle and the last frame; each picture is the one in the file."""
    player, frames = desk.studio.services.player, desk.studio.state.frames
    assert frames is not None
    with VideoDecoder(path) as decoder:
        assert len(decoder) == len(frames)
        for key, wanted in (("Home", 0), ("", len(frames) // 2), ("End", len(frames) - 1)):
            if key:
                desk.press(key)
            else:
                desk.go_to(wanted)
            desk.wait(lambda wanted=wanted: player.shown == wanted)
            frame = decoder.frame_at(wanted)
            assert frame.to_rgb().shape == (*upright_size(path), 3), path.name
            # Where it rests, the picture is made of the whole frame.
            desk.wait(lambda frame=frame: is_shown(desk, frame))
            assert pixels(desk.window.workspace.video_view.image).std() > 5, (path.name, wanted)


def is_shown(desk: RealDesk, frame: Frame) -> bool:
    """Whether the picture on screen is this frame's to the pixel, at the size it has there."""
    shown = pixels(desk.window.workspace.video_view.image)
    height, width = shown.shape[:2]
    return np.array_equal(shown, frame.to_bgra((width, height))[..., 2::-1])


def predict(desk: RealDesk, path: Path) -> None:
    """Let the model predict; its segments fill the video."""
    desk.wait_until_possible(Do.PREDICT)
    desk.press("Ctrl+P")
    desk.wait(lambda: desk.studio.annotations.predictions is not None)
    desk.wait(lambda: not desk.studio.models.is_predicting)
    found, frames = desk.studio.annotations.predictions, desk.studio.state.frames
    assert found is not None
    assert frames is not None
    assert found.predictions[0].span.start == frames.span.start, path.name
    assert found.predictions[-1].span.end == frames.span.end, path.name


def upright_size(path: Path) -> tuple[int, int]:
    """Return height and width of a video as another reader sees them."""
    with av.open(str(path)) as container:
        stream = container.streams.best("video")
        frame = next(container.decode(stream))
        assert isinstance(frame, av.VideoFrame)
        size = (frame.height, frame.width)
        return size if frame.rotation % 180 == 0 else size[::-1]


def pixels(image: QImage | None) -> NDArray[np.uint8]:
    """Return a picture as shape (height, width, 3)."""
    assert image is not None
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return lines[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()
