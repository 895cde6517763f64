"""Where a network runs and how precisely it computes there: choosing it, and saying it."""

from __future__ import annotations

from typing import Final, Literal

import torch

Precision = Literal["float32", "bfloat16"]

_DTYPES: Final[dict[Precision, torch.dtype]] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
}
_NAMES: Final = {"cpu": "CPU", "mps": "Apple GPU"}


def choose_device(wanted: str = "auto") -> torch.device:
    """Return a device by torch's name for it; ``"auto"`` takes a GPU where there is one."""
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def choose_precision(
    device: torch.device, wanted: Literal["auto"] | Precision = "auto"
) -> Precision:
    """Return how to compute on a device; ``"auto"`` is bfloat16 on CUDA and float32 elsewhere."""
    if wanted != "auto":
        return wanted
    return "bfloat16" if device.type == "cuda" else "float32"


def dtype_of(precision: Precision) -> torch.dtype:
    """Return torch's type for a precision."""
    return _DTYPES[precision]


def device_in_words(device: torch.device, precision: Precision) -> str:
    """Return what the user reads about where a model runs, as ``"CPU · float32"``.

    A CUDA device must exist: its name is that of the hardware.
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = _NAMES.get(device.type, device.type.upper())
    return f"{name} · {precision}"
