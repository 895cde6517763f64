"""Retraining from the window, with a process that keeps the contract of the run directory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QToolButton

from cast_studio.app.models import trained_model_id
from cast_studio.app.run_directory import RunDirectory
from cast_studio.core.edits import AddModel, AddSegments, ChangeSchema
from cast_studio.core.project import ModelRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.model.catalog import ModelInfo
from cast_studio.ui import closing
from cast_studio.ui.closing import OnTraining
from cast_studio.ui.commands import Do
from cast_studio.ui.training_panel import TrainingPanel
from cast_studio.ui.training_plan import training_plan
from tests.fakes import SCHEMA, FakePredictor, fake_model_info, make_head
from tests.ui.conftest import Desk
from tests.ui.labelling import add_labels, ready


def planned(desk: Desk) -> TrainingPanel:
    """Wait until the last edits are counted, a moment after them; return the panel."""
    plans: list[object] = []
    desk.studio.training.plan_changed.connect(plans.append)
    desk.wait(lambda: bool(plans))
    return desk.window.workspace.training_panel


FIRST = fake_model_info()
SECOND = replace(FIRST, name="second", folder=Path("second-model"), weights_sha256="1" * 64)


def describe_adapter(desk: Desk, base: ModelInfo) -> None:
    """Write beside what the run has learned what a real run writes there."""
    run = desk.studio.services.runner.run_dir
    assert run is not None
    (run / "adapter").mkdir(exist_ok=True)
    described = {
        "format": 1,
        "base": base.name,
        "base_sha256": base.weights_sha256,
        "adapter_sha256": hashlib.sha256(b"learned").hexdigest(),
        "heads": [head.to_json() for head in SCHEMA.heads],
        "schema_fingerprint": SCHEMA.fingerprint(),
        "created_at": "2024-11-22T17:00:00+00:00",
    }
    (run / "adapter" / "adapter.json").write_text(json.dumps(described))


def model_button(desk: Desk) -> QToolButton:
    """Return what opens the menu of models."""
    buttons = desk.window.top.findChildren(QToolButton)
    (found,) = (button for button in buttons if button.text().startswith("Model:"))
    return found


def test_the_panel_tells_what_will_be_learned(labelled_desk: Desk) -> None:
    add_labels(labelled_desk, 0, 0, 2)
    add_labels(labelled_desk, 1, noun=False)
    panel = planned(labelled_desk)
    assert panel.summary_text.splitlines() == [
        "4 labelled segments to learn from. The model knows all of their classes already.",
        "1 of 4 labelled segments has no noun; it teaches verbs only.",
    ]


def test_verbs_alone_can_be_learned_and_the_panel_says_what_becomes_of_the_nouns(
    labelled_desk: Desk,
) -> None:
    desk = ready(labelled_desk)
    add_labels(desk, 0, 1, 2, noun=False)
    panel = planned(desk)
    assert "No labelled segment has a noun: the model keeps the nouns" in panel.summary_text
    began: list[object] = []
    desk.studio.training.began.connect(lambda: began.append(None))
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: bool(began))
    run = desk.studio.services.runner.run_dir
    assert run is not None
    job = RunDirectory(run).read_job()
    assert [dict(sample.targets) for sample in job.samples] == [{"verb": at} for at in range(3)]
    desk.wait(lambda: not desk.studio.training.is_running)


def test_the_panel_tells_why_segments_teach_nothing(labelled_desk: Desk) -> None:
    track = labelled_desk.studio.annotations.track
    assert track is not None
    moment = Segment(labelled_desk.session.new_id(), TimeSpan(0, 0), {"verb": 1})
    labelled_desk.session.do(AddSegments(track.id, (moment,)))
    assert planned(labelled_desk).summary_text == (
        "There is nothing to learn from yet.\n1 segment is a moment without duration and teaches "
        "nothing until you give it an end after the start."
    )


def test_the_plan_counts_and_marks_new_classes(labelled_desk: Desk) -> None:
    add_labels(labelled_desk, 0, 0, 2)
    add_labels(labelled_desk, 2, noun=False)
    known = (make_head("verb", "take"), make_head("noun", "knife", "bread"))
    plan = training_plan(labelled_desk.session.project, known, known)
    assert [(c.head, c.name, c.count, c.is_new) for c in plan.counts] == [
        ("verb", "cut", 2, True),
        ("verb", "take", 2, False),
        ("noun", "bread", 3, False),
    ]
    assert [c.name for c in plan.scarce] == ["cut"]


def test_few_examples_stay_few_when_the_model_has_learned_from_them(labelled_desk: Desk) -> None:
    installed = (make_head("verb", "take"), make_head("noun", "knife", "bread"))
    add_labels(labelled_desk, *[0, 2, 2, 1, 1, 1, 1])
    project = labelled_desk.session.project
    after = training_plan(project, SCHEMA.heads, installed)
    assert after.new_classes == ()
    assert [(c.name, c.count) for c in after.scarce] == [("put", 4), ("cut", 2)]
    add_labels(labelled_desk, 2, 2, 2, 1)
    after = training_plan(labelled_desk.session.project, SCHEMA.heads, installed)
    assert after.scarce == ()


def test_the_advice_outlasts_a_run_until_there_are_enough_examples(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    base = replace(FIRST, heads=(make_head("verb", "take", "put"), SCHEMA.heads[1]))
    predictor = FakePredictor(heads=base.heads)
    desk = make_desk(models=(base,), predictor=predictor)
    desk.open_videos(own_colors)
    ready(desk)
    desk.session.do(ChangeSchema(SCHEMA))
    add_labels(desk, 0, 2, 2)
    panel = planned(desk)
    advice = "Few examples of “cut” (2): label more, at least 5 each."
    assert panel.advice_text == advice
    assert "knows all" not in panel.summary_text

    def learn() -> None:
        describe_adapter(desk, base)
        predictor.heads = SCHEMA.heads

    desk.studio.training.began.connect(learn)
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: "knows all" in panel.summary_text)
    assert "The model knows all of their classes already." in panel.summary_text
    assert panel.advice_text == advice
    add_labels(desk, 2, 2, 2)
    assert planned(desk).advice_text == ""


def test_without_labels_the_user_is_told_what_to_do(labelled_desk: Desk) -> None:
    desk = ready(labelled_desk)
    desk.window.actions_[Do.RETRAIN].trigger()
    level, text = desk.told.told[-1]
    assert level == "warning"
    assert text.startswith("There are no labels to learn from yet")
    assert not desk.studio.training.is_running


def test_a_run_shows_its_progress_and_how_it_ended(labelled_desk: Desk) -> None:
    desk = ready(labelled_desk)
    add_labels(desk, 0, 1, 2)
    panel = desk.window.workspace.training_panel
    outcomes: list[object] = []
    desk.studio.training.ended.connect(outcomes.append)
    seen: list[str] = []
    desk.studio.training.progressed.connect(lambda _event: seen.append(panel.status_text))
    desk.window.actions_[Do.RETRAIN].trigger()
    assert panel.isVisible()
    desk.wait(lambda: bool(outcomes))
    assert any(text.startswith("Step ") and "loss" in text for text in seen)
    assert panel.outcome_text != ""
    assert not desk.window.status.work.startswith("Retraining")


def test_what_was_learned_joins_the_project_and_predicts_at_once(labelled_desk: Desk) -> None:
    desk = ready(labelled_desk)
    add_labels(desk, 0, 1, 2)

    desk.studio.training.began.connect(lambda: describe_adapter(desk, FIRST))
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: len(desk.session.project.models) == 1)
    adapter = desk.session.folder / desk.session.project.models[0].path
    desk.wait(lambda: desk.models_made[-1] == (Path("fake-model"), adapter))
    desk.wait(lambda: desk.session.prediction_track("colors") is not None)
    desk.wait(lambda: "fake, trained 1 CPU · float32" in desk.window.top.model_text)
    panel = desk.window.workspace.training_panel
    assert panel.outcome_text == "Training finished; the new model can be used."


def test_predicting_is_not_possible_while_training_and_says_why(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    desk = make_desk(training="until_stopped")
    desk.studio.projects.open_paths([own_colors])
    desk.wait(lambda: desk.studio.state.frames is not None)
    ready(desk)
    add_labels(desk, 0, 1, 2)
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: desk.studio.training.is_running)
    desk.wait(lambda: not desk.window.actions_[Do.PREDICT].isEnabled())
    stop = desk.window.actions_[Do.STOP_TRAINING]
    desk.wait(stop.isEnabled)
    outcomes: list[object] = []
    desk.studio.training.ended.connect(outcomes.append)
    stop.trigger()
    desk.wait(lambda: bool(outcomes))
    desk.wait(lambda: not stop.isEnabled())


def test_no_other_model_can_be_chosen_while_training_and_it_says_why(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    desk = make_desk(training="until_stopped", models=(FIRST, SECOND))
    desk.open_videos(own_colors)
    ready(desk)
    assert model_button(desk).isEnabled()
    add_labels(desk, 0, 1, 2)
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: desk.studio.training.is_running)
    assert not model_button(desk).isEnabled()
    assert "when the training is done or stopped" in model_button(desk).toolTip()
    desk.wait(desk.window.actions_[Do.STOP_TRAINING].isEnabled)
    desk.window.actions_[Do.STOP_TRAINING].trigger()
    desk.wait(model_button(desk).isEnabled)
    assert model_button(desk).toolTip() == ""


def test_what_an_older_run_has_learned_goes_to_the_model_it_was_trained_on(
    make_desk: Callable[..., Desk], own_colors: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make_desk(training="until_stopped", models=(FIRST, SECOND))
    desk.open_videos(own_colors)
    ready(desk)
    desk.window.top.model_chosen.emit(1)
    ready(desk)
    assert desk.studio.models.base == SECOND
    add_labels(desk, 0, 1, 2)
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: "Step 1" in desk.window.workspace.training_panel.status_text)
    describe_adapter(desk, SECOND)
    folder = desk.session.folder
    with monkeypatch.context() as patch:
        patch.setattr(closing, "what_about_training", lambda _parent: OnTraining.GO_ON)
        desk.window.close()

    again = make_desk(models=(FIRST, SECOND))
    again.studio.projects.open_project(folder)
    again.wait(lambda: again.studio.models.base == FIRST)
    again.wait(again.window.actions_[Do.STOP_TRAINING].isEnabled)
    again.window.actions_[Do.STOP_TRAINING].trigger()
    again.wait(lambda: len(again.session.project.models) == 1)
    (model,) = again.session.project.models
    assert model.name == "second, trained 1"
    again.wait(lambda: bool(again.models_made))
    assert again.models_made == [(SECOND.folder, folder / model.path)]


def test_what_was_learned_on_a_model_that_is_gone_is_told(
    make_desk: Callable[..., Desk], own_colors: Path
) -> None:
    desk = make_desk(models=(FIRST,))
    desk.open_videos(own_colors)
    ready(desk)
    add_labels(desk, 0, 1, 2)
    desk.studio.training.began.connect(lambda: describe_adapter(desk, SECOND))
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: any("“second”, which is not installed" in text for _, text in desk.told.told))
    ready(desk)
    assert desk.session.project.models == ()


@pytest.mark.parametrize("behavior", ["crash", "fail"])
def test_a_run_that_goes_wrong_is_told_and_the_model_comes_back(
    make_desk: Callable[..., Desk], own_colors: Path, behavior: str
) -> None:
    desk = make_desk(training=behavior)
    desk.studio.projects.open_paths([own_colors])
    desk.wait(lambda: desk.studio.state.frames is not None)
    ready(desk)
    add_labels(desk, 0, 1, 2)
    desk.window.actions_[Do.RETRAIN].trigger()
    panel = desk.window.workspace.training_panel
    desk.wait(lambda: panel.outcome_text != "")
    # Once, not in the panel and across the window.
    assert panel.isVisible()
    assert panel.outcome_text not in desk.window.notices.text
    desk.wait(lambda: bool(desk.studio.services.inference.model_id))


@pytest.mark.parametrize(
    ("behavior", "level"), [("crash", "error"), ("fail", "error"), ("finish", "info")]
)
def test_how_a_run_ended_is_told_where_its_panel_is_not_seen(
    make_desk: Callable[..., Desk], own_colors: Path, behavior: str, level: str
) -> None:
    desk = make_desk(training=behavior)
    desk.studio.projects.open_paths([own_colors])
    desk.wait(lambda: desk.studio.state.frames is not None)
    ready(desk)
    add_labels(desk, 0, 1, 2)
    workspace = desk.window.workspace
    desk.studio.training.began.connect(lambda: workspace.show_page(workspace.label_panel))
    ended: list[object] = []
    desk.studio.training.ended.connect(ended.append)
    desk.window.actions_[Do.RETRAIN].trigger()
    desk.wait(lambda: bool(ended))
    assert (level, workspace.training_panel.outcome_text) in desk.told.told


def test_a_project_goes_on_with_its_own_trained_model(
    labelled_desk: Desk, make_desk: Callable[..., Desk]
) -> None:
    desk = ready(labelled_desk)
    adapter = desk.session.folder / "runs" / "run-001" / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter.safetensors").write_bytes(b"learned")
    model = ModelRef(
        trained_model_id(adapter),
        "fake, trained 1",
        "runs/run-001/adapter",
        "0" * 64,
        desk.studio.models.heads,
        "1",
        "",
    )
    desk.session.do(AddModel(model))
    folder = desk.session.folder
    desk.window.close()
    again = make_desk()
    again.studio.projects.open_project(folder)
    again.wait(lambda: again.models_made[-1:] == [(Path("fake-model"), adapter)])
    again.wait(lambda: "fake, trained 1" in again.window.top.model_text)
