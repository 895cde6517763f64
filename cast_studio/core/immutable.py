"""What the frozen values of this package share: mappings and arrays that nobody can change."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import repeat
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Made = TypeVar("_Made")


def frozen_mapping(mapping: Mapping[_Key, _Value]) -> Mapping[_Key, _Value]:
    """Return a read-only copy of ``mapping``; a later change of the original does not reach it.

    What is read-only already is returned as it is, so that the many segments with the same labels share
    one mapping: whoever makes a read-only view himself must not go on changing what is behind it.
    """
    return mapping if type(mapping) is MappingProxyType else MappingProxyType(dict(mapping))


def made_of_columns(kind: type[_Made], *columns: Sequence[object]) -> list[_Made]:
    """Return objects of a dataclass with slots, made attribute by attribute and not looked at.

    For many values that are known to be sound: nothing of Python's is called for any of them, which
    takes an eighth of the time.

    Args:
        kind: Its own checks are not made.
        columns: A value for each object, for each of its attributes in their order.
    """
    made = list(map(object.__new__, repeat(kind, len(columns[0]))))
    for name, column in zip(vars(kind)["__slots__"], columns, strict=True):
        deque(map(getattr(kind, name).__set__, made, column), maxlen=0)
    return made


def frozen_array(values: object, dtype: DTypeLike) -> NDArray[Any]:
    """Return a copy of ``values`` as a contiguous array of ``dtype`` that refuses to be written."""
    array = np.array(values, dtype=dtype, order="C", copy=True)
    array.setflags(write=False)
    return array


def frozen_arrays(
    arrays: Mapping[str, NDArray[Any]], dtype: DTypeLike
) -> Mapping[str, NDArray[Any]]:
    """Return a read-only mapping of read-only copies."""
    return frozen_mapping({name: frozen_array(array, dtype) for name, array in arrays.items()})


def same_arrays(first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]]) -> bool:
    """Return whether both mappings have the same names with equal arrays."""
    return first.keys() == second.keys() and all(
        np.array_equal(array, second[name]) for name, array in first.items()
    )
