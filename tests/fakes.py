"""Stand-ins for the parts of the world that a test cannot have, written by hand."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Slot

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for
from cast_studio.core.predictions import ClipScores
from cast_studio.model.catalog import ModelInfo
from cast_studio.model.config import CastConfig

SMALL_CLIPS = ClipSpec(frames=4, size=16, window_seconds=1.0, hop_seconds=0.5)


def make_head(name: str, *class_names: str, first_id: int = 0) -> LabelHead:
    """Return a head with classes of these names and rising ids."""
    classes = tuple(
        LabelClass(id=first_id + i, name=text, color=color_for(i))
        for i, text in enumerate(class_names)
    )
    return LabelHead(name=name, classes=classes)


VERB = make_head("verb", "take", "put", "cut")
NOUN = make_head("noun", "knife", "bread")
SCHEMA = LabelSchema((VERB, NOUN))


class FakePredictor:
    """Knows one thing: a clip's strongest color channel is the position of its class.

    Red clips are class 0 of every head, green ones class 1, blue ones class 2 (heads with fewer
    classes start over), each with probability 0.9.

    Args:
        heads: Whose classes are scored.
        model_id: What predictions carry.
        clip_spec: How clips are made.
        gate: Waited for before each batch; None never waits. For tests that act between batches.
        error: Raised instead of an answer.
        runs_on: What it says of its device.
    """

    def __init__(
        self,
        heads: tuple[LabelHead, ...] = SCHEMA.heads,
        *,
        model_id: str = "fake-model",
        clip_spec: ClipSpec = SMALL_CLIPS,
        gate: threading.Semaphore | None = None,
        error: Exception | None = None,
        runs_on: str = "CPU · float32",
    ) -> None:
        self.model_id = model_id
        self.heads = heads
        self.clip_spec = clip_spec
        self.runs_on = runs_on
        self.batches: list[int] = []
        """Clips of each batch that was asked for."""
        self.threads: set[int] = set()
        """The threads that asked."""
        self.gate = gate
        self._error = error

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
        """Score clips of shape (B, frames, size, size, 3)."""
        if self.gate is not None:
            self.gate.acquire()
        if self._error is not None:
            raise self._error
        self.batches.append(len(clips))
        self.threads.add(threading.get_ident())
        channels = clips.mean(axis=(1, 2, 3)).argmax(axis=1)
        scores = {head.name: _one_hot(channels, len(head.classes)) for head in self.heads}
        if not attention:
            return ClipScores(scores)
        return ClipScores(scores, _even_attention(clips), FAKE_LAYERS)


FAKE_LAYERS = (1, 4)
"""The layers in which the streams of the fake model meet, counted from 0."""


def _one_hot(channels: NDArray[np.intp], n_classes: int) -> NDArray[np.float32]:
    rows = np.full((len(channels), n_classes), 0.1 / max(n_classes - 1, 1), np.float32)
    rows[np.arange(len(channels)), channels % n_classes] = 0.9
    return rows


def _even_attention(clips: NDArray[np.uint8]) -> NDArray[np.float16]:
    side = 4
    shape = (len(clips), len(FAKE_LAYERS), clips.shape[1] // 2, side, side)
    return np.full(shape, 1 / side**2, np.float16)


def fake_factory(
    predictor: FakePredictor | None = None,
) -> Callable[[Path, Path | None], FakePredictor]:
    """Return a factory for :class:`InferenceService` that always makes ``predictor``."""
    made = predictor if predictor is not None else FakePredictor()
    return lambda _model_folder, _adapter_folder: made


def fake_model_info(folder: Path = Path("fake-model")) -> ModelInfo:
    """Return what the folder of :class:`FakePredictor` would say, without a folder."""
    return ModelInfo(
        name="fake",
        folder=folder,
        heads=SCHEMA.heads,
        clip_spec=SMALL_CLIPS,
        network=CastConfig(),
        weights_sha256="0" * 64,
        knows="It tells colors apart.",
        license="MIT",
        card="",
        parameters=3,
        is_bundled=False,
    )


class MessageRecorder(QObject):
    """Keeps what the user was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []

    @Slot(str, str)
    def on_message(self, level: str, text: str) -> None:
        """Slot for :attr:`UserMessages.message`."""
        self.told.append((level, text))


FAKE_TRAINING = Path(__file__).with_name("fake_training.py")


def fake_training_command(behavior: str) -> Callable[[Path], Sequence[str]]:
    """Return a command for :class:`TrainingRunner` that runs ``fake_training.py``.

    Args:
        behavior: One of the behaviors of that script.
    """
    return lambda job_path: [sys.executable, str(FAKE_TRAINING), behavior, str(job_path)]
