"""Nothing here knows Qt: garbage may be collected at any moment, and property tests make a lot of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _garbage_collected_at_once() -> Iterator[None]:
    gc.enable()
    yield
    gc.disable()
