"""Whether Qt can show a window here, and which system libraries it lacks."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from cast_studio.cli.checks import Finding, Section
from cast_studio.cli.system_libraries import DEBIAN_PACKAGES, not_found_by_loader, package_of

_VARIABLES = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE")
_WAYLAND_ONLY = "libwayland"


def check_qt_platform() -> Section:
    """Report Qt, the display, the platform plugin and missing system libraries."""
    platform, advice = expected_platform(os.environ)
    findings = [Finding("Qt", _qt_version()), Finding("Platform", platform, advice)]
    findings += [Finding(name, os.environ.get(name, "not set")) for name in _VARIABLES]
    if sys.platform.startswith("linux"):
        findings.append(libraries_finding(missing_libraries()))
    return Section("Qt", tuple(findings))


def expected_platform(
    environment: Mapping[str, str], *, system: str = sys.platform
) -> tuple[str, str]:
    """Return the platform plugin that Qt will use, and advice where there is none to use.

    Args:
        environment: ``os.environ``.
        system: ``sys.platform``.
    """
    asked = environment.get("QT_QPA_PLATFORM", "")
    if asked:
        return f"{asked} (asked for by QT_QPA_PLATFORM)", ""
    if system == "darwin":
        return "cocoa", ""
    if system == "win32":
        return "windows", ""
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland", ""
    if environment.get("DISPLAY"):
        return "xcb", ""
    return (
        "none: there is no display",
        "the window needs a desktop; demo, predict, train and export work without",
    )


def missing_libraries() -> tuple[str, ...]:
    """Return the system libraries that Qt's window system plugins lack, sorted."""
    files = _qt_files()
    try:
        reports = [_loader_report(path) for path in files]
    except (OSError, subprocess.SubprocessError):
        # No ldd, as on Alpine: those that are known to be needed are tried one by one.
        return tuple(sorted(name for name in DEBIAN_PACKAGES if not _can_load(name)))
    return tuple(sorted({name for report in reports for name in not_found_by_loader(report)}))


def libraries_finding(missing: Iterable[str]) -> Finding:
    """Return the finding about missing libraries, with the packages that have them.

    Args:
        missing: Names as the loader looks for them.
    """
    names = tuple(missing)
    if not names:
        return Finding("System libraries", "all there")
    packages = sorted({package_of(name) for name in names} - {""})
    unknown = [name for name in names if not package_of(name)]
    advice = f"sudo apt install {' '.join(packages)}" if packages else ""
    if unknown:
        advice += f"{'; ' if advice else ''}find the packages that have {', '.join(unknown)}"
    if all(name.startswith(_WAYLAND_ONLY) for name in names):
        advice = f"needed for Wayland only: {advice}"
    return Finding("System libraries", f"missing: {', '.join(names)}", advice)


def _qt_version() -> str:
    try:
        from PySide6.QtCore import qVersion
    except ImportError:
        # Why is told beside the version of PySide6.
        return "cannot be loaded"
    return qVersion()


def _qt_files() -> list[Path]:
    """Return what Qt loads for a window: its plugins and the library below them."""
    found = importlib.util.find_spec("PySide6")
    if found is None or not found.submodule_search_locations:
        return []
    root = Path(next(iter(found.submodule_search_locations)))
    patterns = (
        "Qt/plugins/platforms/libqxcb.so",
        "Qt/plugins/platforms/libqwayland*.so",
        "Qt/plugins/platforms/libqoffscreen.so",
        "Qt/lib/libQt6Core.so.6",
        "Qt/lib/libQt6Widgets.so.6",
    )
    return [path for pattern in patterns for path in sorted(root.glob(pattern))]


def _loader_report(path: Path) -> str:
    done = subprocess.run(
        ["ldd", str(path)], capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout


def _can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
