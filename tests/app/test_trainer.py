"""The training runner with real, detached processes that keep to the run directory's contract."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cast_studio.app.run_directory import (
    EventTail,
    RunDirectory,
    living_run,
    new_run_directory,
    run_directories,
)
from cast_studio.app.trainer import TrainingRunner, training_command
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.core.timing import TimeSpan
from cast_studio.core.training_protocol import (
    Message,
    Progress,
    Started,
    TrainingJob,
    TrainingProtocolError,
    TrainingSample,
    Validated,
)
from cast_studio.errors import TrainingError
from cast_studio.processes import is_running
from tests.app.conftest import WAIT_MS
from tests.fakes import VERB, fake_training_command


def make_job(run_dir: Path) -> TrainingJob:
    sample = TrainingSample("v", "/videos/v.mp4", TimeSpan(0, 10), {"verb": 1})
    return TrainingJob(
        run_dir=str(run_dir), base_model="/models/tiny", heads=(VERB,), samples=(sample,)
    )


class Panel:
    """What the training panel would have heard, in order."""

    def __init__(self, runner: TrainingRunner) -> None:
        self.events: list[object] = []
        self.running: list[bool] = []
        self.outcomes: list[TrainingOutcome] = []
        runner.started.connect(self.events.append)
        runner.progressed.connect(self.events.append)
        runner.validated.connect(self.events.append)
        runner.message.connect(self.events.append)
        runner.running_changed.connect(self.running.append)
        runner.finished.connect(self.outcomes.append)

    @property
    def outcome(self) -> TrainingOutcome:
        assert len(self.outcomes) == 1
        return self.outcomes[0]


def run_to_end(qtbot: QtBot, behavior: str, run_dir: Path) -> Panel:
    runner = TrainingRunner(command=fake_training_command(behavior))
    panel = Panel(runner)
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.start(make_job(run_dir))
    assert not runner.is_running
    assert panel.running == [True, False]
    return panel


def test_a_run_is_followed_to_its_end(qtbot: QtBot, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    panel = run_to_end(qtbot, "finish", run_dir)
    started, *steps, validated, message = panel.events
    assert started == Started(total_steps=4, trainable=10, total=100)
    assert [step.step for step in steps if isinstance(step, Progress)] == [1, 2, 3, 4]
    assert validated == Validated(step=4, accuracy={"verb": 0.75, "action": 0.5})
    assert message == "Half of the videos are dark."
    assert panel.outcome.kind == "finished"
    assert panel.outcome.adapter == run_dir / "adapter"
    assert panel.outcome.metrics == {"action": 0.5}


def test_the_job_is_what_the_process_reads(qtbot: QtBot, tmp_path: Path) -> None:
    run_to_end(qtbot, "finish", tmp_path / "run")
    job = json.loads((tmp_path / "run" / "job.json").read_text())
    assert TrainingJob.from_json(job) == make_job(tmp_path / "run")
    assert RunDirectory(tmp_path / "run").read_job() == make_job(tmp_path / "run")


def test_stop_keeps_what_was_learned(qtbot: QtBot, tmp_path: Path) -> None:
    runner = TrainingRunner(command=fake_training_command("until_stopped"))
    panel = Panel(runner)
    with qtbot.waitSignal(runner.progressed, timeout=WAIT_MS):
        runner.start(make_job(tmp_path / "run"))
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.stop()
        runner.stop()
        assert runner.is_stopping
    assert panel.outcome.kind == "stopped"
    assert panel.outcome.adapter == tmp_path / "run" / "adapter"


def test_a_stop_before_anything_was_learned_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    runner = TrainingRunner(command=fake_training_command("stopped_too_early"))
    panel = Panel(runner)
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.start(make_job(tmp_path / "run"))
        runner.stop()
    assert panel.outcome.kind == "stopped"
    assert panel.outcome.adapter is None
    assert "before there was anything to keep" in panel.outcome.text


def test_a_failure_is_told_in_the_words_of_the_run(qtbot: QtBot, tmp_path: Path) -> None:
    outcome = run_to_end(qtbot, "fail", tmp_path / "run").outcome
    assert outcome.kind == "failed"
    assert outcome.text == "The video “a.mp4” has gone; put it back and start again."
    assert outcome.log_tail == "looking at the videos"


def test_a_crash_shows_the_last_lines_of_the_log(qtbot: QtBot, tmp_path: Path) -> None:
    panel = run_to_end(qtbot, "crash", tmp_path / "run")
    assert isinstance(panel.events[-1], Progress)
    outcome = panel.outcome
    assert outcome.kind == "crashed"
    assert outcome.log_tail.splitlines()[-1] == "RuntimeError: out of luck"
    assert len(outcome.log_tail.splitlines()) == 20
    assert "line 0\n" not in outcome.log_tail
    assert str(tmp_path / "run" / "log.txt") in outcome.text


def test_a_run_that_could_not_tell_that_the_disk_is_full_is_understood(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    outcome = run_to_end(qtbot, "crash", tmp_path / "run").outcome
    assert outcome.kind == "crashed"
    assert f"the disk of “{tmp_path / 'run'}” is full. Free some space" in outcome.text


def test_a_process_that_ends_at_once_did_not_start(qtbot: QtBot, tmp_path: Path) -> None:
    outcome = run_to_end(qtbot, "die_at_once", tmp_path / "run").outcome
    assert outcome.kind == "did_not_start"
    assert outcome.log_tail == "no module named training"


def test_a_program_that_is_not_there_did_not_start(qtbot: QtBot, tmp_path: Path) -> None:
    runner = TrainingRunner(command=lambda job: [str(tmp_path / "no-such-program"), str(job)])
    panel = Panel(runner)
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.start(make_job(tmp_path / "run"))
    assert panel.outcome.kind == "did_not_start"


def test_a_process_that_says_nothing_is_given_up_and_told_to_stop(
    qtbot: QtBot, tmp_path: Path
) -> None:
    runner = TrainingRunner(command=fake_training_command("mute"), start_deadline_seconds=0.0)
    panel = Panel(runner)
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.start(make_job(tmp_path / "run"))
    assert panel.outcome.kind == "did_not_start"
    assert "no sign of life" in panel.outcome.text
    assert (tmp_path / "run" / "commands.jsonl").exists()


def test_half_a_line_waits_for_its_other_half(qtbot: QtBot, tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    runner = TrainingRunner(command=fake_training_command("partial_lines"))
    panel = Panel(runner)
    runner.start(make_job(run_dir))
    qtbot.waitUntil(lambda: (run_dir / "half").exists() and bool(panel.events), timeout=WAIT_MS)
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        (run_dir / "go").touch()
    assert panel.events[1:] == ["in two parts"]
    assert panel.outcome.kind == "finished"


def test_a_line_that_is_no_event_is_told_and_passed_over(qtbot: QtBot, tmp_path: Path) -> None:
    panel = run_to_end(qtbot, "nonsense", tmp_path / "run")
    assert "Epoch 1 / 3" in str(panel.events[1])
    assert panel.outcome.kind == "finished"


def test_a_run_outlives_its_runner_and_is_attached_to_again(qtbot: QtBot, tmp_path: Path) -> None:
    run_dir = tmp_path / "project.cast" / "runs" / "1"
    first = TrainingRunner(command=fake_training_command("until_stopped"))
    with qtbot.waitSignal(first.progressed, timeout=WAIT_MS):
        first.start(make_job(run_dir))
    first.close()
    assert living_run(tmp_path / "project.cast") == run_dir
    second = TrainingRunner()
    panel = Panel(second)
    with qtbot.waitSignal(second.progressed, timeout=WAIT_MS):
        second.attach(run_dir)
    assert isinstance(panel.events[0], Started)
    with qtbot.waitSignal(second.finished, timeout=WAIT_MS):
        second.stop()
    assert panel.outcome.kind == "stopped"
    qtbot.waitUntil(lambda: living_run(tmp_path / "project.cast") is None, timeout=WAIT_MS)


def test_attaching_to_a_run_that_has_ended_tells_everything_again(
    qtbot: QtBot, tmp_path: Path
) -> None:
    before = run_to_end(qtbot, "finish", tmp_path / "run")
    runner = TrainingRunner()
    after = Panel(runner)
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.attach(tmp_path / "run")
    assert after.events == before.events
    assert after.outcomes == before.outcomes


def test_a_second_run_is_refused_while_one_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    runner = TrainingRunner(command=fake_training_command("until_stopped"))
    runner.start(make_job(tmp_path / "run"))
    with pytest.raises(TrainingError, match="going on"):
        runner.start(make_job(tmp_path / "other"))
    assert not (tmp_path / "other").exists()
    with qtbot.waitSignal(runner.finished, timeout=WAIT_MS):
        runner.stop()


def test_a_run_directory_is_used_once(qtbot: QtBot, tmp_path: Path) -> None:
    run_to_end(qtbot, "finish", tmp_path / "run")
    with pytest.raises(TrainingError, match="new folder"):
        TrainingRunner().start(make_job(tmp_path / "run"))


def test_a_job_that_cannot_be_written_is_refused(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        TrainingRunner().start(make_job(tmp_path / "file" / "run"))


def test_there_is_nothing_to_attach_to_in_an_empty_folder(qapp: object, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read"):
        TrainingRunner().attach(tmp_path)


def test_the_command_ignores_folders_named_training(tmp_path: Path) -> None:
    assert training_command(tmp_path / "job.json")[1:4] == ["-P", "-m", "training"]


def test_a_frozen_program_runs_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    job = tmp_path / "job.json"
    assert training_command(job) == [sys.executable, "--train", str(job)]


def test_a_process_with_another_command_line_is_another_process() -> None:
    assert is_running(os.getpid())
    if Path("/proc/self").exists():
        assert not is_running(os.getpid(), mentions="no-such-run-directory")
    assert not is_running(0)


def test_events_are_read_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert tail.read() == ()
    line = b'{"event": "message", "text": "hello"}\n'
    path.write_bytes(line + line[:10])
    assert tail.read() == (Message("hello"),)
    assert tail.read() == ()
    path.write_bytes(line + line + b"\n" + b"what?\n")
    found = tail.read()
    assert found[0] == Message("hello")
    assert isinstance(found[1], TrainingProtocolError)
    assert len(found) == 2


def test_new_run_directories_differ_and_are_listed_newest_first(tmp_path: Path) -> None:
    assert new_run_directory(tmp_path) != new_run_directory(tmp_path)
    for name in ("20260101-000000-a", "20260301-000000-b"):
        RunDirectory(tmp_path / "runs" / name).write_job(make_job(tmp_path / "runs" / name))
    (tmp_path / "runs" / "empty").mkdir()
    names = [run.path.name for run in run_directories(tmp_path)]
    assert names == ["20260301-000000-b", "20260101-000000-a"]
