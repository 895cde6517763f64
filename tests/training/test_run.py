"""Whole training runs in this process: files, events, and every way to end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from cast_studio.core.training_protocol import (
    Event,
    Failed,
    Finished,
    Message,
    Progress,
    Started,
    Stop,
    Stopped,
    TrainingJob,
    TrainingSample,
    Validated,
    decode,
    encode_command,
)
from cast_studio.errors import TrainingError
from cast_studio.model.cast import is_expert_parameter
from cast_studio.model.checkpoints import load_cast
from cast_studio.model.predictor import CastPredictor
from tests.fakes import make_head
from tests.model.examples import CLIPS, make_cast
from tests.training.examples import HEADS, KNOWN_HEADS, make_job, sample
from training.dataset import SampleClips
from training.run import STEPS, check_job, read_job, run_job

PATIENCE_SECONDS = 60


@contextlib.contextmanager
def output_given_back() -> Iterator[None]:
    """A run sends the process's output to its log; tests need theirs back."""
    kept = [os.dup(1), os.dup(2)]
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, copy in enumerate(kept, start=1):
            os.dup2(copy, descriptor)
            os.close(copy)


@pytest.fixture(autouse=True)
def _own_output() -> Iterator[None]:
    with output_given_back():
        yield


def write_job(job: TrainingJob) -> Path:
    run_dir = Path(job.run_dir)
    run_dir.mkdir(exist_ok=True)
    path = run_dir / "job.json"
    path.write_text(json.dumps(job.to_json()))
    return path


def events_of(job: TrainingJob) -> list[Event]:
    lines = (Path(job.run_dir) / "events.jsonl").read_text("ascii").splitlines()
    return [decode(line) for line in lines]


def run(job: TrainingJob) -> tuple[int, list[Event]]:
    code = run_job(write_job(job))
    return code, events_of(job)


def expert_bytes(model: Path, adapter: Path | None = None) -> dict[str, bytes]:
    state = load_cast(model, adapter_folder=adapter).cast.state_dict()
    return {n: t.numpy().tobytes() for n, t in state.items() if is_expert_parameter(n)}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> TrainingJob:
    """A run that has come to its end."""
    job = make_job(tmp_path_factory.mktemp("finished"), epochs=90)
    before = hashlib.sha256((Path(job.base_model) / "model.safetensors").read_bytes()).digest()
    with output_given_back():
        assert run_job(write_job(job)) == 0
    after = hashlib.sha256((Path(job.base_model) / "model.safetensors").read_bytes()).digest()
    assert before == after
    return job


def test_events_are_complete_and_in_order(finished: TrainingJob) -> None:
    events = events_of(finished)
    started = next(at for at, event in enumerate(events) if isinstance(event, Started))
    assert started > 0
    assert all(isinstance(event, Message) for event in events[:started])
    assert all(
        isinstance(event, Message | Progress | Validated) for event in events[started + 1 : -1]
    )
    assert isinstance(events[-1], Finished)

    progress = [event for event in events if isinstance(event, Progress)]
    steps = [event.step for event in progress]
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert steps[-1] == progress[0].total_steps == events[started].total_steps  # type: ignore[union-attr]
    assert progress[-1].loss < progress[0].loss
    assert any(isinstance(event, Validated) for event in events)


def test_sizes_are_told(finished: TrainingJob) -> None:
    (started,) = [event for event in events_of(finished) if isinstance(event, Started)]
    cast = make_cast(HEADS)
    assert started.total == sum(p.numel() for p in cast.parameters())
    assert started.trainable == sum(p.numel() for p in cast.trained_parameters().values())


def test_the_run_directory_is_complete(finished: TrainingJob) -> None:
    folder = Path(finished.run_dir)
    assert {path.name for path in folder.iterdir()} == {
        "job.json",
        "events.jsonl",
        "log.txt",
        "pid",
        "adapter.json",
        "adapter.safetensors",
        "metrics.json",
    }
    assert (folder / "pid").read_text() == f"{os.getpid()}\n"
    (last,) = [event for event in events_of(finished) if isinstance(event, Finished)]
    assert json.loads((folder / "metrics.json").read_text()) == dict(last.metrics)
    assert {"verb", "noun", "action", "loss", "steps"} == set(last.metrics)
    assert last.adapter == str(folder)


def test_the_experts_stay_equal_to_the_byte(finished: TrainingJob) -> None:
    model, adapter = Path(finished.base_model), Path(finished.run_dir)
    assert expert_bytes(model) == expert_bytes(model, adapter)
    assert not any(map(is_expert_parameter, load_file(adapter / "adapter.safetensors")))


def test_the_adapter_knows_the_new_classes(finished: TrainingJob) -> None:
    predictor = CastPredictor.load(
        Path(finished.base_model), adapter_folder=Path(finished.run_dir), device="cpu"
    )
    assert predictor.heads == HEADS
    data = SampleClips(finished.samples, predictor.clip_spec, HEADS)
    nouns = predictor.predict(data.clips(range(9), exact=True)).scores["noun"].argmax(1)
    assert (nouns == data.targets["noun"]).mean() >= 8 / 9


@pytest.fixture(scope="module")
def verbs_only(tmp_path_factory: pytest.TempPathFactory) -> TrainingJob:
    """A run whose labels say nothing of nouns; the noun head is the model's own.

    What the verbs mean is easy to see, or a network as small as this one would not learn it.
    """
    job = make_job(tmp_path_factory.mktemp("verbs_only"), epochs=90)
    verbs = tuple(replace(found, targets={"verb": found.targets["noun"]}) for found in job.samples)
    job = replace(job, samples=verbs, validation=verbs[::2], heads=(HEADS[0], KNOWN_HEADS[1]))
    with output_given_back():
        assert run_job(write_job(job)) == 0
    return job


def test_verbs_are_learned_from_labels_without_nouns(verbs_only: TrainingJob) -> None:
    data = SampleClips(verbs_only.samples, CLIPS, verbs_only.heads)

    def share_right(adapter: Path | None) -> float:
        predictor = CastPredictor.load(
            Path(verbs_only.base_model), adapter_folder=adapter, device="cpu"
        )
        verbs = predictor.predict(data.clips(range(9), exact=True)).scores["verb"].argmax(1)
        return float((verbs == data.targets["verb"]).mean())

    assert share_right(Path(verbs_only.run_dir)) >= 8 / 9 > share_right(None) + 0.3
    losses = [event.loss for event in events_of(verbs_only) if isinstance(event, Progress)]
    assert losses[-1] < 0.6 * losses[0]


def test_the_classifier_of_a_head_without_labels_stays_equal_to_the_byte(
    verbs_only: TrainingJob,
) -> None:
    model, adapter = Path(verbs_only.base_model), Path(verbs_only.run_dir)
    before, after = (load_cast(model, adapter_folder=of) for of in (None, adapter))
    assert after.heads == (HEADS[0], KNOWN_HEADS[1])
    for part in ("weight", "bias"):
        then, now = (
            found.cast.state_dict()[f"heads.noun.{part}"].numpy().tobytes()
            for found in (before, after)
        )
        assert then == now


def test_what_is_not_labelled_is_neither_measured_nor_counted_as_trained(
    verbs_only: TrainingJob,
) -> None:
    events = events_of(verbs_only)
    validated = [event for event in events if isinstance(event, Validated)]
    assert {name for event in validated for name in event.accuracy} == {"verb"}
    (last,) = [event for event in events if isinstance(event, Finished)]
    assert set(last.metrics) == {"verb", "loss", "steps"}
    (started,) = [event for event in events if isinstance(event, Started)]
    cast = make_cast(verbs_only.heads)
    nouns = sum(p.numel() for p in cast.heads["noun"].parameters())
    assert started.trainable + nouns == sum(p.numel() for p in cast.trained_parameters().values())


def test_a_run_goes_on_from_what_was_trained(finished: TrainingJob, tmp_path: Path) -> None:
    wider = (make_head("verb", "still", "brighten", "darken", "blink"), HEADS[1])
    job = replace(
        finished, run_dir=str(tmp_path / "run"), adapter=finished.run_dir, heads=wider, epochs=2
    )
    code, events = run(job)
    assert code == 0
    first = next(event for event in events if isinstance(event, Progress))
    fresh = next(event for event in events_of(finished) if isinstance(event, Progress))
    assert first.loss < fresh.loss
    loaded = load_cast(Path(job.base_model), adapter_folder=Path(job.run_dir))
    assert loaded.heads == wider


def test_the_same_job_gives_the_same_adapter(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=2)
    contents = []
    for name in ("first", "second"):
        again = replace(job, run_dir=str(tmp_path / name))
        assert run(again)[0] == 0
        contents.append((tmp_path / name / "adapter.safetensors").read_bytes())
    assert contents[0] == contents[1]


def test_time_can_be_limited(tmp_path: Path) -> None:
    code, events = run(make_job(tmp_path, epochs=1_000_000, max_seconds=1.0))
    assert code == 0
    last = events[-1]
    assert isinstance(last, Finished)
    assert 0 < last.metrics["steps"] < 1_000_000


def test_epochs_can_be_left_open(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=None)
    assert isinstance(run(job)[1][-1], Finished)
    (started,) = [event for event in events_of(job) if isinstance(event, Started)]
    assert started.total_steps == STEPS[0]


@contextlib.contextmanager
def when_it_progresses(job: TrainingJob, act: Callable[[], object]) -> Iterator[None]:
    """Do something from another thread as soon as a step was reported."""
    events = Path(job.run_dir) / "events.jsonl"

    def watch() -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError):
                if '"progress"' in events.read_text():
                    act()
                    return
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        watcher.join()


def stop(job: TrainingJob) -> None:
    with (Path(job.run_dir) / "commands.jsonl").open("a") as file:
        file.write(encode_command(Stop()) + "\n")


def test_a_stopped_run_leaves_what_it_learned(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1_000_000, max_seconds=PATIENCE_SECONDS)
    with when_it_progresses(job, lambda: stop(job)):
        code, events = run(job)
    assert code == 0
    assert events[-1] == Stopped(adapter=job.run_dir)
    assert not any(isinstance(event, Finished | Failed) for event in events)
    loaded = load_cast(Path(job.base_model), adapter_folder=Path(job.run_dir))
    assert loaded.heads == HEADS


def test_a_run_stopped_before_its_first_step_leaves_nothing(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    path = write_job(job)
    stop(job)
    assert run_job(path) == 0
    assert events_of(job)[-1] == Stopped(adapter=None)
    assert not (Path(job.run_dir) / "adapter.json").exists()


def test_half_a_command_does_not_stop_a_run(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1)
    path = write_job(job)
    (Path(job.run_dir) / "commands.jsonl").write_text('{"command": "pause"}\n{"command": "st')
    assert run_job(path) == 0
    assert isinstance(events_of(job)[-1], Finished)


@pytest.mark.parametrize("mortal", [True, False])
def test_a_run_ends_with_its_parent_if_it_should(tmp_path: Path, mortal: bool) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    job = make_job(
        tmp_path,
        epochs=1_000_000 if mortal else 3,
        max_seconds=PATIENCE_SECONDS,
        stop_when_parent_dies=mortal,
        parent_pid=parent.pid,
    )
    with when_it_progresses(job, lambda: parent.communicate(b"\n")):
        code, events = run(job)
    assert code == 0
    expected = Stopped if mortal else Finished
    assert isinstance(events[-1], expected)
    assert events[-1].adapter == job.run_dir


def fail(job: TrainingJob) -> str:
    """Run a job that cannot succeed; return the sentence."""
    code, events = run(job)
    assert code == 1
    assert isinstance(events[-1], Failed)
    assert sum(isinstance(event, Failed | Finished | Stopped) for event in events) == 1
    assert not (Path(job.run_dir) / "adapter.json").exists()
    assert not (Path(job.run_dir) / "metrics.json").exists()
    return events[-1].message


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    Path(job.samples[0].path).unlink()
    sentence = fail(job)
    assert sentence == f"The video “{job.samples[0].path}” is missing: put it back where it was."


def test_a_video_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video" * 100)
    job = make_job(tmp_path)
    sentence = fail(replace(job, samples=(sample(broken, verb=0),)))
    assert "broken.mp4" in sentence


@pytest.mark.parametrize("samples", [(), (sample("colors.mp4"),)])
def test_nothing_to_learn_from_is_said(tmp_path: Path, samples: tuple[TrainingSample, ...]) -> None:
    job = make_job(tmp_path)
    samples = tuple(replace(found, path=job.samples[0].path) for found in samples)
    sentence = fail(replace(job, samples=samples))
    assert sentence == "There are no labelled segments to learn from: label some first."


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    sentence = fail(make_job(tmp_path, base_model=str(tmp_path / "elsewhere")))
    assert str(tmp_path / "elsewhere") in sentence


def test_an_adapter_of_another_model_is_refused(finished: TrainingJob, tmp_path: Path) -> None:
    job = make_job(tmp_path, adapter=finished.run_dir)
    weights = load_file(Path(job.base_model) / "model.safetensors")
    weights["spatial.class_token"] += 1
    _replace_weights(Path(job.base_model), weights)
    assert "belongs to another version" in fail(job)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    job = make_job(
        tmp_path,
        samples=(sample(tmp_path / "gone.mp4", verb=0), sample(tmp_path / "away.mp4", verb=1)),
        base_model=str(tmp_path / "nothing"),
    )
    problems = check_job(job)
    assert len(problems) == 3
    for name, text in zip(("away", "gone", "nothing"), problems, strict=True):
        assert name in text
    assert fail(job) == " ".join(problems)


def test_a_job_that_can_run_has_no_problems(finished: TrainingJob) -> None:
    assert check_job(finished) == []


def test_a_loss_that_is_no_number_is_a_sentence(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    weights = load_file(Path(job.base_model) / "model.safetensors")
    weights["spatial_norm.bias"][0] = torch.nan
    _replace_weights(Path(job.base_model), weights)
    assert fail(job).startswith("The loss became nan at step 1,")


def _replace_weights(model: Path, weights: dict[str, torch.Tensor]) -> None:
    save_file(weights, model / "model.safetensors")
    config = json.loads((model / "config.json").read_text())
    config["weights_sha256"] = hashlib.sha256(
        (model / "model.safetensors").read_bytes()
    ).hexdigest()
    (model / "config.json").write_text(json.dumps(config))


def test_a_run_that_cannot_save_says_so(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1)
    path = write_job(job)
    (Path(job.run_dir) / "adapter.partial").mkdir()
    assert run_job(path) == 1
    last = events_of(job)[-1]
    assert isinstance(last, Failed)
    assert "adapter.safetensors” cannot be written" in last.message


def test_what_nobody_foresaw_is_told_and_raised(tmp_path: Path) -> None:
    """The log gets the traceback, the user a sentence that says where it is."""
    job = make_job(tmp_path, seed=-1)
    with pytest.raises(ValueError, match="non-negative"):
        run_job(write_job(job))
    last = events_of(job)[-1]
    assert isinstance(last, Failed)
    assert "ValueError" in last.message
    assert "log.txt" in last.message


def test_what_the_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1)
    path = write_job(job)
    (Path(job.run_dir) / "metrics.json").mkdir()
    assert run_job(path) == 1
    last = events_of(job)[-1]
    assert isinstance(last, Failed)
    assert "metrics.json" in last.message
    assert "unexpected" not in last.message


FULL = Path("/dev/full")
needs_full_device = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@needs_full_device
def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1)
    path = write_job(job)
    (Path(job.run_dir) / "metrics.json").symlink_to(FULL)
    assert run_job(path) == 1
    last = events_of(job)[-1]
    assert isinstance(last, Failed)
    assert last.message == (
        f"Training stopped because the disk of “{job.run_dir}” is full; the model you had is "
        "unchanged. Free some space on it and train again."
    )


@needs_full_device
def test_a_disk_too_full_to_tell_ends_the_run_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    job = make_job(tmp_path, epochs=1)
    path = write_job(job)
    (Path(job.run_dir) / "events.jsonl").symlink_to(FULL)
    assert run_job(path) == 1
    assert "The failure could not be told" in caplog.text
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize("content", [None, "{", "[]", '{"protocol_version": 99}', "\xff"])
def test_a_file_that_is_no_job_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "job.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(TrainingError, match="cannot be read") as refusal:
        read_job(path)
    assert "Start the training again." in str(refusal.value)
    with pytest.raises(TrainingError):
        run_job(path)
    assert {found.name for found in tmp_path.iterdir()} <= {"job.json"}


def test_a_run_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    (tmp_path / "file").write_text("")
    path = tmp_path / "job.json"
    path.write_text(json.dumps(replace(job, run_dir=str(tmp_path / "file" / "run")).to_json()))
    with pytest.raises(
        TrainingError, match=r"The folder of the run, “.*file/run”, cannot be written"
    ):
        run_job(path)


def test_prints_of_libraries_go_to_the_log(tmp_path: Path) -> None:
    job = make_job(tmp_path, epochs=1)
    run(job)
    os.write(1, b"chatter of a library\n")
    os.write(2, b"and more of it\n")
    log = (Path(job.run_dir) / "log.txt").read_text()
    assert "chatter of a library\nand more of it\n" in log
    assert "chatter" not in (Path(job.run_dir) / "events.jsonl").read_text()
