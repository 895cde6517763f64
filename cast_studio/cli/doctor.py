"""``cast-studio doctor``: what a bug report needs, and what is wrong with this installation."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from cast_studio.cli.checks import Check, Section
from cast_studio.cli.checks.codecs import check_codecs
from cast_studio.cli.checks.computing import check_computing
from cast_studio.cli.checks.qt_platform import check_qt_platform
from cast_studio.cli.checks.storage import check_folders, check_model
from cast_studio.cli.checks.versions import check_versions
from cast_studio.cli.exits import ExitCode
from cast_studio.cli.terminal import say

if TYPE_CHECKING:
    from cast_studio.cli.commands import Subparsers

CHECKS: Final[tuple[Check, ...]] = (
    check_versions,
    check_qt_platform,
    check_computing,
    check_codecs,
    check_folders,
    check_model,
)


def add_parser(subparsers: Subparsers) -> None:
    """Describe the command."""
    subparsers.add_parser(
        "doctor",
        help="print what a bug report needs",
        description="Print versions, devices, codecs and folders, and say plainly what is missing.",
    )


def run(_args: argparse.Namespace) -> int:
    """Look at everything; what is missing is reported, not an error of this command."""
    sections = [check() for check in CHECKS]
    say(report(sections))
    return ExitCode.OK


def report(sections: Iterable[Section]) -> str:
    """Return the findings as text, and all advice once more at the end."""
    lines: list[str] = []
    advice: list[str] = []
    for section in sections:
        lines.append(section.title)
        width = max(len(finding.name) for finding in section.findings)
        for finding in section.findings:
            mark = "!" if finding.advice else " "
            lines.append(f" {mark} {finding.name:{width}}  {finding.value}")
            if finding.advice:
                advice.append(f" ! {finding.name}: {finding.advice}")
        lines.append("")
    if advice:
        things = "One thing needs" if len(advice) == 1 else f"{len(advice)} things need"
        lines += [f"{things} attention:", *advice]
    else:
        lines.append("Nothing is missing.")
    return "\n".join(lines)
