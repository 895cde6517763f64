"""Zip archives of weights, checked before anything in them is read.

Both what ``torch.save`` writes and TorchScript are zip archives with one folder at the top, in it
``data.pkl`` and, one entry each, the numbers ``data/0``, ``data/1`` … as they are: neither format
compresses them.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DIRECTORY = "data.pkl"
"""The pickle that tells where the tensors are."""
NUMBERS = "data/"
MOST_ENTRIES = 100_000

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the bytes of an uncompressed entry are in the file."""

    offset: int
    size: int


@dataclass(frozen=True)
class Archive:
    """A checked archive.

    Attributes:
        path: The file.
        root: Its folder at the top.
        entries: What is stored as it is, by its name below ``root``.
        is_script: Whether it is TorchScript, which holds code beside the numbers.
    """

    path: Path
    root: str
    entries: Mapping[str, Entry]
    is_script: bool


def open_archive(path: Path) -> Archive:
    """Read the table of contents of an archive of weights.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged, holds no weights, or is made to do harm: entries that unpack to more
            than the file, overlap, share a name or name places outside of it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, struct.error) as error:
        raise ValueError(f"it is a torn or damaged archive ({error})") from error
    if len(found) > MOST_ENTRIES:
        raise ValueError(f"it is an archive of {len(found)} entries, impossibly many")
    names = [info.filename for info in found]
    if len(set(names)) < len(names):
        raise ValueError("two entries of the archive have the same name")
    for name in names:
        _refuse_escape(name)
    spans = _spans(path, found)
    root = _root(names)
    is_script = f"{root}/constants.pkl" in names
    for info in found:
        name = info.filename.removeprefix(f"{root}/")
        is_read = not is_script or name == DIRECTORY or name.startswith(NUMBERS)
        if is_read and info.compress_type != zipfile.ZIP_STORED:
            raise ValueError(
                f"its entry “{info.filename}” is compressed ({info.compress_size} bytes that say they "
                f"are {info.file_size}), which weights never are"
            )
    entries = {
        info.filename.removeprefix(f"{root}/"): span
        for info, span in zip(found, spans, strict=True)
        if info.compress_type == zipfile.ZIP_STORED
    }
    return Archive(path, root, entries, is_script)


def _refuse_escape(name: str) -> None:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        raise ValueError(f"its entry “{name}” names a place outside of the archive")


def _root(names: list[str]) -> str:
    roots = [name.rpartition("/")[0] for name in names if name.endswith(f"/{DIRECTORY}")]
    top = [root for root in roots if root and "/" not in root]
    if len(top) != 1:
        raise ValueError("it is an archive, but not one of weights: it holds no “data.pkl”")
    return top[0]


def _spans(path: Path, found: list[zipfile.ZipInfo]) -> list[Entry]:
    """Where each entry lies, all inside the file and none over another."""
    length = path.stat().st_size
    spans = []
    with path.open("rb") as file:
        for info in found:
            if info.flag_bits & _ENCRYPTED:
                raise ValueError(f"its entry “{info.filename}” is encrypted")
            file.seek(info.header_offset)
            header = file.read(_LOCAL_HEADER.size)
            if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
                raise ValueError(f"its entry “{info.filename}” is not where the archive says")
            _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
            offset = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
            if offset + info.compress_size > length:
                raise ValueError(f"its entry “{info.filename}” reaches beyond the end of the file")
            if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
                raise ValueError(f"its entry “{info.filename}” gives two sizes")
            spans.append(Entry(offset, info.compress_size))
    end = 0
    in_order = sorted(zip(found, spans, strict=True), key=lambda pair: pair[0].header_offset)
    for info, span in in_order:
        if info.header_offset < end:
            raise ValueError(f"its entry “{info.filename}” lies over another")
        end = span.offset + span.size
    return spans
