"""Small videos that a small network can learn from, and jobs about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.labels import LabelHead
from cast_studio.core.timing import TimeSpan
from cast_studio.core.training_protocol import TrainingJob, TrainingSample
from cast_studio.media.decoder import VideoDecoder
from tests.fakes import make_head
from tests.model.examples import make_cast, write_model
from tests.videos import write_video

COLORS = {"red": (220, 40, 40), "green": (40, 200, 40), "blue": (40, 60, 220)}
CHANGES = {"still": 0.0, "brighten": 1.0, "darken": -1.0}
FRAMES = 10
"""Length of an action."""

KNOWN_HEADS = (make_head("verb", *list(CHANGES)[:2]), make_head("noun", *list(COLORS)[:2]))
"""What the model was made for."""
HEADS = (make_head("verb", *CHANGES), make_head("noun", *COLORS))
"""What it is to learn: one verb and one noun more."""


def picture(noun: str, verb: str, progress: float) -> NDArray[np.uint8]:
    """A colored field, lit from the left, whose brightness does what the verb says."""
    light = 0.6 + 0.8 * CHANGES[verb] * (progress - 0.5)
    slope = np.linspace(1.0, 0.5, 32)[None, :, None]
    return np.clip(np.array(COLORS[noun]) * slope * light, 0, 255).repeat(32, 0).astype(np.uint8)


def write_actions(path: Path, actions: Sequence[tuple[str, str]]) -> Path:
    """Write a video of actions (verb, noun), one after the other."""
    pictures = [
        picture(noun, verb, at / (FRAMES - 1)) for verb, noun in actions for at in range(FRAMES)
    ]
    return write_video(path, count=len(pictures), size=(32, 32), pictures=pictures)


def every_action() -> list[tuple[str, str]]:
    """Each verb with each noun."""
    return [(verb, noun) for verb in CHANGES for noun in COLORS]


def samples_of(
    path: Path, actions: Sequence[tuple[str, str]], heads: Sequence[LabelHead] = HEADS
) -> tuple[TrainingSample, ...]:
    """The labelled segments of a video written by :func:`write_actions`."""
    with VideoDecoder(path) as video:
        index = video.index
    positions = {
        head.name: {found.name: at for at, found in enumerate(head.classes)} for head in heads
    }
    return tuple(
        TrainingSample(
            path.stem,
            str(path),
            index.span_of_frames(FRAMES * at, FRAMES * (at + 1)),
            {"verb": positions["verb"][verb], "noun": positions["noun"][noun]},
        )
        for at, (verb, noun) in enumerate(actions)
    )


def write_base(folder: Path) -> Path:
    """Write a small random model that lacks the last verb and the last noun."""
    return write_model(folder, make_cast(KNOWN_HEADS), KNOWN_HEADS)


def make_job(folder: Path, **changes: object) -> TrainingJob:
    """Write a base model and a video into ``folder`` and return a job about them."""
    video = folder / "colors.mp4"
    if not video.exists():
        write_actions(video, every_action())
        write_base(folder / "model")
    samples = samples_of(video, every_action())
    values: dict[str, object] = {
        "run_dir": str(folder / "run"),
        "base_model": str(folder / "model"),
        "heads": HEADS,
        "samples": samples,
        "validation": samples[::2],
        "epochs": 30,
        "threads": 1,
    }
    return TrainingJob(**values | changes)  # type: ignore[arg-type]


def sample(path: Path | str, start: int = 0, end: int = 10, **targets: int) -> TrainingSample:
    """One labelled segment."""
    return TrainingSample(Path(path).stem, str(path), TimeSpan(start, end), targets)
