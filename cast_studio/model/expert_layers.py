"""The parts that a transformer block of an expert is made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cast_studio.model.expert_config import Activation, ExpertConfig
from cast_studio.model.layers import Branch, attend
from cast_studio.model.positions import RotaryPositions


class SelfAttention(nn.Module):
    """Multi-head self-attention over ``(B, L, D)``.

    Args:
        width: Channels D.
        heads: Heads.
        expert: Whether keys have a bias, and whether the heads are normalized before the output.
        rotary: Turns queries and keys by their place, or None.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        expert: ExpertConfig,
        *,
        rotary: RotaryPositions | None = None,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.query_bias = nn.Parameter(torch.zeros(width))
        self.value_bias = nn.Parameter(torch.zeros(width))
        self.key_bias = nn.Parameter(torch.zeros(width)) if expert.key_bias else None
        self.rotary = rotary
        self.inner_norm = _inner_norm(width, expert)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, L, D)`` to ``(B, L, D)``."""
        key_bias: Tensor | None = self.key_bias
        if key_bias is None:
            key_bias = torch.zeros_like(self.query_bias)
        bias = torch.cat([self.query_bias, key_bias, self.value_bias])
        batch, length, width = x.shape
        query, key, value = (
            functional.linear(x, matrix, added).view(batch, length, self.heads, -1).transpose(1, 2)
            for matrix, added in zip(self.qkv.weight.chunk(3), bias.chunk(3), strict=True)
        )
        if self.rotary is not None:
            query, key = self.rotary(query), self.rotary(key)
        attended, _ = attend(query, key, value)
        del query, key, value  # the largest things in memory here
        joined = attended.transpose(1, 2).reshape(batch, length, width)
        return self.out(self.inner_norm(joined))  # type: ignore[no-any-return]


def quick_gelu(x: Tensor) -> Tensor:
    """CLIP's cheaper GELU, ``x · sigmoid(1.702 x)``; without gradients it lies where ``x`` did."""
    gate = (1.702 * x).sigmoid_()
    return x * gate if torch.is_grad_enabled() else x.mul_(gate)


class FeedForward(Branch):
    """Two linear layers with an activation between them."""

    def __init__(self, width: int, hidden: int, expert: ExpertConfig) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.inner_norm = _inner_norm(hidden, expert)
        self.down = nn.Linear(hidden, width)
        self.activation: Activation = expert.activation

    def hidden(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to the activations of the hidden layer."""
        hidden = self.up(x)
        quick = self.activation == "quick_gelu"
        hidden = quick_gelu(hidden) if quick else functional.gelu(hidden)
        return self.inner_norm(hidden)  # type: ignore[no-any-return]

    @property
    def last(self) -> nn.Linear:
        """The layer down."""
        return self.down


class GatedFeedForward(Branch):
    """SwiGLU: what goes up is weighed by a gate of its own before it comes down."""

    def __init__(self, width: int, hidden: int, expert: ExpertConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(width, hidden)
        self.up = nn.Linear(width, hidden)
        self.inner_norm = _inner_norm(hidden, expert)
        self.down = nn.Linear(hidden, width)

    def hidden(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to the weighed hidden layer."""
        hidden = functional.silu(self.gate(x)) * self.up(x)
        return self.inner_norm(hidden)  # type: ignore[no-any-return]

    @property
    def last(self) -> nn.Linear:
        """The layer down."""
        return self.down


def make_feed_forward(width: int, mlp_ratio: float, expert: ExpertConfig) -> Branch:
    """Return the feed-forward layers of an expert.

    Args:
        width: Channels D.
        mlp_ratio: Hidden channels in units of ``width``. Gated layers have two thirds of them, which makes
            their three matrices as many parameters as two ungated ones.
        expert: Which activation, and whether there is an inner norm.
    """
    if expert.activation == "swiglu":
        return GatedFeedForward(width, int(width * mlp_ratio * 2 / 3), expert)
    return FeedForward(width, int(width * mlp_ratio), expert)


def _inner_norm(width: int, expert: ExpertConfig) -> nn.Module:
    return nn.LayerNorm(width, eps=expert.norm_eps) if expert.inner_norms else nn.Identity()
