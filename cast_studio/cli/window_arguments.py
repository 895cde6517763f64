"""What ``cast-studio`` without a command is told to open."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from pathlib import Path

import cast_studio
from cast_studio.cli.commands import COMMANDS, PROGRAM
from cast_studio.errors import CastStudioError


def paths_to_open(arguments: Sequence[str]) -> tuple[Path, ...]:
    """Return the project or the videos to open in the window.

    Args:
        arguments: Without the program's own name.

    Raises:
        CastStudioError: One of them does not exist, or may not be looked at.
        SystemExit: After the help, the version or a usage error.
    """
    paths: list[Path] = _parser().parse_args(arguments).paths
    for path in paths:
        if not _exists(path):
            raise CastStudioError(_no_such_path(path))
    return tuple(paths)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise CastStudioError(
            f"“{path}” cannot be opened ({error.strerror or error}); check its name, and that you may "
            "open the folder that it is in."
        ) from error


def _no_such_path(path: Path) -> str:
    close = difflib.get_close_matches(str(path), COMMANDS, n=1)
    hint = f" Did you mean the command “{close[0]}”?" if close else ""
    return f"There is no file or folder “{path}” to open; check its name.{hint}"


def _parser() -> argparse.ArgumentParser:
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
