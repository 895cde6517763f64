"""Training as the program starts it: another process, and the run directory between the two."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cast_studio.core.training_protocol import (
    Finished,
    Progress,
    Started,
    Stop,
    Stopped,
    TrainingJob,
    Validated,
    decode,
    encode_command,
)
from cast_studio.model.checkpoints import load_cast
from tests.training.examples import HEADS, make_job
from training.__main__ import main

CHECKOUT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "training", *arguments],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_job(job: TrainingJob) -> subprocess.Popen[str]:
    run_dir = Path(job.run_dir)
    run_dir.mkdir()
    (run_dir / "job.json").write_text(json.dumps(job.to_json()))
    return start("run", str(run_dir / "job.json"))


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, output, errors


def test_a_run_writes_everything_into_its_directory(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=4)
    process = start_job(job)
    assert finish(process) == (0, "", "")

    folder = Path(job.run_dir)
    events = [decode(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    kinds = [type(event) for event in events]
    assert kinds.index(Started) < kinds.index(Progress) < kinds.index(Validated)
    last = events[-1]
    assert isinstance(last, Finished)
    assert json.loads((folder / "metrics.json").read_text()) == dict(last.metrics)
    assert (folder / "pid").read_text().strip() == str(process.pid)
    assert (folder / "log.txt").is_file()
    assert load_cast(Path(job.base_model), adapter_folder=Path(last.adapter)).heads == HEADS


def test_a_run_stops_when_it_is_told_to(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1_000_000, max_seconds=PATIENCE_SECONDS)
    process = start_job(job)
    events = Path(job.run_dir) / "events.jsonl"
    while process.poll() is None and not (events.exists() and '"progress"' in events.read_text()):
        time.sleep(0.02)
    (Path(job.run_dir) / "commands.jsonl").write_text(encode_command(Stop()) + "\n")
    assert finish(process) == (0, "", "")
    assert decode(events.read_text().splitlines()[-1]) == Stopped(adapter=job.run_dir)


def test_a_run_that_fails_says_why_in_its_directory(tmp_path: Path) -> None:
    job = make_job(tmp_path, base_model=str(tmp_path / "nothing"))
    assert finish(start_job(job)) == (1, "", "")
    text = (Path(job.run_dir) / "events.jsonl").read_text()
    assert json.loads(text)["event"] == "failed"
    assert str(tmp_path / "nothing") in json.loads(text)["message"]
    assert "Traceback" in (Path(job.run_dir) / "log.txt").read_text()


def test_a_missing_job_is_one_sentence(tmp_path: Path) -> None:
    code, output, errors = finish(start("run", str(tmp_path / "job.json")))
    assert (code, output) == (1, "")
    assert errors.count("\n") == 1
    assert str(tmp_path / "job.json") in errors


def test_a_job_can_be_looked_at_without_running_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = make_job(tmp_path)
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job.to_json()))
    assert main(["validate-job", str(path)]) == 0
    assert capsys.readouterr() == ("", "")
    Path(job.samples[0].path).unlink()
    assert main(["validate-job", str(path)]) == 1
    sentence = f"The video “{job.samples[0].path}” is missing: put it back where it was.\n"
    assert capsys.readouterr() == ("", sentence)
    assert not Path(job.run_dir).exists()


def test_a_model_can_be_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = make_job(tmp_path)
    assert main(["describe", job.base_model]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["heads"] == {"verb": ["still", "brighten"], "noun": ["red", "green"]}
    assert described["name"] == "small"


@pytest.mark.parametrize("command", [["describe"], ["evaluate", "--clips", "1", "--model"]])
@pytest.mark.parametrize("name", ["nosuch", "x" * 300])
def test_a_model_that_is_not_there_is_one_sentence(
    command: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, name]) == 1
    output, complaint = capsys.readouterr()
    assert output == ""
    assert complaint.startswith(f"There is no model “{name}”;")
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("seed", ["-1", str(2**63), "many"])
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--seed"],
        ["make-model", "--out", "model", "--test-seed"],
        ["render-heldout", "--out", "videos", "--seed"],
    ],
    ids=lambda command: command[0],
)
def test_seeds_that_nothing_can_start_from_are_usage_errors(
    command: list[str],
    seed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([*command, seed])
    assert ended.value.code == 2
    assert seed in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
