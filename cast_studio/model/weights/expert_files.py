"""Experts of the library, with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from cast_studio.errors import ModelError
from cast_studio.model.expert_catalog import (
    EXPERT_WEIGHTS_NAME,
    FINAL_NORM,
    ExpertInfo,
    read_expert_info,
)
from cast_studio.model.expert_translation import make_expert
from cast_studio.model.weights.folders import checksum
from cast_studio.model.weights.reading import read_tensors
from cast_studio.said import say


@dataclass(frozen=True)
class LoadedExpert:
    """An expert and its weights.

    Attributes:
        info: What it is.
        weights: By our names inside the expert; views of the file.
        final_norm: ``weight`` and ``bias`` that CAST's final norm starts from; empty: it starts as new.
    """

    info: ExpertInfo
    weights: Mapping[str, Tensor]
    final_norm: Mapping[str, Tensor]


def load_expert(folder: Path) -> LoadedExpert:
    """Load an expert folder.

    Raises:
        ModelError: A file is missing or damaged, or the weights are not those of the expert it names.
    """
    info = read_expert_info(folder)
    path = folder / EXPERT_WEIGHTS_NAME
    tensors = read_tensors(path).tensors
    if checksum(path) != info.weights_sha256:
        raise ModelError(
            say(
                "The weights “{path}” are damaged: their checksum is not the one in the "
                "configuration beside them; import the expert again.",
                path=path,
            )
        )
    weights = {key: value for key, value in tensors.items() if not key.startswith(FINAL_NORM)}
    found = {key: value.shape for key, value in weights.items()}
    if found != {key: value.shape for key, value in make_expert(info.expert).state_dict().items()}:
        raise ModelError(
            say(
                "The weights “{path}” are not those of the expert that “{folder}” says it is; "
                "import it again.",
                path=path,
                folder=folder,
            )
        )
    final_norm = {
        key.removeprefix(FINAL_NORM): value
        for key, value in tensors.items()
        if key.startswith(FINAL_NORM)
    }
    return LoadedExpert(info, weights, final_norm)
