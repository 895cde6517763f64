"""The deterministic weights of the parity kit, under the published code's names and under ours.

``CAST_SPEC.md``, section 13: every tensor is drawn from a generator that is seeded by its published key,
so that any implementation can be given the same weights without a file.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cast_studio.model.cast import Cast
from cast_studio.model.config import HeadConfig
from cast_studio.model.weights.names import our_names

Profile = Literal["base", "stress"]

EPIC_HEADS = (HeadConfig("noun", 300), HeadConfig("verb", 97))
SOMETHING_HEADS = (HeadConfig("action", 174),)
KINETICS_HEADS = (HeadConfig("action", 400),)

_NORMS = re.compile(
    r"(clip_ln_(1|2|pre|post)|norm1|norm2|ln_s_cross|ln_t_cross|vmae_fc_norm)\.weight"
)
_SHARP = re.compile(r"(attn\.qkv|s2t_q|s2t_kv|t2s_q|t2s_kv)\.weight|in_proj_weight")
_POSITION = re.compile(r"_pos$|_positional_embedding$")


def draw_weight(key: str, shape: tuple[int, ...], profile: Profile) -> NDArray[np.float64]:
    """Return the kit's tensor for a published key."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    drawn = np.random.Generator(np.random.PCG64(seed)).standard_normal(shape)
    is_norm = _NORMS.search(key) is not None
    if profile == "base":
        return 1 + 0.02 * drawn if is_norm else 0.02 * drawn
    if is_norm:
        return 1 + 0.2 * drawn
    if _POSITION.search(key):
        return 0.5 * drawn
    if len(shape) == 1:
        return 0.1 * drawn
    gain = 2.0 if _SHARP.search(key) else 1.0
    return gain * drawn / np.sqrt(np.prod(shape[1:]))


def draw_clip(number: int) -> Tensor:
    """Return the kit's input, float64, ``(1, 3, 16, 224, 224)``; it was rounded to float32."""
    drawn = np.random.Generator(np.random.PCG64(number)).standard_normal((3, 16, 224, 224))
    return torch.from_numpy(drawn.astype(np.float32)).double()[None]


def fill(cast: Cast, shapes: dict[str, tuple[int, ...]], profile: Profile) -> None:
    """Give a network without memory (on the meta device) the kit's weights, in float64.

    Raises:
        RuntimeError: The published tensors and the network's do not correspond one to one.
    """
    state: dict[str, Tensor] = {}
    for key, shape in shapes.items():
        names = our_names(key)
        drawn = torch.from_numpy(draw_weight(key, shape, profile).astype(np.float32)).double()
        state |= dict(zip(names, drawn.chunk(len(names)), strict=True))
    cast.load_state_dict(state, assign=True)
    cast.temporal.rebuild_table()
