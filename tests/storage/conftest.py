from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, Clock


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that every user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="cast-studio-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    """Yield the open store of a new project with the contents of ``PROJECT``."""
    with ProjectStore.create(
        tmp_path / "kitchen.cast", PROJECT, annotator="ann", clock=Clock()
    ) as made:
        yield made
