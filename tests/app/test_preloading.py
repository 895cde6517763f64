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


LOCK_CHECK = """
import sys, threading, time
from cast_studio.app.preloading import preload_torch_libraries
loading = threading.Thread(target=preload_torch_libraries)
loading.start()
turns = 0
while loading.is_alive():
    time.sleep(0.001)
    turns += 1
print(turns)
"""
TURNS_BETWEEN_THE_LIBRARIES = 30
"""More than the others get if the interpreter is locked while each of the five is loaded."""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is loaded ahead there")
def test_other_threads_go_on_while_the_libraries_are_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOCK_CHECK], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > TURNS_BETWEEN_THE_LIBRARIES


def test_an_installation_without_torch_is_left_to_the_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preloading.importlib.util, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert preloading.preload_torch_libraries() == 0
