"""A loaded CAST that answers questions about clips."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelHead
from cast_studio.core.predictions import ClipScores
from cast_studio.errors import ModelError
from cast_studio.model.catalog import ADAPTER_WEIGHTS_NAME, read_info
from cast_studio.model.checkpoints import LoadedCast, file_sha256, load_cast
from cast_studio.model.devices import (
    Precision,
    choose_device,
    choose_precision,
    device_in_words,
    dtype_of,
)
from cast_studio.model.exchange import pictures_of_keys
from cast_studio.model.preprocessing import to_input
from cast_studio.model.quantization import quantize_experts
from cast_studio.said import say

log = logging.getLogger(__name__)


class CastPredictor:
    """Scores clips with a CAST network. Used from one thread at a time.

    Args:
        loaded: The network with its heads.
        model_id: What identifies these weights.
        device: ``"auto"`` takes a GPU where there is one.
        precision: ``"auto"`` takes the fastest that the device has, see :func:`choose_precision`.

    Attributes:
        network: On its device, in evaluation mode.
        device: Where it runs.
        precision: How it computes there.
    """

    def __init__(
        self,
        loaded: LoadedCast,
        *,
        model_id: str,
        device: str = "auto",
        precision: Literal["auto"] | Precision = "auto",
    ) -> None:
        self.device = choose_device(device)
        width = loaded.model.network.width
        self.precision = choose_precision(self.device, precision, width=width)
        self._dtype = dtype_of(self.precision, self.device)
        self._runs_on = device_in_words(self.device, self.precision)
        if self.precision == "int8":
            quantize_experts(loaded.cast.spatial, loaded.cast.temporal)
        self.network = loaded.cast.to(self.device, self._dtype).eval()
        self._model_id = model_id
        self._heads = loaded.heads
        self._clip_spec = loaded.model.clip_spec
        self._largest_batch: int | None = None

    @classmethod
    def load(
        cls,
        model_folder: Path,
        *,
        adapter_folder: Path | None = None,
        device: str = "auto",
        precision: Literal["auto"] | Precision = "auto",
    ) -> CastPredictor:
        """Load a model, and an adapter over it.

        Raises:
            ModelError: A file is missing, damaged or of another model.
        """
        where = choose_device(device)
        width = read_info(model_folder).network.width
        chosen = choose_precision(where, precision, width=width)
        loaded = load_cast(
            model_folder,
            adapter_folder=adapter_folder,
            dtype=dtype_of(chosen, where),
            quantized=chosen == "int8",
        )
        model_id = loaded.model.weights_sha256[:16]
        if adapter_folder is not None:
            model_id = file_sha256(adapter_folder / ADAPTER_WEIGHTS_NAME)[:16]
        return cls(loaded, model_id=model_id, device=device, precision=chosen)

    @property
    def model_id(self) -> str:
        """What identifies the weights: the start of their checksum."""
        return self._model_id

    @property
    def heads(self) -> tuple[LabelHead, ...]:
        """The heads; their class order is the order of the scores."""
        return self._heads

    @property
    def clip_spec(self) -> ClipSpec:
        """How clips must be made."""
        return self._clip_spec

    @property
    def runs_on(self) -> str:
        """Device and precision in words, as ``"CPU · float32"``."""
        return self._runs_on

    def predict(self, clips: NDArray[np.uint8], *, attention: bool = False) -> ClipScores:
        """Score clips; halves the batch, and remembers it, where the device's memory is too small.

        Args:
            clips: RGB, ``(B, frames, size, size, 3)``, made as :attr:`clip_spec` says.
            attention: Also return the S2T cross-attention, averaged over heads and queries.

        Returns:
            Probabilities per head, and the attention ``(B, layers, t, h, w)`` where asked for.

        Raises:
            ModelError: One clip alone does not fit into the device's memory.
        """
        parts: list[tuple[dict[str, NDArray[np.float32]], NDArray[np.float16] | None]] = []
        position = 0
        while position < len(clips):
            size = self._largest_batch or len(clips)
            try:
                parts.append(self._forward(clips[position : position + size], attention))
            except torch.OutOfMemoryError as error:
                size = min(size, len(clips) - position)
                if size == 1:
                    raise ModelError(
                        say(
                            "The model does not fit into the memory of {device}: close other programs that "
                            "use it, or set the environment variable CUDA_VISIBLE_DEVICES to -1 to let the "
                            "processor do the work.",
                            device=self.device,
                        )
                    ) from error
                self._largest_batch = size // 2
                torch.cuda.empty_cache()
                log.warning("Out of memory: batches are now %d clips", self._largest_batch)
                continue
            position += size
        scores = {
            head.name: np.concatenate([part[head.name] for part, _ in parts])
            if parts
            else np.empty((0, len(head.classes)), np.float32)
            for head in self._heads
        }
        maps = [grid for _, grid in parts if grid is not None]
        if not maps:
            return ClipScores(scores)
        return ClipScores(scores, np.concatenate(maps), self.network.config.exchange_blocks)

    def _forward(
        self, clips: NDArray[np.uint8], attention: bool
    ) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float16] | None]:
        with torch.inference_mode():
            tokens = self._tokens(clips)
            output = self.network.forward_tokens(*tokens, attention=attention)
            scores = {
                head: logits.float().softmax(-1).cpu().numpy()
                for head, logits in output.logits.items()
            }
            return scores, self._picture_maps(output.s2t) if output.s2t else None

    def _tokens(self, clips: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """Embed clips; a step of its own, so that the pixels are let go before the blocks begin."""
        batch = to_input(clips, self._clip_spec, device=self.device).to(self._dtype)
        return self.network.embed(batch)

    def _picture_maps(self, s2t: tuple[Tensor, ...]) -> NDArray[np.float16]:
        config = self.network.config
        window, grid = config.exchange.s2t_window, config.grid
        keys = [pictures_of_keys(weights, window, steps=config.steps) for weights in s2t]
        maps = torch.stack(keys, 1)  # (B, layers, T, N)
        pictures: Tensor = maps.unflatten(-1, (grid, grid))
        return np.asarray(pictures.to(torch.float16).cpu().numpy(), np.float16)
