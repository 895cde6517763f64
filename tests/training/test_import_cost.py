"""Asking what there is to do loads nothing heavy, and training never loads a window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

EVERYTHING = """
import importlib, pkgutil, sys
import training
for found in pkgutil.walk_packages(training.__path__, "training."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
assert "torch" in sys.modules
assert not {"PySide6", "pyqtgraph"} & set(sys.modules)
"""

HELP = """
import sys
sys.argv = ["training", "--help"]
try:
    import training.__main__ as entry
    entry.main()
except SystemExit as ended:
    assert ended.code == 0, ended.code
assert not {"torch", "cv2", "av", "PySide6"} & set(sys.modules)
"""


def run(code: str) -> str:
    completed = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return completed.stdout


def test_all_of_training_does_without_qt() -> None:
    run(EVERYTHING)


def test_help_loads_no_torch() -> None:
    assert "validate-job" in run(HELP)
