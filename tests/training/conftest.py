"""One thread: the networks here are too small to gain from more."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import resource_tracker

import pytest
import torch


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def tracker_of_multiprocessing() -> None:
    """Python starts it with the first queue and ends it with the interpreter: not a test's to end."""
    resource_tracker.ensure_running()
