"""The parts both experts are made of: attention, feed-forward layers, adapters, positions."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cast_studio.model.expert_config import Activation

SHORT_SEQUENCE = 128
"""Up to this many keys, plain attention is faster on a processor than the fused one."""


def noise(*shape: int, std: float) -> Tensor:
    """Return normally distributed numbers; on the "meta" device a tensor without numbers.

    There torch would import a thousand modules (sympy, triton and its compiler: seconds) in order to
    compute nothing.
    """
    values = torch.empty(*shape)
    return values if values.is_meta else values.normal_(std=std)


def attend(
    query: Tensor, key: Tensor, value: Tensor, *, weights: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Scaled dot-product attention.

    Args:
        query: Shape ``(..., heads, L, c)``.
        key: Shape ``(..., heads, M, c)``.
        value: Like ``key``.
        weights: Also return the attention weights; otherwise the fastest way is taken.

    Returns:
        The attended values, shape ``(..., heads, L, c)``, and where asked for the weights averaged over
        heads, shape ``(..., L, M)``, rows summing to 1.
    """
    short_on_processor = key.device.type == "cpu" and key.shape[-2] <= SHORT_SEQUENCE
    if not weights and not short_on_processor:
        return functional.scaled_dot_product_attention(query, key, value), None
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    probabilities = scores.softmax(-1)
    return probabilities @ value, probabilities.mean(-3) if weights else None


class SelfAttention(nn.Module):
    """Multi-head self-attention over ``(B, L, D)``."""

    def __init__(self, width: int, heads: int, *, key_bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.query_bias = nn.Parameter(torch.zeros(width))
        self.value_bias = nn.Parameter(torch.zeros(width))
        self.key_bias = nn.Parameter(torch.zeros(width)) if key_bias else None
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, L, D)`` to ``(B, L, D)``."""
        key_bias: Tensor | None = self.key_bias
        if key_bias is None:
            key_bias = torch.zeros_like(self.query_bias)
        bias = torch.cat([self.query_bias, key_bias, self.value_bias])
        batch, length, width = x.shape
        qkv = functional.linear(x, self.qkv.weight, bias)
        query, key, value = qkv.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended, _ = attend(query, key, value)
        return self.out(attended.transpose(1, 2).reshape(batch, length, width))  # type: ignore[no-any-return]


class FeedForward(nn.Module):
    """Two linear layers with an activation between them."""

    def __init__(self, width: int, hidden: int, activation: Activation) -> None:
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to ``(..., D)``."""
        hidden = self.up(x)
        if self.activation == "quick_gelu":
            hidden = hidden * torch.sigmoid(1.702 * hidden)
        else:
            hidden = functional.gelu(hidden)
        return self.down(hidden)  # type: ignore[no-any-return]


class Adapter(nn.Module):
    """A small trained bypass: down, exact GELU, up; it starts as zero (paper, section 3.3)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, hidden)
        self.up = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to ``(..., D)``; the skip connection is the caller's."""
        return self.up(functional.gelu(self.down(x)))  # type: ignore[no-any-return]


class DropPath(nn.Module):
    """Drops a residual branch for whole samples while training; the others are scaled up."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: Tensor) -> Tensor:
        """Keep or zero each sample of dimension 0."""
        if not self.training or self.rate == 0.0:
            return branch
        shape = (branch.shape[0],) + (1,) * (branch.ndim - 1)
        kept = torch.rand(shape, device=branch.device) >= self.rate
        return branch * kept.to(branch.dtype) / (1 - self.rate)


def sinusoid_table(positions: int, width: int) -> Tensor:
    """VideoMAE's fixed positions: angle p / 10000^(2⌊j/2⌋/D), sine for even j, cosine for odd.

    Returns:
        float32, shape ``(positions, width)``, computed in float64.
    """
    columns = np.arange(width)
    angles = np.arange(positions)[:, None] / np.power(10000.0, 2 * (columns // 2) / width)
    table = np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))
    return torch.from_numpy(table).float()
