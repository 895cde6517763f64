"""Learning rates and the optimizer, the same for every kind of training here."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn


def cosine_rate(peak: float, step: int, total: int, *, warmup: int) -> float:
    """Learning rate of a step: rises linearly over ``warmup`` steps, then falls as a cosine to 1 %."""
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, total - warmup))
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def adamw(parameters: Iterable[nn.Parameter], *, weight_decay: float) -> torch.optim.AdamW:
    """AdamW that decays matrices only: vectors (biases, norms, positions of one axis) keep their size."""
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = rate
