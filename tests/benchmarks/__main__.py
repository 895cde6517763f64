"""Benchmarks: ``python -m tests.benchmarks COMMAND [--json FILE]``; without a command it lists them.

They measure the real program, never a part of it taken out, and print what they found beside the
targets. A missed target is no failed test: how fast a machine is at a moment is none of the code's
business, so the exit code is 0 whenever the measurement itself worked, and ``--strict`` asks for 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from tests.benchmarks.report import Report, write_report

COMMANDS = {
    "startup": "seconds from the start of the process to a window that can be used",
    "responsiveness": "how long the window does not answer while the program works",
    "project": "opening a large project, what an edit costs, how long saving takes, memory",
    "timeline": "painting and editing 100,000 segments, 10,000 of them on one row",
    "forward": "speed and memory of the full network, beside what the machine can do",
    "precision": "how often the bundled model is right in float32 and with experts in 8 bits",
    "video": "stepping, jumping, dragging and playing a video, beside torchcodec and OpenCV",
    "formats": "seconds to import and export 9,668 rows, and how long the window stands still",
}
"""Each is a module of this package with ``add_arguments`` and ``measure``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one benchmark.

    Returns:
        0 when it measured; with ``--strict`` 1 when a target was missed.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    given = sys.argv[1:] if argv is None else argv
    for name, does in COMMANDS.items():
        command = commands.add_parser(name, help=does, description=does.capitalize() + ".")
        command.add_argument("--json", type=Path, metavar="FILE", help="also write the report here")
        command.add_argument(
            "--strict", action="store_true", help="exit with 1 when a target was missed"
        )
        if name in given:
            # The others stay out: some import torch, whose import is one of the things measured.
            _module(name).add_arguments(command)
    arguments = parser.parse_args(argv)
    report: Report = _module(arguments.command).measure(arguments)
    sys.stdout.write("\n".join(report.lines()) + "\n")
    if arguments.json is not None:
        write_report(arguments.json, report)
    return int(arguments.strict and bool(report.missed))


def _module(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return import_module(f"tests.benchmarks.{name}")


if __name__ == "__main__":
    sys.exit(main())
