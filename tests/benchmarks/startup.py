"""Start-up: the real program in fresh processes, until its window can be used."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.report import Measured, Report

TARGET_SECONDS = 1.5
_ROOT = Path(__file__).parents[2]
_TIMEOUT_SECONDS = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="warm starts to time")
    parser.add_argument(
        "--platform",
        default=os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        help="Qt platform: offscreen, xcb, windows, cocoa…",
    )


def measure(arguments: argparse.Namespace) -> Report:
    """Start the program once to warm up, then ``--repeat`` times.

    The first start is reported by itself: it is a cold one only where nothing has run before it.
    """
    starts = [start_once(arguments.platform) for _ in range(arguments.repeat + 1)]
    first, warm = starts[0], starts[1:]
    seconds = [found["seconds"] for found in warm]
    steps = {
        key: round(statistics.median(found["steps"][key] for found in warm), 3)
        for key in first["steps"]
    }
    return Report(
        "startup",
        (
            Measured(
                "warm start",
                statistics.median(seconds),
                "s",
                TARGET_SECONDS,
                {
                    "all": [round(found, 3) for found in seconds],
                    "torch_imported": any(found["torch_imported"] for found in starts),
                },
            ),
            Measured("first start", first["seconds"], "s"),
        ),
        {"platform": arguments.platform, "median_seconds_at": steps},
    )


def start_once(platform: str) -> dict:  # type: ignore[type-arg]
    """Start the program in a fresh process with settings of its own, and return what it measured.

    Raises:
        RuntimeError: It did not show a window.
    """
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": platform,
            "CAST_STUDIO_HOME": home,
            # Both clocks must be the same one: that of the system, not of a process.
            "STARTED_AT_NS": str(time.monotonic_ns()),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.startup_probe"],
            cwd=_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    if done.returncode != 0 or not done.stdout.strip():
        raise RuntimeError(f"the program did not show a window: {done.stderr.strip()}")
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found
