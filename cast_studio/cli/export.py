"""``cast-studio export``: a project's labels and predictions as a file of the field."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cast_studio.app.exporting import export, export_request
from cast_studio.app.models import available_models, latest_model, model_id_of
from cast_studio.app.preferences import AppFolders
from cast_studio.app.session import Session
from cast_studio.cli.event_loop import EventLoop
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.opened_project import opened_project
from cast_studio.cli.output_file import check_output
from cast_studio.cli.progress import ProgressBar
from cast_studio.cli.terminal import complain, say
from cast_studio.errors import ModelError
from cast_studio.storage import formats

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "export",
        help="write the labels and predictions of a project to a file",
        description=(
            "Write a project's labels, and what its newest model predicted in the window as far "
            "as it was not rejected there, to a file."
        ),
    )
    parser.add_argument("project", type=Path, metavar="PROJECT", help="the project folder")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the file to create or replace"
    )
    parser.add_argument(
        "--format",
        default="csv",
        choices=formats.names(),
        help="; ".join(f"{name}: {formats.get(name).title}" for name in formats.names()),
    )
    parser.add_argument(
        "--labels-only", action="store_true", help="leave out what nobody has accepted"
    )


def run(args: argparse.Namespace) -> int:
    """Export the project."""
    out: Path = args.out
    check_output(out)
    with opened_project(args.project) as session:
        if not args.labels_only:
            _fetch_predictions(session)
        request = export_request(
            session, out, include_predictions=not args.labels_only, format_name=args.format
        )
        with ProgressBar("Exporting", only_live=True) as bar:
            done = export(request, tell=bar.show)
    for warning in done.warnings:
        complain(warning)
    say(f"Wrote {done.rows} {'row' if done.rows == 1 else 'rows'} to “{out}”.")
    return ExitCode.OK


def _fetch_predictions(session: Session) -> None:
    """Wait for what the window kept of the model's predictions that it would show."""
    try:
        available = available_models(AppFolders.default(), on_damaged=_tell_damaged)
        choice = latest_model(session, available)
        if choice is None:
            return
        model_id = model_id_of(choice)
    except ModelError as error:
        complain(f"{error} The predictions are left out.")
        return
    loop = EventLoop()
    session.predictions_fetched.connect(loop.end)
    session.prediction_cache_failed.connect(complain)
    session.set_current_model(model_id)
    if session.is_fetching_predictions:
        loop.run()


def _tell_damaged(error: ModelError) -> None:
    complain(f"{error} What it predicted is left out.")
