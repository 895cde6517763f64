"""The heatmap: asked for, shown for the right moment, and told honestly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.core.predictions import ClipScores
from cast_studio.errors import ModelError
from cast_studio.ui.commands import Do
from cast_studio.ui.video_view import VideoView
from tests.fakes import FakePredictor
from tests.ui.conftest import Desk


def test_the_heatmap_is_asked_for_shown_and_taken_away(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    heats: list[object] = []
    desk.studio.attention.heat_changed.connect(heats.append)
    desk.press("Home", "H")
    desk.wait(lambda: any(heat is not None for heat in heats))
    assert desk.window.workspace.video_view.has_heat
    assert desk.window.actions_[Do.HEATMAP].isChecked()
    desk.press("H")
    assert not desk.window.workspace.video_view.has_heat


class SlowToLook(FakePredictor):
    """Says where it looked only when it may, or that it cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.may_look = threading.Event()
        self.may_look.set()
        self.has_looked = threading.Event()
        self.problem: ModelError | None = None

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
        """Score clips, at once; with attention, when it may."""
        if attention:
            assert self.may_look.wait(60)
            if self.problem is not None:
                raise self.problem
        scores = super().predict(clips, attention=attention)
        if attention:
            self.has_looked.set()
        return scores


@pytest.fixture
def slow(make_desk: Callable[..., Desk], own_colors: Path) -> Iterator[tuple[Desk, SlowToLook]]:
    """A window that shows the heat of the first of three segments."""
    predictor = SlowToLook()
    desk = make_desk(predictor=predictor)
    desk.open_videos(own_colors)
    desk.predict()
    desk.press("Home", "H")
    desk.wait(lambda: desk.window.workspace.video_view.has_heat)
    yield desk, predictor
    predictor.may_look.set()


def test_the_heat_of_another_segment_does_not_stay_while_the_model_looks(
    slow: tuple[Desk, SlowToLook],
) -> None:
    desk, predictor = slow
    view, panel = desk.window.workspace.video_view, desk.window.workspace.why_panel
    predictor.may_look.clear()
    desk.show_frame(70)
    assert not view.has_heat
    desk.wait(lambda: panel.told == "Looking…")
    assert not view.has_heat
    predictor.may_look.set()
    desk.wait(lambda: view.has_heat)


def test_what_comes_too_late_is_not_laid_over_another_segment(
    slow: tuple[Desk, SlowToLook],
) -> None:
    desk, predictor = slow
    panel, attention = desk.window.workspace.why_panel, desk.studio.attention
    told: list[str] = []
    predictor.may_look.clear()
    desk.show_frame(70)
    desk.wait(lambda: panel.told == "Looking…")
    heats: list[tuple[int | None, bool]] = []
    attention.heat_changed.connect(
        lambda heat: heats.append((desk.studio.state.frame_index, heat is not None))
    )
    desk.show_frame(130)
    predictor.has_looked.clear()
    predictor.may_look.set()
    assert predictor.has_looked.wait(60)
    attention.told.connect(told.append)
    desk.wait(lambda: "Looking…" in told and told[-1] == "")
    # Only the one that was asked about this segment.
    assert heats.count((130, True)) == 1


def test_the_heat_of_another_segment_does_not_stay_when_the_model_cannot_look(
    slow: tuple[Desk, SlowToLook],
) -> None:
    desk, predictor = slow
    view, panel = desk.window.workspace.video_view, desk.window.workspace.why_panel
    predictor.problem = ModelError("The memory is full; close other programs.")
    desk.show_frame(70)
    desk.wait(lambda: "memory is full" in panel.told)
    assert not view.has_heat


def test_without_a_segment_the_panel_says_what_to_do(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.wait(lambda: desk.window.actions_[Do.HEATMAP].isEnabled())
    desk.press("H")
    assert "go to one, or let the model predict" in desk.window.workspace.why_panel.told


def test_layers_can_be_chosen_once_they_are_known(labelled_desk: Desk) -> None:
    desk = labelled_desk
    panel = desk.window.workspace.why_panel
    assert not panel.layers.isEnabled()
    desk.predict()
    desk.press("Home", "H")
    desk.wait(panel.layers.isEnabled)
    assert [panel.layers.itemText(i) for i in range(panel.layers.count())] == [
        "All layers (mean)",
        "Layer 1",
        "Layer 2",
    ]


def test_the_opacity_is_remembered_and_shown_in_both_places(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.window.workspace.transport.opacity_changed.emit(0.3)
    assert desk.studio.services.preferences.heatmap_opacity == 0.3
    assert desk.window.workspace.why_panel.opacity_text == "30\u202f%"


def test_the_heat_lies_over_the_square_that_the_model_saw(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    image = QImage(200, 100, QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    view.show_image(image)
    view.set_heat_opacity(1.0)
    view.show_heat(np.ones((4, 4)))
    QApplication.processEvents()
    shown = view.grab().toImage()
    assert view.picture_rect().height() == 200
    assert view.heat_rect().width() == 200
    assert shown.pixelColor(200, 200).lightness() > 150  # in the middle: full attention
    assert shown.pixelColor(50, 200).lightness() == 0  # beside the square: the frame itself


def test_a_picture_is_letter_boxed_and_never_distorted(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.show_image(QImage(300, 100, QImage.Format.Format_RGB32))
    for width, height in ((600, 600), (900, 200), (251, 777)):
        view.resize(width, height)
        picture = view.picture_rect()
        assert abs(picture.width() / picture.height() - 3) < 0.05
        assert picture.width() <= width
        assert picture.height() <= height


def test_a_message_takes_the_place_of_the_picture(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.show_image(QImage(30, 10, QImage.Format.Format_RGB32))
    view.show_message("This video cannot be shown", "Its file is missing.")
    assert view.image is None
    assert view.message == ("This video cannot be shown", "Its file is missing.")
    assert "Its file is missing." in view.accessibleDescription()
