"""``cast-studio import``: labels from a file of the field into a project."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cast_studio.app.importing import (
    ImportRequest,
    PreparedImport,
    apply_import,
    make_project_of,
    prepare_import,
    project_for_import,
)
from cast_studio.app.preferences import Preferences
from cast_studio.cli.event_loop import core_application
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.opened_project import opened_project
from cast_studio.cli.progress import ProgressBar
from cast_studio.cli.terminal import complain, say
from cast_studio.errors import StoreError
from cast_studio.storage import formats

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers

_SHOWN_REFUSALS = 20


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "import",
        help="read labels from a file into a project",
        description=(
            "Read labels from a file into a project, which is made if it does not exist. What was "
            "read, what is refused and why is printed; nothing that the project has is changed."
        ),
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to read")
    parser.add_argument(
        "--project", required=True, type=Path, metavar="PROJECT", help="the project folder"
    )
    parser.add_argument(
        "--format", default="", choices=formats.names(), help="told by the content when left out"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would happen; change nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Import the file."""
    file: Path = args.file
    folder: Path = args.project
    if not os.path.lexists(folder):
        _import_into_new(file, folder, args)
        return ExitCode.OK
    with opened_project(folder, to_read=args.dry_run) as session:
        if session.read_only and not args.dry_run:
            raise StoreError(session.read_only_reason)
        request = ImportRequest(file, session.project, session.folder, args.format)
        prepared = _prepared(request)
        if not args.dry_run:
            apply_import(session, prepared)
    _tell(prepared, folder, is_done=not args.dry_run)
    return ExitCode.OK


def _import_into_new(file: Path, folder: Path, args: argparse.Namespace) -> None:
    core_application()
    project = project_for_import(folder.absolute())
    request = ImportRequest(file, project, folder.absolute(), args.format, is_new=True)
    prepared = _prepared(request)
    if not args.dry_run:
        make_project_of(prepared, folder, annotator=Preferences().annotator)
    _tell(prepared, folder, is_done=not args.dry_run, is_new=True)


def _prepared(request: ImportRequest) -> PreparedImport:
    with ProgressBar("Reading", only_live=True) as bar:
        return prepare_import(request, tell=bar.show)


def _tell(prepared: PreparedImport, folder: Path, *, is_done: bool, is_new: bool = False) -> None:
    report = prepared.plan.report
    say(f"{prepared.format_title}: “{prepared.path}”")
    for line in report.summary():
        say(f"  {line}")
    for line in report.refusals(_SHOWN_REFUSALS):
        complain(f"  {line}")
    where = f"the new project “{folder}”" if is_new else f"“{folder}”"
    if not is_done:
        say("Nothing was changed: this was a dry run.")
    elif report.is_empty:
        say(f"There was nothing to add to {where}.")
    else:
        say(f"Imported into {where}.")
