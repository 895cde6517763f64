"""One prediction of a model in a process of its own: prints the memory that it added, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch  # noqa: F401  (what follows is counted from here)


def resident(field: str) -> int:
    """Return a field of the process's status, in bytes. Linux only."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"the system does not tell {field}")


def random_clips(count: int) -> np.ndarray:
    """Return clips of noise, uint8, ``(count, 16, 224, 224, 3)``."""
    return np.random.default_rng(0).integers(0, 256, (count, 16, 224, 224, 3), np.uint8)


def main() -> None:
    """Load, predict, report."""
    folder, precision = Path(sys.argv[1]), sys.argv[2]
    before = resident("VmRSS:")
    from cast_studio.model.predictor import CastPredictor

    predictor = CastPredictor.load(folder, device="cpu", precision=precision)
    after_loading = resident("VmHWM:")
    predictor.predict(random_clips(1))
    sys.stdout.write(
        json.dumps(
            {
                "gigabytes": (resident("VmHWM:") - before) / 1e9,
                "after_loading": (after_loading - before) / 1e9,
            }
        )
    )


if __name__ == "__main__":
    main()
