"""Tensors of TorchScript archives, without TorchScript.

``torch.jit.load`` runs code that is in the file. OpenAI publishes CLIP in this form, and all that is
wanted of it are numbers: ``data.pkl`` is read by a reader that calls nothing, the modules it describes
become their names and attributes, and the code in the archive is never opened.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from cast_studio.model.weights.archives import NUMBERS, Archive
from cast_studio.model.weights.inert_pickle import Builder, ForeignCodeError, Inert, InertReader
from cast_studio.model.weights.pickles import scan_archive
from cast_studio.model.weights.stored_tensors import StoredTensor, rebuilt_parameter, rebuilt_tensor

_SCRIPT_CLASS = "__torch__."
_MOST_ATTRIBUTES = 100_000


def _same(value: object, *_: object) -> object:
    return value


_BUILDERS: Mapping[str, Builder] = {
    "collections.OrderedDict": lambda items=(): dict(items),
    "torch._utils._rebuild_tensor_v2": rebuilt_tensor,
    "torch._utils._rebuild_parameter": rebuilt_parameter,
    **{
        f"torch.jit._pickle.{name}": _same
        for name in (
            "build_boollist",
            "build_doublelist",
            "build_intlist",
            "build_tensorlist",
            "restore_type_tag",
        )
    },
}


def load_script(archive: Archive) -> dict[str, Tensor]:
    """Return the tensors of a TorchScript archive by the path of their module; views of the file.

    Raises:
        OSError: The file cannot be read.
        ForeignCodeError: It asks for something else than modules and tensors.
        ValueError: It is damaged, or its sizes are not those of the file.
    """
    reader = InertReader(_BUILDERS, is_object=lambda name: name.startswith(_SCRIPT_CLASS))
    root = scan_archive(archive, reader)
    found = dict(_tensors(root))
    if not found:
        return {}
    with archive.path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return {name: _view(tensor, archive, mapped) for name, tensor in found.items()}


def _tensors(root: object) -> Iterator[tuple[str, StoredTensor]]:
    """Walk the modules; each is visited once, however often it is named."""
    waiting: list[tuple[str, object]] = [("", root)]
    visited: set[int] = set()
    for _ in range(_MOST_ATTRIBUTES):
        if not waiting:
            return
        path, value = waiting.pop()
        if isinstance(value, StoredTensor):
            yield path, value
        if not isinstance(value, Inert) or id(value) in visited:
            continue
        visited.add(id(value))
        if not isinstance(value.state, Mapping):
            # Written by a method of the class, and only a method of the class can read it.
            raise ForeignCodeError(f"{value.kind}.__setstate__")
        prefix = f"{path}." if path else ""
        waiting += [(f"{prefix}{name}", below) for name, below in value.state.items()]
    raise ValueError("it describes impossibly many modules")


def _view(tensor: StoredTensor, archive: Archive, mapped: mmap.mmap) -> Tensor:
    """A tensor over the file's own bytes; changing it would change no file."""
    storage = tensor.storage
    if not math.prod(tensor.shape):
        return torch.empty(tensor.shape, dtype=storage.dtype)
    offset = archive.entries[NUMBERS + storage.key].offset
    numbers = torch.frombuffer(mapped, dtype=storage.dtype, count=storage.numel, offset=offset)
    return numbers.as_strided(tensor.shape, tensor.stride, tensor.offset)
