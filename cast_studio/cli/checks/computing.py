"""What the model would run on."""

from __future__ import annotations

import os

from cast_studio.cli.checks import Finding, Section
from cast_studio.cli.checks.versions import import_advice


def check_computing() -> Section:
    """Report the processor, and the device that torch would use."""
    cores = _usable_cores()
    return Section("Computing", (Finding("Processor cores", str(cores)), *_torch_findings()))


def _torch_findings() -> tuple[Finding, ...]:
    try:
        import torch

        if torch.cuda.is_available():
            device = torch.cuda.get_device_properties(0)
            name = f"cuda: {device.name}, {device.total_memory / 2**30:.0f} GiB"
        elif torch.backends.mps.is_available():
            name = "cpu (a Metal device is there and is not used yet)"
        else:
            name = "cpu"
        built_for = f"CUDA {torch.version.cuda}" if torch.version.cuda else "no CUDA"
        threads = torch.get_num_threads()
    except Exception as error:  # noqa: BLE001 - a broken torch or driver may raise anything
        return (Finding("Torch device", "none", import_advice(error, "torch")),)
    return (
        Finding("Torch device", name),
        Finding("Torch build", f"{built_for}, {threads} threads"),
    )


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
