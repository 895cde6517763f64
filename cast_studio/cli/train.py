"""``cast-studio train``: teach the model what a project's labels say."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cast_studio.app.job_builder import BaseModel, TrainingLimits, build_session_job
from cast_studio.app.models import (
    ModelChoice,
    available_models,
    latest_model,
    register_trained_model,
)
from cast_studio.app.preferences import AppFolders
from cast_studio.app.run_directory import living_run, new_run_directory
from cast_studio.app.session import Session
from cast_studio.app.survey_words import shortfalls
from cast_studio.app.training_outcome import TrainingOutcome
from cast_studio.app.videos import scan_unknown_videos
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.model_choice import MODEL_HELP, choose_model
from cast_studio.cli.numbers import count, duration, seed
from cast_studio.cli.opened_project import opened_project
from cast_studio.cli.teaching import teach
from cast_studio.cli.terminal import complain, say
from cast_studio.core.label_survey import survey_labels
from cast_studio.core.labels import LabelHead
from cast_studio.core.training_protocol import TrainingJob
from cast_studio.errors import StoreError, TrainingError
from cast_studio.model.catalog import read_adapter_info

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "train",
        help="teach the model the labels of a project",
        description=(
            "Teach the project's newest model, or the one that is named, what the labels say. The "
            "trained model becomes part of the project. Ctrl+C ends the run early and keeps what "
            "was learned."
        ),
    )
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project folder")
    parser.add_argument("--model", default="", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--epochs", type=count, help="how often to see every label")
    parser.add_argument("--max-seconds", type=duration, help="when to stop at the latest")
    parser.add_argument("--threads", type=count, help="processor threads to use")
    parser.add_argument("--seed", type=seed, default=0, help="of everything random (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Train on the project's labels and make the result part of the project."""
    with opened_project(args.project) as session:
        _refuse_busy(session)
        for problem in scan_unknown_videos(session):
            complain(problem)
        choice = _choose(args.model, session)
        limits = TrainingLimits(args.epochs, args.max_seconds, args.threads)
        job = _job(session, choice, seed=args.seed, limits=limits)
        known = [head.name for head in _heads(choice) if head.classes]
        for sentence in shortfalls(survey_labels(session.project, session.frame_indexes()), known):
            complain(sentence)
        return _conclude(session, choice, teach(job))


def _refuse_busy(session: Session) -> None:
    if session.read_only:
        raise StoreError(session.read_only_reason)
    running = living_run(session.folder)
    if running is not None:
        raise TrainingError(
            f"A training run of this project is going on in “{running}”; wait until it is done, or "
            "stop it in the window."
        )


def _choose(text: str, session: Session) -> ModelChoice:
    folders = AppFolders.default()
    if text:
        return choose_model(text, folders)
    # What it learned before is the start, as in the window; without any, the first installed.
    return latest_model(session, available_models(folders)) or choose_model("", folders)


def _job(
    session: Session, choice: ModelChoice, *, seed: int, limits: TrainingLimits
) -> TrainingJob:
    return build_session_job(
        session,
        BaseModel(choice.base.folder, _heads(choice), choice.adapter),
        run_dir=new_run_directory(session.folder),
        seed=seed,
        limits=limits,
    )


def _heads(choice: ModelChoice) -> tuple[LabelHead, ...]:
    adapter = choice.adapter
    return choice.base.heads if adapter is None else read_adapter_info(adapter).heads


def _conclude(session: Session, choice: ModelChoice, outcome: TrainingOutcome) -> int:
    if outcome.adapter is None:
        if outcome.kind == "stopped":
            complain(outcome.text)
            return ExitCode.INTERRUPTED
        raise TrainingError(outcome.text)
    model = register_trained_model(session, choice.base, outcome.adapter)
    measured = ", ".join(f"{name} {value:.4g}" for name, value in sorted(outcome.metrics.items()))
    say(f"{outcome.text} It is “{model.name}” in “{outcome.adapter}”.")
    if measured:
        say(f"Measured: {measured}.")
    return ExitCode.INTERRUPTED if outcome.kind == "stopped" else ExitCode.OK
