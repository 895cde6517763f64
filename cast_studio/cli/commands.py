"""The commands there are.

A command is a module of this package with ``add_parser(subparsers)``, which describes its options,
and ``run(args) -> int``, which does the work and returns an exit code. Only the one that is asked
for is imported.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

PROGRAM: Final = "cast-studio"
COMMANDS: Final[Mapping[str, str]] = {
    "demo": "do the whole job on the sample project, without a window",
    "predict": "predict videos and write a CSV file",
    "import": "read labels from a file into a project",
    "export": "write the labels and predictions of a project to a file",
    "train": "teach the model the labels of a project",
    "models": "list, fetch, import and remove models",
    "doctor": "print what a bug report needs",
}
"""Command to what it does. The order is that of the help."""

_MODULES: Final[Mapping[str, str]] = {"import": "importing"}

COMMANDS_WITH_TORCH: Final = frozenset({"demo", "models", "predict"})
"""Those that run the model in this process."""

# It must work where Qt cannot even be imported.
_WITHOUT_SERVICES: Final = frozenset({"doctor"})


class CommandModule(Protocol):
    """What the module of a command offers."""

    def add_parser(self, subparsers: Subparsers) -> None:
        """Describe the command and its options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it and return an exit code; raises ``CastStudioError`` where it cannot be done."""


def run_command(arguments: Sequence[str]) -> int:
    """Run a command.

    Args:
        arguments: One of :data:`COMMANDS`, and what belongs to it.

    Returns:
        The exit code.

    Raises:
        CastStudioError: It cannot be done.
        SystemExit: After the help or a usage error.
    """
    name = arguments[0]
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
    # “import” cannot be the name of a module.
    module: CommandModule = importlib.import_module(f"cast_studio.cli.{_MODULES.get(name, name)}")
    return module
