"""CAST: two frozen experts that learn from each other in every block (paper, section 3).

Shapes as in :mod:`cast_studio.model.experts`. How the experts meet inside a block is
:mod:`cast_studio.model.exchange`; where they meet instead, and what else the paper varies, is data
(:class:`~cast_studio.model.config.CastConfig`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cast_studio.model.config import CastConfig, HeadConfig, Stream
from cast_studio.model.exchange import (
    BottleneckCrossAttention,
    Exchange,
    LateralConnection,
    make_exchange,
)
from cast_studio.model.experts import ExpertBlock, SpatialExpert, TemporalExpert
from cast_studio.model.layers import Adapter, DropPath, plus

FINAL_NORM_EPS = 1e-6
MLP_ADAPTER_SCALE = 0.5


class CastLayer(nn.Module):
    """What CAST adds to one block of both experts: four adapters and an exchange between them."""

    def __init__(self, config: CastConfig, block: int, *, drop_path: float) -> None:
        super().__init__()
        self.spatial_adapter, self.temporal_adapter = _adapter(config), _adapter(config)
        self.spatial_mlp_adapter, self.temporal_mlp_adapter = _adapter(config), _adapter(config)
        self.exchange = make_exchange(config, block)
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
        spatial = _adapted(plus(spatial, attended), attended, self.spatial_adapter)
        attended = temporal_block.attend(temporal.flatten(1, 2)).view_as(temporal)
        temporal = _adapted(plus(temporal, attended), attended, self.temporal_adapter)
        del attended

        exchange = (
            self.exchange(spatial, temporal, weights=weights) if self.exchange else Exchange()
        )
        spatial = self._learned(spatial, exchange.spatial)
        temporal = self._learned(temporal, exchange.temporal)

        spatial = self._feed_forward(spatial, spatial_block, self.spatial_mlp_adapter)
        temporal = self._feed_forward(temporal, temporal_block, self.temporal_mlp_adapter)
        return spatial, temporal, exchange

    def _learned(self, x: Tensor, change: Tensor | None) -> Tensor:
        return x if change is None else plus(x, self.drop_path(change))

    def _feed_forward(self, x: Tensor, block: ExpertBlock, adapter: Adapter | None) -> Tensor:
        normed = block.mlp_norm(x)
        x = block.mlp.added_to(x, normed)
        if adapter is None:
            return x
        return adapter.added_to(x, normed, scale=MLP_ADAPTER_SCALE, drop=self.drop_path)


def _adapter(config: CastConfig) -> Adapter | None:
    return Adapter(config.width, config.adapter_width) if config.adapters else None


def _adapted(x: Tensor, branch: Tensor, adapter: Adapter | None) -> Tensor:
    return x if adapter is None else adapter.added_to(x, branch)


@dataclass(frozen=True)
class CastOutput:
    """What a forward pass gives.

    Attributes:
        logits: Per head, ``(B, classes)``.
        s2t: Per block in which the temporal stream looks at the spatial one, ``(B, T, N, N)``; empty
            unless asked for. Other shapes in other windows, see :class:`Exchange`.
        t2s: Likewise, per block in which the spatial stream looks at the temporal one,
            ``(B, N, T, T)``.
    """

    logits: Mapping[str, Tensor]
    s2t: tuple[Tensor, ...] = ()
    t2s: tuple[Tensor, ...] = ()


class Cast(nn.Module):
    """The whole network: experts, what is trained between them, and the heads.

    Everything below ``spatial`` and ``temporal`` is frozen; everything else is trained. A new network
    is exactly its two experts: adapters and exchange start as zero.

    Args:
        config: Its shape.
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
        self.layers = nn.ModuleList(
            CastLayer(config, block, drop_path=rate) for block, rate in enumerate(rates)
        )
        self.spatial_norm = nn.LayerNorm(config.width, eps=config.spatial.norm_eps)
        self.temporal_norm = nn.LayerNorm(config.width, eps=FINAL_NORM_EPS)
        self.head_adapters = nn.ModuleDict()
        late = config.exchange.late
        if not late and any(head.stream == "both" for head in heads):
            for stream in ("spatial", "temporal"):
                self.head_adapters[stream] = Adapter(config.width, config.adapter_width)
        features = 2 * config.width if config.exchange.kind == "concat" else config.width
        self.heads = nn.ModuleDict({head.name: nn.Linear(features, head.classes) for head in heads})
        self._initialize()

    def forward(self, clips: Tensor, *, attention: bool = False) -> CastOutput:
        """Classify clips.

        Args:
            clips: Normalized RGB, ``(B, 3, frames, size, size)``.
            attention: Also return where the streams looked; costs memory and time.
        """
        return self.forward_tokens(*self.embed(clips), attention=attention)

    def embed(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Map clips ``(B, 3, frames, size, size)`` to the tokens of both streams, as they enter block 0."""
        config = self.config
        pictures = clips[:, :, config.spatial_frames].transpose(1, 2)
        spatial = self.spatial.embed(pictures.flatten(0, 1)).unflatten(0, (-1, config.steps))
        temporal = self.temporal.embed(clips).unflatten(1, (config.steps, -1))
        return spatial, temporal

    def forward_tokens(
        self, spatial: Tensor, temporal: Tensor, *, attention: bool = False
    ) -> CastOutput:
        """Classify clips by what :meth:`embed` gives; the same as :meth:`forward` from there on.

        Args:
            spatial: ``(B, T, 1 + N, D)``; without gradients it is changed in place.
            temporal: ``(B, T, N, D)``, likewise.
            attention: See :meth:`forward`.
        """
        s2t: list[Tensor] = []
        t2s: list[Tensor] = []
        experts = zip(self.spatial.blocks, self.temporal.blocks, strict=True)
        for layer, blocks in zip(self.layers, experts, strict=True):
            spatial, temporal, exchange = layer(spatial, temporal, blocks, weights=attention)
            s2t += [] if exchange.s2t is None else [exchange.s2t]
            t2s += [] if exchange.t2s is None else [exchange.t2s]
        return CastOutput(self._classify(spatial, temporal), tuple(s2t), tuple(t2s))

    def _classify(self, spatial: Tensor, temporal: Tensor) -> dict[str, Tensor]:
        seen = self.spatial_norm(spatial[:, :, 0].mean(1))
        moved = self.temporal_norm(temporal.flatten(1, 2).mean(1))
        if self.config.exchange.late:
            add = self.config.exchange.kind == "add"
            fused = seen + moved if add else torch.cat([seen, moved], -1)
            return {head.name: self.heads[head.name](fused) for head in self.head_configs}
        features: dict[Stream, Tensor] = {"spatial": seen, "temporal": moved}
        if self.head_adapters:
            adapters = self.head_adapters
            features["both"] = adapters["spatial"](seen) + adapters["temporal"](moved)
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
            if isinstance(module, Adapter | BottleneckCrossAttention | LateralConnection):
                module.silence()


def is_expert_parameter(name: str) -> bool:
    """Whether a parameter of :class:`Cast` belongs to a frozen expert."""
    return name.startswith(("spatial.", "temporal."))
