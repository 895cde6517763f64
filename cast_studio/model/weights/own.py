"""Folders that CAST Studio wrote, on another computer perhaps: models, experts and adapters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from cast_studio.errors import ModelError
from cast_studio.model.catalog import (
    ADAPTER_CONFIG_NAME,
    ADAPTER_WEIGHTS_NAME,
    CARD_NAME,
    CONFIG_NAME,
    WEIGHTS_NAME,
    ModelInfo,
    list_models,
    read_adapter_info,
    read_info,
)
from cast_studio.model.checkpoints import load_cast
from cast_studio.model.expert_catalog import (
    EXPERT_CONFIG_NAME,
    EXPERT_WEIGHTS_NAME,
    read_expert_info,
)
from cast_studio.model.weights.expert_files import load_expert
from cast_studio.model.weights.folders import copy_file, new_folder, write_json
from cast_studio.model.weights.reading import read_tensors
from cast_studio.model.weights.report import LoadReport
from cast_studio.said import say

What: TypeAlias = Literal["model", "expert", "adapter"]

_NAMES: tuple[tuple[What, str, str], ...] = (
    ("adapter", ADAPTER_CONFIG_NAME, ADAPTER_WEIGHTS_NAME),
    ("expert", EXPERT_CONFIG_NAME, EXPERT_WEIGHTS_NAME),
    ("model", CONFIG_NAME, WEIGHTS_NAME),
)


@dataclass(frozen=True)
class OwnFolder:
    """A folder in one of our forms.

    Attributes:
        folder: Where it is.
        what: Which form.
        config: Name of its configuration.
        weights: Name of its weights.
    """

    folder: Path
    what: What
    config: str
    weights: str


def find_own(source: Path) -> OwnFolder | None:
    """Return the folder that ``source`` is, or whose weights it is, or None."""
    for what, config, weights in _NAMES:
        folder = source if source.is_dir() else source.parent
        is_it = source.is_dir() or source.name == weights
        if is_it and (folder / weights).is_file() and _is_ours(folder / config):
            return OwnFolder(folder, what, config, weights)
    return None


def _is_ours(config: Path) -> bool:
    """Whether a configuration is one of ours; other programs call theirs “config.json” too."""
    try:
        found = json.loads(config.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and "format" in found


def import_own(
    own: OwnFolder, library: Path, *, name: str, bases: Iterable[Path], imported_at: str
) -> LoadReport:
    """Copy a folder of ours into the library, once it proved to be complete.

    Args:
        own: What to copy.
        library: Where to.
        name: Of the new folder.
        bases: More folders of models that an adapter may belong to.
        imported_at: ISO 8601.

    Raises:
        ModelError: It is damaged, does not fit its own description, or belongs to no known model.
    """
    what = _check(own, library, bases)
    weights = own.folder / own.weights
    used = tuple(sorted(read_tensors(weights).tensors))
    size = weights.stat().st_size
    try:
        config = json.loads((own.folder / own.config).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            say(
                "“{folder}” cannot be read ({error}); copy the folder again.",
                folder=own.folder / own.config,
                error=error,
            )
        ) from error
    with new_folder(library, name, needs=size) as folder:
        copy_file(weights, folder / own.weights)
        if (own.folder / CARD_NAME).is_file():
            copy_file(own.folder / CARD_NAME, folder / CARD_NAME)
        if own.what != "adapter":
            config["name"] = name
        config["copied"] = {"from": own.folder.resolve().name, "at": imported_at}
        write_json(folder / own.config, config)
    return LoadReport(what, "folder of CAST Studio", used, {})


def _check(own: OwnFolder, library: Path, bases: Iterable[Path]) -> str:
    """Load the folder as a user would, and say what it is."""
    if own.what == "model":
        read_info(own.folder)
        load_cast(own.folder)
        return f"the CAST model “{read_info(own.folder).name}”"
    if own.what == "expert":
        load_expert(own.folder)
        return f"the expert “{read_expert_info(own.folder).name}”"
    base = _base_of(own.folder, [library, *bases])
    load_cast(base.folder, adapter_folder=own.folder)
    return f"an adapter of “{base.name}”"


def _base_of(adapter: Path, folders: Iterable[Path]) -> ModelInfo:
    info = read_adapter_info(adapter)
    for model in list_models(folders, on_damaged=lambda _: None):
        if model.weights_sha256 == info.base_sha256:
            return model
    raise ModelError(
        say(
            "The trained model in “{adapter}” belongs to the version of “{base}” that it "
            "was trained on, which is not installed; import that model first.",
            adapter=adapter,
            base=info.base,
        )
    )
