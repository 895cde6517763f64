"""Which models there are. Reads a few kilobytes of JSON and never loads torch.

A *model folder* holds ``config.json`` and ``model.safetensors`` (and ``CARD.md`` for people). An
*adapter folder* holds ``adapter.json`` and ``adapter.safetensors``: what training changed, and the
checksum of the model it belongs to.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cast_studio.core.clips import ClipSpec
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelHead
from cast_studio.errors import ModelError
from cast_studio.model.config import CastConfig
from cast_studio.model.provenance import Provenance
from cast_studio.said import say

FORMAT = 1
CONFIG_NAME = "config.json"
WEIGHTS_NAME = "model.safetensors"
ADAPTER_CONFIG_NAME = "adapter.json"
ADAPTER_WEIGHTS_NAME = "adapter.safetensors"
CARD_NAME = "CARD.md"

_LARGEST_HEADER = 100_000_000


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without loading it.

    Attributes:
        name: What the user reads.
        folder: Where it is.
        heads: Its classifiers; their class order is the order of its scores.
        clip_spec: How its clips are made.
        network: Its sizes.
        weights_sha256: Checksum of the weights file, as written when it was made.
        knows: One sentence: what it can tell, and what to do where it cannot.
        license: Under which terms the weights may be used.
        card: The model card, Markdown; empty where there is none.
        parameters: Number of weights.
        is_bundled: Whether it came with the program.
        provenance: The files that its weights were imported from; none where they were trained here.
    """

    name: str
    folder: Path
    heads: tuple[LabelHead, ...]
    clip_spec: ClipSpec
    network: CastConfig
    weights_sha256: str
    knows: str
    license: str
    card: str
    parameters: int
    is_bundled: bool
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True)
class AdapterInfo:
    """What is known of an adapter without loading it.

    Attributes:
        folder: Where it is.
        base: Name of the model it belongs to.
        base_sha256: Checksum of that model's weights.
        weights_sha256: Checksum of the adapter's own weights.
        heads: Its classifiers; they replace the model's.
        schema_fingerprint: Of the heads, see :meth:`LabelSchema.fingerprint`.
        created_at: ISO 8601.
    """

    folder: Path
    base: str
    base_sha256: str
    weights_sha256: str
    heads: tuple[LabelHead, ...]
    schema_fingerprint: str
    created_at: str


def read_info(folder: Path, *, is_bundled: bool = False) -> ModelInfo:
    """Read what a model folder says of itself.

    Raises:
        ModelError: The folder, its configuration or its weights are missing or not readable.
    """
    fields = read_config(folder, CONFIG_NAME, what="model")
    try:
        clip_spec = ClipSpec.from_json(_object(fields, "clip_spec"))
        network = CastConfig.from_json(_object(fields, "network"))
        if (clip_spec.frames, clip_spec.size) != (network.frames, network.size):
            raise ValueError("its clips are not of the size that its network reads")
        card = folder / CARD_NAME
        return ModelInfo(
            name=fields.text("name"),
            folder=folder,
            heads=tuple(LabelHead.from_json(head) for head in fields.items("heads")),
            clip_spec=clip_spec,
            network=network,
            weights_sha256=fields.text("weights_sha256"),
            knows=fields.text("knows"),
            license=fields.text("license"),
            card=card.read_text("utf-8") if card.is_file() else "",
            parameters=count_parameters(folder / WEIGHTS_NAME),
            is_bundled=is_bundled,
            provenance=_provenance(fields),
        )
    except (ValueError, OSError) as error:
        raise ModelError(
            say(
                "The model in “{folder}” cannot be used: {error}. Fetch or make it again.",
                folder=folder,
                error=error,
            )
        ) from error


def read_adapter_info(folder: Path) -> AdapterInfo:
    """Read what an adapter folder says of itself.

    Raises:
        ModelError: The folder or its configuration is missing or not readable.
    """
    fields = read_config(folder, ADAPTER_CONFIG_NAME, what="trained model")
    try:
        return AdapterInfo(
            folder=folder,
            base=fields.text("base"),
            base_sha256=fields.text("base_sha256"),
            weights_sha256=fields.text("adapter_sha256"),
            heads=tuple(LabelHead.from_json(head) for head in fields.items("heads")),
            schema_fingerprint=fields.text("schema_fingerprint"),
            created_at=fields.text("created_at"),
        )
    except ValueError as error:
        raise ModelError(
            say(
                "The trained model in “{folder}” cannot be used: {error}. Retrain to replace it.",
                folder=folder,
                error=error,
            )
        ) from error


def list_models(
    folders: Iterable[Path],
    *,
    bundled: Path | None = None,
    on_damaged: Callable[[ModelError], None],
) -> tuple[ModelInfo, ...]:
    """Read every model in folders of models; what is not one is passed over.

    Args:
        folders: Each holds model folders.
        bundled: The one of them that came with the program.
        on_damaged: Told of each model that cannot be read; the others are listed all the same.

    Returns:
        By folder, then by name.
    """
    found = []
    for parent in folders:
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            if not (folder / CONFIG_NAME).is_file():
                continue
            try:
                found.append(read_info(folder, is_bundled=parent == bundled))
            except ModelError as error:
                on_damaged(error)
    return tuple(found)


def count_parameters(weights: Path) -> int:
    """Count the weights of a safetensors file from its header.

    Raises:
        ModelError: The file is missing or not a safetensors file.
    """
    try:
        with weights.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LARGEST_HEADER:
                raise ValueError("its header is impossibly large")
            header = json.loads(file.read(length))
        shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
        return sum(math.prod(shape) for shape in shapes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(
            say(
                "The weights “{weights}” cannot be read: {error}. Fetch or make the model again.",
                weights=weights,
                error=error,
            )
        ) from error


def read_config(folder: Path, name: str, *, what: str) -> Fields:
    """Read the configuration of a folder of weights.

    Args:
        folder: Where it is.
        name: Name of the file.
        what: What the folder holds, for the sentence: "model".

    Raises:
        ModelError: It is missing, not readable or of a newer version of the program.
    """
    path = folder / name
    try:
        fields = Fields(json.loads(path.read_text("utf-8")), where=f"“{name}”")
        version = fields.integer("format")
    except FileNotFoundError as error:
        raise ModelError(
            say(
                "There is no {what} in “{folder}”: the file “{name}” is missing; choose "
                "another folder.",
                what=what,
                folder=folder,
                name=name,
            )
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(
            say(
                "The {what} in “{folder}” cannot be read: {error}; replace the file “{name}”.",
                what=what,
                folder=folder,
                error=error,
                name=name,
            )
        ) from error
    if version > FORMAT:
        raise ModelError(
            say(
                "The {what} in “{folder}” was made by a newer version of CAST Studio (format "
                "{version}, this version reads {format}); update the program.",
                what=what,
                folder=folder,
                version=version,
                format=FORMAT,
            )
        )
    return fields


def _provenance(fields: Fields) -> tuple[Provenance, ...]:
    """Models of earlier versions have none."""
    if not fields.has("provenance"):
        return ()
    return tuple(Provenance.from_json(values) for values in fields.items("provenance"))


def _object(fields: Fields, name: str) -> dict[str, object]:
    value = fields.value(name)
    if not isinstance(value, dict):
        raise ValueError(f"the field “{name}” of {fields.where} must be an object")
    return value
