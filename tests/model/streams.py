"""What is in a network's two streams while it runs, under the names of the parity kit."""

from __future__ import annotations

from functools import partial
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cast_studio.model.cast import Cast


class StreamRecorder:
    """While it is open, keeps samples and statistics of both streams at four stages of each block.

    Attributes:
        streams: As ``CAST_SPEC.md``, section 13, names them: ``L03.s.2_after_bcast|cls_f0_8``.
        last: What the last block gave: spatial ``(1, T, 1 + N, D)`` and temporal ``(1, T, N, D)``.
    """

    def __init__(self, cast: Cast) -> None:
        self.streams: dict[str, NDArray[np.float64]] = {}
        self.last = (torch.empty(0), torch.empty(0))
        self._cast = cast
        self._handles: list[RemovableHandle] = []

    def __enter__(self) -> StreamRecorder:
        spatial, temporal = self._cast.spatial.blocks, self._cast.temporal.blocks
        for number, layer in enumerate(self._cast.layers):
            block = f"L{number:02d}"
            self._before(layer, block, "0_in", "st")
            self._before(layer.exchange, block, "1_after_mhsa", "st")  # type: ignore[arg-type]
            self._before(spatial[number].mlp_norm, block, "2_after_bcast", "s")  # type: ignore[arg-type]
            self._before(temporal[number].mlp_norm, block, "2_after_bcast", "t")  # type: ignore[arg-type]
            keep = partial(self._keep, block, "3_out", "st")
            self._handles.append(
                layer.register_forward_hook(lambda _, __, out, keep=keep: keep(out))
            )
        self._handles.append(self._cast.layers[-1].register_forward_hook(self._keep_last))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()

    def _before(self, module: nn.Module, block: str, stage: str, names: str) -> None:
        keep = partial(self._keep, block, stage, names)
        self._handles.append(module.register_forward_pre_hook(lambda _, inputs: keep(inputs)))

    def _keep(self, block: str, stage: str, names: str, streams: tuple[Tensor, ...]) -> None:
        """Keep the first ``len(names)`` of ``streams``, which are "s" or "t"."""
        for name, stream in zip(names, streams, strict=False):
            found = _of_spatial(stream) if name == "s" else _of_temporal(stream)
            for part, values in found.items():
                self.streams[f"{block}.{name}.{stage}{part}"] = values.double().numpy().copy()

    def _keep_last(self, _: nn.Module, __: object, out: tuple[Tensor, ...]) -> None:
        self.last = (out[0].clone(), out[1].clone())


def _of_spatial(stream: Tensor) -> dict[str, Tensor]:
    """Return what the kit has of ``(1, T, 1 + N, D)``."""
    x = stream[0]
    return {
        "|mean_std": _mean_std(x),
        ".cls|mean_std": _mean_std(x[:, 0]),
        ".patch|mean_std": _mean_std(x[:, 1:]),
        "|cls_f0_8": x[0, 0, :8],
        "|cls_f7_8": x[7, 0, :8],
        "|patch0_f0_8": x[0, 1, :8],
        "|patch195_f7_8": x[7, 196, :8],
        "|cls_all": x[:, 0],
    }


def _of_temporal(stream: Tensor) -> dict[str, Tensor]:
    """Return what the kit has of ``(1, T, N, D)``."""
    x = stream[0].flatten(0, 1)
    return {
        "|mean_std": _mean_std(x),
        "|tok0_8": x[0, :8],
        "|tok196_8": x[196, :8],
        "|tok1567_8": x[1567, :8],
    }


def _mean_std(x: Tensor) -> Tensor:
    return torch.stack([x.mean(), x.std(correction=0)])
