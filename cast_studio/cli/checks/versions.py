"""Which program, which Python, which libraries."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import cast_studio
from cast_studio.cli.checks import Finding, Section
from cast_studio.cli.system_libraries import missing_library, package_of

_LIBRARIES: Final[Mapping[str, tuple[str, str]]] = {
    # Shown name: distribution, module. Torch first: on Windows it must be imported before Qt.
    "torch": ("torch", "torch"),
    "torchvision": ("torchvision", "torchvision"),
    "PySide6": ("PySide6", "PySide6.QtCore"),
    "PySide6.QtWidgets": ("PySide6", "PySide6.QtWidgets"),
    "transformers": ("transformers", "transformers"),
    "open_clip": ("open_clip_torch", "open_clip"),
    "av": ("av", "av"),
    "cv2": ("opencv-python-headless", "cv2"),
    "numpy": ("numpy", "numpy"),
    "safetensors": ("safetensors", "safetensors"),
    "pyqtgraph": ("pyqtgraph", "pyqtgraph"),
}
_PAIR_ADVICE: Final = (
    "torch and torchvision do not belong together; install both anew in one step: "
    "pip install --force-reinstall torch torchvision"
)


def check_versions() -> Section:
    """Report versions, and what cannot be imported and why."""
    findings = [
        Finding("CAST Studio", f"{cast_studio.__version__} in {Path(cast_studio.__file__).parent}"),
        Finding("Python", f"{platform.python_version()} in {sys.prefix}"),
        Finding("System", f"{_system_name()}, {platform.machine()}"),
    ]
    findings += [
        check_library(name, distribution, module)
        for name, (distribution, module) in _LIBRARIES.items()
    ]
    return Section("Versions", tuple(findings))


def check_library(name: str, distribution: str, module: str) -> Finding:
    """Import a library and report its version.

    Args:
        name: What it is called in the report.
        distribution: The package to install.
        module: What to import.
    """
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        # A frozen build keeps no metadata of most packages.
        version = "version unknown"
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything
        return Finding(name, f"{version}, cannot be imported", import_advice(error, distribution))
    return Finding(name, version)


def import_advice(error: Exception, distribution: str) -> str:
    """Return what to do about a library that cannot be imported.

    Args:
        error: What the import raised.
        distribution: The package to install.
    """
    text = str(error)
    if isinstance(error, ImportError):
        library = missing_library(error)
        if library is not None and package_of(library):
            return (
                f"the system library {library} is missing: sudo apt install {package_of(library)}"
            )
    # Both are compiled against each other: of different releases, torchvision finds no operators,
    # or its library no symbols.
    is_mismatched = "torchvision::" in text or (
        distribution == "torchvision" and "undefined symbol" in text
    )
    if is_mismatched:
        return f"{_PAIR_ADVICE} ({text})"
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed: pip install {distribution}"
    reason = text.strip().splitlines()[-1] if text.strip() else type(error).__name__
    return f"it is broken ({reason}); install it anew: pip install --force-reinstall {distribution}"


def _system_name() -> str:
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}"
    except (OSError, KeyError):
        # Windows, macOS, and a Linux that does not say what it is.
        return platform.platform()
