"""``cast-studio models list``: which models there are and what they know."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cast_studio.app.models import available_models
from cast_studio.app.preferences import AppFolders
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.terminal import complain, say
from cast_studio.errors import ModelError
from cast_studio.model.catalog import ModelInfo

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser("models", help="list the models that are installed")
    actions = parser.add_subparsers(dest="action", required=True, metavar="list")
    actions.add_parser("list", help="name, size, classes and folder of each model")


def run(args: argparse.Namespace) -> int:
    """List the models; damaged ones are named at the end and make it fail."""
    folders = AppFolders.default()
    damaged: list[ModelError] = []
    models = available_models(folders, on_damaged=damaged.append)
    for info in models:
        say(describe(info))
    if not models:
        say(f"No model is installed. Models of your own go to “{folders.models}”.")
    for error in damaged:
        complain(str(error))
    return ExitCode.FAILED if damaged else ExitCode.OK


def describe(info: ModelInfo) -> str:
    """Return what a user wants to know of a model, as a few lines of text."""
    classes = ", ".join(f"{len(head.classes)} {head.name}s" for head in info.heads)
    origin = "bundled" if info.is_bundled else "yours"
    lines = (
        f"{info.name} ({origin})",
        f"  {info.parameters / 1e6:.2f} million weights; {classes}; license: {info.license}",
        f"  {info.knows}",
        f"  {info.folder}",
    )
    return "\n".join(lines)
