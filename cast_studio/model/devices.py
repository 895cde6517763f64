"""Where a network runs and how precisely it computes there: choosing it, and saying it."""

from __future__ import annotations

import time
from functools import cache
from typing import Final, Literal, get_args

import torch

Precision = Literal["float32", "bfloat16", "int8"]
"""How a network computes. ``"int8"`` keeps the frozen experts' weights in 8 bits and computes in
bfloat16 where that is fast, else in float32."""
PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)

_WIDE_ENOUGH: Final = 512
"""Channels from which on a processor gains by bfloat16; in smaller networks other things take the time."""
_NAMES: Final = {"cpu": "CPU", "mps": "Apple GPU"}
_MEASUREMENTS: Final = 5
_WORTH_IT: Final = 1.3


def choose_device(wanted: str = "auto") -> torch.device:
    """Return a device by torch's name for it; ``"auto"`` takes a GPU where there is one."""
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def choose_precision(
    device: torch.device, wanted: Literal["auto"] | Precision = "auto", *, width: int
) -> Precision:
    """Return how to compute on a device.

    Args:
        device: Where.
        wanted: ``"auto"`` takes the fastest that the device has: bfloat16 on CUDA, and on processors
            where it is measured to be faster, else float32.
        width: Channels of the network.
    """
    if wanted != "auto":
        return wanted
    if device.type == "cpu" and width < _WIDE_ENOUGH:
        return "float32"
    return "bfloat16" if multiplies_bfloat16(device) else "float32"


def multiplies_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies matrices of bfloat16 faster than of float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    return _processor_has_bfloat16() and bfloat16_pays()


def _processor_has_bfloat16() -> bool:
    if hasattr(torch.cpu, "get_capabilities"):  # torch 2.11 and later
        found = torch.cpu.get_capabilities()
        return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
    return bool(torch.cpu._is_avx512_bf16_supported())


@cache
def bfloat16_pays() -> bool:
    """Return whether matrices of bfloat16 are multiplied clearly faster on this processor.

    Measured once, in a tenth of a second: some processors have the instructions, and the libraries make
    nothing of them.
    """
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(512, 768, dtype=dtype), torch.ones(768, 1536, dtype=dtype)
        left @ right
        took = []
        for _ in range(_MEASUREMENTS):
            start = time.perf_counter()
            left @ right
            took.append(time.perf_counter() - start)
        seconds[dtype] = min(took)
    return seconds[torch.float32] > _WORTH_IT * seconds[torch.bfloat16]


def dtype_of(precision: Precision, device: torch.device) -> torch.dtype:
    """Return torch's type of the numbers that flow through a network."""
    if precision == "bfloat16" or (precision == "int8" and multiplies_bfloat16(device)):
        return torch.bfloat16
    return torch.float32


def device_in_words(device: torch.device, precision: Precision) -> str:
    """Return what the user reads about where a model runs, as ``"CPU · float32"``.

    A CUDA device must exist: its name is that of the hardware.
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = _NAMES.get(device.type, device.type.upper())
    return f"{name} · {precision}"
