"""Small real videos and the services under test, ended after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cast_studio.app.leisure import Leisure
from cast_studio.app.playback import Player
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from tests import videos
from tests.fakes import SCHEMA

WAIT_MS = 20_000
"""How long a test waits for what must happen at most."""


@pytest.fixture(scope="session")
def numbered_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 frames at 24 frames a second; each shows its number."""
    return videos.constant_rate(tmp_path_factory.mktemp("videos") / "numbered.mp4")


@pytest.fixture(scope="session")
def other_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 frames, numbered."""
    return videos.constant_rate(tmp_path_factory.mktemp("videos") / "other.mp4", count=12)


@pytest.fixture(scope="session")
def color_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of red, then of green, then of blue, at 24 frames a second."""
    colors = [(220, 10, 10), (10, 220, 10), (10, 10, 220)]
    pictures = [np.full((64, 96, 3), colors[i // 48], np.uint8) for i in range(144)]
    path = tmp_path_factory.mktemp("videos") / "colors.mp4"
    return videos.write_video(path, count=len(pictures), pictures=pictures)


@pytest.fixture
def session(qapp: object, tmp_path: Path) -> Iterator[Session]:
    """An empty project of verbs and nouns."""
    made = Session.create(tmp_path / "try.cast", name="try", schema=SCHEMA, annotator="ada")
    yield made
    made.close()


@pytest.fixture
def color_session(session: Session, color_video: Path) -> Session:
    """A project with the video of red, green and blue; its id is "colors"."""
    found = scan_video(color_video, video_id="colors")
    session.add_video(found.video, found.index)
    return session


@pytest.fixture
def no_video(tmp_path: Path) -> Path:
    """A file that is called a video and is none."""
    path = tmp_path / "notes.mp4"
    path.write_text("milk, bread")
    return path


@pytest.fixture
def player(qapp: object) -> Iterator[Player]:
    """A player without a video."""
    made = Player()
    yield made
    assert made.close()


@pytest.fixture
def leisure(player: Player) -> Iterator[Leisure]:
    """Whether that player rests."""
    made = Leisure(player)
    yield made
    made.stop()
