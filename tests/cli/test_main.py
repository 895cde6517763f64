"""The entry point: which command, which window, which exit code."""

from __future__ import annotations

import ast
import importlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import cast_studio
from cast_studio.__main__ import main
from cast_studio.cli.commands import COMMANDS, load_command
from tests.cli.conftest import ROOT, Program
from tests.storage.examples import unprivileged


def modules_after(*arguments: str) -> tuple[int, set[str]]:
    """Run the program in a new process; return its exit code and the modules it has loaded."""
    code = (
        "import sys; from cast_studio.__main__ import main\n"
        f"code = main({list(arguments)!r})\n"
        "print('\\n', code, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    exit_code, *modules = done.stdout.splitlines()[-1].split()
    return int(exit_code), set(modules)


def test_the_version(program: Program) -> None:
    done = program("--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"CAST Studio {cast_studio.__version__}\n"


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed for name in COMMANDS)


def test_help_and_version_load_neither_qt_nor_torch() -> None:
    code, modules = modules_after("--help")

    assert code == 0
    assert not modules & {"PySide6", "torch", "numpy"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0

    assert f"cast-studio {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    module = load_command(name)

    assert (module.__doc__ or "").startswith(f"``cast-studio {name}")
    assert callable(module.run)


@pytest.mark.parametrize(
    "arguments",
    [["--nonsense"], ["predict"], ["predict", "a.mp4"], ["models"], ["models", "burn"]],
    ids=" ".join,
)
def test_wrong_arguments_end_with_2(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: cast-studio" in captured.err


def test_a_misspelled_command_is_recognized(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predcit"]) == 1

    captured = capsys.readouterr()
    assert captured.err == (
        "There is no file or folder “predcit” to open; check its name. "
        "Did you mean the command “predict”?\n"
    )


def test_a_missing_video_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "holidays.mp4"

    assert main([str(missing)]) == 1

    assert str(missing) in capsys.readouterr().err


LONG = "x" * 300
"""Longer than any file system allows."""


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    "arguments",
    [
        [f"{LONG}.mp4"],
        ["predict", f"{LONG}.mp4", "--out", "a.csv"],
        ["predict", "a.mp4", "--out", LONG],
        ["predict", "a.mp4", "--out", "a.csv", "--model", LONG],
        ["export", LONG, "--out", "a.csv"],
        ["train", LONG],
        ["demo", "--out", LONG],
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "LONG"),
)
def test_a_name_that_is_too_long_is_named(
    arguments: Sequence[str],
    short_video: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(short_video, tmp_path / "a.mp4")
    monkeypatch.chdir(tmp_path)

    assert main(arguments) == 1

    complaint = capsys.readouterr().err
    assert LONG in complaint
    assert "unexpected" not in complaint
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4"}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_file_that_may_not_be_looked_at_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    video = locked / "a.mp4"
    video.touch()
    locked.chmod(0)
    try:
        with unprivileged():
            assert main([str(video)]) == 1
    finally:
        locked.chmod(0o700)

    complaint = capsys.readouterr().err
    assert str(video) in complaint
    assert "unexpected" not in complaint


def test_without_a_command_the_window_opens_what_is_named(
    monkeypatch: pytest.MonkeyPatch, short_video: Path, tmp_path: Path
) -> None:
    opened: list[Sequence[Path]] = []

    def run_gui(paths: Sequence[Path]) -> int:
        opened.append(paths)
        return 7

    monkeypatch.setattr(importlib.import_module("cast_studio.ui.application"), "run_gui", run_gui)

    assert main([str(short_video), str(tmp_path)]) == 7
    assert opened == [(short_video, tmp_path)]


def test_a_training_run_starts_without_qt(tmp_path: Path) -> None:
    code, modules = modules_after("--train", str(tmp_path / "job.json"))

    # The job does not exist, which only the training process could find out.
    assert code == 1
    assert "training.run" in modules
    assert "torch" in modules
    assert "PySide6" not in modules


def test_a_training_run_needs_one_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--train"]) == 2
    assert main(["--train", "a", "b"]) == 2

    assert "--train JOB" in capsys.readouterr().err


def sources() -> list[Path]:
    return sorted((ROOT / "cast_studio" / "cli").rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_commands_use_no_more_of_qt_than_its_core(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }

    assert {name for name in names if name and name.startswith("PySide6")} <= {"PySide6.QtCore"}
