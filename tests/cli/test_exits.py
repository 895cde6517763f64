"""Whatever goes wrong ends in one sentence and an exit code from 1 to 99."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cast_studio.cli.exits import ExitCode, guarded
from cast_studio.errors import MediaError
from tests.cli.conftest import ROOT


def raising(error: BaseException) -> Callable[[], int]:
    def action() -> int:
        raise error

    return action


def test_codes_are_zero_or_within_1_to_99() -> None:
    assert ExitCode.OK == 0
    assert all(1 <= code <= 99 for code in ExitCode if code is not ExitCode.OK)


def test_what_a_command_returns_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: 5) == 5
    assert capsys.readouterr() == ("", "")


def test_an_error_for_the_user_is_its_own_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(MediaError("“a.mp4” is empty; copy it again."))) == ExitCode.FAILED

    assert capsys.readouterr() == ("", "“a.mp4” is empty; copy it again.\n")


def test_ctrl_c_has_a_code_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(KeyboardInterrupt())) == 3

    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_bug_is_logged_and_not_shown(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert guarded(raising(ZeroDivisionError("by zero"))) == 70

    log_file = home / "logs" / "cast-studio.log"
    captured = capsys.readouterr()
    assert captured.err == (
        "Something unexpected went wrong (ZeroDivisionError: by zero); "
        f"the details are in the log file “{log_file}”.\n"
    )
    assert "Traceback (most recent call last)" in log_file.read_text("utf-8")
    assert "ZeroDivisionError: by zero" in log_file.read_text("utf-8")


def test_a_bug_that_cannot_be_logged_is_shown_in_full(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    (home / "logs").write_text("in the way")

    assert guarded(raising(ZeroDivisionError("by zero"))) == 70

    printed = capsys.readouterr().err
    assert "the log file cannot be written" in printed
    assert "Traceback" in printed


def test_a_missing_system_library_is_named_with_its_package(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "libEGL.so.1: cannot open shared object file: No such file or directory"

    assert guarded(raising(ImportError(text))) == ExitCode.FAILED

    printed = capsys.readouterr().err
    assert "libEGL.so.1 is missing" in printed
    assert "sudo apt install libegl1" in printed
    assert len(printed.splitlines()) == 1


def test_an_import_that_fails_otherwise_is_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(ImportError("cannot import name 'nonsense'"))) == 70

    assert "nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(("given", "returned"), [(2, 2), (None, 0)])
def test_the_end_of_the_argument_parser_is_passed_on(given: int | None, returned: int) -> None:
    assert guarded(raising(SystemExit(given))) == returned


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_a_reader_that_goes_away_is_no_error_to_speak_of() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cast_studio", "models", "list"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()

    _, complaints = process.communicate()

    assert process.returncode == ExitCode.FAILED
    assert complaints == b""
