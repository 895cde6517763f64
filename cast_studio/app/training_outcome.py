"""How a training run ended, typed and in words."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cast_studio.app.run_directory import RunDirectory
from cast_studio.core.training_protocol import Failed, Finished, Stopped

log = logging.getLogger(__name__)

_LEAST_ROOM: Final = 64 * 1024
"""Bytes that a disk must have left to be no reason."""

OutcomeKind = Literal["finished", "stopped", "failed", "crashed", "did_not_start"]


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """How a training run ended.

    Attributes:
        kind: ``"stopped"`` is what the user asked for; ``"failed"`` was reported by the run,
            ``"crashed"`` was not.
        text: A sentence or two for the user.
        adapter: The adapter folder that can be loaded, if there is one.
        metrics: The last measured numbers by name.
        log_tail: The last lines of the run's log, where they help.
        run_dir: The run directory.
    """

    kind: OutcomeKind
    text: str
    adapter: Path | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    log_tail: str = ""
    run_dir: Path | None = None


def outcome_of(event: Finished | Stopped | Failed, run: RunDirectory) -> TrainingOutcome:
    """Return the outcome that a run reported itself."""
    if isinstance(event, Finished):
        return TrainingOutcome(
            "finished",
            "Training finished; the new model can be used.",
            adapter=_folder(event.adapter, run),
            metrics=dict(event.metrics),
            run_dir=run.path,
        )
    if isinstance(event, Stopped):
        if event.adapter is None:
            text = "Training was stopped before there was anything to keep."
        else:
            text = "Training was stopped; what was learned until then was kept and can be used."
        adapter = _folder(event.adapter, run) if event.adapter is not None else None
        return TrainingOutcome("stopped", text, adapter=adapter, run_dir=run.path)
    return TrainingOutcome("failed", event.message, log_tail=run.log_tail(), run_dir=run.path)


def crashed(run: RunDirectory) -> TrainingOutcome:
    """Return the outcome of a run whose process is gone without a word."""
    if _is_disk_full(run):
        why = f"the disk of “{run.path}” is full. Free some space on it and train again."
    else:
        why = f"its process is gone. What it wrote is in “{run.log_path}”."
    return TrainingOutcome(
        "crashed",
        f"Training ended without a result: {why}",
        log_tail=run.log_tail(),
        run_dir=run.path,
    )


def did_not_start(run: RunDirectory, why: str) -> TrainingOutcome:
    """Return the outcome of a run that never said a word.

    Args:
        run: The run.
        why: A clause, such as "its process ended at once".
    """
    tail = run.log_tail()
    more = f" What it wrote is in “{run.log_path}”." if tail else ""
    return TrainingOutcome(
        "did_not_start",
        f"Training did not start: {why}.{more} Try again; if it happens again, report the log.",
        log_tail=tail,
        run_dir=run.path,
    )


def _is_disk_full(run: RunDirectory) -> bool:
    """Return whether the run could not even have said why it ended."""
    try:
        return shutil.disk_usage(run.path).free < _LEAST_ROOM
    except OSError as error:
        log.warning("asking for the space left at %s: %s", run.path, error)
        return False


def _folder(name: str, run: RunDirectory) -> Path:
    # The run may name it relative to its own directory.
    return run.path / name
