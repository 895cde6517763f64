"""Writing folders of weights: tensor by tensor, and complete or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from cast_studio.errors import ModelError
from cast_studio.said import say

OnBytes: TypeAlias = Callable[[int], None]
"""Told how many more bytes are done; what it raises ends the work, and nothing is left behind."""

_CHUNK = 2**22
_ALIGNMENT = 8
_SPARE = 2**24
_NAME = re.compile(r"[^\x00-\x1f<>:\"/\\|?*.\s][^\x00-\x1f<>:\"/\\|?*]{0,79}")


def check_name(name: str) -> None:
    """Refuse a name that cannot be a folder's on every system.

    Raises:
        ModelError: It is empty, too long, or has signs that a file name must not have.
    """
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ModelError(
            say(
                "“{name}” cannot name a model; use letters, digits, spaces, dashes and dots, "
                "at most 80.",
                name=name,
            )
        )


def free_name(library: Path, wanted: str) -> str:
    """Return a name made of ``wanted`` that no folder of the library has yet."""
    base = re.sub(r"[^\w\-. ]+", "-", wanted).strip("-. ")[:70].rstrip("-. ") or "imported"
    name, number = base, 2
    while os.path.lexists(library / name):
        name, number = f"{base}-{number}", number + 1
    return name


@contextmanager
def new_folder(library: Path, name: str, *, needs: int) -> Iterator[Path]:
    """Give a folder to write to, which appears in the library as ``name`` when all went well.

    Args:
        library: Holds the folders of models; it is made where it is missing.
        name: Not in use yet.
        needs: Bytes that will be written, about.

    Raises:
        ModelError: The name is in use or impossible, the disk is full or cannot be written.
    """
    check_name(name)
    target = library / name
    if os.path.lexists(target):
        raise ModelError(
            say(
                "There already is a model “{name}”; choose another name or remove that one.",
                name=name,
            )
        )
    try:
        library.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(library).free
        if free < needs + _SPARE:
            raise ModelError(
                say(
                    "“{library}” has {free:.1f} GB free and {needs:.1f} GB are needed; make room "
                    "on the disk, then try again.",
                    library=library,
                    free=free / 1000000000.0,
                    needs=needs / 1000000000.0,
                )
            )
        with tempfile.TemporaryDirectory(prefix=".importing-", dir=library) as temporary:
            folder = Path(temporary) / name  # one level down, where nobody looks for models
            folder.mkdir()
            yield folder
            folder.rename(target)
    except OSError as error:
        what = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise ModelError(
            say(
                "“{target}” cannot be written ({what}); make room or check the folder, then "
                "try again.",
                target=target,
                what=what,
            )
        ) from error


def write_weights(
    path: Path, tensors: Mapping[str, Tensor], *, on_bytes: OnBytes | None = None
) -> str:
    """Write tensors as a safetensors file in float32, one after the other.

    Args:
        path: The file.
        tensors: They are read one at a time, so that of a mapped file only one is in memory.
        on_bytes: Told of the progress.

    Returns:
        The file's checksum.

    Raises:
        OSError: The file cannot be written.
        ValueError: A tensor holds a number that is not finite.
    """
    names = sorted(tensors)
    header: dict[str, object] = {}
    end = 0
    for name in names:
        start, end = end, end + tensors[name].numel() * torch.float32.itemsize
        header[name] = {
            "dtype": "F32",
            "shape": list(tensors[name].shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for part in (len(text).to_bytes(8, "little"), text):
            digest.update(part)
            file.write(part)
        for name in names:
            numbers = tensors[name].detach().to("cpu", torch.float32).contiguous()
            if not bool(numbers.isfinite().all()):
                raise ValueError(f"its tensor “{name}” holds numbers that are not finite")
            data = numbers.flatten().numpy().data.cast("B")
            digest.update(data)
            file.write(data)
            if on_bytes is not None:
                on_bytes(len(data))
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def write_json(path: Path, values: Mapping[str, object]) -> None:
    """Write a configuration.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(values, indent=1, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def copy_file(source: Path, target: Path, *, on_bytes: OnBytes | None = None) -> str:
    """Copy a file.

    Returns:
        Its checksum.

    Raises:
        OSError: It cannot be read or written.
    """
    digest = hashlib.sha256()
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(_CHUNK):
            digest.update(chunk)
            writing.write(chunk)
            if on_bytes is not None:
                on_bytes(len(chunk))
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def checksum(path: Path, *, on_bytes: OnBytes | None = None) -> str:
    """Return a file's checksum, as hexadecimal digits.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if on_bytes is not None:
                on_bytes(len(chunk))
    return digest.hexdigest()
