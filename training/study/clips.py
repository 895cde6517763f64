"""The clips of a study: rendered once, and kept as what the frozen lower blocks make of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from cast_studio.core.clips import ClipSpec
from cast_studio.model.cast import Cast
from cast_studio.model.preprocessing import to_input
from training.synthetic.batches import Batch, draw_batch
from training.synthetic.scene import Scene, draw_scene
from training.synthetic.vocabulary import KNOWN_NOUNS

STUDY_SALT = 20231112
"""Seeds of a study's clips come from a stream of their own: no scene is met in pre-training."""
TEST = 0
"""The "seed" of the clips that networks are tested on; those that they learn from have others."""
_RENDERED_AT_ONCE = 32


@dataclass(frozen=True)
class StudyClips:
    """Some clips after the lower blocks.

    Attributes:
        spatial: Tokens ``(B, T, 1 + N, D)``.
        temporal: Tokens ``(B, T, N, D)``.
        verbs: Position of the right verb, ``(B,)``.
        nouns: Likewise of the noun.
        distracted: Whether a thing of another noun lies in the picture, ``(B,)``.
    """

    spatial: Tensor
    temporal: Tensor
    verbs: Tensor
    nouns: Tensor
    distracted: Tensor

    def __len__(self) -> int:
        return len(self.verbs)

    def split(self, size: int) -> Iterator[StudyClips]:
        """Yield them in pieces of ``size``; the last may be smaller."""
        for first in range(0, len(self), size):
            rows = slice(first, first + size)
            yield StudyClips(
                self.spatial[rows],
                self.temporal[rows],
                self.verbs[rows],
                self.nouns[rows],
                self.distracted[rows],
            )


def draw_study_scene(rng: np.random.Generator, *, distracted: bool) -> Scene:
    """Draw a scene of a known verb and noun, and say whether another noun is in the picture.

    In the others too a second thing may lie there, of the same noun.
    """
    noun = KNOWN_NOUNS[int(rng.integers(len(KNOWN_NOUNS)))]
    if distracted:
        return draw_scene(rng, nouns=[noun], distractor_nouns=KNOWN_NOUNS, wrong_noun_rate=1.0)
    return draw_scene(rng, nouns=[noun], distractor_nouns=[noun])


def draw_study_batch(
    rng: np.random.Generator, flags: NDArray[np.bool_]
) -> tuple[Batch, NDArray[np.bool_]]:
    """Render a clip for each flag, which says whether it has a thing of another noun."""
    waiting = iter(flags)
    batch = draw_batch(
        rng,
        len(flags),
        draw=lambda found: draw_study_scene(found, distracted=bool(next(waiting))),
    )
    return batch, flags


def lower_blocks(cast: Cast, clips: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Run the stems and the first ``count`` blocks of both experts, as each alone does.

    Args:
        cast: The model.
        clips: Normalized RGB, ``(B, 3, frames, size, size)``.
        count: Blocks.

    Returns:
        The tokens of both streams.
    """
    spatial, temporal = cast.embed(clips)
    seen, moved = spatial.flatten(0, 1), temporal.flatten(1, 2)
    for block in list(cast.spatial.blocks)[:count]:
        seen = block(seen)
    for block in list(cast.temporal.blocks)[:count]:
        moved = block(moved)
    return seen.view_as(spatial), moved.view_as(temporal)


def write_part(
    path: Path,
    cast: Cast,
    spec: ClipSpec,
    *,
    seed: int,
    part: int,
    clips: int,
    wrong_nouns: float,
    frozen_blocks: int,
) -> None:
    """Render some clips and write what the lower blocks make of them; whole or not at all.

    Args:
        path: The file.
        cast: The model.
        spec: How its clips are made.
        seed: Of the stream that they are a part of, or :data:`TEST`.
        part: Which part.
        clips: How many.
        wrong_nouns: Share of them with a thing of another noun, in an order without meaning.
        frozen_blocks: The lower blocks.
    """
    rng = np.random.default_rng([STUDY_SALT, seed, part])
    flags = rng.permutation(np.arange(clips) < round(clips * wrong_nouns))
    pieces: list[dict[str, Tensor]] = []
    for first in range(0, clips, _RENDERED_AT_ONCE):
        batch, distracted = draw_study_batch(rng, flags[first : first + _RENDERED_AT_ONCE])
        with torch.inference_mode():
            spatial, temporal = lower_blocks(cast, to_input(batch.frames, spec), frozen_blocks)
        pieces.append(
            {
                "spatial": spatial,
                "temporal": temporal,
                "verbs": torch.from_numpy(batch.verbs),
                "nouns": torch.from_numpy(batch.nouns),
                "distracted": torch.from_numpy(distracted),
            }
        )
    whole = {name: torch.cat([piece[name] for piece in pieces]) for name in pieces[0]}
    partial = path.with_suffix(f".{os.getpid()}.partial")
    save_file(whole, partial)
    partial.replace(path)


def read_part(path: Path) -> StudyClips:
    """Read what :func:`write_part` wrote."""
    return StudyClips(**load_file(path))
