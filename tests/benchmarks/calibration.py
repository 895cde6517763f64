"""What the machine itself does to a heartbeat: an idle Qt process beside busy neighbors.

The longest stall of a program on a crowded machine is no longer than this can be blamed on it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer

from tests.benchmarks.stalls import StallMeter, StallSummary

_ROOT = Path(__file__).parents[2]
_BUSY = "while True: pass"


def calibrate(seconds: float, *, neighbors: int) -> StallSummary:
    """Return the stalls of an idle event loop in a process of its own.

    Args:
        seconds: How long to listen.
        neighbors: How many other processes do nothing but use up a core.
    """
    with busy_neighbors(neighbors):
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.calibration", str(seconds)],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
    return StallSummary(**json.loads(done.stdout))


@contextmanager
def busy_neighbors(count: int) -> Iterator[None]:
    """Let processes of equal priority use up a core each."""
    started = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def _listen(seconds: float) -> StallSummary:
    application = QCoreApplication(sys.argv[:1])
    meter = StallMeter()
    meter.start()
    QTimer.singleShot(int(seconds * 1000), application.quit)
    application.exec()
    meter.stop()
    return StallSummary.of(meter.stalls())


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.stdout.write(json.dumps(asdict(_listen(float(sys.argv[1])))) + "\n")
