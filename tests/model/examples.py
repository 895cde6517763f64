"""Networks and model folders small enough to be made by the dozen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelHead
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import head_configs, save_model
from cast_studio.model.config import CastConfig
from cast_studio.model.expert_config import ExpertConfig
from tests.fakes import make_head

CONFIG = CastConfig(
    width=16,
    depth=2,
    heads=2,
    patch=8,
    size=16,
    frames=8,
    tubelet=2,
    spatial=ExpertConfig(activation="quick_gelu", norm_eps=1e-5),
    temporal=ExpertConfig(key_bias=False),
)
"""Four times (T) and four patches (N)."""

CONV_CONFIG = CastConfig(
    width=16,
    depth=2,
    heads=2,
    patch=8,
    size=16,
    frames=8,
    tubelet=4,
    spatial=ExpertConfig(stem="conv", stem_width=4, stem_blocks=1),
    temporal=ExpertConfig(stem="conv", stem_width=4, key_bias=False),
)

CLIPS = ClipSpec(frames=8, size=16, resize="area", window_seconds=1.0, hop_seconds=0.25)

VERBS = make_head("verb", "take", "put", "cut")
NOUNS = make_head("noun", "knife", "bread")
HEADS = (VERBS, NOUNS)


def make_cast(
    heads: Sequence[LabelHead] = HEADS, *, config: CastConfig = CONFIG, seed: int = 0
) -> Cast:
    """Return a network none of whose parameters is zero, in evaluation mode."""
    torch.manual_seed(seed)
    cast = Cast(config, head_configs(heads))
    with torch.no_grad():
        for parameter in cast.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return cast.eval()


def make_clips(count: int = 2, *, config: CastConfig = CONFIG, seed: int = 0) -> torch.Tensor:
    """Return normalized clips of noise, ``(count, 3, frames, size, size)``."""
    generator = torch.Generator().manual_seed(seed)
    shape = (count, 3, config.frames, config.size, config.size)
    return torch.randn(shape, generator=generator)


def write_model(folder: Path, cast: Cast, heads: Sequence[LabelHead] = HEADS) -> Path:
    """Write ``cast`` as a model folder and return the folder."""
    save_model(
        folder,
        cast,
        name="small",
        heads=heads,
        clip_spec=CLIPS,
        knows="Noise.",
        license_terms="MIT",
    )
    return folder
