"""Training on the command line: with the real process where it counts, else with a scripted one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from cast_studio.__main__ import main
from cast_studio.app.models import latest_model
from cast_studio.app.run_directory import RunDirectory, run_directories
from cast_studio.app.session import Session
from cast_studio.cli import train
from cast_studio.cli.teaching import teach
from cast_studio.core.edits import RelabelSegments
from cast_studio.core.timing import TimeSpan
from cast_studio.core.training_protocol import TrainingJob, TrainingSample
from cast_studio.model.catalog import read_info
from tests.cli.conftest import ROOT
from tests.fakes import SCHEMA, fake_training_command


@pytest.fixture
def job(qapp: object, tmp_path: Path) -> TrainingJob:
    """A job for the scripted process, which does not look at it."""
    return TrainingJob(
        run_dir=str(tmp_path / "run"),
        base_model="model",
        adapter=None,
        heads=SCHEMA.heads,
        samples=(TrainingSample("v", "/v.mp4", TimeSpan(0, 10), {"verb": 0, "noun": 0}),),
        validation=(),
        epochs=None,
        seed=0,
        max_seconds=None,
        threads=None,
    )


def test_a_run_is_followed_to_its_end(job: TrainingJob, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = teach(job, command=fake_training_command("finish"))

    assert outcome.kind == "finished"
    assert outcome.adapter == Path(job.run_dir) / "adapter"
    told = capsys.readouterr().err
    assert "Training 10 of 100 weights in 4 steps." in told
    assert "Training 100%  loss 0.250, 0 s left" in told
    assert "Right in the video that was put aside: verb 75%, action 50%." in told
    assert "Half of the videos are dark." in told


def test_the_run_ends_with_this_process(job: TrainingJob) -> None:
    teach(job, command=fake_training_command("finish"))

    written = RunDirectory(Path(job.run_dir)).read_job()
    assert written.stop_when_parent_dies
    assert written.parent_pid == os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself a POSIX signal")
def test_ctrl_c_stops_the_run_and_keeps_what_it_learned(
    job: TrainingJob, capsys: pytest.CaptureFixture[str]
) -> None:
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.SIGINT))

    outcome = teach(job, command=fake_training_command("until_stopped"))

    assert outcome.kind == "stopped"
    assert outcome.adapter == Path(job.run_dir) / "adapter"
    assert "Stopping after this step" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="sends itself a POSIX signal")
def test_a_second_ctrl_c_does_not_wait(job: TrainingJob) -> None:
    pressed = QTimer()
    pressed.setInterval(10)
    pressed.timeout.connect(lambda: os.kill(os.getpid(), signal.SIGINT))
    pressed.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            teach(job, command=fake_training_command("mute"))
    finally:
        pressed.stop()


@pytest.mark.slow
def test_a_project_is_taught(
    project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    models = home / "data" / "models"
    models.mkdir(parents=True)
    (models / "tiny").symlink_to(tiny_model)
    arguments = ["train", str(project), "--model", str(tiny_model), "--epochs", "2"]

    assert main([*arguments, "--seed", "3", "--threads", "1"]) == 0

    said = capsys.readouterr().out
    session = Session.open(project)
    (model,) = session.project.models
    choice = latest_model(session, [read_info(tiny_model)])
    session.close()
    assert "Training finished" in said
    assert model.name in said
    assert choice is not None
    assert choice.adapter is not None
    assert (choice.adapter / "adapter.safetensors").is_file()
    (run,) = run_directories(project)
    written = run.read_job()
    assert (written.seed, written.epochs, written.threads) == (3, 2, 1)
    assert [head.name for head in written.heads] == ["verb", "noun"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_registers_what_was_learned(project: Path, tiny_model: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "cast_studio", "train", str(project)),
            *("--model", str(tiny_model), "--epochs", "100000"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "weights in" in line:
            break
    process.send_signal(signal.SIGINT)
    output, complaints = process.communicate()

    assert process.returncode == 3, complaints
    assert "Training was stopped" in output
    session = Session.open(project)
    assert len(session.project.models) == 1
    session.close()


def test_a_run_that_crashed_is_one_sentence_that_names_its_log(
    project: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = fake_training_command("crash")
    monkeypatch.setattr(train, "teach", lambda job: teach(job, command=command))

    assert main(["train", str(project), "--model", str(tiny_model)]) == 1

    told = capsys.readouterr().err
    (run,) = run_directories(project)
    assert f"What it wrote is in “{run.log_path}”." in told.splitlines()[-1]
    assert "Traceback" in run.log_tail()
    assert "Traceback" not in told
    assert "line 29" not in told


def test_a_project_without_labels_is_refused(
    qapp: object, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "empty.cast"
    Session.create(folder, name="empty", schema=SCHEMA, annotator="ada").close()

    assert main(["train", str(folder), "--model", str(tiny_model)]) == 1

    assert "no labels to learn from" in capsys.readouterr().err


def test_what_will_not_be_learned_is_told_before_the_run(
    project: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = Session.open(project)
    session.do(RelabelSegments(("s0", "s2"), {"noun": None}))
    session.close()
    command = fake_training_command("crash")
    monkeypatch.setattr(train, "teach", lambda job: teach(job, command=command))

    main(["train", str(project), "--model", str(tiny_model)])

    told = capsys.readouterr().err
    assert "2 of 3 labelled segments have no noun; they teach verbs only." in told
    (run,) = run_directories(project)
    samples = run.read_job().samples
    assert [dict(sample.targets) for sample in samples] == [
        {"verb": 0},
        {"verb": 1, "noun": 1},
        {"verb": 2},
    ]


def test_segments_without_any_class_are_refused_in_words(
    project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session.open(project)
    session.do(RelabelSegments(("s0", "s1", "s2"), {"verb": None, "noun": None}))
    session.close()

    assert main(["train", str(project), "--model", str(tiny_model)]) == 1

    assert capsys.readouterr().err.endswith(
        "There is nothing to learn from yet. 3 segments have no class and teach nothing until you "
        "label them.\n"
    )
    assert not run_directories(project)


def test_a_missing_video_is_named(
    project: Path, tiny_model: Path, color_video: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = color_video.with_name("elsewhere.mp4")
    color_video.rename(moved)
    try:
        assert main(["train", str(project), "--model", str(tiny_model)]) == 1
    finally:
        moved.rename(color_video)

    assert "colors.mp4" in capsys.readouterr().err
    assert not run_directories(project)


def test_a_project_that_is_open_elsewhere_is_refused(
    project: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    window = Session.open(project, annotator="ada")
    try:
        assert main(["train", str(project), "--model", str(tiny_model)]) == 1
    finally:
        window.close()

    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_run_that_goes_on_is_not_disturbed(
    project: Path, tiny_model: Path, job: TrainingJob, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunDirectory(project / "runs" / "first")
    run.write_job(job)
    alive = subprocess.Popen([sys.executable, "-c", "input()", "first"], stdin=subprocess.PIPE)
    try:
        run.pid_path.write_text(str(alive.pid))
        assert main(["train", str(project), "--model", str(tiny_model)]) == 1
    finally:
        alive.kill()
        alive.communicate()

    assert "A training run of this project is going on" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        ("--epochs", "0"),
        ("--max-seconds", "nan"),
        ("--threads", "many"),
        ("--seed", "-1"),
        ("--seed", str(2**63)),
    ],
    ids="=".join,
)
def test_impossible_numbers_are_usage_errors(project: Path, option: tuple[str, str]) -> None:
    assert main(["train", str(project), *option]) == 2
