"""Frozen experts in 8 bits: a quarter of the memory, for weights that never change.

Every row of a matrix is scaled by itself so that its largest weight becomes 127 (symmetric, weights only).
The numbers are multiplied out again layer by layer while the network runs, so it computes as precisely as
its activations do.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

_LARGEST = 127


class QuantizedLinear(nn.Module):
    """A linear layer whose matrix is kept in 8 bits. Not for training.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        bias: Whether it adds one.
    """

    bits: Tensor
    scale: Tensor

    def __init__(self, inputs: int, outputs: int, *, bias: bool) -> None:
        super().__init__()
        self.register_buffer("bits", torch.empty(outputs, inputs, dtype=torch.int8))
        self.register_buffer("scale", torch.empty(outputs, 1))
        self.bias = nn.Parameter(torch.empty(outputs), requires_grad=False) if bias else None

    @property
    def weight(self) -> Tensor:
        """The matrix multiplied out, ``(outputs, inputs)``, in the type of the scale."""
        return self.bits.to(self.scale.dtype).mul_(self.scale)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., inputs)`` to ``(..., outputs)``."""
        return functional.linear(x, self.weight, self.bias)


def quantize(weight: Tensor, scratch: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Quantize a matrix.

    Args:
        weight: ``(outputs, inputs)``.
        scratch: float32, made as large as it must be and used again by the next matrix: what is given
            back between the results of many leaves holes in the memory.

    Returns:
        The matrix as int8, and the scale of each row as float32, ``(outputs, 1)``.
    """
    scratch = torch.empty(0) if scratch is None else scratch
    scaled = scratch.resize_(weight.shape).copy_(weight)
    largest = torch.maximum(scaled.amax(1, keepdim=True), -scaled.amin(1, keepdim=True))
    scale = largest.clamp_min_(torch.finfo(torch.float32).tiny).div_(_LARGEST)
    return scaled.div_(scale).round_().to(torch.int8), scale


def quantize_experts(*experts: nn.Module) -> None:
    """Replace the linear layers of experts by quantized ones; what is quantized already stays."""
    for parent, name, linear in list(_linear_layers(experts)):
        quantized = _like(linear).to(linear.weight.device)
        quantized.bits, scale = quantize(linear.weight.detach())
        quantized.scale, quantized.bias = scale, linear.bias
        setattr(parent, name, quantized)


def make_room_for_bits(*experts: nn.Module) -> None:
    """Replace the linear layers of experts by quantized ones, without numbers in them yet."""
    for parent, name, linear in list(_linear_layers(experts)):
        setattr(parent, name, _like(linear))


def _like(linear: nn.Linear) -> QuantizedLinear:
    return QuantizedLinear(linear.in_features, linear.out_features, bias=linear.bias is not None)


def _linear_layers(
    experts: tuple[nn.Module, ...],
) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
    for expert in experts:
        for parent in expert.modules():
            for name, child in parent.named_children():
                if isinstance(child, nn.Linear):
                    yield parent, name, child
