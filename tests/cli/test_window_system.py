"""Where no window can be shown: a sentence and an exit code in place of Qt's abort."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cast_studio.cli.window_system import why_no_window
from tests.cli.conftest import Program

needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems always have a display"
)
NO_DISPLAY = dict.fromkeys(("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"))
X11 = {"DISPLAY": ":0"}
GIVEN_UP = "This application failed to start because no Qt platform plugin could be initialized."


def not_loaded(plugin: str) -> str:
    return f'Could not load the Qt platform plugin "{plugin}" in "" even though it was found.'


def refused_with(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    # What a system library itself writes to standard error cannot be kept from it.
    lines = [line for line in done.stderr.splitlines() if "XDG_RUNTIME_DIR" not in line]
    assert len(lines) == 1, done.stderr
    return lines[0]


@needs_linux
def test_without_a_display_the_window_is_refused_in_words(program: Program) -> None:
    sentence = refused_with(program(environment=NO_DISPLAY))

    assert sentence.startswith("There is no display")
    assert "cast-studio demo" in sentence


FREE_DISPLAY = 5_959
"""A display of a number that nobody gives to one."""


@needs_linux
def test_a_display_that_cannot_be_reached_is_named(program: Program) -> None:
    sentence = refused_with(program(environment={**NO_DISPLAY, "DISPLAY": f":{FREE_DISPLAY}"}))

    assert f"“:{FREE_DISPLAY}” cannot be reached" in sentence
    assert "cast-studio demo" in sentence


@needs_linux
def test_a_wayland_display_that_cannot_be_reached_is_named(
    program: Program, tmp_path: Path
) -> None:
    gone = {"WAYLAND_DISPLAY": "wayland-77", "XDG_RUNTIME_DIR": str(tmp_path)}

    sentence = refused_with(program(environment={**NO_DISPLAY, **gone}))

    assert "“wayland-77”" in sentence
    assert "cannot be reached" in sentence


@needs_linux
def test_a_window_system_that_qt_does_not_have_is_named(program: Program) -> None:
    sentence = refused_with(program(environment={"QT_QPA_PLATFORM": "nonsense"}))

    assert "“nonsense”" in sentence
    assert "unset it" in sentence
    assert "xcb" in sentence


def test_missing_libraries_are_named_with_their_packages() -> None:
    said = ["From 6.5.0, xcb-cursor0 or libxcb-cursor0 is needed.", not_loaded("xcb"), GIVEN_UP]
    missing = ("libwayland-cursor.so.0", "libxcb-cursor.so.0", "libxcb-image.so.0")

    sentence = why_no_window(said, X11, lambda: missing)

    assert sentence == (
        "Qt lacks libxcb-cursor.so.0, libxcb-image.so.0 of the system, without which no window can "
        "be shown; install them, on Debian and Ubuntu with “sudo apt install libxcb-cursor0 "
        "libxcb-image0”."
    )


def test_missing_libraries_matter_only_where_a_plugin_could_not_be_loaded_for_them() -> None:
    said = ["could not connect to display :0", not_loaded("xcb"), GIVEN_UP]

    assert "“:0” cannot be reached" in why_no_window(said, X11, lambda: ("libGL.so.1",))


def test_qt_s_own_reason_is_told_where_no_other_is_known() -> None:
    said = ['Failed to load EGL device integration "eglfs_kms"', "Could not open display"]

    sentence = why_no_window(said, X11, tuple)

    assert "eglfs_kms" in sentence
    assert "cast-studio doctor" in sentence


def test_a_start_that_goes_well_keeps_what_the_process_does_with_qt_s_messages() -> None:
    script = (
        "from PySide6.QtCore import qInstallMessageHandler, qWarning\n"
        "from cast_studio.cli.window_system import window_failures_explained\n"
        "qInstallMessageHandler(lambda kind, context, text: print('heard', text))\n"
        "with window_failures_explained(): pass\n"
        "qWarning('after')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "heard after\n"
