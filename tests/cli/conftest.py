"""A tiny model with random weights, small videos, a project, and the program as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddSegments
from cast_studio.core.tracks import Segment
from cast_studio.model.checkpoints import save_model
from tests import videos
from tests.fakes import SCHEMA
from tests.model.examples import CLIPS, make_cast

ROOT = Path(__file__).resolve().parents[2]
KNOWS = "It knows nothing; teach it."
Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a network with random weights that has the heads of ``SCHEMA``."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(
        folder,
        make_cast(SCHEMA.heads),
        name="tiny",
        heads=SCHEMA.heads,
        clip_spec=CLIPS,
        knows=KNOWS,
        license_terms="MIT",
    )
    return folder


@pytest.fixture(scope="session")
def color_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of red, then of green, then of blue, at 24 frames a second."""
    colors = [(220, 10, 10), (10, 220, 10), (10, 10, 220)]
    pictures = [np.full((64, 96, 3), colors[i // 48], np.uint8) for i in range(144)]
    path = tmp_path_factory.mktemp("videos") / "colors.mp4"
    return videos.write_video(path, count=len(pictures), pictures=pictures)


@pytest.fixture(scope="session")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 frames at 24 frames a second."""
    return videos.constant_rate(tmp_path_factory.mktemp("videos") / "short.mp4", count=12)


@pytest.fixture
def project(qapp: object, tmp_path: Path, color_video: Path) -> Path:
    """A closed project: the video of three colors with a label for each."""
    folder = tmp_path / "colors.cast"
    session = Session.create(folder, name="colors", schema=SCHEMA, annotator="ada")
    found = scan_video(color_video, video_id="colors")
    session.add_video(found.video, found.index)
    track = session.label_track("colors")
    assert track is not None
    segments = tuple(
        Segment(
            id=f"s{number}",
            span=found.index.span_of_frames(48 * number, 48 * (number + 1)),
            labels={"verb": number, "noun": number % 2},
        )
        for number in range(3)
    )
    session.do(AddSegments(track.id, segments))
    assert session.close().text == ""
    return folder


@pytest.fixture
def home() -> Path:
    """The folder that holds this test's own settings, logs and models."""
    return Path(os.environ["CAST_STUDIO_HOME"])


@pytest.fixture
def program() -> Program:
    """Run ``python -m cast_studio`` with arguments and return how it ended."""

    def run(
        *arguments: object, environment: Mapping[str, str | None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, **(environment or {})}
        return subprocess.run(
            [sys.executable, "-m", "cast_studio", *map(str, arguments)],
            cwd=ROOT,
            env={name: value for name, value in variables.items() if value is not None},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
