"""The parts that CAST is made of everywhere: attention itself, adapters, dropped branches."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

SHORT_SEQUENCE = 128
"""Up to this many keys, plain attention is faster on a processor than the fused one."""
HIDDEN_AT_ONCE = 1 << 20
"""Numbers in a hidden layer at once, on a processor."""
ATTENDED_AT_ONCE = 1 << 21
"""Numbers of a stream that go through attention at once, on a processor: about one clip of the full
network. Fewer at a time leave holes between the blocks of memory."""


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
        # Fused kernels want one dimension before the heads.
        fused = functional.scaled_dot_product_attention(
            query.flatten(0, -4), key.flatten(0, -4), value.flatten(0, -4)
        )
        return fused.view(*query.shape[:-1], value.shape[-1]), None
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
    probabilities = scores.softmax(-1)
    return probabilities @ value, probabilities.mean(-3) if weights else None


def plus(stream: Tensor, change: Tensor) -> Tensor:
    """Return their sum, which without gradients lies where ``stream`` did."""
    return stream + change if torch.is_grad_enabled() else stream.add_(change)


def in_parts(call: Callable[[Tensor], Tensor], samples: Tensor) -> Tensor:
    """Return ``call(samples)`` of a function that treats each of ``(B, L, D)`` for itself.

    Without gradients a processor takes few of them at a time, so that a large batch needs little memory.
    """
    at_once = max(1, ATTENDED_AT_ONCE // samples[0].numel())
    if torch.is_grad_enabled() or samples.device.type != "cpu" or at_once >= len(samples):
        return call(samples)
    results = torch.empty_like(samples)
    for part, into in zip(samples.split(at_once), results.split(at_once), strict=True):
        into.copy_(call(part))
    return results


class Branch(nn.Module):
    """Base of what is added to a stream and ends in a linear layer.

    Without gradients it is added where the stream lies, by the matrix product itself: no result of its
    own is written and read again. On a processor the tokens go through it in parts that stay in its
    cache: the hidden layer of all of them would be the largest thing in memory.
    """

    def hidden(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to what goes into the last layer."""
        raise NotImplementedError

    @property
    def last(self) -> nn.Linear:
        """The layer that maps back to ``(..., D)``."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to ``(..., D)``; the skip connection is the caller's."""
        return self.last(self.hidden(x))  # type: ignore[no-any-return]

    def added_to(
        self, stream: Tensor, x: Tensor, *, scale: float = 1.0, drop: DropPath | None = None
    ) -> Tensor:
        """Return ``stream + scale · self(x)``.

        Args:
            stream: ``(..., D)``, contiguous; changed in place where no gradients are recorded.
            x: Like ``stream``.
            scale: Of the branch.
            drop: Drops the branch for some samples while training.
        """
        if torch.is_grad_enabled():
            branch = self(x) if scale == 1.0 else scale * self(x)
            return stream + (branch if drop is None else drop(branch))  # type: ignore[no-any-return]
        onto, tokens = stream.view(-1, stream.shape[-1]), x.reshape(-1, x.shape[-1])
        matrix = self.last.weight.t()
        on_processor = x.device.type == "cpu"
        at_once = max(1, HIDDEN_AT_ONCE // len(matrix)) if on_processor else len(tokens)
        for part, into in zip(tokens.split(at_once), onto.split(at_once), strict=True):
            into.addmm_(self.hidden(part), matrix, alpha=scale).add_(self.last.bias, alpha=scale)
        return stream


class Adapter(Branch):
    """A small trained bypass: down, exact GELU, up; it starts as zero (paper, section 3.3)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, hidden)
        self.up = nn.Linear(hidden, width)

    def hidden(self, x: Tensor) -> Tensor:
        """Map ``(..., D)`` to ``(..., hidden)``."""
        return functional.gelu(self.down(x))

    @property
    def last(self) -> nn.Linear:
        """The layer up."""
        return self.up

    def silence(self) -> None:
        """Make it change nothing until it is trained."""
        nn.init.zeros_(self.up.weight)


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
