"""How the two streams learn from each other inside a block (paper, section 3.2).

Shapes as in :mod:`cast_studio.model.experts`; d is the width of the bottleneck. Cross-attention runs
inside W windows of L tokens; what they are is data (:data:`~cast_studio.model.config.Window`):

============  ======  =======  ==========================
window        W       L        a token looks at
============  ======  =======  ==========================
time          N       T        its place, at all times
space         T       N        its frame, all over
space-time    1       T · N    everything
============  ======  =======  ==========================
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cast_studio.model.config import CastConfig, Window
from cast_studio.model.layers import attend, noise

CROSS_NORM_EPS = 1e-6


@dataclass(frozen=True)
class Exchange:
    """What each stream learns in a block, and where it looked for it.

    Attributes:
        spatial: Change of the spatial stream, ``(B, T, 1 + N, D)``; None: it learns nothing.
        temporal: Change of the temporal stream, ``(B, T, N, D)``; likewise.
        s2t: Weights averaged over heads, ``(B, W, L, L)``: queries of the temporal stream by keys of
            the spatial one; None unless asked for. In the paper's windows ``(B, T, N, N)``.
        t2s: Likewise queries of the spatial stream by keys of the temporal one; in the paper's windows
            ``(B, N, T, T)``.
    """

    spatial: Tensor | None = None
    temporal: Tensor | None = None
    s2t: Tensor | None = None
    t2s: Tensor | None = None


class WindowCrossAttention(nn.Module):
    """Cross-attention inside windows, with positions of its own for either side."""

    def __init__(self, config: CastConfig, window: Window) -> None:
        super().__init__()
        self.heads, self.window = config.heads, window
        width, length = config.bottleneck, window_length(config, window)
        self.query_position = self.key_position = None
        if config.exchange.positions:
            self.query_position = nn.Parameter(noise(length, width, std=32**-0.5))
            self.key_position = nn.Parameter(noise(length, width, std=32**-0.5))
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, query: Tensor, key: Tensor, *, weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """Let ``query`` look at ``key``, both ``(B, T, N, d)``; the values see the positions too."""
        asking, asked = self._windows(query), self._windows(key)
        if self.query_position is not None and self.key_position is not None:
            asking, asked = asking + self.query_position, asked + self.key_position
        k, v = self.key_value(asked).chunk(2, -1)
        attended, probabilities = attend(
            self._split(self.query(asking)), self._split(k), self._split(v), weights=weights
        )
        seen = self.out(attended.transpose(-3, -2).flatten(-2))
        return seen.transpose(1, 2) if self.window == "time" else seen.view_as(query), probabilities

    def _windows(self, stream: Tensor) -> Tensor:
        """Map ``(B, T, N, d)`` to ``(B, W, L, d)``."""
        if self.window == "time":
            return stream.transpose(1, 2)
        return stream if self.window == "space" else stream.flatten(1, 2).unsqueeze(1)

    def _split(self, x: Tensor) -> Tensor:
        """Map ``(..., L, d)`` to ``(..., heads, L, d / heads)``."""
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
        width, d, exchange = config.width, config.bottleneck, config.exchange
        t2s, s2t = exchange.into_spatial, exchange.into_temporal
        self.spatial_down, self.temporal_down = nn.Linear(width, d), nn.Linear(width, d)
        self.spatial_norm = nn.LayerNorm(d, eps=CROSS_NORM_EPS)
        self.temporal_norm = nn.LayerNorm(d, eps=CROSS_NORM_EPS)
        self.t2s = WindowCrossAttention(config, exchange.t2s_window) if t2s else None
        self.s2t = WindowCrossAttention(config, exchange.s2t_window) if s2t else None
        self.spatial_up = nn.Linear(d, width) if t2s else None
        self.temporal_up = nn.Linear(d, width) if s2t else None

    def forward(self, spatial: Tensor, temporal: Tensor, *, weights: bool = False) -> Exchange:
        """Exchange between ``(B, T, 1 + N, D)`` and ``(B, T, N, D)``."""
        s = self.spatial_norm(self.spatial_down(spatial))
        t = self.temporal_norm(self.temporal_down(temporal))
        token, patches = s[:, :, :1], s[:, :, 1:]
        into_spatial = into_temporal = t2s = s2t = None
        if self.t2s and self.spatial_up:
            seen, t2s = self.t2s(patches, t, weights=weights)
            into_spatial = self.spatial_up(functional.gelu(torch.cat([token, seen], 2)))
        if self.s2t and self.temporal_up:
            seen, s2t = self.s2t(t, patches, weights=weights)
            into_temporal = self.temporal_up(functional.gelu(seen))
        return Exchange(into_spatial, into_temporal, s2t, t2s)

    def silence(self) -> None:
        """Make it change nothing until it is trained."""
        for up in (self.spatial_up, self.temporal_up):
            if up:
                nn.init.zeros_(up.weight)


class LateralConnection(nn.Module):
    """A linear map of each stream, added to the other token by token: the paper's ablation (b).

    The class token has no counterpart in the temporal stream and learns nothing here; it reads what the
    patches learned in the attention of the next block.
    """

    def __init__(self, config: CastConfig) -> None:
        super().__init__()
        width, exchange = config.width, config.exchange
        self.t2s = nn.Linear(width, width) if exchange.into_spatial else None
        self.s2t = nn.Linear(width, width) if exchange.into_temporal else None

    def forward(self, spatial: Tensor, temporal: Tensor, *, weights: bool = False) -> Exchange:
        """Exchange between ``(B, T, 1 + N, D)`` and ``(B, T, N, D)``; there are no weights to ask for."""
        into_spatial = into_temporal = None
        if self.t2s:
            into_spatial = functional.pad(self.t2s(temporal), (0, 0, 1, 0))
        if self.s2t:
            into_temporal = self.s2t(spatial[:, :, 1:])
        return Exchange(into_spatial, into_temporal)

    def silence(self) -> None:
        """Make it change nothing until it is trained."""
        for across in (self.t2s, self.s2t):
            if across:
                nn.init.zeros_(across.weight)


def make_exchange(
    config: CastConfig, block: int
) -> BottleneckCrossAttention | LateralConnection | None:
    """Return what joins the streams in a block, counted from 0; None where nothing does."""
    if block not in config.exchange_blocks:
        return None
    if config.exchange.kind == "lateral":
        return LateralConnection(config)
    return BottleneckCrossAttention(config)


def window_length(config: CastConfig, window: Window) -> int:
    """Return the tokens L of a window."""
    if window == "time":
        return config.steps
    return config.patches if window == "space" else config.steps * config.patches


def pictures_of_keys(weights: Tensor, window: Window, *, steps: int) -> Tensor:
    """Average attention weights over their queries and lay them out as the keys lie in the clip.

    Args:
        weights: ``(B, W, L, L)``, see :class:`Exchange`.
        window: Of that attention.
        steps: Frames T that the keys come from.

    Returns:
        ``(B, T, N)``.
    """
    looked = weights.mean(2)
    if window == "time":
        return looked.transpose(1, 2)
    if window == "space":
        return looked
    spread: Tensor = looked.squeeze(1).unflatten(1, (steps, -1))
    return spread
