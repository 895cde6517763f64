"""Weights that ``torch.save`` wrote, as an archive or in the older form of one stream.

Every file is read twice. First without running anything (:mod:`.inert_pickle`): what it asks for is
compared with the list below, and what it says of its sizes with the file. Only then does torch load it,
with ``weights_only=True`` and the same list.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from cast_studio.model.weights.archives import DIRECTORY, NUMBERS, Archive
from cast_studio.model.weights.inert_pickle import LARGEST_PICKLE, Builder, InertReader
from cast_studio.model.weights.stored_tensors import rebuilt_parameter, rebuilt_tensor

DISCARDED: frozenset[str] = frozenset(
    {
        "argparse.Namespace",  # the options of the run: official CAST and VideoMAE files have them
        "deepspeed.runtime.fp16.loss_scaler.DynamicLossScaler",
        "deepspeed.runtime.fp16.loss_scaler.LossScaler",
        "numpy._core.multiarray.scalar",
        "numpy.core.multiarray.scalar",
        "numpy.dtype",
        "pathlib.PosixPath",
        "pathlib.WindowsPath",
        "pathlib._local.PosixPath",
        "pathlib._local.WindowsPath",
    }
)
"""Classes that training leaves in its files beside the weights: an empty object takes their place."""

_KNOWN_TO_TORCH = frozenset(
    {"torch.device", "torch.Size", "torch.serialization._get_layout", "_codecs.encode"}
    | {str(found) for found in vars(torch).values() if isinstance(found, torch.dtype)}
)
"""Harmless, and on ``weights_only``'s own list."""

_BUILDERS: Mapping[str, Builder] = {
    "collections.OrderedDict": lambda items=(): dict(items),
    "__builtin__.set": lambda items=(): list(items),
    "builtins.set": lambda items=(): list(items),
    "torch._utils._rebuild_tensor": rebuilt_tensor,
    "torch._utils._rebuild_tensor_v2": rebuilt_tensor,
    "torch._utils._rebuild_parameter": rebuilt_parameter,
}

PICKLE_START = b"\x80"
"""What every pickle of torch starts with."""
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_VERSION = 1001
_LENGTH_BYTES = 8
_PROTOCOL = 2
_NOT_BY_NAME = ".safetensors"
"""A file of this name is not opened as a pickle by newer versions of torch, whatever it is."""
_MOST_COPIES = 4


class _Nothing:
    """What stands for an object of :data:`DISCARDED` while torch loads."""

    def __init__(self, *_: object) -> None:
        """Take whatever the class took."""

    def __setstate__(self, _: object) -> None:
        """Keep none of it."""


def load_archive(archive: Archive) -> object:
    """Return what ``torch.save`` was given; the tensors are views of the file, paged in as they are read.

    Raises:
        OSError: The file cannot be read.
        ForeignCodeError: It asks for something that is not on the list.
        ValueError: It is damaged, or its sizes are not those of the file.
    """
    reader = InertReader(_BUILDERS, is_object=_is_listed)
    scan_archive(archive, reader)
    _refuse_other_protocols(reader)
    return _load(archive.path, mapped=True)


def scan_archive(archive: Archive, reader: InertReader) -> object:
    """Return what an archive's directory says, with every size checked against the entries.

    Raises:
        OSError: The file cannot be read.
        ForeignCodeError: It asks for something that is not on the reader's list.
        ValueError: It is damaged, or its sizes are not those of the file.
    """
    directory = archive.entries[DIRECTORY]
    if directory.size > LARGEST_PICKLE:
        raise ValueError("its directory of tensors is impossibly large")
    with archive.path.open("rb") as file:
        file.seek(directory.offset)
        found = reader.read(io.BytesIO(file.read(directory.size)))
    for storage in reader.storages.values():
        entry = archive.entries.get(NUMBERS + storage.key)
        if entry is None:
            raise ValueError(f"the numbers “{NUMBERS}{storage.key}” are missing from the archive")
        if entry.size != storage.nbytes:
            raise ValueError(
                f"the numbers “{NUMBERS}{storage.key}” are {entry.size} bytes where "
                f"{storage.nbytes} were announced"
            )
    _refuse_multiplied(reader)
    return found


def load_legacy(path: Path) -> object:
    """Return what an older ``torch.save`` was given.

    Raises:
        OSError: The file cannot be read.
        ForeignCodeError: It asks for something that is not on the list.
        ValueError: It is damaged, or its sizes are not those of the file.
    """
    _scan_legacy(path)
    return _load(path, mapped=False)


def _scan_legacy(path: Path) -> None:
    """Read the five pickles of the older form and check the numbers behind them."""
    reader = InertReader(_BUILDERS, is_object=_is_listed)
    length = path.stat().st_size
    with path.open("rb") as file:
        if reader.read(file) != _LEGACY_MAGIC:
            raise ValueError("it is a pickle, but not one of weights")
        version, machine, _, keys = (reader.read(file) for _ in range(4))
        if version != _LEGACY_VERSION:
            raise ValueError("it was written by a version of torch that is too old")
        if not isinstance(machine, Mapping) or machine.get("little_endian") is not True:
            raise ValueError("its numbers have their bytes in an order that is not supported")
        if not isinstance(keys, list) or set(keys) != set(reader.storages):
            raise ValueError("its numbers are not those that its directory of tensors lists")
        for key in keys:
            storage = reader.storages[key]
            count = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            end = file.tell() + storage.nbytes
            if count != storage.numel or end > length:
                raise ValueError("the file ends before the numbers that it announces do")
            file.seek(end)
    _refuse_multiplied(reader)
    _refuse_other_protocols(reader)


def _refuse_multiplied(reader: InertReader) -> None:
    """Refuse many tensors over the same numbers, which would become far more than the file holds.

    Some overlap is in order: tied weights, and the flat copy that an optimizer keeps of all of them.
    """
    held = sum(storage.nbytes for storage in reader.storages.values())
    described = sum(tensor.numel * tensor.storage.dtype.itemsize for tensor in set(reader.tensors))
    if described > _MOST_COPIES * held:
        raise ValueError(
            f"its tensors would take {described} bytes and lie over each other in {held}"
        )


def _refuse_other_protocols(reader: InertReader) -> None:
    """Refuse what torch's own reader of weights only warns that it may misread."""
    if reader.protocols != {_PROTOCOL}:
        raise ValueError("its pickle is of another protocol than torch's own, 2; save it again")


def _is_listed(name: str) -> bool:
    return name in DISCARDED or name in _KNOWN_TO_TORCH


def _load(path: Path, *, mapped: bool) -> object:
    discarded: list[Callable[..., object] | tuple[Callable[..., object], str]]
    discarded = [(_Nothing, name) for name in DISCARDED]
    try:
        with torch.serialization.safe_globals(discarded), path.open("rb") as file:
            if mapped and path.suffix != _NOT_BY_NAME:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            return torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, AttributeError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(f"torch cannot load it ({reason[0]})") from error
