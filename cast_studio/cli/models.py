"""``cast-studio models``: what is installed, bringing models and experts, taking them away."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cast_studio.app.library_items import LibraryItem
from cast_studio.app.library_words import facts, gist, source_facts, source_gist
from cast_studio.app.model_library import ModelLibrary
from cast_studio.app.preferences import AppFolders, Preferences
from cast_studio.app.recent import existing_projects
from cast_studio.cli import models_bringing, models_probe
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.questions import agreed
from cast_studio.cli.terminal import complain, say
from cast_studio.errors import ModelError
from cast_studio.model.catalog import ModelInfo
from cast_studio.model.weights.sources import EXPERT_SOURCES, ExpertSource

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "models", help="list, fetch, import and remove models and the experts they are made of"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what is installed, and what can be fetched")
    listing.set_defaults(act=_list)
    info = actions.add_parser("info", help="all that is known of a model or expert")
    info.add_argument("name", metavar="NAME")
    info.set_defaults(act=_info)
    models_bringing.add_fetch(actions)
    models_bringing.add_import(actions)
    models_bringing.add_combine(actions)
    remove = actions.add_parser("remove", help="take a model or expert off the disk")
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.set_defaults(act=_remove)
    models_probe.add_probe(actions)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    code: int = args.act(args)
    return code


def _list(_args: argparse.Namespace) -> int:
    """List what there is; what is damaged is named at the end and makes it fail."""
    folders = AppFolders.default()
    library = ModelLibrary(folders)
    damaged: list[ModelError] = []
    items = library.items(on_damaged=damaged.append)
    for item in items:
        say(describe(item))
    if not any(item.kind == "model" for item in items):
        say(f"No model is installed. Models of your own go to “{folders.models}”.")
    sources = library.fetchable()
    if sources:
        say()
        say("Not installed; “cast-studio models fetch NAME” brings what can be fetched:")
        for source in sources:
            say(
                f"{source.name}: {source.title}\n  {source_gist(source)}; license: {source.license}"
            )
    for error in damaged:
        complain(str(error))
    return ExitCode.FAILED if damaged else ExitCode.OK


def describe(item: LibraryItem) -> str:
    """Return what a user wants to know of something at a glance, as a few lines of text."""
    about = item.about
    origin = "bundled" if item.is_bundled else "yours"
    lines = [f"{item.name} ({origin})"]
    if isinstance(about, ModelInfo):
        classes = ", ".join(f"{len(head.classes)} {head.name}s" for head in about.heads)
        lines += [
            f"  {about.parameters / 1e6:.2f} million weights; {classes}; license: {item.license}",
            f"  {about.knows}",
        ]
    else:
        lines.append(f"  {gist(item)}; license: {item.license}")
    return "\n".join([*lines, f"  {item.folder}"])


def _info(args: argparse.Namespace) -> int:
    """Tell all of one thing, be it installed or one that can be fetched."""
    library = ModelLibrary(AppFolders.default())
    source = _source_not_there(library, args.name)
    if source is not None:
        say(source.title)
        _say_facts(source_facts(source))
        return ExitCode.OK
    item = library.find(args.name)
    say(item.name)
    _say_facts(facts(item))
    for text in (_card(item), item.report):
        if text:
            say(f"\n{text.rstrip()}")
    return ExitCode.OK


def _remove(args: argparse.Namespace) -> int:
    """Remove something after asking, and after saying what depends on it."""
    folders = AppFolders.default()
    library = ModelLibrary(folders)
    item = library.find(args.name)
    if item.is_bundled:
        library.remove(item)  # refuses, in words
    for dependent in library.dependents(item, existing_projects(Preferences(folders))):
        complain(f"Needs it, and could not be used without it: {dependent}.")
    question = f"Remove “{item.name}” and its folder “{item.folder}” for good?"
    if not agreed(question, said_yes=args.yes):
        return ExitCode.FAILED
    library.remove(item)
    say(f"Removed “{item.name}”.")
    return ExitCode.OK


def _source_not_there(library: ModelLibrary, name: str) -> ExpertSource | None:
    if any(item.name == name for item in library.items()) or Path(name).is_dir():
        return None
    return next((source for source in EXPERT_SOURCES if source.name == name), None)


def _card(item: LibraryItem) -> str:
    return item.about.card if isinstance(item.about, ModelInfo) else ""


def _say_facts(found: tuple[tuple[str, str], ...]) -> None:
    width = max(len(name) for name, _ in found)
    for name, text in found:
        say(f"  {name + ':':<{width + 1}} {text}")
