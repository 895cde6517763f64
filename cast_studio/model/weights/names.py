"""The names that the published CAST code gives its weights, and ours (``CAST_SPEC.md``, section 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOP: Mapping[str, tuple[str, ...]] = {
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


def _renamed(key: str, table: Mapping[str, tuple[str, ...]], place: str) -> tuple[str, ...]:
    for prefix, names in table.items():
        if key == prefix or (prefix.endswith(".") and key.startswith(prefix)):
            return tuple(place + name + key.removeprefix(prefix) for name in names)
    raise KeyError(key)
