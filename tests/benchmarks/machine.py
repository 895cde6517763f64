"""Facts about the machine a number was taken on, without which it says little."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("cast-studio", "PySide6", "torch", "numpy", "av", "opencv-python-headless")


def machine_facts() -> dict[str, object]:
    """Return cores, load and versions. Imports none of the packages that it names."""
    return {
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "load_average": _load_average(),
        "system": platform.platform(),
        "processor": _processor(),
        "python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
    }


def _usable_cores() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _load_average() -> list[float] | None:
    if not hasattr(os, "getloadavg"):
        return None
    return [round(found, 2) for found in os.getloadavg()]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
            return next(names, platform.processor())
    except OSError:
        return platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
