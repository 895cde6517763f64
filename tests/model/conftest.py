"""One thread: the networks here are too small to gain from more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cast_studio.model.cast import Cast
from tests.model.examples import make_cast, write_model


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def cast() -> Cast:
    """A small network that looks at everything."""
    return make_cast()


@pytest.fixture
def model_folder(tmp_path: Path, cast: Cast) -> Path:
    """``cast`` on disk."""
    return write_model(tmp_path / "model", cast)
