"""Files as the published programs write them, with small networks inside."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from cast_studio.core.labels import LabelHead
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import head_configs
from cast_studio.model.config import CastConfig
from cast_studio.model.weights.names import our_names
from tests.fakes import make_head

SMALL = CastConfig(width=64, depth=2, heads=1, patch=8, size=16, frames=8, tubelet=2)
"""A head is as wide as in the published networks, which is what tells how many there are."""

EPIC = (
    make_head("verb", *(f"verb {at}" for at in range(97))),
    make_head("noun", *(f"noun {at}" for at in range(300))),
)
ACTIONS = (make_head("action", *(f"action {at}" for at in range(174))),)


def small_cast(heads: tuple[LabelHead, ...] = EPIC, *, seed: int = 0) -> Cast:
    """Return a network none of whose parameters is zero, in evaluation mode."""
    torch.manual_seed(seed)
    cast = Cast(SMALL, head_configs(heads))
    with torch.no_grad():
        for parameter in cast.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return cast.eval()


def published_names(depth: int, heads: tuple[LabelHead, ...]) -> list[str]:
    """The names of the published code, ``CAST_SPEC.md``, section 6."""
    both = ("weight", "bias")
    top = ["clip_class_embedding", "clip_positional_embedding", "clip_conv1.weight"]
    modules = ["clip_ln_pre", "clip_ln_post", "vmae_fc_norm", "patch_embed.proj"]
    if len(heads) == 2:
        modules += ["head_verb", "head_noun"]
    else:
        modules += [f"{s}_last_Adapter.D_fc{n}" for s in ("noun", "verb") for n in (1, 2)] + [
            "head"
        ]
    top += [f"{module}.{part}" for module in modules for part in both]
    block = ["clip_attn.in_proj_weight", "clip_attn.in_proj_bias"]
    block += ["attn.q_bias", "attn.v_bias", "attn.qkv.weight"]
    block += ["t2s_cross.clip_time_pos", "t2s_cross.vmae_time_pos"]
    block += ["s2t_cross.clip_space_pos", "s2t_cross.vmae_space_pos"]
    for way in ("t2s", "s2t"):
        block += [
            f"{way}_cross.{way}_{end}" for end in ("q.weight", "q_bias", "kv.weight", "kv_bias")
        ]
    inner = ["clip_ln_1", "clip_ln_2", "norm1", "norm2", "clip_attn.out_proj", "attn.proj"]
    inner += [
        "cross_s_down",
        "cross_t_down",
        "ln_s_cross",
        "ln_t_cross",
        "cross_s_up",
        "cross_t_up",
    ]
    inner += ["t2s_cross.t2s_proj", "s2t_cross.t2s_proj"]
    inner += ["clip_mlp.c_fc", "clip_mlp.c_proj", "mlp.fc1", "mlp.fc2"]
    for adapter in ("S_Adapter", "T_Adapter", "S_MLP_Adapter", "T_MLP_Adapter"):
        inner += [f"{adapter}.D_fc1", f"{adapter}.D_fc2"]
    block += [f"{module}.{part}" for module in inner for part in both]
    return top + [f"blocks.{number}.{name}" for number in range(depth) for name in block]


def official_state(cast: Cast, heads: tuple[LabelHead, ...] = EPIC) -> dict[str, Tensor]:
    """Return the weights of ``cast`` under the published names."""
    ours = cast.state_dict()
    return {
        key: torch.cat([ours[place] for place in our_names(key)])
        for key in published_names(cast.config.depth, heads)
    }


def save_single(path: Path, state: Mapping[str, Tensor], *, legacy: bool = False) -> Path:
    """Write ``checkpoint-best.pth`` as the published program does without DeepSpeed."""
    options = argparse.Namespace(lr=1e-3, output_dir=Path("/runs/epic"), device="cuda")
    saved = {"model": dict(state), "optimizer": {"state": {}}, "epoch": 49, "args": options}
    torch.save(saved, path, _use_new_zipfile_serialization=not legacy)
    return path


def save_deepspeed(folder: Path, state: Mapping[str, Tensor]) -> Path:
    """Write ``checkpoint-best/`` as DeepSpeed does: half precision, one flat storage behind all."""
    folder.mkdir()
    flat = torch.cat([tensor.flatten() for tensor in state.values()]).half()
    module, start = {}, 0
    for key, tensor in state.items():
        module[key] = flat[start : start + tensor.numel()].view_as(tensor)
        start += tensor.numel()
    saved = {"module": module, "optimizer": None, "ds_config": {"fp16": {"enabled": True}}}
    torch.save(saved, folder / "mp_rank_00_model_states.pt")
    return folder


Writer = Callable[[Path, Mapping[str, Tensor]], Path]
