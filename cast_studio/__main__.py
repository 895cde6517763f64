"""The program's entry point: ``cast-studio`` and ``python -m cast_studio``."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import runpy
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NoReturn

from cast_studio.cli.commands import COMMANDS, COMMANDS_WITH_TORCH, PROGRAM, run_command
from cast_studio.cli.exits import ExitCode, guarded
from cast_studio.cli.terminal import complain
from cast_studio.cli.window_arguments import paths_to_open

TRAIN_OPTION: Final = "--train"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, become a training process, or open the window.

    Args:
        argv: The arguments without the program's own name; those of the process by default.

    Returns:
        The exit code: 0, or 1 to 99 after one sentence on standard error.
    """
    # First of all: in a frozen build the processes of multiprocessing come through here as well.
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == [TRAIN_OPTION]:
        return _train(arguments[1:])
    return guarded(lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        if arguments[0] in COMMANDS_WITH_TORCH:
            _import_torch_before_qt()
        return run_command(arguments)
    paths = paths_to_open(arguments)
    _import_torch_before_qt()
    from cast_studio.cli.window_system import window_failures_explained
    from cast_studio.ui.application import run_gui

    with window_failures_explained():
        return run_gui(paths)


def _train(arguments: Sequence[str]) -> int:
    """Become the training process, before anything of Qt is imported.

    A frozen build has no interpreter that could run ``python -m training``; the window starts the
    program itself with this option instead.
    """
    if len(arguments) != 1:
        complain(f"usage: {PROGRAM} {TRAIN_OPTION} JOB")
        return ExitCode.USAGE
    if sys.stdout is None:
        # A windowed build on Windows has no standard streams; libraries expect some.
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    before = sys.argv
    sys.argv = ["training", "run", *arguments]
    try:
        # The program does not import training; it only names it.
        runpy.run_module("training", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    finally:
        sys.argv = before
    return ExitCode.OK


def _import_torch_before_qt() -> None:
    """Import torch on Windows, where it cannot be imported once Qt was.

    WORKAROUND: https://github.com/pytorch/pytorch/issues/166628 (torch 2.9 and later).
    """
    if sys.platform == "win32":
        # A torch that is broken is reported in words when the model is loaded.
        with suppress(ImportError, OSError):
            importlib.import_module("torch")


def enter() -> NoReturn:
    """Run the program and end the process."""
    code = main()
    threads = sys.modules.get("cast_studio.app.threads")
    if threads is not None and threads.has_unfinished_threads():
        # A thread that is in the middle of a batch, or of importing torch, cannot be ended, and the
        # interpreter must not take its objects away. All that matters is on the disk by now.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, AttributeError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    enter()
