"""One training run: from ``job.json`` to an adapter, told through the run directory."""

from __future__ import annotations

import errno
import json
import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from cast_studio.core.known_classes import positions_in_model
from cast_studio.core.training_protocol import (
    Event,
    Failed,
    Finished,
    Message,
    Started,
    Stopped,
    TrainingJob,
)
from cast_studio.errors import CastStudioError, TrainingError
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import LoadedCast, load_cast, save_adapter, widen_heads
from training.dataset import SampleClips
from training.loop import FitCallbacks, FitSettings, fit, learning_parameters
from training.reporter import RunReporter, redirect_output, write_pid

log = logging.getLogger(__name__)

VARIANTS = 4
"""Clips of each sample with moved edges that are kept in memory."""
REPORT_EVERY = 80
"""Segments between two messages while a run prepares."""
BATCH = 16
DEFAULT_EPOCHS = 30
STEPS = (160, 4000)
"""Fewest and most steps of a run whose job leaves the number of epochs open."""
# No quotas on Windows.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def read_job(path: Path) -> TrainingJob:
    """Read a job file.

    Raises:
        TrainingError: The file is missing or not a job.
    """
    try:
        return TrainingJob.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TrainingError(
            f"The training job “{path}” cannot be read: {error}. Start the training again."
        ) from error


def check_job(job: TrainingJob) -> list[str]:
    """Return everything that speaks against a job, one sentence each; empty if it can run."""
    problems = []
    if not any(sample.targets for sample in job.samples):
        problems.append("There are no labelled segments to learn from: label some first.")
    problems += [
        f"The video “{path}” is missing: put it back where it was."
        for path in sorted({sample.path for sample in (*job.samples, *job.validation)})
        if not Path(path).is_file()
    ]
    try:
        load_cast(Path(job.base_model), adapter_folder=_adapter(job))
    except CastStudioError as error:
        problems.append(str(error))
    return problems


def run_job(path: Path) -> int:
    """Run a job in this process; everything it says goes to the job's run directory.

    File descriptors 1 and 2 are sent to the run's log for good.

    Returns:
        The exit code: 0 finished or stopped on request, 1 failed with a sentence.

    Raises:
        TrainingError: There is no such job, or its run directory cannot be written.
    """
    job = read_job(path)
    run_dir = Path(job.run_dir)
    parent_pid = job.parent_pid if job.stop_when_parent_dies else None
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        redirect_output(run_dir / "log.txt")
        write_pid(run_dir)
        reporter = RunReporter(run_dir, parent_pid=parent_pid)
    except OSError as error:
        raise TrainingError(
            f"The folder of the run, “{run_dir}”, cannot be written ({error.strerror or error}): make "
            "room on the disk or allow writing there, then train again."
        ) from error
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        reporter.send(_train(job, reporter))
    except CastStudioError as error:
        _tell_failure(reporter, str(error))
        return 1
    except OSError as error:
        _tell_failure(reporter, _refused_by_system(error, run_dir))
        return 1
    except Exception as error:
        _tell_failure(reporter, _unexpected(error, run_dir))
        raise
    finally:
        reporter.close()
    return 0


def _tell_failure(reporter: RunReporter, sentence: str) -> None:
    """Tell how the run failed; called where the reason was caught, and it goes to the log."""
    log.exception("The run failed")
    try:
        reporter.send(Failed(message=sentence))
    except OSError:
        # Whoever follows the run sees that its process has gone without a word.
        log.exception("The failure could not be told")


@dataclass(frozen=True)
class _Lesson:
    """What a run works with."""

    loaded: LoadedCast
    student: Cast
    known: Mapping[str, list[int]]
    train: SampleClips
    validation: SampleClips | None


def _train(job: TrainingJob, reporter: RunReporter) -> Event:
    torch.manual_seed(job.seed)
    # One core is left to the window, and to whatever else the user does meanwhile.
    torch.set_num_threads(job.threads or max(1, (os.cpu_count() or 1) - 1))
    problems = check_job(job)
    if problems:
        raise TrainingError(" ".join(problems))
    lesson = _prepare(job)
    if not _read_segments(lesson, reporter):
        return Stopped(adapter=None)
    settings = _settings(job, len(lesson.train))
    learning = learning_parameters(lesson.student, lesson.train)
    trained = sum(parameter.numel() for parameter in learning.values())
    total = sum(p.numel() for p in lesson.student.parameters())
    reporter.send(Started(total_steps=settings.steps, trainable=trained, total=total))
    result = fit(
        lesson.student,
        lesson.known,
        lesson.train,
        lesson.validation,
        settings,
        FitCallbacks(
            remembered=lambda done, total: _tell_remembered(reporter, done, total),
            progressed=reporter.send,
            validated=reporter.send,
            should_stop=reporter.stop_requested,
        ),
    )
    run_dir = Path(job.run_dir)
    metrics = {name: value for name, value in result.metrics.items() if math.isfinite(value)}
    save_adapter(
        run_dir,
        lesson.student,
        model=lesson.loaded.model,
        heads=job.heads,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        metrics=metrics,
    )
    values = {**metrics, "steps": float(result.steps)}
    (run_dir / "metrics.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    if result.stopped:
        return Stopped(adapter=str(run_dir))
    return Finished(adapter=str(run_dir), metrics=values)


def _read_segments(lesson: _Lesson, reporter: RunReporter) -> bool:
    """Decode what there is to learn from; whether to go on, which is not so when asked to stop.

    Raises:
        TrainingError: Nothing of it can be read.
    """
    left_out: list[str] = []
    for data in (lesson.train, lesson.validation):
        for done in data.preload() if data else ():
            if done % REPORT_EVERY == 0 or done == len(data or ()):
                reporter.send(Message(text=f"Read {done} of {len(data or ())} segments."))
            if reporter.stop_requested():
                return False
        left_out += data.left_out if data is not None else ()
    if not any(sample.targets for sample in lesson.train.samples):
        reasons = " ".join(lesson.train.left_out)
        raise TrainingError(f"There is nothing left to learn from. {reasons}")
    for sentence in dict.fromkeys(left_out):
        reporter.send(Message(text=sentence))
    return True


def _tell_remembered(reporter: RunReporter, done: int, total: int) -> None:
    if done == total or done % REPORT_EVERY == 0:
        reporter.send(Message(text=f"Asked the model about {done} of {total} segments."))


def _prepare(job: TrainingJob) -> _Lesson:
    loaded = load_cast(Path(job.base_model), adapter_folder=_adapter(job))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    student = widen_heads(loaded, job.heads).to(device)
    before = {head.name: head for head in loaded.heads}
    known = {
        head.name: [
            at
            for at, known_at in enumerate(positions_in_model(before[head.name], head.classes))
            if known_at is not None
        ]
        if head.name in before
        else []
        for head in job.heads
    }
    spec = loaded.model.clip_spec
    train = SampleClips(job.samples, spec, job.heads, variants=VARIANTS, seed=job.seed)
    validation = SampleClips(job.validation, spec, job.heads) if job.validation else None
    return _Lesson(loaded, student, known, train, validation)


def _settings(job: TrainingJob, n_samples: int) -> FitSettings:
    batch = min(BATCH, max(4, n_samples))
    per_epoch = math.ceil(n_samples / batch)
    if job.epochs is not None:
        steps = per_epoch * job.epochs
    else:
        steps = min(STEPS[1], max(STEPS[0], per_epoch * DEFAULT_EPOCHS))
    return FitSettings(steps=steps, batch=batch, seed=job.seed, max_seconds=job.max_seconds)


def _adapter(job: TrainingJob) -> Path | None:
    return None if job.adapter is None else Path(job.adapter)


def _refused_by_system(error: OSError, run_dir: Path) -> str:
    if error.errno in _NO_ROOM:
        return (
            f"Training stopped because the disk of “{run_dir}” is full; the model you had is "
            "unchanged. Free some space on it and train again."
        )
    return (
        f"Training stopped because a file cannot be read or written ({error}); the model you had is "
        f"unchanged. Check that “{run_dir}” is there and may be written, then train again."
    )


def _unexpected(error: Exception, run_dir: Path) -> str:
    return (
        f"Training stopped on an unexpected error ({type(error).__name__}: {error}); the model you "
        f"had is unchanged. The details are in “{run_dir / 'log.txt'}”."
    )
