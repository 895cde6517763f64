"""Weights on disk: whole models, and adapters that hold only what training changed.

Everything is safetensors: numbers, never code. See :mod:`cast_studio.model.catalog` for the folders.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from cast_studio.core.clips import ClipSpec
from cast_studio.core.known_classes import positions_in_model
from cast_studio.core.labels import LabelHead, heads_fingerprint
from cast_studio.errors import ModelError
from cast_studio.model.cast import Cast, is_expert_parameter
from cast_studio.model.catalog import (
    ADAPTER_CONFIG_NAME,
    ADAPTER_WEIGHTS_NAME,
    CONFIG_NAME,
    FORMAT,
    WEIGHTS_NAME,
    AdapterInfo,
    ModelInfo,
    read_adapter_info,
    read_info,
)
from cast_studio.model.config import CastConfig, HeadConfig
from cast_studio.model.provenance import Provenance
from cast_studio.model.quantization import QuantizedLinear, make_room_for_bits, quantize
from cast_studio.said import say

NEW_CLASS_MARGIN = 0.5
"""How far below the mean of the known classes' scores a new class starts, in nats."""
_TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}


@dataclass(frozen=True)
class LoadedCast:
    """A network with what it means.

    Attributes:
        cast: In evaluation mode, on the processor.
        model: The model it comes from.
        adapter: The adapter laid over it, or None.
        heads: The classifiers of ``cast``, in the order of its scores.
    """

    cast: Cast
    model: ModelInfo
    adapter: AdapterInfo | None
    heads: tuple[LabelHead, ...]


def head_configs(heads: Sequence[LabelHead]) -> tuple[HeadConfig, ...]:
    """Return the classifiers that a network needs for ``heads``.

    Raises:
        ModelError: There is no head, a head has no classes, or its name cannot name a part of a network.
    """
    if not heads:
        raise ModelError(
            say("A model needs at least one label head to answer; add one to the labels.")
        )
    for head in heads:
        if not head.classes:
            raise ModelError(
                say(
                    "The label head “{head}” has no classes to tell apart; add some.",
                    head=head.name,
                )
            )
        if "." in head.name or hasattr(nn.ModuleDict, head.name):
            raise ModelError(
                say(
                    "A model's head cannot be called “{head}”; rename the label head.",
                    head=head.name,
                )
            )
    return tuple(HeadConfig(head.name, len(head.classes)) for head in heads)


def save_model(
    folder: Path,
    cast: Cast,
    *,
    name: str,
    heads: Sequence[LabelHead],
    clip_spec: ClipSpec,
    knows: str,
    license_terms: str,
) -> None:
    """Write a whole model; the configuration last, so that a torn write is no model.

    Raises:
        ModelError: The folder cannot be written.
    """
    weights = _weight_bytes(cast.state_dict())
    _write(folder / WEIGHTS_NAME, weights)
    config = model_config(
        cast.config,
        name=name,
        heads=heads,
        clip_spec=clip_spec,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        knows=knows,
        license_terms=license_terms,
    )
    _write(folder / CONFIG_NAME, _json_bytes(config))


def model_config(
    network: CastConfig,
    *,
    name: str,
    heads: Sequence[LabelHead],
    clip_spec: ClipSpec,
    weights_sha256: str,
    knows: str,
    license_terms: str,
    provenance: Sequence[Provenance] = (),
) -> dict[str, object]:
    """Return what the configuration of a model folder holds; :func:`read_info` reads it."""
    return {
        "format": FORMAT,
        "name": name,
        "network": network.to_json(),
        "heads": [head.to_json() for head in heads],
        "clip_spec": clip_spec.to_json(),
        "weights_sha256": weights_sha256,
        "knows": knows,
        "license": license_terms,
        "provenance": [source.to_json() for source in provenance],
    }


def save_adapter(
    folder: Path,
    cast: Cast,
    *,
    model: ModelInfo,
    heads: Sequence[LabelHead],
    created_at: str,
    metrics: Mapping[str, float],
) -> None:
    """Write what training changed: adapters, B-CAST, final norms and heads; never an expert.

    Raises:
        ModelError: The folder cannot be written.
    """
    state = cast.state_dict()
    weights = _weight_bytes({k: value for k, value in state.items() if not is_expert_parameter(k)})
    _write(folder / ADAPTER_WEIGHTS_NAME, weights)
    config = {
        "format": FORMAT,
        "base": model.name,
        "base_sha256": model.weights_sha256,
        "heads": [head.to_json() for head in heads],
        "clip_spec_version": model.clip_spec.version,
        "schema_fingerprint": heads_fingerprint(heads),
        "created_at": created_at,
        "metrics": dict(metrics),
        "adapter_sha256": hashlib.sha256(weights).hexdigest(),
    }
    _write(folder / ADAPTER_CONFIG_NAME, _json_bytes(config))


def load_cast(
    model_folder: Path,
    *,
    adapter_folder: Path | None = None,
    dtype: torch.dtype = torch.float32,
    quantized: bool = False,
) -> LoadedCast:
    """Load a model, and an adapter over it where one is given.

    Weights are read and converted one by one: the peak of the memory is what the network then keeps.

    Args:
        model_folder: Of the model.
        adapter_folder: Of what was trained on it.
        dtype: Of the weights.
        quantized: Keep the experts' matrices in 8 bits, see :mod:`cast_studio.model.quantization`.

    Raises:
        ModelError: A file is missing, damaged, does not fit the network it names, or the adapter
            belongs to another model.
    """
    model = read_info(model_folder)
    adapter = None if adapter_folder is None else read_adapter_info(adapter_folder)
    heads = model.heads if adapter is None else adapter.heads
    with torch.device("meta"):
        cast = Cast(model.network, head_configs(heads))
    expected = {key: value.shape for key, value in cast.state_dict().items()}
    if quantized:
        make_room_for_bits(cast.spatial, cast.temporal)
    lend = dtype != torch.float32 or quantized
    kept = _Converted(dtype, {name for name, part in _quantized_parts(cast)}, lent=lend)
    base, trained = model_folder / WEIGHTS_NAME, None
    if adapter is not None and adapter_folder is not None:
        if adapter.base_sha256 != model.weights_sha256:
            raise ModelError(
                say(
                    "The trained model in “{adapter_folder}” belongs to another version of "
                    "“{base}” than the one in “{model_folder}”; retrain it on this one.",
                    adapter_folder=adapter_folder,
                    base=adapter.base,
                    model_folder=model_folder,
                )
            )
        trained = adapter_folder / ADAPTER_WEIGHTS_NAME
    for key, value in _read_weights(base, sha256=model.weights_sha256, lend=lend):
        if trained is None or is_expert_parameter(key):
            kept.add(key, value)
    if trained is not None and adapter is not None:
        for key, value in _read_weights(trained, sha256=adapter.weights_sha256, lend=lend):
            if not is_expert_parameter(key):
                kept.add(key, value)
    _check_fit(expected, kept.shapes, adapter_folder or model_folder)
    cast.load_state_dict(kept.state, assign=True)
    cast.temporal.rebuild_table()
    return LoadedCast(cast.eval(), model, adapter, heads)


def _quantized_parts(cast: Cast) -> Iterator[tuple[str, QuantizedLinear]]:
    for name, part in cast.named_modules():
        if isinstance(part, QuantizedLinear):
            yield name, part


class _Converted:
    """Weights as a network keeps them.

    Args:
        dtype: Of what is not quantized.
        quantized: Names of the parts whose matrix is kept in 8 bits.
        lent: Weights come in memory that the next one is read into.

    Attributes:
        state: What the network loads.
        shapes: Of the weights as they came.
    """

    def __init__(self, dtype: torch.dtype, quantized: Set[str], *, lent: bool) -> None:
        self.state: dict[str, Tensor] = {}
        self.shapes: dict[str, torch.Size] = {}
        self._dtype = dtype
        self._quantized = quantized
        self._lent = lent
        self._scratch = torch.empty(0)

    def add(self, key: str, value: Tensor) -> None:
        """Take a weight, or a copy of it where its memory is lent."""
        self.shapes[key] = value.shape
        part, _, field = key.rpartition(".")
        if field == "weight" and part in self._quantized and value.ndim == 2:
            bits, scale = quantize(value, self._scratch)
            self.state[f"{part}.bits"], self.state[f"{part}.scale"] = bits, scale.to(self._dtype)
        else:
            self.state[key] = value.to(self._dtype, copy=self._lent)


def widen_heads(loaded: LoadedCast, heads: Sequence[LabelHead]) -> Cast:
    """Return a network with classifiers for ``heads``, keeping what ``loaded`` knows.

    Classes are matched by name, or by a former name. A new class starts at the mean of the known ones,
    a little below it, so that it is never the answer before it was taught.

    Args:
        loaded: The network that is copied; it stays as it is.
        heads: The classes wanted.

    Returns:
        A network that scores the classes of ``heads``, in their order.
    """
    cast = Cast(loaded.cast.config, head_configs(heads))
    known = loaded.cast.state_dict()
    state = {
        key: value if key.startswith("heads.") else known.get(key, value)
        for key, value in cast.state_dict().items()
    }
    old_heads = {head.name: head for head in loaded.heads if head.classes}
    for head in heads:
        old = old_heads.get(head.name)
        if old is not None:
            weight, bias = f"heads.{head.name}.weight", f"heads.{head.name}.bias"
            state[weight], state[bias] = _widened(known[weight], known[bias], old, head)
    cast.load_state_dict(state)
    return cast


def _widened(weight: Tensor, bias: Tensor, old: LabelHead, new: LabelHead) -> tuple[Tensor, Tensor]:
    """Rows of ``old`` in the order of ``new``, with rows for classes that ``old`` lacks."""
    unknown = len(old.classes)
    weight = torch.cat([weight, weight.mean(0, keepdim=True)])
    bias = torch.cat([bias, bias.mean(0, keepdim=True) - NEW_CLASS_MARGIN])
    known_at = positions_in_model(old, new.classes)
    rows = [unknown if at is None else at for at in known_at]
    return weight[rows], bias[rows]


def file_sha256(path: Path) -> str:
    """Return the checksum of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _weight_bytes(state: Mapping[str, Tensor]) -> bytes:
    """Return tensors as a safetensors file; always float32, whatever the network runs in."""
    return save({key: value.detach().float().contiguous() for key, value in state.items()})


def _read_weights(path: Path, *, sha256: str, lend: bool) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of a file one by one.

    The library checks the file. Its own tensors would be mapped pages, all of which count as memory in
    use until the last of them is let go; and what is given back between the weights that are kept leaves
    holes.

    Args:
        path: A safetensors file.
        sha256: What its checksum must be.
        lend: Read each into the memory of the one before, for a caller that converts them.
    """
    try:
        if file_sha256(path) != sha256:
            raise ModelError(
                say(
                    "The weights “{path}” are damaged: their checksum is not the one in the "
                    "configuration beside them; fetch, make or train the model again.",
                    path=path,
                )
            )
        with safe_open(path, framework="pt"):
            pass
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
            header.pop("__metadata__", None)
            places = [entry["data_offsets"] for entry in header.values()]
            largest = max((stop - start for start, stop in places), default=0)
            buffer = torch.empty(largest if lend else 0, dtype=torch.uint8)
            for (key, entry), (start, stop) in zip(header.items(), places, strict=True):
                size = stop - start
                flat = buffer[:size] if lend else torch.empty(size, dtype=torch.uint8)
                file.seek(8 + length + start)
                file.readinto(flat.numpy().data)
                yield key, flat.view(_TYPES[entry["dtype"]]).view(entry["shape"])
    except KeyError as error:
        raise ModelError(
            say(
                "The weights “{path}” are of a kind that no network here has ({error}); fetch, "
                "make or train the model again.",
                path=path,
                error=error,
            )
        ) from error
    except (OSError, SafetensorError) as error:
        raise ModelError(
            say(
                "The weights “{path}” cannot be read: {error}; fetch, make or train the model "
                "again.",
                path=path,
                error=error,
            )
        ) from error


def _check_fit(
    expected: Mapping[str, torch.Size], found: Mapping[str, torch.Size], folder: Path
) -> None:
    missing = [key for key in expected if key not in found]
    extra = [key for key in found if key not in expected]
    wrong = [key for key in expected if key in found and found[key] != expected[key]]
    if missing or extra or wrong:
        first = (missing + extra + wrong)[0]
        raise ModelError(
            say(
                "The weights in “{folder}” do not fit the network they are said to be: {count} "
                "missing, {unknown} unknown, {resized} of another size (the first is “{first}”); "
                "fetch, make or train the model again.",
                folder=folder,
                count=len(missing),
                unknown=len(extra),
                resized=len(wrong),
                first=first,
            )
        )


def _write(path: Path, data: bytes) -> None:
    """Write a file completely or not at all; what was there before stays until then."""
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise ModelError(
            say(
                "“{path}” cannot be written ({reason}): make room on the disk or choose "
                "another folder, then save again.",
                path=path,
                reason=error.strerror or error,
            )
        ) from error


def _json_bytes(values: Mapping[str, object]) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()
