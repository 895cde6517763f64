"""The same frames asked of torchcodec and OpenCV, in a process of their own: prints seconds as JSON."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[2]

Times = dict[str, list[float]]


def ask_peers(
    video: Path, *, jumps: Sequence[int], steps: Sequence[int], extra_path: Path | None
) -> dict[str, Times]:
    """Return what each peer that is installed needed, in seconds.

    Args:
        video: The file.
        jumps: Frames to ask for one after the other.
        steps: Frames from which to step back by one, and on by one.
        extra_path: A folder where torchcodec is installed, apart from this environment.
    """
    command = [sys.executable, "-m", "tests.benchmarks.video_peers", str(video)]
    command += ["--jumps", *map(str, jumps), "--steps", *map(str, steps)]
    if extra_path is not None:
        command += ["--extra-path", str(extra_path)]
    done = subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, timeout=900, check=True
    )
    return dict(json.loads(done.stdout))


def _torchcodec(video: str, threads: int) -> Callable[[int], object]:
    from torchcodec.decoders import VideoDecoder

    decoder = VideoDecoder(video, num_ffmpeg_threads=threads)
    return lambda index: decoder[index]


def _opencv(video: str) -> Callable[[int], object]:
    import cv2

    capture = cv2.VideoCapture(video)

    def read(index: int) -> object:
        if int(capture.get(cv2.CAP_PROP_POS_FRAMES)) != index:
            capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        return capture.read()

    return read


def _timed(read: Callable[[int], object], index: int) -> float:
    start = time.perf_counter()
    read(index)
    return time.perf_counter() - start


def _ask(read: Callable[[int], object], jumps: Sequence[int], steps: Sequence[int]) -> Times:
    times: Times = {"jump": [_timed(read, index) for index in jumps], "back": [], "on": []}
    for index in steps:
        read(index)
        times["back"].append(_timed(read, index - 1))
        times["on"].append(_timed(read, index))
    return times


def main() -> None:
    """Ask each peer that can be imported."""
    parser = argparse.ArgumentParser()
    parser.add_argument("video")
    parser.add_argument("--jumps", nargs="*", type=int, default=[])
    parser.add_argument("--steps", nargs="*", type=int, default=[])
    parser.add_argument("--extra-path")
    asked = parser.parse_args()
    if asked.extra_path:
        sys.path.append(asked.extra_path)
    makers = {
        "torchcodec": lambda: _torchcodec(asked.video, 1),
        "torchcodec, all cores": lambda: _torchcodec(asked.video, 0),
        "OpenCV": lambda: _opencv(asked.video),
    }
    found = {}
    for name, make in makers.items():
        try:
            read = make()
        except (ImportError, OSError, RuntimeError) as error:
            sys.stderr.write(f"{name}: {error}\n")
            continue
        found[name] = _ask(read, asked.jumps, asked.steps)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
