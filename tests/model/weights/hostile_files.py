"""Files made to do harm, or torn, or not what they are called."""

from __future__ import annotations

import builtins
import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn


class Calls:
    """Pickled as a call of ``function``."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def shell(marker: Path) -> Calls:
    """Pickled as a shell command that leaves ``marker`` behind."""
    return Calls(os.system, f"touch '{marker}'")


def nested_eval(marker: Path) -> Calls:
    """Pickled as ``eval`` of what another call returns, which leaves ``marker`` behind."""
    return Calls(builtins.eval, Calls(str, f"open({str(marker)!r}, 'w').close()"))


def imported_function(marker: Path) -> Calls:
    """Pickled as a look-up by ``getattr`` on an imported module."""
    return Calls(getattr, Calls(__import__, "os"), "system")


def save(path: Path, value: object, *, legacy: bool = False, protocol: int = 2) -> Path:
    """Write with ``torch.save``."""
    torch.save(value, path, _use_new_zipfile_serialization=not legacy, pickle_protocol=protocol)
    return path


def save_plain(path: Path, value: object, *, protocol: int) -> Path:
    """Write with ``pickle`` itself, without torch."""
    path.write_bytes(pickle.dumps(value, protocol))
    return path


class OwnState(nn.Module):
    """A module that TorchScript saves together with code to run at loading."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight

    @torch.jit.export
    def __getstate__(self) -> tuple[Tensor, bool]:
        return self.weight, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[Tensor, bool]) -> None:
        self.weight = state[0] * 2
        self.training = state[1]


def save_script(path: Path, module: nn.Module) -> Path:
    """Write a TorchScript archive."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript as a whole is on its way out
        torch.jit.script(module).save(str(path))
    return path


def rewrite(
    source: Path,
    target: Path,
    *,
    change: Callable[[str, bytes], tuple[str, bytes]] = lambda name, data: (name, data),
    compression: int = zipfile.ZIP_STORED,
    extra: dict[str, bytes] | None = None,
) -> Path:
    """Copy an archive, changing names and contents of its entries."""
    with zipfile.ZipFile(source) as reading, zipfile.ZipFile(target, "w", compression) as writing:
        for info in reading.infolist():
            writing.writestr(*change(info.filename, reading.read(info)))
        for name, data in (extra or {}).items():
            writing.writestr(name, data)
    return target


def with_directory(source: Path, target: Path, change: Callable[[bytes], bytes]) -> Path:
    """Copy an archive, changing its ``data.pkl``."""
    return rewrite(
        source,
        target,
        change=lambda name, data: (name, change(data) if name.endswith("data.pkl") else data),
    )


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Return a change of the one place where ``old`` is."""

    def change(data: bytes) -> bytes:
        assert data.count(old) == 1
        return data.replace(old, new)

    return change


def safetensors(path: Path, header: object, numbers: bytes, *, length: int | None = None) -> Path:
    """Write a safetensors file by hand, its header as long as it is or as it is said to be."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    start = struct.pack("<Q", len(text) if length is None else length)
    path.write_bytes(start + text + numbers)
    return path


def overlapping_archive(source: Path, target: Path) -> Path:
    """Copy an archive, then let the table of contents name the first big entry's bytes twice."""
    data = bytearray(source.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entries = [info for info in archive.infolist() if "/data/" in info.filename]
    first, second = entries[0], entries[1]
    end = data.index(b"PK\x01\x02")
    place = data.index(second.filename.encode(), end) - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    data[place + 42 : place + 46] = struct.pack("<I", first.header_offset)
    target.write_bytes(bytes(data))
    return target
