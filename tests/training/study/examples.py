"""A model small enough to be studied in seconds: it knows the renderer's verbs and nouns."""

from __future__ import annotations

from pathlib import Path

from cast_studio.core.clips import ClipSpec
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import save_model
from cast_studio.model.config import CastConfig
from cast_studio.model.expert_config import ExpertConfig
from tests.model.examples import make_cast
from training.make_model import tiny_heads
from training.study.settings import StudySettings

CONFIG = CastConfig(
    width=16,
    depth=3,
    heads=2,
    patch=16,
    size=64,
    frames=16,
    tubelet=8,
    temporal=ExpertConfig(key_bias=False),
)
CLIPS = ClipSpec(frames=16, size=64, resize="area", window_seconds=1.0, hop_seconds=0.25)
CLASSES = {head.name: len(head.classes) for head in tiny_heads()}


def make_small() -> Cast:
    """Return a network none of whose parameters is zero."""
    return make_cast(tiny_heads(), config=CONFIG)


def write_small(folder: Path) -> Path:
    """Write a small model that a study accepts, and return its folder."""
    save_model(
        folder,
        make_small(),
        name="small",
        heads=tiny_heads(),
        clip_spec=CLIPS,
        knows="Noise.",
        license_terms="MIT",
    )
    return folder


def settings(**changes: object) -> StudySettings:
    """Return the settings of a study that takes a moment."""
    values: dict[str, object] = {
        "weights": "0",
        "steps": 2,
        "batch": 2,
        "test_clips": 4,
        "frozen_blocks": 1,
        "seeds": 1,
    }
    return StudySettings(**values | changes)  # type: ignore[arg-type]
