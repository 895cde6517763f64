"""The video that the video engine is measured on: noisy, with few key frames and reordered frames."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

SIZE = (1920, 1080)
RATE = 30
GROUP = 250
FRAMES = 1800
_NOISES = 8
_MARGIN = 512
_SIGMA = 6.0
_DRIFT = 4


def benchmark_video() -> Path:
    """Return 60 s of 1080p30 H.264, a key frame every 250, 3 B-frames; made at the first call, then kept."""
    path = Path(tempfile.gettempdir()) / "cast-studio-benchmarks" / "noisy-1080p-1.mp4"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name("unfinished.mp4")
        _write(unfinished)
        unfinished.replace(path)
    return path


def _write(path: Path) -> None:
    """Write a soft picture that drifts under fresh noise, which leaves little to predict."""
    width, height = SIZE
    rng = np.random.default_rng(7)
    whole = width + _DRIFT * FRAMES
    coarse = rng.integers(40, 216, (height // 24 + 2, whole // 24 + 2), np.uint8)
    scene = np.asarray(cv2.resize(coarse, (whole, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    noises = [
        rng.normal(0, _SIGMA, (height, width + _MARGIN)).astype(np.int16) for _ in range(_NOISES)
    ]
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size, stream.max_b_frames = GROUP, 3
        stream.options = {"sc_threshold": "0", "preset": "veryfast", "crf": "23"}
        for number in range(FRAMES):
            start, shift = _DRIFT * number, 37 * number % _MARGIN
            noise = noises[number % _NOISES][:, shift : shift + width]
            planes[:height] = cv2.add(scene[:, start : start + width], noise, dtype=cv2.CV_8U)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    benchmark_video()
