"""New models from two experts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelHead
from cast_studio.errors import ModelError
from cast_studio.model.cast import Cast
from cast_studio.model.catalog import CONFIG_NAME, WEIGHTS_NAME
from cast_studio.model.checkpoints import head_configs, model_config
from cast_studio.model.config import ExchangeConfig
from cast_studio.model.expert_kinds import combine
from cast_studio.model.weights.expert_files import LoadedExpert, load_expert
from cast_studio.model.weights.folders import new_folder, write_json, write_weights
from cast_studio.said import say


def make_cast(
    spatial_folder: Path,
    temporal_folder: Path,
    heads: Sequence[LabelHead],
    *,
    library: Path,
    name: str,
    clip_spec: ClipSpec | None = None,
    exchange: ExchangeConfig | None = None,
    seed: int = 0,
) -> Path:
    """Make a model to train: two experts, between them adapters and B-CAST that change nothing yet.

    Args:
        spatial_folder: An expert folder of the library.
        temporal_folder: Likewise.
        heads: The classes it is to tell; it tells none before it was trained.
        library: Where the new folder is made.
        name: Of the new folder and model.
        clip_spec: How its clips are made; None: as published, in the experts' size.
        exchange: How the experts learn from each other; None: as the paper proposes.
        seed: Of the numbers that its new parts start from.

    Returns:
        The new model folder.

    Raises:
        ModelError: The experts do not go together or cannot be read, or the folder cannot be written.
    """
    spatial, temporal = load_expert(spatial_folder), load_expert(temporal_folder)
    network = combine(spatial.info.expert, temporal.info.expert, exchange=exchange)
    spec = clip_spec or ClipSpec(frames=network.frames, size=network.size)
    if (spec.frames, spec.size) != (network.frames, network.size):
        raise ModelError(
            say(
                "The experts see {frames} frames of {size} pixels, not {frames2} of {size2}; "
                "change the clips.",
                frames=network.frames,
                size=network.size,
                frames2=spec.frames,
                size2=spec.size,
            )
        )
    configs = head_configs(heads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        cast = Cast(network, configs)
    weights = dict(cast.state_dict())
    for stream, expert in (("spatial", spatial), ("temporal", temporal)):
        weights |= {f"{stream}.{key}": value for key, value in expert.weights.items()}
        weights |= {f"{stream}_norm.{key}": value for key, value in expert.final_norm.items()}
    needs = sum(tensor.numel() * tensor.itemsize for tensor in weights.values())
    with new_folder(library, name, needs=needs) as folder:
        sha256 = write_weights(folder / WEIGHTS_NAME, weights)
        config = model_config(
            network,
            name=name,
            heads=heads,
            clip_spec=spec,
            weights_sha256=sha256,
            knows=f"Nothing yet: made of “{spatial.info.name}” and “{temporal.info.name}”, to be trained.",
            license_terms=_terms(spatial, temporal),
            provenance=[spatial.info.provenance, temporal.info.provenance],
        )
        write_json(folder / CONFIG_NAME, config)
    return library / name


def _terms(*experts: LoadedExpert) -> str:
    """The terms of all parts, each once."""
    return "; ".join(dict.fromkeys(expert.info.license for expert in experts))
