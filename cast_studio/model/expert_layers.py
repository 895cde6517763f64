"""The parts that a transformer block of an expert is made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cast_studio.model.expert_config import Activation
from cast_studio.model.layers import attend


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
