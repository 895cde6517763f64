"""The heatmap: asked for, shown for the right moment, and told honestly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cast_studio.app.preferences import Preferences
from cast_studio.core.predictions import ClipScores
from cast_studio.errors import ModelError
from cast_studio.ui.commands import Do
from cast_studio.ui.tokens import contrast
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
    desk.wait(lambda: "Looking…" in told and told[-1] != "Looking…")
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
    assert "go to a label, or let the model predict" in desk.window.workspace.why_panel.told


class OneSpot(FakePredictor):
    """Looks at one spot of the picture."""

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
        """Score clips; with attention on the cell in row 1, column 2 of 4."""
        scores = super().predict(clips, attention=attention)
        if scores.attention is None:
            return scores
        spot = np.full(scores.attention.shape, 0.01, np.float16)
        spot[..., 1, 2] = 0.85
        return replace(scores, attention=spot)


def test_why_there_is_no_heat_is_written_over_the_picture(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    desk = make_desk(predictor=OneSpot())
    desk.open_videos(own_colors)
    desk.wait(lambda: desk.window.actions_[Do.HEATMAP].isEnabled())
    view = desk.window.workspace.video_view
    desk.press("H")
    assert "nothing is labelled or predicted here" in view.note
    plain = view.grab().toImage()
    desk.predict()
    desk.press("Home")
    desk.wait(lambda: view.has_heat and view.note == "")
    assert view.grab().toImage() != plain
    # Where a prediction was rejected, there is nothing to look at; coming back, there is.
    desk.show_frame(70)
    desk.wait(lambda: view.has_heat)
    desk.press("R")
    desk.wait(lambda: "nothing is labelled or predicted here" in view.note)
    assert not view.has_heat
    desk.show_frame(10)
    desk.wait(lambda: view.has_heat and view.note == "")


def test_a_note_is_readable_on_any_picture(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    for color in ("#000000", "#ffffff", "#888888"):
        image.fill(QColor(color))
        view.show_image(image)
        view.show_note("No heatmap: nothing is labelled or predicted here.")
        shown = view.grab().toImage()
        found = {shown.pixelColor(x, 20).name() for x in range(8, 300)}
        ground = shown.pixelColor(12, 20).name()
        assert max(contrast(ink, ground) for ink in found) >= 4.5
        view.show_note("")
        assert view.grab().toImage().pixelColor(12, 20).name() == color


@pytest.mark.parametrize("ground", ["#000000", "#ffffff", "#2f9f8f", "#b050c0"])
def test_much_attention_covers_the_picture_and_little_leaves_it(
    qtbot: QtBot, preferences: Preferences, ground: str
) -> None:
    """One cell of 8 x 8 with most of the attention, one with a fiftieth of that."""
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(320, 320)
    image = QImage(320, 320, QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    view.show_image(image)
    values = np.zeros((8, 8))
    values[2, 5], values[6, 1] = 1.0, 0.02
    view.show_heat(values)

    def shown(row: int, column: int) -> QColor:
        return view.grab().toImage().pixelColor(40 * column + 20, 40 * row + 20)

    def far(first: QColor, second: QColor) -> int:
        """Return the largest difference of a channel."""
        pairs = zip(first.getRgb(), second.getRgb(), strict=True)
        return max(abs(one - other) for one, other in pairs)

    most, before = QColor("#fcffa4"), QColor(ground)  # the brightest color of the legend
    view.set_heat_opacity(1.0)
    assert far(shown(2, 5), most) < 10
    view.set_heat_opacity(preferences.heatmap_opacity)
    assert far(shown(2, 5), most) < 0.4 * far(before, most)
    assert far(shown(6, 1), before) < 10


def test_attention_without_a_favorite_is_told(labelled_desk: Desk) -> None:
    desk = labelled_desk
    desk.predict()
    desk.press("Home", "H")
    view = desk.window.workspace.video_view
    desk.wait(lambda: "looked everywhere alike" in view.note)


class Blind(FakePredictor):
    """Cannot say where it looked."""

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
        """Score clips, never with attention."""
        return super().predict(clips)


def test_a_model_without_maps_is_told_over_the_picture(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    desk = make_desk(predictor=Blind())
    desk.open_videos(own_colors)
    desk.predict()
    desk.press("Home", "H")
    view = desk.window.workspace.video_view
    desk.wait(lambda: "no cross-attention" in view.note)
    assert not view.has_heat
    desk.press("H")
    assert view.note == ""


def test_layers_can_be_chosen_once_they_are_known(labelled_desk: Desk) -> None:
    desk = labelled_desk
    panel = desk.window.workspace.why_panel
    assert not panel.layers.isEnabled()
    desk.predict()
    desk.press("Home", "H")
    desk.wait(panel.layers.isEnabled)
    assert [panel.layers.itemText(i) for i in range(panel.layers.count())] == [
        "All layers (mean)",
        "Layer 2",
        "Layer 5",
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
