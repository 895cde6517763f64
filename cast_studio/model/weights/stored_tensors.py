"""What a file says of its tensors, checked before there is memory for any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

MOST_DIMENSIONS = 16

STORAGE_DTYPES: Mapping[str, torch.dtype] = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}
"""The kinds of memory that a tensor may lie in, by the names that files give them."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers in the file.

    Attributes:
        key: Under which the file keeps it.
        dtype: Of its numbers.
        numel: How many there are said to be.
    """

    key: str
    dtype: torch.dtype
    numel: int

    @property
    def nbytes(self) -> int:
        """Bytes that it is said to take."""
        return self.numel * self.dtype.itemsize


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Where a tensor lies, in elements.

    Raises:
        ValueError: It reaches beyond its storage, or is larger than that.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.stride)
        if len(self.shape) > MOST_DIMENSIONS or len(self.shape) != len(self.stride):
            raise ValueError("a tensor in it has an impossible shape")
        if any(not 0 <= number < 2**63 for number in numbers):
            raise ValueError("a tensor in it has an impossible shape")
        last = self.offset - 1
        if self.numel:
            steps = zip(self.shape, self.stride, strict=True)
            last = self.offset + sum((size - 1) * stride for size, stride in steps)
        if last >= self.storage.numel or self.numel > self.storage.numel:
            raise ValueError("a tensor in it is larger than the numbers that the file holds for it")

    @property
    def numel(self) -> int:
        """Elements of the tensor."""
        count = 1
        for size in self.shape:
            count *= size
        return count


def rebuilt_tensor(
    storage: object, offset: object, shape: object, stride: object, *_: object
) -> StoredTensor:
    """What ``torch._utils._rebuild_tensor_v2`` means.

    Raises:
        ValueError: The arguments are not those of a tensor.
    """
    if not isinstance(storage, Storage):
        raise ValueError("a tensor in it has no numbers")
    return StoredTensor(storage, as_integer(offset), _integers(shape), _integers(stride))


def rebuilt_parameter(tensor: object, *_: object) -> object:
    """What ``torch._utils._rebuild_parameter`` means."""
    return tensor


def as_integer(value: object) -> int:
    """Return what should be a whole number.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, int):
        raise ValueError("its directory of tensors is damaged")
    return value


def _integers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple | list):
        raise ValueError("its directory of tensors is damaged")
    return tuple(as_integer(value) for value in values)
