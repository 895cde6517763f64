"""Experts as the libraries build and save them, with weights of noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import timm
import torch
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
from open_clip.transformer import VisionTransformer
from safetensors.torch import load_file, save_file
from timm.models.eva import Eva
from torch import Tensor, nn
from transformers import (
    VideoMAEConfig,
    VideoMAEForPreTraining,
    VideoMAEForVideoClassification,
    VideoMAEModel,
)
from transformers.utils import logging as transformers_logging

SIZE = 32
FRAMES = 8
WIDTH, DEPTH, HEADS, PATCH = 192, 3, 3, 8
"""Small experts: four patches along a side, four tubelets, heads of 64 channels."""

Features = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LibraryExpert:
    """What a library knows of an expert.

    Attributes:
        state: The tensors as read from the file that the library's own names are in.
        features: Pictures ``(M, 3, H, W)`` to normed tokens ``(M, 1 + N, D)``, or clips ``(B, 3, frames, H,
            W)`` to tokens ``(B, T · N, D)``.
    """

    state: dict[str, Tensor]
    features: Features


def randomize(module: nn.Module, seed: int = 0) -> None:
    """Give every parameter noise, of a size at which features stay near 1 and nothing cancels out."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "positional_embedding" in name or "pos_embed" in name:
                parameter.copy_(0.5 * noise)
            elif parameter.ndim > 1:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
            else:
                parameter.add_(0.1 * noise)


def make_clip(folder: Path, *, quick_gelu: bool) -> LibraryExpert:
    """Return a small CLIP of open_clip, both towers."""
    vision = CLIPVisionCfg(
        layers=DEPTH, width=WIDTH, head_width=WIDTH // HEADS, patch_size=PATCH, image_size=SIZE
    )
    text = CLIPTextCfg(context_length=8, vocab_size=16, width=64, heads=1, layers=1)
    return of_clip(CLIP(64, vision, text, quick_gelu=quick_gelu), folder)


def make_published_clip(folder: Path, *, quick_gelu: bool) -> LibraryExpert:
    """Return open_clip's ViT-B/16, beside a small tower for texts, which nobody reads here."""
    vision = CLIPVisionCfg(**open_clip.get_model_config("ViT-B-16")["vision_cfg"])
    text = CLIPTextCfg(context_length=8, vocab_size=16, width=64, heads=1, layers=1)
    return of_clip(CLIP(512, vision, text, quick_gelu=quick_gelu), folder)


def of_clip(model: nn.Module, folder: Path) -> LibraryExpert:
    """Return the visual tower of a CLIP with noise for weights."""
    randomize(model)
    state = _through_file(model, folder)
    visual = model.eval().get_submodule("visual")
    assert isinstance(visual, VisionTransformer)
    visual.proj, visual.output_tokens = None, True

    def features(pictures: Tensor) -> Tensor:
        first, patches = visual.to(pictures.dtype)(pictures)
        return torch.cat([first[:, None], patches], 1)

    return LibraryExpert(state, features)


def make_eva(folder: Path) -> LibraryExpert:
    """Return timm's reference of EVA02-CLIP, small, under the names that open_clip gives it."""
    trunk = timm.create_model(
        "eva02_base_patch16_clip_224",
        pretrained=False,
        img_size=SIZE,
        patch_size=PATCH,
        embed_dim=WIDTH,
        depth=DEPTH,
        num_heads=HEADS,
        num_classes=64,
    )
    assert isinstance(trunk, Eva)
    visual = nn.ModuleDict({"trunk": trunk})
    return of_eva(nn.ModuleDict({"visual": visual}), trunk, folder)


def make_published_eva(folder: Path) -> LibraryExpert:
    """Return open_clip's EVA02-CLIP-B/16."""
    model = open_clip.create_model("EVA02-B-16", pretrained=None)
    return of_eva(model, model.visual.trunk, folder)


def of_eva(model: nn.Module, trunk: Eva, folder: Path) -> LibraryExpert:
    """Return the visual trunk of an EVA-CLIP with noise for weights."""
    randomize(model)
    state = _through_file(model, folder)

    def features(pictures: Tensor) -> Tensor:
        tokens: Tensor = trunk.to(pictures.dtype).forward_features(pictures)
        return tokens

    model.eval()
    return LibraryExpert(state, features)


def videomae_config(*, eps: float = 1e-12, published: bool = False) -> VideoMAEConfig:
    """Return transformers' configuration of a small VideoMAE, or of the published one."""
    if published:
        return VideoMAEConfig(layer_norm_eps=eps)
    return VideoMAEConfig(
        image_size=SIZE,
        patch_size=PATCH,
        num_frames=FRAMES,
        hidden_size=WIDTH,
        num_hidden_layers=DEPTH,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        decoder_num_attention_heads=1,
        decoder_hidden_size=64,
        decoder_num_hidden_layers=1,
        decoder_intermediate_size=64,
        layer_norm_eps=eps,
    )


def make_videomae_transformers(folder: Path, *, published: bool = False) -> LibraryExpert:
    """Return transformers' VideoMAE as it saves itself."""
    model = VideoMAEModel(videomae_config(published=published))
    return LibraryExpert(save_transformers(model, folder), _clip_features(model))


def save_transformers(
    model: VideoMAEModel | VideoMAEForPreTraining | VideoMAEForVideoClassification, folder: Path
) -> dict[str, Tensor]:
    """Fill a model with noise and return what transformers writes of it."""
    randomize(model)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it leaves a thread
    nn.Module.eval(model)
    model.save_pretrained(folder / "saved")
    return dict(load_file(folder / "saved" / "model.safetensors"))


def make_videomae(folder: Path, *, mvd: bool = False, published: bool = False) -> LibraryExpert:
    """Return VideoMAE under its authors' names and with their epsilon, or MVD, which has them too."""
    model = VideoMAEModel(videomae_config(eps=1e-6, published=published))
    randomize(model)
    if mvd:
        steps, grid, width = (8, 14, 768) if published else (FRAMES // 2, SIZE // PATCH, WIDTH)
        model.embeddings.position_embeddings = mvd_positions(steps, grid, width)
    state = {"model": as_authors_name(nn.Module.eval(model).state_dict())}
    torch.save(state, folder / "expert.pth")
    return LibraryExpert(
        torch.load(folder / "expert.pth", weights_only=True)["model"], _clip_features(model)
    )


def _clip_features(model: VideoMAEModel) -> Features:
    """The library's tokens before the final norm, in whose place CAST has one of its own."""
    model.layernorm = None

    def features(clips: Tensor) -> Tensor:
        nn.Module.to(model, clips.dtype)
        tokens: Tensor = model(clips.transpose(1, 2)).last_hidden_state
        return tokens

    return features


def as_authors_name(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename transformers' tensors to what VideoMAE's authors call them."""
    renamed = {}
    for key, tensor in state.items():
        if key.startswith("embeddings."):
            renamed[key.replace("embeddings.patch_embeddings.projection", "patch_embed.proj")] = (
                tensor
            )
        if not key.startswith("encoder.layer.") or "attention.attention" in key:
            continue
        for theirs, authors in (
            ("attention.output.dense", "attn.proj"),
            ("intermediate.dense", "mlp.fc1"),
            ("output.dense", "mlp.fc2"),
            ("layernorm_before", "norm1"),
            ("layernorm_after", "norm2"),
        ):
            if f".{theirs}." in key:
                renamed[key.replace("encoder.layer", "blocks").replace(theirs, authors)] = tensor
                break
    blocks = {key.split(".")[2] for key in state if key.startswith("encoder.layer.")}
    for block in blocks:
        theirs = f"encoder.layer.{block}.attention.attention"
        parts = [state[f"{theirs}.{part}.weight"] for part in ("query", "key", "value")]
        renamed[f"blocks.{block}.attn.qkv.weight"] = torch.cat(parts)
        renamed[f"blocks.{block}.attn.q_bias"] = state[f"{theirs}.query.bias"]
        renamed[f"blocks.{block}.attn.v_bias"] = state[f"{theirs}.value.bias"]
    return renamed


def mvd_positions(steps: int, grid: int, width: int) -> Tensor:
    """MVD's table, number by number: ``(1, T · N, D)``."""
    sides = (width // 4, 3 * width // 8, 3 * width // 8)
    rows = []
    for time in range(steps):
        for row in range(grid):
            for column in range(grid):
                values: list[float] = []
                for place, side in zip((time, column, row), sides, strict=True):
                    half = side // 2
                    angles = [place * 10000.0 ** (-k / half) for k in range(half)]
                    values += [*np.sin(angles), *np.cos(angles)]
                rows.append(values)
    return torch.tensor(np.array(rows), dtype=torch.float32)[None]


def _through_file(model: nn.Module, folder: Path) -> dict[str, Tensor]:
    path = folder / "model.safetensors"
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, path)
    return dict(load_file(path))
