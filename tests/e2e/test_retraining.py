"""Retraining the bundled model from the window, with the real training process."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from cast_studio.app.samples import read_sample, sample_source, true_segments
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.edits import AddSegments
from cast_studio.ui.commands import Do
from cast_studio.ui.loss_plot import LossPlot
from tests.e2e.conftest import OpenWindow, RealDesk

VIDEO = "practice-1.mp4"
LABELS = 4


@pytest.mark.slow
def test_a_run_draws_its_curve_and_what_it_learned_before_it_was_stopped_is_used(
    open_window: OpenWindow,
) -> None:
    desk = open_window()
    desk.open_sample()
    desk.choose_video(VIDEO)
    label_what_happens(desk)
    desk.wait_until_possible(Do.PREDICT)
    base_model = desk.studio.services.inference.model_id
    outcomes: list[TrainingOutcome] = []
    desk.studio.training.ended.connect(outcomes.append)

    desk.press("Ctrl+T")
    desk.wait(lambda: len(curve(desk)) >= 2)
    click_stop(desk)
    desk.wait(lambda: bool(outcomes))

    assert [outcome.kind for outcome in outcomes] == ["stopped"]
    steps, losses = zip(*curve(desk), strict=True)
    assert list(steps) == sorted(set(steps))
    assert all(math.isfinite(loss) and loss > 0 for loss in losses)
    (model,) = desk.session.project.models
    taught = desk.session.project.schema
    assert [set(head.classes) for head in model.heads] == [set(h.classes) for h in taught.heads]
    assert model.id != base_model
    desk.wait(lambda: desk.studio.services.inference.model_id == model.id)
    models, annotations = desk.studio.models, desk.studio.annotations
    desk.wait(lambda: models.is_predicting or annotations.predictions is not None)
    assert [text for level, text in desk.told.told if level == "error"] == []


def label_what_happens(desk: RealDesk) -> None:
    """Label the first segments of the shown video as they are known to be."""
    session, video_id = desk.session, desk.studio.state.video_id
    described, track = read_sample(sample_source()).video(VIDEO), session.label_track(video_id)
    assert described is not None
    assert track is not None
    segments = true_segments(session, video_id, described)[:LABELS]
    session.do(AddSegments(track.id, segments))


def curve(desk: RealDesk) -> list[tuple[int, float]]:
    """Return the points of the learning curve in the panel."""
    panel = desk.window.workspace.training_panel
    plot = panel.findChild(LossPlot)
    return plot.points if plot is not None and plot.isVisibleTo(panel) else []


def click_stop(desk: RealDesk) -> None:
    """Click the panel's button that stops the run."""
    panel = desk.window.workspace.training_panel
    (stop,) = (b for b in panel.findChildren(QPushButton) if b.text() == "Stop training")
    desk.wait(lambda: stop.isVisible() and stop.isEnabled())
    desk.bot.mouseClick(stop, Qt.MouseButton.LeftButton)
