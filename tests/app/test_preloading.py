"""Torch's libraries can be loaded ahead of its import, in a process of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cast_studio.app import preloading

CHECK = """
import sys
from cast_studio.app.preloading import preload_torch_libraries
loaded = preload_torch_libraries()
assert "torch" not in sys.modules
import torch
assert float(torch.ones(3).sum()) == 3.0
assert preload_torch_libraries() == 0
sys.exit(0 if loaded == 5 or sys.platform != "linux" else f"{loaded} libraries")
"""


def test_torch_works_after_its_libraries_were_loaded_ahead() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_installation_without_torch_is_left_to_the_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preloading.importlib.util, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert preloading.preload_torch_libraries() == 0
