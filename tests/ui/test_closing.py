"""What happens to unfinished things when the window closes, and when it opens again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cast_studio.ui import closing
from cast_studio.ui.closing import OnTraining
from cast_studio.ui.commands import Do
from cast_studio.ui.model_controller import ModelState
from tests.ui.conftest import Desk
from tests.ui.labelling import add_labels, ready


@pytest.fixture
def training_desk(make_desk: Callable[..., Desk], own_colors: Path) -> Desk:
    """A window whose training run waits until it is stopped."""
    desk = make_desk(training="until_stopped")
    desk.studio.projects.open_paths([own_colors])
    desk.wait(lambda: desk.studio.state.frames is not None)
    ready(desk)
    add_labels(desk, 0, 1, 2)
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: "Step 1" in desk.window.workspace.training_panel.status_text)
    return desk


def answer(monkeypatch: pytest.MonkeyPatch, choice: OnTraining) -> list[OnTraining]:
    """Let the question about training be answered without a person."""
    asked: list[OnTraining] = []

    def choose(_parent: object) -> OnTraining:
        asked.append(choice)
        return choice

    monkeypatch.setattr(closing, "what_about_training", choose)
    return asked


def test_staying_keeps_the_window_and_the_run(
    training_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, OnTraining.STAY)
    assert not training_desk.window.close()
    assert asked == [OnTraining.STAY]
    assert training_desk.window.isVisible()
    assert training_desk.studio.training.is_running
    answer(monkeypatch, OnTraining.STOP)


def test_a_run_that_went_on_is_followed_again(
    training_desk: Desk, make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, OnTraining.GO_ON)
    folder = training_desk.session.folder
    assert training_desk.window.close()
    again = make_desk()
    again.studio.projects.open_project(folder)
    assert again.studio.training.is_running
    again.wait(lambda: "Step 1" in again.window.workspace.training_panel.status_text)
    outcomes: list[object] = []
    again.studio.training.ended.connect(outcomes.append)
    again.window.actions_[Do.STOP_TRAINING].setEnabled(True)
    again.window.actions_[Do.STOP_TRAINING].trigger()
    again.wait(lambda: bool(outcomes))
    again.wait(lambda: again.studio.models.state is ModelState.READY)


def test_the_memory_is_left_to_a_run_that_is_followed_again(
    training_desk: Desk, make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, folder = training_desk, training_desk.session.folder
    base = desk.studio.models.base
    desk.studio.open_sample()
    desk.wait(lambda: desk.studio.models.state is ModelState.READY)
    desk.studio.projects.open_project(folder)
    assert desk.studio.models.state is ModelState.ABSENT
    answer(monkeypatch, OnTraining.GO_ON)
    assert desk.window.close()
    again = make_desk()
    again.studio.projects.open_project(folder)
    again.wait(lambda: again.studio.models.base == base)
    assert again.studio.models.state is ModelState.ABSENT
    assert again.models_made == []
    again.wait(again.window.actions_[Do.STOP_TRAINING].isEnabled)
    again.window.actions_[Do.STOP_TRAINING].trigger()
    again.wait(lambda: again.studio.models.state is ModelState.READY)
    answer(monkeypatch, OnTraining.STOP)


def test_another_project_does_not_inherit_the_run(
    training_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = training_desk.session.folder
    training_desk.studio.projects.close()
    assert not training_desk.studio.training.is_running
    training_desk.studio.open_sample()
    training_desk.wait(lambda: training_desk.studio.session is not None)
    training_desk.wait(lambda: training_desk.studio.models.state is ModelState.READY)
    assert training_desk.window.workspace.training_panel.outcome_text == ""
    assert training_desk.window.status.work == ""
    training_desk.studio.projects.open_project(folder)
    assert training_desk.studio.training.is_running
    answer(monkeypatch, OnTraining.STOP)
