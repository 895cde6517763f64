"""From labels to a retrained model, with the real training process and the real network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file

from cast_studio.app.inference import InferenceService
from cast_studio.app.job_builder import BaseModel, TrainingLimits, build_session_job
from cast_studio.app.models import latest_model, register_trained_model
from cast_studio.app.run_directory import new_run_directory
from cast_studio.app.session import Session
from cast_studio.app.trainer import TrainingRunner
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.clips import ClipSpec
from cast_studio.core.edits import AddSegments
from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.tracks import Segment
from cast_studio.core.training_protocol import Progress, Started
from cast_studio.model.catalog import ModelInfo, read_info
from tests.fakes import SCHEMA, make_head

LONG_MS = 240_000


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> ModelInfo:
    """A very small CAST with random weights that lacks the project's last verb."""
    import torch

    from cast_studio.model.cast import Cast
    from cast_studio.model.checkpoints import head_configs, save_model
    from cast_studio.model.config import CastConfig

    heads = (make_head("verb", "take", "put"), SCHEMA.heads[1])
    config = CastConfig(width=32, depth=2, heads=2, patch=8, size=32, frames=4, tubelet=2)
    folder = tmp_path_factory.mktemp("models") / "small"
    # Experts that can tell the colors apart: most that are drawn at random see two of them alike.
    torch.manual_seed(3)
    save_model(
        folder,
        Cast(config, head_configs(heads)),
        name="small",
        heads=heads,
        clip_spec=ClipSpec(frames=4, size=32, window_seconds=1.0, hop_seconds=0.5),
        knows="Nothing yet.",
        license_terms="MIT",
    )
    return read_info(folder)


def label_colors(session: Session, *, nouns: bool = True) -> None:
    index, track = session.frame_index("colors"), session.label_track("colors")
    assert index is not None
    assert track is not None
    segments = [
        Segment(f"s{i}", index.span_of_frames(48 * i, 48 * i + 48), {"verb": i, "noun": i % 2})
        for i in range(3)
    ]
    if not nouns:
        segments = [replace(found, labels={"verb": found.labels["verb"]}) for found in segments]
    session.do(AddSegments(track.id, tuple(segments)))


@pytest.mark.slow
def test_a_retrained_model_predicts_with_the_new_class(
    qtbot: QtBot, color_session: Session, color_video: Path, base: ModelInfo
) -> None:
    session = color_session
    label_colors(session)
    job = build_session_job(
        session,
        BaseModel(base.folder, base.heads),
        run_dir=new_run_directory(session.folder),
        seed=3,
        limits=TrainingLimits(epochs=2, threads=1),
    )
    runner = TrainingRunner()
    said: list[object] = []
    runner.started.connect(said.append)
    runner.progressed.connect(said.append)
    with qtbot.waitSignal(runner.finished, timeout=LONG_MS) as ended:
        runner.start(job)
    assert ended.args is not None
    outcome = ended.args[0]
    assert isinstance(outcome, TrainingOutcome)
    assert outcome.kind == "finished", outcome
    assert isinstance(said[0], Started)
    assert isinstance(said[-1], Progress)
    assert said[-1].step == said[-1].total_steps
    assert outcome.adapter is not None
    model = register_trained_model(session, base, outcome.adapter)
    choice = latest_model(session, [base])
    assert choice is not None
    track = predict(qtbot, base.folder, choice.adapter, color_video)
    assert track.model_id == model.id
    assert [found.name for found in track.heads[0].classes] == ["take", "put", "cut"]


@pytest.mark.slow
def test_labels_without_nouns_teach_the_verbs_and_leave_the_noun_head_alone(
    qtbot: QtBot, color_session: Session, color_video: Path, base: ModelInfo
) -> None:
    label_colors(color_session, nouns=False)
    job = build_session_job(
        color_session,
        BaseModel(base.folder, base.heads),
        run_dir=new_run_directory(color_session.folder),
        seed=3,
        limits=TrainingLimits(epochs=150, threads=1),
    )
    runner = TrainingRunner()
    with qtbot.waitSignal(runner.finished, timeout=LONG_MS) as ended:
        runner.start(job)
    assert ended.args is not None
    outcome = ended.args[0]
    assert outcome.kind == "finished", outcome
    told = predict(qtbot, base.folder, outcome.adapter, color_video)
    assert [head.name for head in told.heads] == ["verb", "noun"]
    assert told.heads[1] == base.heads[1]
    track = color_session.label_track("colors")
    assert track is not None
    for segment in track.segments:
        found = told.at((segment.span.start + segment.span.end) // 2)
        assert found is not None
        assert told.heads[0].classes[found.best("verb")[0]].id == segment.labels["verb"]
    weights = [load_file(base.folder / "model.safetensors")]
    weights.append(load_file(outcome.adapter / "adapter.safetensors"))
    for name in ("heads.noun.weight", "heads.noun.bias"):
        before, after = (found[name].numpy().tobytes() for found in weights)
        assert before == after


def predict(qtbot: QtBot, folder: Path, adapter: Path | None, video: Path) -> PredictionTrack:
    service = InferenceService()
    tracks: list[PredictionTrack] = []
    service.predicted.connect(lambda _, track: tracks.append(track))
    try:
        service.load(folder, adapter)
        with qtbot.waitSignal(service.finished, timeout=LONG_MS):
            service.predict_video("colors", video)
    finally:
        assert service.close(LONG_MS)
    return tracks[0]


@pytest.mark.slow
def test_a_run_without_its_model_fails_in_words(
    qtbot: QtBot, color_session: Session, base: ModelInfo, tmp_path: Path
) -> None:
    label_colors(color_session)
    job = build_session_job(
        color_session,
        BaseModel(tmp_path / "no model", base.heads),
        run_dir=tmp_path / "run",
        seed=0,
    )
    runner = TrainingRunner()
    with qtbot.waitSignal(runner.finished, timeout=LONG_MS) as ended:
        runner.start(job)
    assert ended.args is not None
    assert ended.args[0].kind == "failed"
    assert "no model" in ended.args[0].text
