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

Profile = Literal["base", "stress"]

EPIC_HEADS = (HeadConfig("noun", 300), HeadConfig("verb", 97))
SOMETHING_HEADS = (HeadConfig("action", 174),)
KINETICS_HEADS = (HeadConfig("action", 400),)

_TOP = {
    "clip_class_embedding": ("spatial.class_token",),
    "clip_positional_embedding": ("spatial.position",),
    "clip_conv1.weight": ("spatial.stem.weight",),
    "clip_ln_pre.": ("spatial.input_norm.",),
    "clip_ln_post.": ("spatial_norm.",),
    "patch_embed.proj.": ("temporal.stem.",),
    "vmae_fc_norm.": ("temporal_norm.",),
    "noun_last_Adapter.D_fc1.": ("head_adapters.spatial.down.",),
    "noun_last_Adapter.D_fc2.": ("head_adapters.spatial.up.",),
    "verb_last_Adapter.D_fc1.": ("head_adapters.temporal.down.",),
    "verb_last_Adapter.D_fc2.": ("head_adapters.temporal.up.",),
    "head.": ("heads.action.",),
    "head_noun.": ("heads.noun.",),
    "head_verb.": ("heads.verb.",),
}

_BIASES = tuple(f"attention.{part}_bias" for part in ("query", "key", "value"))

_SPATIAL_BLOCK = {
    "clip_ln_1.": ("attention_norm.",),
    "clip_ln_2.": ("mlp_norm.",),
    "clip_attn.in_proj_weight": ("attention.qkv.weight",),
    "clip_attn.in_proj_bias": _BIASES,
    "clip_attn.out_proj.": ("attention.out.",),
    "clip_mlp.c_fc.": ("mlp.up.",),
    "clip_mlp.c_proj.": ("mlp.down.",),
}

_TEMPORAL_BLOCK = {
    "norm1.": ("attention_norm.",),
    "norm2.": ("mlp_norm.",),
    "attn.qkv.weight": ("attention.qkv.weight",),
    "attn.q_bias": (_BIASES[0],),
    "attn.v_bias": (_BIASES[2],),
    "attn.proj.": ("attention.out.",),
    "mlp.fc1.": ("mlp.up.",),
    "mlp.fc2.": ("mlp.down.",),
}

_LAYER = {
    "S_Adapter.D_fc1.": ("spatial_adapter.down.",),
    "S_Adapter.D_fc2.": ("spatial_adapter.up.",),
    "T_Adapter.D_fc1.": ("temporal_adapter.down.",),
    "T_Adapter.D_fc2.": ("temporal_adapter.up.",),
    "S_MLP_Adapter.D_fc1.": ("spatial_mlp_adapter.down.",),
    "S_MLP_Adapter.D_fc2.": ("spatial_mlp_adapter.up.",),
    "T_MLP_Adapter.D_fc1.": ("temporal_mlp_adapter.down.",),
    "T_MLP_Adapter.D_fc2.": ("temporal_mlp_adapter.up.",),
    "cross_s_down.": ("exchange.spatial_down.",),
    "cross_t_down.": ("exchange.temporal_down.",),
    "cross_s_up.": ("exchange.spatial_up.",),
    "cross_t_up.": ("exchange.temporal_up.",),
    "ln_s_cross.": ("exchange.spatial_norm.",),
    "ln_t_cross.": ("exchange.temporal_norm.",),
    "t2s_cross.clip_time_pos": ("exchange.t2s.query_position",),
    "t2s_cross.vmae_time_pos": ("exchange.t2s.key_position",),
    "t2s_cross.t2s_q.weight": ("exchange.t2s.query.weight",),
    "t2s_cross.t2s_q_bias": ("exchange.t2s.query.bias",),
    "t2s_cross.t2s_kv.weight": ("exchange.t2s.key_value.weight",),
    "t2s_cross.t2s_kv_bias": ("exchange.t2s.key_value.bias",),
    "t2s_cross.t2s_proj.": ("exchange.t2s.out.",),
    "s2t_cross.vmae_space_pos": ("exchange.s2t.query_position",),
    "s2t_cross.clip_space_pos": ("exchange.s2t.key_position",),
    "s2t_cross.s2t_q.weight": ("exchange.s2t.query.weight",),
    "s2t_cross.s2t_q_bias": ("exchange.s2t.query.bias",),
    "s2t_cross.s2t_kv.weight": ("exchange.s2t.key_value.weight",),
    "s2t_cross.s2t_kv_bias": ("exchange.s2t.key_value.bias",),
    "s2t_cross.t2s_proj.": ("exchange.s2t.out.",),  # the published name, not a slip of ours
}

_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)")
_NORMS = re.compile(
    r"(clip_ln_(1|2|pre|post)|norm1|norm2|ln_s_cross|ln_t_cross|vmae_fc_norm)\.weight"
)
_SHARP = re.compile(r"(attn\.qkv|s2t_q|s2t_kv|t2s_q|t2s_kv)\.weight|in_proj_weight")
_POSITION = re.compile(r"_pos$|_positional_embedding$")


def our_names(key: str) -> tuple[str, ...]:
    """Return our names of a published tensor, which are several where we keep its thirds apart.

    Raises:
        KeyError: The key is not one of the published code.
    """
    block = _BLOCK.fullmatch(key)
    if block is None:
        return _renamed(key, _TOP, "")
    number, rest = block.groups()
    for table, place in (
        (_SPATIAL_BLOCK, f"spatial.blocks.{number}."),
        (_TEMPORAL_BLOCK, f"temporal.blocks.{number}."),
        (_LAYER, f"layers.{number}."),
    ):
        if any(rest.startswith(prefix) for prefix in table):
            return _renamed(rest, table, place)
    raise KeyError(key)


def _renamed(key: str, table: dict[str, tuple[str, ...]], place: str) -> tuple[str, ...]:
    for prefix, names in table.items():
        if key == prefix or (prefix.endswith(".") and key.startswith(prefix)):
            return tuple(place + name + key.removeprefix(prefix) for name in names)
    raise KeyError(key)


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
