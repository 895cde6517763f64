"""Tensors from any file that weights come in; what a file *is* decides, not what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from safetensors import SafetensorError, safe_open
from torch import Tensor

from cast_studio.errors import ModelError
from cast_studio.model.weights.archives import open_archive
from cast_studio.model.weights.inert_pickle import ForeignCodeError
from cast_studio.model.weights.pickles import PICKLE_START, load_archive, load_legacy
from cast_studio.model.weights.torchscript import load_script
from cast_studio.said import say

Container: TypeAlias = Literal[
    "safetensors", "torch archive", "legacy torch file", "DeepSpeed folder", "TorchScript archive"
]

DEEPSPEED_NAME = "mp_rank_00_model_states.pt"
"""The file of a DeepSpeed folder that holds the weights."""

_STATE_KEYS = ("model", "module", "state_dict")
"""Where training programs put the weights, in the order in which the published loader looks."""
_LARGEST_HEADER = 100_000_000
_LOOKED_AT = 512

_KNOWN_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the file itself; fetch it with “git lfs pull”",
    ),
)


@dataclass(frozen=True)
class TensorFile:
    """The tensors of a file, and how they were kept.

    Attributes:
        path: The file that was read; inside the folder, where a folder was given.
        container: In which form it keeps them.
        tensors: By the names in the file. They may be views of the file: read, never written to.
        ignored: What is in the file beside its weights, and why that is left out.
    """

    path: Path
    container: Container
    tensors: Mapping[str, Tensor]
    ignored: Mapping[str, str] = field(default_factory=dict)


def read_tensors(source: Path) -> TensorFile:
    """Read the weights of a safetensors, torch, TorchScript or DeepSpeed file without running any of it.

    Args:
        source: A file, or a DeepSpeed folder.

    Raises:
        ModelError: It is none of these, is damaged, or asks for code to be run.
    """
    path = weights_file(source)
    try:
        return _read(path, is_deepspeed=source.is_dir())
    except ForeignCodeError as error:
        raise ModelError(
            say(
                "“{path}” is refused: {error}, and it might harm this computer; get the "
                "weights from their publisher, as safetensors if there are any.",
                path=path,
                error=error,
            )
        ) from error
    except ValueError as error:
        raise ModelError(
            say("“{path}” cannot be used: {error}; get the file again.", path=path, error=error)
        ) from error
    except OSError as error:
        raise ModelError(
            say(
                "“{path}” cannot be read ({reason}); check the file and try again.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error


def weights_file(source: Path) -> Path:
    """Return the file that holds the weights of a file or DeepSpeed folder.

    Raises:
        ModelError: There is none, it is not a plain file, or a folder's leads out of the folder.
    """
    path = source / DEEPSPEED_NAME if source.is_dir() else source
    if not path.exists():
        what = f"There is no “{DEEPSPEED_NAME}” in" if source.is_dir() else "There is no file"
        raise ModelError(
            say(
                "{what} “{source}”; choose the file or folder with the weights.",
                what=what,
                source=source,
            )
        )
    if not path.is_file():
        raise ModelError(
            say("“{path}” is not a plain file; choose the file with the weights.", path=path)
        )
    if source.is_dir() and path.resolve().parent != source.resolve():
        raise ModelError(
            say(
                "“{path}” is a link to “{folder}”, outside of its folder; choose that file "
                "itself if it is what you want.",
                path=path,
                folder=path.resolve(),
            )
        )
    return path


def _read(path: Path, *, is_deepspeed: bool) -> TensorFile:
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    if start.startswith(b"PK\x03\x04"):
        archive = open_archive(path)
        if archive.is_script:
            return TensorFile(path, "TorchScript archive", load_script(archive))
        container: Container = "DeepSpeed folder" if is_deepspeed else "torch archive"
        return _state_of(path, container, load_archive(archive))
    if start.startswith(PICKLE_START):
        return _state_of(path, "legacy torch file", load_legacy(path))
    if _is_safetensors(start):
        return TensorFile(path, "safetensors", _read_safetensors(path, start))
    raise ValueError(_what_it_is(start))


def _is_safetensors(start: bytes) -> bool:
    return start[8:9] == b"{"


def _read_safetensors(path: Path, start: bytes) -> dict[str, Tensor]:
    header = int.from_bytes(start[:8], "little")
    if header > min(_LARGEST_HEADER, path.stat().st_size - 8):
        raise ValueError(f"its header is said to take {header} bytes, more than the file can hold")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"it is a damaged safetensors file ({error})") from error


def _what_it_is(start: bytes) -> str:
    """Say why a file is not weights, as exactly as its first bytes allow."""
    if not start:
        return "it is empty"
    for magic, what in _KNOWN_STARTS:
        if start.startswith(magic):
            return f"it is {what}"
    text = start.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "it is a web page, as servers send where a download needs a confirmation"
    if start[257:262] == b"ustar":
        return "it is a tar archive, a form that torch wrote before 2017 and that is not read"
    return "it is neither safetensors nor a file of torch"


def _state_of(path: Path, container: Container, root: object) -> TensorFile:
    """Find the weights in what a training program saved."""
    if not isinstance(root, Mapping):
        raise ValueError("it holds no named tensors")
    ignored: dict[str, str] = {}
    state: Mapping[object, object] = root
    for key in _STATE_KEYS:
        below = root.get(key)
        if isinstance(below, Mapping):
            state = below
            ignored = {str(other): "is not part of the weights" for other in root if other != key}
            break
    tensors: dict[str, Tensor] = {}
    for name, value in state.items():
        if isinstance(value, Tensor) and isinstance(name, str):
            tensors[name] = value.detach()
        else:
            ignored[str(name)] = "is not a tensor"
    if not tensors:
        raise ValueError("it holds no named tensors")
    return TensorFile(path, container, tensors, ignored)
