"""What a network gives for one clip, to the last digit: for comparing it with another implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cast_studio.errors import ModelError
from cast_studio.model.cast import CastOutput
from cast_studio.model.catalog import ModelInfo
from cast_studio.model.checkpoints import load_cast
from cast_studio.model.config import CastConfig
from cast_studio.model.devices import choose_device
from cast_studio.said import say

ProbePrecision: TypeAlias = Literal["float64", "float32", "bfloat16"]
PROBE_PRECISIONS: tuple[ProbePrecision, ...] = get_args(ProbePrecision)

_TYPES: dict[ProbePrecision, torch.dtype] = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
}


def check_clip(clip: NDArray[np.generic], model: ModelInfo) -> None:
    """Refuse what a model cannot be probed with.

    Args:
        clip: Normalized RGB, ``(3, frames, size, size)`` in the model's sizes, of any floating type.
        model: The model.

    Raises:
        ModelError: It is of another shape or type, or holds numbers that are not finite.
    """
    network = model.network
    wanted = (3, network.frames, network.size, network.size)
    if clip.shape != wanted:
        raise ModelError(
            say(
                "The clip has the shape {shape}, but “{model}” wants {wanted}: colors, frames, "
                "height and width.",
                shape=clip.shape,
                model=model.name,
                wanted=wanted,
            )
        )
    if clip.dtype.kind != "f":
        raise ModelError(
            say(
                "The clip holds {dtype} and must hold floating-point numbers: pixels that are "
                "scaled and normalized already.",
                dtype=clip.dtype,
            )
        )
    if not bool(np.isfinite(clip).all()):
        raise ModelError(say("The clip holds numbers that are not finite; make it again."))


def probe(
    model_folder: Path,
    clip: NDArray[np.generic],
    *,
    adapter_folder: Path | None = None,
    precision: ProbePrecision = "float32",
    attention: bool = False,
) -> dict[str, NDArray[np.floating]]:
    """Run a model on one clip.

    Args:
        model_folder: The model.
        clip: See :func:`check_clip`.
        adapter_folder: What was trained on top of it.
        precision: How it computes; what it gives is float64 in float64, else float32.
        attention: Also return where the streams looked, averaged over heads.

    Returns:
        ``logits_HEAD``, ``(classes,)``, for each head; ``s2t_BB``, ``(T, N, N)``, and ``t2s_BB``,
        ``(N, T, T)``, for each block that has them, in the paper's windows.

    Raises:
        ModelError: The model cannot be loaded, the clip is not for it, or its streams never look at each
            other where their looks are asked for.
    """
    loaded = load_cast(model_folder, adapter_folder=adapter_folder)
    check_clip(clip, loaded.model)
    network = loaded.cast.config
    if attention and network.exchange.kind != "b-cast":
        raise ModelError(
            say(
                "The streams of “{model}” do not look at each other, so there is no attention "
                "to show; leave it out.",
                model=loaded.model.name,
            )
        )
    device, dtype = choose_device(), _TYPES[precision]
    cast = loaded.cast.to(device, dtype).eval()
    batch = torch.from_numpy(np.array(clip, np.float64, order="C"))[None].to(device, dtype)
    with torch.inference_mode():
        output = cast(batch, attention=attention)
    found = {f"logits_{head}": _array(logits) for head, logits in output.logits.items()}
    return found | (_maps(output, network) if attention else {})


def _maps(output: CastOutput, network: CastConfig) -> dict[str, NDArray[np.floating]]:
    blocks = network.exchange.blocks or tuple(range(network.depth))
    return {
        f"{name}_{block:02d}": _array(weights)
        for name, maps in (("s2t", output.s2t), ("t2s", output.t2s))
        for block, weights in zip(
            blocks, maps, strict=False
        )  # none in a direction that is not there
    }


def _array(batch: Tensor) -> NDArray[np.floating]:
    """Return the only one of a batch, on the processor, in a type that NumPy has."""
    alone = batch[0].cpu()
    wide = alone if alone.dtype == torch.float64 else alone.float()
    array: NDArray[np.floating] = wide.numpy()
    return array
