"""Whole videos: several actions after each other on one table, with exact ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from platform import machine

import av
import numpy as np
from numpy.typing import NDArray

from training.synthetic.render import draw_camera, render_frames
from training.synthetic.scene import Scene, draw_scene, draw_table
from training.synthetic.vocabulary import KNOWN_NOUNS, Noun

RATE = 25
"""Frames per second."""
SIZE = 256
"""Height and width in pixels."""
SECONDS = (1.2, 2.0)
"""Range of the length of an action."""
ACTIONS_PER_TABLE = 6
"""After so many actions the table, its light and its cloth change."""
# With AVX-512, x264's adaptive quantization now and then gives other bytes for the same pictures.
_REPEATABLE = {"x264-params": "asm=avx2"} if machine().lower() in ("x86_64", "amd64") else {}


@dataclass(frozen=True, slots=True)
class Action:
    """What is to happen: a verb and a noun."""

    verb: str
    noun: Noun


@dataclass(frozen=True, slots=True)
class TrueSegment:
    """What happened: an action and its frames, half-open."""

    start_frame: int
    stop_frame: int
    verb: str
    noun: str


@dataclass(frozen=True)
class RenderedVideo:
    """What a rendered video shows.

    Attributes:
        segments: Without gaps, covering the whole video.
        scenes: What each segment was rendered from.
    """

    segments: tuple[TrueSegment, ...]
    scenes: tuple[Scene, ...]


def write_video(
    path: Path,
    actions: Sequence[Action],
    *,
    seed: int,
    size: int = SIZE,
    distractor_nouns: Sequence[Noun] = KNOWN_NOUNS,
) -> RenderedVideo:
    """Render actions one after the other into an H.264 file.

    Args:
        path: The file to write; its folder must exist.
        actions: What happens, in order; at least one.
        seed: Of everything else.
        size: Height and width in pixels, even.
        distractor_nouns: What else may lie on the table; an action's own noun is left out.

    Returns:
        What was rendered.
    """
    rng = np.random.default_rng(seed)
    segments: list[TrueSegment] = []
    scenes: list[Scene] = []
    first = 0
    with av.open(str(path), "w") as container:
        quality = str(int(rng.integers(23, 28)))
        stream = container.add_stream(
            "libx264",
            rate=RATE,
            options={"crf": quality, "g": "50", "preset": "veryfast", **_REPEATABLE},
        )
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for scene in _draw_scenes(actions, rng, distractor_nouns):
            pictures = _render_scene(scene, rng, size)
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                container.mux(stream.encode(frame))
            stop = first + len(pictures)
            segments.append(TrueSegment(first, stop, scene.verb, scene.noun.name))
            scenes.append(scene)
            first = stop
        container.mux(stream.encode(None))
    return RenderedVideo(tuple(segments), tuple(scenes))


def _draw_scenes(
    actions: Sequence[Action], rng: np.random.Generator, distractor_nouns: Sequence[Noun]
) -> Iterator[Scene]:
    table = draw_table(rng)
    for position, action in enumerate(actions):
        if position and position % ACTIONS_PER_TABLE == 0:
            table = draw_table(rng)
        yield draw_scene(
            rng,
            verbs=[action.verb],
            nouns=[action.noun],
            distractor_nouns=distractor_nouns,
            table=table,
        )


def _render_scene(scene: Scene, rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    count = round(rng.uniform(*SECONDS) * RATE)
    camera = draw_camera(scene.table, count, rng)
    times = (np.arange(count) + 0.5) / count
    return render_frames(scene, times, size=size, camera=camera, rng=rng)
