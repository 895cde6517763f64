"""CAST: two frozen experts that look at each other in every block (paper, section 3).

Shapes as in :mod:`cast_studio.model.experts`; d is the width of the bottleneck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cast_studio.model.config import CastConfig, HeadConfig, Stream
from cast_studio.model.experts import ExpertBlock, SpatialExpert, TemporalExpert
from cast_studio.model.layers import Adapter, DropPath, attend, noise

CROSS_NORM_EPS = 1e-6
MLP_ADAPTER_SCALE = 0.5


@dataclass(frozen=True)
class Exchange:
    """What one B-CAST hands to each stream, and where each looked.

    Attributes:
        spatial: Change of the spatial stream, ``(B, T, 1 + N, D)``.
        temporal: Change of the temporal stream, ``(B, T, N, D)``.
        s2t: Weights averaged over heads, ``(B, T, N, N)``: query patches of the temporal stream by key
            patches of the spatial one, in the same frame; None unless asked for.
        t2s: Likewise ``(B, N, T, T)``: query times of the spatial stream by key times of the temporal
            one, at the same place.
    """

    spatial: Tensor
    temporal: Tensor
    s2t: Tensor | None
    t2s: Tensor | None


class WindowCrossAttention(nn.Module):
    """Cross-attention inside windows of L tokens, with positions of its own for either side."""

    def __init__(self, width: int, heads: int, length: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_position = nn.Parameter(noise(length, width, std=32**-0.5))
        self.key_position = nn.Parameter(noise(length, width, std=32**-0.5))
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, query: Tensor, key: Tensor, *, weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Let ``query`` look at ``key``, both ``(..., L, d)``; the values see the positions too."""
        q = self._split(self.query(query + self.query_position))
        k, v = self.key_value(key + self.key_position).chunk(2, -1)
        attended, probabilities = attend(q, self._split(k), self._split(v), weights=weights)
        return self.out(attended.transpose(-3, -2).flatten(-2)), probabilities

    def _split(self, x: Tensor) -> Tensor:
        split: Tensor = x.unflatten(-1, (self.heads, -1))
        return split.transpose(-3, -2)


class BottleneckCrossAttention(nn.Module):
    """B-CAST: both streams through a bottleneck, across, and back (section 3.2, figure 3).

    T2S lets each place of the spatial stream look along time in the temporal one; S2T lets each frame
    of the temporal stream look over the picture in the spatial one. Both read the same inputs. The class
    token takes no part in the attention, only in the bottleneck.
    """

    def __init__(self, config: CastConfig) -> None:
        super().__init__()
        width, d = config.width, config.bottleneck
        self.spatial_down, self.temporal_down = nn.Linear(width, d), nn.Linear(width, d)
        self.spatial_norm = nn.LayerNorm(d, eps=CROSS_NORM_EPS)
        self.temporal_norm = nn.LayerNorm(d, eps=CROSS_NORM_EPS)
        self.t2s = WindowCrossAttention(d, config.heads, config.steps)
        self.s2t = WindowCrossAttention(d, config.heads, config.patches)
        self.spatial_up, self.temporal_up = nn.Linear(d, width), nn.Linear(d, width)

    def forward(self, spatial: Tensor, temporal: Tensor, *, weights: bool = False) -> Exchange:
        """Exchange between ``(B, T, 1 + N, D)`` and ``(B, T, N, D)``."""
        s = self.spatial_norm(self.spatial_down(spatial))
        t = self.temporal_norm(self.temporal_down(temporal))
        token, patches = s[:, :, :1], s[:, :, 1:]
        along_time, t2s = self.t2s(patches.transpose(1, 2), t.transpose(1, 2), weights=weights)
        over_space, s2t = self.s2t(t, patches, weights=weights)
        seen = torch.cat([token, along_time.transpose(1, 2)], 2)
        return Exchange(
            self.spatial_up(functional.gelu(seen)),
            self.temporal_up(functional.gelu(over_space)),
            s2t,
            t2s,
        )


class CastLayer(nn.Module):
    """What CAST adds to one block of both experts: four adapters and a B-CAST."""

    def __init__(self, config: CastConfig, drop_path: float) -> None:
        super().__init__()
        width, hidden = config.width, config.adapter_width
        self.spatial_adapter, self.temporal_adapter = Adapter(width, hidden), Adapter(width, hidden)
        self.spatial_mlp_adapter = Adapter(width, hidden)
        self.temporal_mlp_adapter = Adapter(width, hidden)
        self.exchange = BottleneckCrossAttention(config)
        self.drop_path = DropPath(drop_path)

    def forward(
        self,
        spatial: Tensor,
        temporal: Tensor,
        blocks: tuple[ExpertBlock, ExpertBlock],
        *,
        weights: bool = False,
    ) -> tuple[Tensor, Tensor, Exchange]:
        """Run a block: attention and adapter, exchange, feed-forward and adapter."""
        spatial_block, temporal_block = blocks
        attended = spatial_block.attend(spatial.flatten(0, 1)).view_as(spatial)
        spatial = spatial + attended + self.spatial_adapter(attended)
        attended = temporal_block.attend(temporal.flatten(1, 2)).view_as(temporal)
        temporal = temporal + attended + self.temporal_adapter(attended)

        exchange = self.exchange(spatial, temporal, weights=weights)
        spatial = spatial + self.drop_path(exchange.spatial)
        temporal = temporal + self.drop_path(exchange.temporal)

        spatial = self._feed_forward(spatial, spatial_block, self.spatial_mlp_adapter)
        temporal = self._feed_forward(temporal, temporal_block, self.temporal_mlp_adapter)
        return spatial, temporal, exchange

    def _feed_forward(self, x: Tensor, block: ExpertBlock, adapter: Adapter) -> Tensor:
        normed = block.mlp_norm(x)
        bypass = self.drop_path(MLP_ADAPTER_SCALE * adapter(normed))
        return x + block.mlp(normed) + bypass  # type: ignore[no-any-return]


@dataclass(frozen=True)
class CastOutput:
    """What a forward pass gives.

    Attributes:
        logits: Per head, ``(B, classes)``.
        s2t: Per block, ``(B, T, N, N)``; empty unless asked for, see :class:`Exchange`.
        t2s: Per block, ``(B, N, T, T)``; likewise.
    """

    logits: Mapping[str, Tensor]
    s2t: tuple[Tensor, ...] = ()
    t2s: tuple[Tensor, ...] = ()


class Cast(nn.Module):
    """The whole network: experts, what is trained between them, and the heads.

    Everything below ``spatial`` and ``temporal`` is frozen; everything else is trained. A new network
    is exactly its two experts: adapters and B-CAST start as zero.

    Args:
        config: Sizes.
        heads: Classifiers, in order.
        drop_path: Rate of dropped branches in the last block, rising linearly from 0; training only.
    """

    def __init__(
        self, config: CastConfig, heads: Sequence[HeadConfig], *, drop_path: float = 0.0
    ) -> None:
        super().__init__()
        self.config = config
        self.head_configs = tuple(heads)
        self.spatial = SpatialExpert(config)
        self.temporal = TemporalExpert(config)
        rates = [drop_path * at / max(1, config.depth - 1) for at in range(config.depth)]
        self.layers = nn.ModuleList(CastLayer(config, rate) for rate in rates)
        self.spatial_norm = nn.LayerNorm(config.width, eps=config.spatial.norm_eps)
        self.temporal_norm = nn.LayerNorm(config.width, eps=CROSS_NORM_EPS)
        self.head_adapters = nn.ModuleDict()
        if any(head.stream == "both" for head in heads):
            for stream in ("spatial", "temporal"):
                self.head_adapters[stream] = Adapter(config.width, config.adapter_width)
        self.heads = nn.ModuleDict(
            {head.name: nn.Linear(config.width, head.classes) for head in heads}
        )
        self._initialize()

    def forward(self, clips: Tensor, *, attention: bool = False) -> CastOutput:
        """Classify clips.

        Args:
            clips: Normalized RGB, ``(B, 3, frames, size, size)``.
            attention: Also return where the streams looked; costs memory and time.
        """
        config = self.config
        pictures = clips[:, :, config.spatial_frames].transpose(1, 2)
        spatial = self.spatial.embed(pictures.flatten(0, 1)).unflatten(0, (-1, config.steps))
        temporal = self.temporal.embed(clips).unflatten(1, (config.steps, -1))
        s2t: list[Tensor] = []
        t2s: list[Tensor] = []
        experts = zip(self.spatial.blocks, self.temporal.blocks, strict=True)
        for layer, blocks in zip(self.layers, experts, strict=True):
            spatial, temporal, exchange = layer(spatial, temporal, blocks, weights=attention)
            if attention:
                s2t.append(exchange.s2t)
                t2s.append(exchange.t2s)
        return CastOutput(self._classify(spatial, temporal), tuple(s2t), tuple(t2s))

    def _classify(self, spatial: Tensor, temporal: Tensor) -> dict[str, Tensor]:
        features: dict[Stream, Tensor] = {
            "spatial": self.spatial_norm(spatial[:, :, 0].mean(1)),
            "temporal": self.temporal_norm(temporal.flatten(1, 2).mean(1)),
        }
        if self.head_adapters:
            features["both"] = self.head_adapters["spatial"](features["spatial"])
            features["both"] = features["both"] + self.head_adapters["temporal"](
                features["temporal"]
            )
        return {
            head.name: self.heads[head.name](features[head.stream]) for head in self.head_configs
        }

    def trained_parameters(self) -> dict[str, nn.Parameter]:
        """The parameters that training changes, by name: all but the experts' own."""
        return {
            name: parameter
            for name, parameter in self.named_parameters()
            if not is_expert_parameter(name)
        }

    def freeze_experts(self) -> None:
        """Let gradients reach only what is trained."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(not is_expert_parameter(name))

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for module in self.modules():
            if isinstance(module, Adapter):
                nn.init.zeros_(module.up.weight)
            elif isinstance(module, BottleneckCrossAttention):
                nn.init.zeros_(module.spatial_up.weight)
                nn.init.zeros_(module.temporal_up.weight)


def is_expert_parameter(name: str) -> bool:
    """Whether a parameter of :class:`Cast` belongs to a frozen expert."""
    return name.startswith(("spatial.", "temporal."))
