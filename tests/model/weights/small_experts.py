"""Experts of one block under the names that their libraries write, two of which go together."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save, save_file
from torch import Tensor

WIDTH, PATCH, SIZE, FRAMES, TUBELET = 64, 56, 224, 16, 2
"""As published but for channels and patches: sizes that no file states are those of import."""


def clip_state(seed: int = 0) -> dict[str, Tensor]:
    """Return a CLIP as open_clip names it, with a scrap of the tower for texts."""
    patches = (SIZE // PATCH) ** 2
    block = "visual.transformer.resblocks.0."
    shapes: dict[str, tuple[int, ...]] = {
        "logit_scale": (),
        "positional_embedding": (8, WIDTH),
        "visual.class_embedding": (WIDTH,),
        "visual.positional_embedding": (1 + patches, WIDTH),
        "visual.proj": (WIDTH, 32),
        "visual.conv1.weight": (WIDTH, 3, PATCH, PATCH),
        block + "attn.in_proj_weight": (3 * WIDTH, WIDTH),
        block + "attn.in_proj_bias": (3 * WIDTH,),
    }
    for norm in ("visual.ln_pre", "visual.ln_post", block + "ln_1", block + "ln_2"):
        shapes |= {f"{norm}.weight": (WIDTH,), f"{norm}.bias": (WIDTH,)}
    for linear, width, height in (
        ("attn.out_proj", WIDTH, WIDTH),
        ("mlp.c_fc", 4 * WIDTH, WIDTH),
        ("mlp.c_proj", WIDTH, 4 * WIDTH),
    ):
        shapes |= {f"{block}{linear}.weight": (width, height), f"{block}{linear}.bias": (width,)}
    return _noise(shapes, seed)


def videomae_state(seed: int = 0) -> dict[str, Tensor]:
    """Return a VideoMAE as transformers names it, pre-trained."""
    block = "videomae.encoder.layer.0."
    stem = "videomae.embeddings.patch_embeddings.projection."
    shapes: dict[str, tuple[int, ...]] = {
        stem + "weight": (WIDTH, 3, TUBELET, PATCH, PATCH),
        stem + "bias": (WIDTH,),
        block + "attention.attention.q_bias": (WIDTH,),
        block + "attention.attention.v_bias": (WIDTH,),
        "mask_token": (1, 1, 32),
    }
    for part in ("query", "key", "value"):
        shapes[f"{block}attention.attention.{part}.weight"] = (WIDTH, WIDTH)
    for norm in ("layernorm_before", "layernorm_after"):
        shapes |= {f"{block}{norm}.weight": (WIDTH,), f"{block}{norm}.bias": (WIDTH,)}
    for linear, width, height in (
        ("attention.output.dense", WIDTH, WIDTH),
        ("intermediate.dense", 4 * WIDTH, WIDTH),
        ("output.dense", WIDTH, 4 * WIDTH),
    ):
        shapes |= {f"{block}{linear}.weight": (width, height), f"{block}{linear}.bias": (width,)}
    return _noise(shapes, seed)


def clip_file(path: Path) -> Path:
    """Write the CLIP as safetensors."""
    save_file(clip_state(), path)
    return path


def videomae_file(path: Path) -> Path:
    """Write the VideoMAE as safetensors."""
    save_file(videomae_state(), path)
    return path


def clip_bytes() -> bytes:
    """Return the file of the CLIP."""
    return save(clip_state())


def _noise(shapes: dict[str, tuple[int, ...]], seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
