"""The commands there are, and the choice between them and the window.

A command is a module of this package with ``add_parser(subparsers)``, which describes its options,
and ``run(args) -> int``, which does the work and returns an exit code. Only the one that is asked
for is imported.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import cast_studio
from cast_studio.errors import CastStudioError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

PROGRAM: Final = "cast-studio"
COMMANDS: Final[Mapping[str, str]] = {
    "demo": "do the whole job on the sample project, without a window",
    "predict": "predict videos and write a CSV file",
    "export": "write the labels and predictions of a project to a file",
    "train": "teach the model the labels of a project",
    "models": "list the models that are installed",
    "doctor": "print what a bug report needs",
}
"""Command to what it does. The order is that of the help."""

# It must work where Qt cannot even be imported.
_WITHOUT_SERVICES: Final = frozenset({"doctor"})
_WITH_TORCH: Final = frozenset({"demo", "predict"})


class CommandModule(Protocol):
    """What the module of a command offers."""

    def add_parser(self, subparsers: Subparsers) -> None:
        """Describe the command and its options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return an exit code; raises ``CastStudioError`` where it cannot be done."""


def run(arguments: Sequence[str]) -> int:
    """Run a command, or open the window on what is named.

    Args:
        arguments: Without the program's own name.

    Returns:
        The exit code.

    Raises:
        CastStudioError: It cannot be done.
        SystemExit: After the help, the version or a usage error.
    """
    if arguments and arguments[0] in COMMANDS:
        return _run_command(arguments[0], arguments)
    return _open_window(_window_parser().parse_args(arguments).paths)


def _run_command(name: str, arguments: Sequence[str]) -> int:
    if name in _WITH_TORCH:
        _import_torch_before_qt()
    module = load_command(name)
    parser = argparse.ArgumentParser(prog=PROGRAM)
    module.add_parser(parser.add_subparsers(dest="command"))
    args = parser.parse_args(arguments)
    if name in _WITHOUT_SERVICES:
        return module.run(args)
    from cast_studio.cli.service_log import services_logged

    with services_logged():
        return module.run(args)


def load_command(name: str) -> CommandModule:
    """Import the module of a command."""
    module: CommandModule = importlib.import_module(f"cast_studio.cli.{name}")
    return module


def _open_window(paths: Sequence[Path]) -> int:
    for path in paths:
        if not path.exists():
            raise CastStudioError(_no_such_path(path))
    _import_torch_before_qt()
    from cast_studio.ui.application import run_gui

    return run_gui(paths)


def _no_such_path(path: Path) -> str:
    close = difflib.get_close_matches(str(path), COMMANDS, n=1)
    hint = f" Did you mean the command “{close[0]}”?" if close else ""
    return f"There is no file or folder “{path}” to open; check its name.{hint}"


def _window_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [PROJECT | VIDEO ...]\n       {PROGRAM} COMMAND ...",
        description="Annotate videos with, and teach, a CAST action-recognition model.",
        epilog=f"commands:\n{listed}\n\n“{PROGRAM} COMMAND --help” tells more about each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PROJECT | VIDEO",
        help="a project folder, or videos, to open in the window",
    )
    parser.add_argument(
        "--version", action="version", version=f"CAST Studio {cast_studio.__version__}"
    )
    return parser


def _import_torch_before_qt() -> None:
    """Import torch on Windows, where it cannot be imported once Qt was.

    WORKAROUND: https://github.com/pytorch/pytorch/issues/166628 (torch 2.9 and later).
    """
    if sys.platform == "win32":
        # A torch that is broken is reported in words when the model is loaded.
        with suppress(ImportError, OSError):
            importlib.import_module("torch")
