"""The doctor: it reports what is there, names what is missing, and never fails itself."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from pathlib import Path

import pytest

from cast_studio.cli.checks import Finding, Section
from cast_studio.cli.checks.codecs import check_codecs
from cast_studio.cli.checks.qt_platform import (
    expected_platform,
    libraries_finding,
    missing_libraries,
)
from cast_studio.cli.checks.storage import check_model, folder_finding, space_finding
from cast_studio.cli.checks.versions import check_library, import_advice
from cast_studio.cli.doctor import report
from cast_studio.cli.system_libraries import not_found_by_loader
from tests.cli.conftest import Program

LDD = """
\tlinux-vdso.so.1 (0x00007f9adbc1e000)
\tlibGL.so.1 => /lib/x86_64-linux-gnu/libGL.so.1 (0x00007f9adaf79000)
\tlibxcb-cursor.so.0 => not found
\tlibxkbcommon-x11.so.0 => not found
\tlibxcb-cursor.so.0 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f9adbc20000)
"""


@pytest.mark.slow
def test_the_report_has_what_a_bug_report_needs(program: Program) -> None:
    done = program("doctor")

    assert (done.returncode, done.stderr) == (0, "")
    for expected in (
        "CAST Studio ",
        platform.python_version(),
        importlib.metadata.version("torch"),
        importlib.metadata.version("torchvision"),
        importlib.metadata.version("PySide6"),
        importlib.metadata.version("transformers"),
        importlib.metadata.version("av"),
        "libavcodec ",
        "Torch device",
        "h264",
        "Hardware",
        "Cache ",
        "Logs ",
        "Free space",
        "cast-tiny",
    ):
        assert expected in done.stdout


def test_it_works_where_qt_is_broken(program: Program, tmp_path: Path) -> None:
    broken = tmp_path / "PySide6"
    broken.mkdir()
    (broken / "__init__.py").write_text(
        "raise ImportError('libEGL.so.1: cannot open shared object file: No such file')"
    )

    done = program("doctor", environment={"PYTHONPATH": str(tmp_path)})

    assert done.returncode == 0
    assert "the system library libEGL.so.1 is missing: sudo apt install libegl1" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_it_works_where_torch_is_broken(program: Program, tmp_path: Path) -> None:
    broken = tmp_path / "torchvision"
    broken.mkdir()
    (broken / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )

    done = program("doctor", environment={"PYTHONPATH": str(tmp_path)})

    assert done.returncode == 0
    assert "torch and torchvision do not belong together" in done.stdout
    assert "pip install --force-reinstall torch torchvision" in done.stdout


def test_what_is_missing_is_marked_and_repeated_at_the_end() -> None:
    text = report(
        [
            Section("One", (Finding("here", "1.0"), Finding("gone", "none", "install it"))),
            Section("Two", (Finding("fine", "yes"),)),
        ]
    )

    assert text.splitlines() == [
        "One",
        "   here  1.0",
        " ! gone  none",
        "",
        "Two",
        "   fine  yes",
        "",
        "One thing needs attention:",
        " ! gone: install it",
    ]


def test_a_report_without_problems_says_so() -> None:
    assert report([Section("One", (Finding("here", "1.0"),))]).endswith("Nothing is missing.")


def test_missing_libraries_are_read_from_the_loader_s_report() -> None:
    assert not_found_by_loader(LDD) == ("libxcb-cursor.so.0", "libxkbcommon-x11.so.0")


def test_missing_libraries_come_with_their_packages() -> None:
    finding = libraries_finding(["libxcb-cursor.so.0", "libEGL.so.1", "libnovel.so.3"])

    assert finding.value == "missing: libxcb-cursor.so.0, libEGL.so.1, libnovel.so.3"
    assert finding.advice == (
        "sudo apt install libegl1 libxcb-cursor0; find the packages that have libnovel.so.3"
    )


def test_libraries_for_wayland_alone_are_called_that() -> None:
    assert libraries_finding(["libwayland-cursor.so.0"]).advice == (
        "needed for Wayland only: sudo apt install libwayland-cursor0"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems bring the libraries along")
def test_the_libraries_of_this_machine_serve_the_tests_that_use_qt() -> None:
    # The offscreen platform, which the tests use, needs these; and they are running.
    assert not {"libEGL.so.1", "libGL.so.1", "libfontconfig.so.1"} & set(missing_libraries())


@pytest.mark.parametrize(
    ("environment", "system", "platform"),
    [
        ({"DISPLAY": ":0"}, "linux", "xcb"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux", "wayland"),
        ({}, "darwin", "cocoa"),
        ({}, "win32", "windows"),
        ({"QT_QPA_PLATFORM": "minimal"}, "linux", "minimal (asked for by QT_QPA_PLATFORM)"),
    ],
)
def test_the_platform_is_told(environment: dict[str, str], system: str, platform: str) -> None:
    assert expected_platform(environment, system=system) == (platform, "")


def test_no_display_is_told_with_what_works_without() -> None:
    platform, advice = expected_platform({}, system="linux")

    assert platform == "none: there is no display"
    assert "predict" in advice


def test_a_library_that_is_not_installed_is_named() -> None:
    finding = check_library("nonsense", "nonsense-dist", "nonsense_module")

    assert finding.value == "version unknown, cannot be imported"
    assert finding.advice == "nonsense_module is not installed: pip install nonsense-dist"


@pytest.mark.parametrize(
    ("error", "distribution"),
    [
        (RuntimeError("operator torchvision::nms does not exist"), "torchvision"),
        (OSError("/x/_C.so: undefined symbol: _ZN3c10"), "torchvision"),
    ],
)
def test_a_mismatched_pair_is_recognized(error: Exception, distribution: str) -> None:
    assert "do not belong together" in import_advice(error, distribution)


def test_another_break_is_not_taken_for_a_mismatch() -> None:
    advice = import_advice(OSError("libc10.so: undefined symbol: x"), "torch")

    assert "belong together" not in advice
    assert "pip install --force-reinstall torch" in advice


def test_all_codecs_of_the_bundled_ffmpeg_are_found() -> None:
    found = {finding.name: finding for finding in check_codecs().findings}

    assert {"h264", "hevc", "av1", "vp9", "mpeg4"} <= set(found)
    assert not any(finding.advice for finding in found.values())


def test_a_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    wanted = tmp_path / "not" / "there"

    finding = folder_finding("Data", wanted)

    assert finding.advice == ""
    assert finding.value == f"{wanted} (not made yet), can be written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write")
def test_a_folder_that_cannot_be_written_is_told() -> None:
    finding = folder_finding("Data", Path("/proc/self/cast"))

    assert "cannot be written" in finding.value
    assert "/proc/self" in finding.advice


def test_free_space_is_told(tmp_path: Path) -> None:
    assert space_finding(tmp_path / "later").value.endswith(" GiB")


def test_a_missing_model_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cast_studio.cli.checks.storage.BUNDLED_MODEL", "cast-nonsense")

    (finding,) = check_model().findings

    assert "cast-nonsense" in finding.advice
