"""Weights on disk: whole models, and adapters that hold only what training changed.

Everything is safetensors: numbers, never code. See :mod:`cast_studio.model.catalog` for the folders.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from cast_studio.core.clips import ClipSpec
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
from cast_studio.model.config import HeadConfig


@dataclass(frozen=True)
class LoadedCast:
    """A network with what it means.

    Attributes:
        cast: In evaluation mode, float32, on the processor.
        model: The model it comes from.
        adapter: The adapter laid over it, or None.
        heads: The classifiers of ``cast``, in the order of its scores.
    """

    cast: Cast
    model: ModelInfo
    adapter: AdapterInfo | None
    heads: tuple[LabelHead, ...]


def head_configs(heads: Sequence[LabelHead]) -> tuple[HeadConfig, ...]:
    """Return the classifiers that a network needs for ``heads``."""
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
    """Write a whole model; the configuration last, so that a torn write is no model."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.float().contiguous() for key, value in cast.state_dict().items()}
    _save_atomically(state, folder / WEIGHTS_NAME)
    config = {
        "format": FORMAT,
        "name": name,
        "network": cast.config.to_json(),
        "heads": [head.to_json() for head in heads],
        "clip_spec": clip_spec.to_json(),
        "weights_sha256": file_sha256(folder / WEIGHTS_NAME),
        "knows": knows,
        "license": license_terms,
    }
    _write_json(folder / CONFIG_NAME, config)


def save_adapter(
    folder: Path,
    cast: Cast,
    *,
    model: ModelInfo,
    heads: Sequence[LabelHead],
    created_at: str,
    metrics: Mapping[str, float],
) -> None:
    """Write what training changed: adapters, B-CAST, final norms and heads; never an expert."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        key: value.detach().float().contiguous()
        for key, value in cast.state_dict().items()
        if not is_expert_parameter(key)
    }
    _save_atomically(state, folder / ADAPTER_WEIGHTS_NAME)
    config = {
        "format": FORMAT,
        "base": model.name,
        "base_sha256": model.weights_sha256,
        "heads": [head.to_json() for head in heads],
        "clip_spec_version": model.clip_spec.version,
        "schema_fingerprint": heads_fingerprint(heads),
        "created_at": created_at,
        "metrics": dict(metrics),
        "adapter_sha256": file_sha256(folder / ADAPTER_WEIGHTS_NAME),
    }
    _write_json(folder / ADAPTER_CONFIG_NAME, config)


def load_cast(model_folder: Path, *, adapter_folder: Path | None = None) -> LoadedCast:
    """Load a model, and an adapter over it where one is given.

    Raises:
        ModelError: A file is missing, damaged, does not fit the network it names, or the adapter
            belongs to another model.
    """
    model = read_info(model_folder)
    adapter = None if adapter_folder is None else read_adapter_info(adapter_folder)
    heads = model.heads if adapter is None else adapter.heads
    weights = _read_weights(model_folder / WEIGHTS_NAME, sha256=model.weights_sha256)
    if adapter is not None and adapter_folder is not None:
        if adapter.base_sha256 != model.weights_sha256:
            raise ModelError(
                f"The trained model in “{adapter_folder}” belongs to another version of "
                f"“{adapter.base}” than the one in “{model_folder}”; retrain it on this one."
            )
        trained = _read_weights(adapter_folder / ADAPTER_WEIGHTS_NAME)
        weights = {key: value for key, value in weights.items() if is_expert_parameter(key)}
        weights |= {key: value for key, value in trained.items() if not is_expert_parameter(key)}
    with torch.device("meta"):
        cast = Cast(model.network, head_configs(heads))
    _check_fit(cast, weights, adapter_folder or model_folder)
    cast.load_state_dict(weights, assign=True)
    cast.temporal.rebuild_table()
    return LoadedCast(cast.eval(), model, adapter, heads)


def widen_heads(loaded: LoadedCast, heads: Sequence[LabelHead]) -> Cast:
    """Return the network with classifiers for ``heads``, keeping what it knows of shared classes.

    Classes are matched by name. A new class starts at the mean of the known ones, a little below them,
    so that it is never the answer before it was taught.

    Args:
        loaded: The network; its parameters other than the classifiers are shared with the result.
        heads: The classes wanted.

    Returns:
        A network that scores the classes of ``heads``, in their order.
    """
    cast = Cast(loaded.cast.config, head_configs(heads))
    state = dict(loaded.cast.state_dict())
    known = {head.name: head for head in loaded.heads}
    fresh = cast.state_dict()
    for head in heads:
        prefix = f"heads.{head.name}"
        weight, bias = fresh[f"{prefix}.weight"], fresh[f"{prefix}.bias"]
        old = known.get(head.name)
        if old is not None:
            old_weight, old_bias = state[f"{prefix}.weight"], state[f"{prefix}.bias"]
            weight[:], bias[:] = old_weight.mean(0), old_bias.mean()
            positions = {found.name: at for at, found in enumerate(old.classes)}
            for row, found in enumerate(head.classes):
                if found.name in positions:
                    weight[row] = old_weight[positions[found.name]]
                    bias[row] = old_bias[positions[found.name]]
        state[f"{prefix}.weight"], state[f"{prefix}.bias"] = weight, bias
    cast.load_state_dict({key: state.get(key, value) for key, value in fresh.items()})
    return cast


def file_sha256(path: Path) -> str:
    """Return the checksum of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_weights(path: Path, *, sha256: str | None = None) -> dict[str, Tensor]:
    try:
        if sha256 is not None and file_sha256(path) != sha256:
            raise ModelError(
                f"The weights “{path}” are damaged: their checksum is not the one in the model's "
                "configuration; fetch or install the model again."
            )
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"The weights “{path}” cannot be read: {error}; fetch, make or train the model again."
        ) from error


def _check_fit(cast: Cast, weights: Mapping[str, Tensor], folder: Path) -> None:
    expected = {key: value.shape for key, value in cast.state_dict().items()}
    missing = [key for key in expected if key not in weights]
    extra = [key for key in weights if key not in expected]
    wrong = [key for key in expected if key in weights and weights[key].shape != expected[key]]
    if missing or extra or wrong:
        first = (missing + extra + wrong)[0]
        raise ModelError(
            f"The weights in “{folder}” do not fit the network they are said to be: {len(missing)} "
            f"missing, {len(extra)} unknown, {len(wrong)} of another size (the first is “{first}”); "
            "fetch, make or train the model again."
        )


def _save_atomically(state: dict[str, Tensor], path: Path) -> None:
    partial = path.with_suffix(".partial")
    save_file(state, partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def _write_json(path: Path, values: Mapping[str, object]) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(values, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
