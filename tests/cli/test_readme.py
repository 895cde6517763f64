"""What the README promises about commands and files is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cast_studio.cli.commands import COMMANDS
from tests.cli.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
TEST_COMMAND = (
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/python -m pytest"
)


def test_the_two_commands_come_before_the_tour() -> None:
    order = [
        README.index(text)
        for text in (
            "![The window",
            ".venv/bin/pip install . && .venv/bin/cast-studio demo\n",
            TEST_COMMAND,
            "## The five-minute tour",
        )
    ]

    assert order == sorted(order)


@pytest.mark.skipif(sys.platform == "win32", reason="runs a part of a shell script")
def test_the_check_script_takes_its_test_command_from_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    function = re.search(r"^readme_test_command\(\) \{\n.*?^\}\n", script, re.M | re.S)
    assert function is not None

    done = subprocess.run(
        ["bash", "-c", f"{function.group()}\nreadme_test_command"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{TEST_COMMAND}\n"


def test_every_command_is_described() -> None:
    described = set(re.findall(r"^cast-studio ([a-z]+)", README, re.M))

    assert described == set(COMMANDS)


@pytest.mark.parametrize(
    "name", sorted({*re.findall(r"\]\(([^)#:]+)\)", README)}), ids=lambda name: Path(name).name
)
def test_linked_files_exist(name: str) -> None:
    assert (ROOT / name).is_file()


def test_the_columns_are_those_of_the_file() -> None:
    from cast_studio.storage.formats.segment_rows import COLUMNS

    table = README.partition("| columns | meaning |")[2].partition("\n\n")[0]
    cells = (row.split("|")[1] for row in table.splitlines()[2:])
    described = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    assert described == set(COLUMNS)
