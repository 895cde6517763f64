"""How a command ends: its exit code, and the one sentence that says why."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

import cast_studio
from cast_studio.cli.system_libraries import missing_library, package_of
from cast_studio.cli.terminal import complain
from cast_studio.errors import CastStudioError


class ExitCode(IntEnum):
    """What the program returns to the shell; everything but success is within 1 to 99."""

    OK = 0
    FAILED = 1
    USAGE = 2
    # Not the shell's 130: callers can rely on 1 to 99 for everything that the program itself ends.
    INTERRUPTED = 3
    UNEXPECTED = 70


def guarded(action: Callable[[], int]) -> int:
    """Run a command and turn whatever it raises into one sentence and an exit code.

    Args:
        action: The command; returns an exit code.

    Returns:
        The exit code.
    """
    try:
        return action()
    except CastStudioError as error:
        complain(str(error))
        return ExitCode.FAILED
    except KeyboardInterrupt:
        complain("Interrupted.")
        return ExitCode.INTERRUPTED
    except SystemExit as error:
        # How argparse ends after a usage error or the help.
        return error.code if isinstance(error.code, int) else ExitCode.OK
    except BrokenPipeError:
        _silence_output()
        return ExitCode.FAILED
    except ImportError as error:
        return _cannot_import(error)
    except Exception as error:  # noqa: BLE001 - the last resort: nothing may reach the user as a traceback
        return unexpected(error)


def unexpected(error: BaseException) -> int:
    """Write the traceback of a bug to the log file, and say so.

    Returns:
        The exit code.
    """
    text = "".join(traceback.format_exception(error))
    what = f"Something unexpected went wrong ({type(error).__name__}: {error})"
    try:
        log_file = _append_to_log(text)
    except (OSError, ImportError) as reason:
        complain(f"{what}, and the log file cannot be written ({reason}).")
        # Nobody could find out what happened otherwise.
        complain(text)
    else:
        complain(f"{what}; the details are in the log file “{log_file}”.")
    return ExitCode.UNEXPECTED


def _append_to_log(text: str) -> Path:
    from cast_studio.app.diagnostics import LOG_FILE_NAME
    from cast_studio.app.preferences import AppFolders

    log_file = AppFolders.default().logs / LOG_FILE_NAME
    log_file.parent.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    with log_file.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{moment} CAST Studio {cast_studio.__version__}: {sys.argv}\n{text}")
    return log_file


def _cannot_import(error: ImportError) -> int:
    library = missing_library(error)
    if library is None:
        return unexpected(error)
    package = package_of(library)
    install = f", on Debian and Ubuntu with “sudo apt install {package}”" if package else ""
    complain(
        f"The system library {library} is missing; install it{install}. "
        "“cast-studio doctor” names all that are missing."
    )
    return ExitCode.FAILED


def _silence_output() -> None:
    """Keep Python from complaining at exit that nobody reads its output any more."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no path, a device
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
