"""One sentence where Qt finds that it cannot show a window, and would abort the process.

What Qt says before it gives up is looked at afterwards, so that a start that goes well costs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from cast_studio.cli.exits import ExitCode
from cast_studio.cli.system_libraries import package_of
from cast_studio.cli.terminal import complain

_NO_PLUGIN: Final = re.compile(r"Could not find the Qt platform plugin \"([^\"]*)\"")
_NOT_LOADED: Final = re.compile(r"Could not load the Qt platform plugin \"([^\"]*)\"")
_PLUGINS: Final = re.compile(r"Available platform plugins are: ([^\n]*?)\.?\s*$", re.MULTILINE)
_X11_UNREACHABLE: Final = "could not connect to display"
_WAYLAND_UNREACHABLE: Final = "Failed to create wl_display"
_DEFAULT_WAYLAND: Final = "wayland-0"
_OTHERWISE: Final = (
    "start CAST Studio on a desktop, or use the commands that need none, such as "
    "“cast-studio demo” or “cast-studio predict”."
)


@contextmanager
def window_failures_explained() -> Iterator[None]:
    """End the process with a sentence and an exit code where Qt cannot start with a window.

    For as long as nobody else takes Qt's messages, which the window does once it is there.
    """
    said: list[str] = []

    def on_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        said.append(text)
        if kind == QtMsgType.QtFatalMsg:
            # Qt aborts the process as soon as this returns; raising does not keep it from that.
            complain(why_no_window(said, os.environ, _missing_libraries))
            os._exit(ExitCode.FAILED)

    before = qInstallMessageHandler(on_message)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def why_no_window(
    said: Sequence[str], environment: Mapping[str, str], missing: Callable[[], Sequence[str]]
) -> str:
    """Return what to tell the user: what, why, what next.

    Args:
        said: Qt's messages, the last of which is the one with which it gives up.
        environment: ``os.environ``.
        missing: Finds the system libraries that Qt lacks; called only where that can be the reason.
    """
    text = "\n".join(said)
    unknown = _NO_PLUGIN.findall(text)
    unloaded = _NOT_LOADED.findall(text)
    unreachable = _unreachable_displays(text, environment)
    has_display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    if unknown:
        return _unknown_platform(unknown[0], text)
    if unreachable and not has_display:
        return f"There is no display to show a window on; {_OTHERWISE}"
    if len(unloaded) > len(unreachable):
        libraries = [
            name
            for name in missing()
            if not name.startswith("libwayland") or any("wayland" in it for it in unloaded)
        ]
        if libraries:
            return _lacking(libraries)
    if unreachable:
        names = " and ".join(f"“{name}”" for name in unreachable)
        return (
            f"The display {names} cannot be reached, so no window can be shown; check the "
            f"environment variables DISPLAY and WAYLAND_DISPLAY, {_OTHERWISE}"
        )
    reason = next((line.strip() for line in said if line.strip()), "Qt gives no reason")
    return (
        f"No window can be shown here ({reason}); “cast-studio doctor” tells more, or {_OTHERWISE}"
    )


def _unreachable_displays(text: str, environment: Mapping[str, str]) -> list[str]:
    names = []
    if _WAYLAND_UNREACHABLE in text:
        names.append(environment.get("WAYLAND_DISPLAY") or _DEFAULT_WAYLAND)
    if _X11_UNREACHABLE in text:
        names.append(environment.get("DISPLAY", ""))
    return names


def _unknown_platform(name: str, text: str) -> str:
    plugins = _PLUGINS.search(text)
    known = f" ({', '.join(sorted(plugins.group(1).split(', ')))})" if plugins else ""
    return (
        f"Qt has no window system called “{name}”, which the environment variable QT_QPA_PLATFORM "
        f"asks for; unset it, or set it to one that Qt has{known}."
    )


def _lacking(libraries: Sequence[str]) -> str:
    packages = sorted({package_of(name) for name in libraries} - {""})
    install = f", on Debian and Ubuntu with “sudo apt install {' '.join(packages)}”"
    return (
        f"Qt lacks {', '.join(libraries)} of the system, without which no window can be shown; "
        f"install {'it' if len(libraries) == 1 else 'them'}{install if packages else ''}."
    )


def _missing_libraries() -> Sequence[str]:
    # Only now: the window must not wait for what the doctor needs.
    from cast_studio.cli.checks.qt_platform import missing_libraries

    return missing_libraries()
