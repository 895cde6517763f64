"""The system libraries that Qt needs on Linux, which no Python package brings along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

DEBIAN_PACKAGES: Final[Mapping[str, str]] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
"""From the name that the loader looks for to the package of Debian and Ubuntu that has it."""

_NOT_OPENED = re.compile(r"(\S+\.so(?:\.\d+)*): cannot open shared object file")
_NOT_FOUND = re.compile(r"^\s*(\S+) => not found$", re.MULTILINE)


def package_of(library: str) -> str:
    """Return the Debian package that has a library; "" where it is not known."""
    return DEBIAN_PACKAGES.get(library, "")


def missing_library(error: ImportError) -> str | None:
    """Return the system library that an import failed on, or None when that was not the reason."""
    found = _NOT_OPENED.search(str(error))
    return found.group(1) if found else None


def not_found_by_loader(report: str) -> tuple[str, ...]:
    """Return the libraries that a report of ``ldd`` calls missing, sorted, each once."""
    return tuple(sorted(set(_NOT_FOUND.findall(report))))
