"""``cast-studio models fetch | import | combine``: what comes into the library."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cast_studio.app.class_lists import read_heads
from cast_studio.app.library_items import is_non_commercial
from cast_studio.app.library_words import NON_COMMERCIAL, megabytes
from cast_studio.app.model_library import Brought, ModelLibrary, Progress
from cast_studio.app.preferences import AppFolders
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.progress import ProgressBar
from cast_studio.cli.questions import agreed
from cast_studio.cli.terminal import complain, say
from cast_studio.errors import ModelError
from cast_studio.model.expert_kinds import EXPERT_KINDS
from cast_studio.model.weights.sources import expert_source

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers

_CLASSES_HELP = (
    "a text file with one class a line, or a CSV file with the columns id and key, for each head; which "
    "head (verb, noun, action) is in the file's name, or say HEAD=FILE"
)


def add_fetch(actions: Subparsers) -> None:
    """Describe ``fetch``."""
    parser = actions.add_parser("fetch", help="download an expert into the library")
    parser.add_argument("name", metavar="NAME", help="one of those that “models list” names")
    parser.add_argument("--yes", action="store_true", help="do not ask before the download")
    parser.set_defaults(act=_fetch)


def add_import(actions: Subparsers) -> None:
    """Describe ``import``."""
    parser = actions.add_parser(
        "import",
        help="bring a file of weights into the library",
        description=(
            "Import a complete CAST, a complete expert or an adapter of a known model. The file is read as "
            "data; nothing in it is run."
        ),
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a file, or a DeepSpeed folder")
    parser.add_argument("--name", metavar="NAME", help="what it is called in the library")
    parser.add_argument(
        "--kind", choices=list(EXPERT_KINDS), help="of an expert, where the file does not tell"
    )
    parser.add_argument(
        "--classes", nargs="+", default=[], metavar="FILE", help=f"of a CAST: {_CLASSES_HELP}"
    )
    parser.add_argument("--report", action="store_true", help="print the whole load report")
    parser.set_defaults(act=_import)


def add_combine(actions: Subparsers) -> None:
    """Describe ``combine``."""
    parser = actions.add_parser("combine", help="make a model of two experts, to be trained")
    parser.add_argument("spatial", metavar="SPATIAL", help="the expert that sees pictures")
    parser.add_argument("temporal", metavar="TEMPORAL", help="the expert that sees motion")
    parser.add_argument("--name", required=True, metavar="NAME", help="what the model is called")
    parser.add_argument("--classes", required=True, nargs="+", metavar="FILE", help=_CLASSES_HELP)
    parser.set_defaults(act=_combine)


def _fetch(args: argparse.Namespace) -> int:
    """Download an expert, once the user has agreed to its size and its terms."""
    source = expert_source(args.name)
    library = ModelLibrary(AppFolders.default())
    if source.hub is None:
        raise ModelError(
            f"“{source.title}” cannot be fetched, its publisher offers it to persons only; "
            f"{source.by_hand()}."
        )
    if source not in library.fetchable():
        raise ModelError(
            f"“{source.name}” is in the library already; to fetch it again, remove it first."
        )
    complain(f"{source.title}. {source.what}")
    complain(f"About {megabytes(source.bytes)} from {source.page}; license: {source.license}.")
    if is_non_commercial(source.license):
        complain(NON_COMMERCIAL)
    if not agreed("Download it?", said_yes=args.yes):
        return ExitCode.FAILED
    with _Shown() as progress:
        brought = library.fetch(source, on_progress=progress.show)
    return _tell(brought)


def _import(args: argparse.Namespace) -> int:
    """Import a file, and show what became of it."""
    library = ModelLibrary(AppFolders.default())
    heads = read_heads(args.classes) if args.classes else ()
    with _Shown() as progress:
        brought = library.import_file(
            args.file, name=args.name, kind=args.kind, heads=heads, on_progress=progress.show
        )
    return _tell(brought, with_report=args.report)


def _combine(args: argparse.Namespace) -> int:
    """Make a model of two experts."""
    library = ModelLibrary(AppFolders.default())
    heads = read_heads(args.classes)
    brought = library.combine(args.spatial, args.temporal, name=args.name, heads=heads)
    return _tell(brought)


def _tell(brought: Brought, *, with_report: bool = False) -> int:
    say(brought.report if with_report else brought.sentence)
    say(f"“{brought.name}” is in “{brought.folder}”.")
    item = ModelLibrary(AppFolders.default()).find(str(brought.folder))
    if item.is_non_commercial:
        complain(f"{NON_COMMERCIAL} License: {item.license}.")
    elif item.license:
        complain(f"License: {item.license}.")
    return ExitCode.OK


class _Shown:
    """A bar for each thing that is done, one after the other."""

    def __init__(self) -> None:
        self._doing = ""
        self._bar: ProgressBar | None = None

    def __enter__(self) -> _Shown:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        if self._bar is None or progress.doing != self._doing:
            self._end()
            self._doing, self._bar = progress.doing, ProgressBar(progress.doing)
        self._bar.show(progress.share, 1.0, progress.note)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
