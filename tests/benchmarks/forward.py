"""The full network's speed, as a share of the machine's own matrix products, and its memory."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from cast_studio.core.clips import ClipSpec
from cast_studio.core.labels import LabelClass, LabelHead, color_for
from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import head_configs, save_model
from cast_studio.model.config import CastConfig
from cast_studio.model.devices import (
    PRECISIONS,
    Precision,
    choose_precision,
    dtype_of,
    multiplies_bfloat16,
)
from cast_studio.model.predictor import CastPredictor
from tests.benchmarks.forward_memory import random_clips
from tests.benchmarks.report import Measured, Report

_ROOT = Path(__file__).parents[2]
_SHARE_TARGETS: dict[Precision, float] = {"float32": 85.0, "bfloat16": 50.0}
_GPU_SHARE_TARGET = 40.0
_MEMORY_TARGET_GB = 1.0
_QUANTIZED_MEMORY_TARGET = 0.5
_ATTENTION_TARGET = 25.0
_SQUARES = (1024, 2048)
_GPU_SQUARES = (4096, 8192)
_MATRIX_SECONDS = 0.4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="forward passes a row")
    parser.add_argument("--threads", type=int, help="of the processor; all cores by default")
    parser.add_argument("--gpu-batch", type=int, default=32, metavar="B", help="clips on a GPU")
    parser.add_argument(
        "--only", nargs="*", choices=("speed", "memory", "gpu"), help="measure only these"
    )


def measure(arguments: argparse.Namespace) -> Report:
    """Make a network of random weights and measure every row with it."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    wanted = arguments.only or ("speed", "memory", "gpu")
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "cast-b"
        make_model(model)
        if "memory" in wanted:
            rows += memory_rows(model)
        if "speed" in wanted:
            rows += speed_rows(model, arguments.repeat)
        if "gpu" in wanted and torch.cuda.is_available():
            rows += gpu_rows(model, arguments.repeat, arguments.gpu_batch)
    conditions = {
        "threads": torch.get_num_threads(),
        "auto_precision": choose_precision(torch.device("cpu"), width=CastConfig().width),
        "gflop_a_view": round(flop_of_a_view() / 1e9, 1),
    }
    return Report("forward", tuple(rows), conditions)


def heads() -> tuple[LabelHead, ...]:
    """Return as many verbs and nouns as EPIC-KITCHENS-100 has."""
    return tuple(
        LabelHead(name, tuple(LabelClass(i, f"{name}-{i}", color_for(i)) for i in range(count)))
        for name, count in (("verb", 97), ("noun", 300))
    )


def make_model(folder: Path) -> None:
    """Write a full network with random weights."""
    torch.manual_seed(0)
    cast = Cast(CastConfig(), head_configs(heads()))
    save_model(
        folder,
        cast,
        name="cast-b",
        heads=heads(),
        clip_spec=ClipSpec(),
        knows="Nothing: its weights are random.",
        license_terms="none",
    )


def flop_of_a_view() -> int:
    """Count the multiplications and additions of one forward pass of one clip."""
    config = CastConfig()
    with torch.device("meta"):
        cast = Cast(config, head_configs(heads())).to("meta")
        clip = torch.empty(1, 3, config.frames, config.size, config.size)
    counter = FlopCounterMode(display=False)
    # With gradients: in-place products, which inference takes, are not among those that are counted.
    with counter:
        cast(clip)
    return counter.get_total_flops()


def speed_rows(model: Path, repeat: int) -> list[Measured]:
    """Measure one clip on the processor in every precision that it is good at, and the maps' price."""
    cpu = torch.device("cpu")
    rows: list[Measured] = []
    for precision in PRECISIONS:
        if precision != "bfloat16" or multiplies_bfloat16(cpu):
            rows += speed_of(model, precision, repeat)
    return rows


def speed_of(model: Path, precision: Precision, repeat: int) -> list[Measured]:
    """Measure one precision: each pass between two measurements of the machine's own rate."""
    cpu = torch.device("cpu")
    kind = dtype_of(precision, cpu)
    predictor = CastPredictor.load(model, device="cpu", precision=precision)
    flop, clip = flop_of_a_view(), random_clips(1)
    predictor.predict(clip)
    shares, seconds, rates, more = [], [], [], []
    for _ in range(repeat):
        before = matrix_rate(cpu, kind, _SQUARES)
        took = timed(lambda: predictor.predict(clip))
        rate = (before + matrix_rate(cpu, kind, _SQUARES)) / 2
        with_maps = timed(lambda: predictor.predict(clip, attention=True))
        shares.append(100 * flop / took / rate)
        seconds.append(took)
        rates.append(rate / 1e9)
        more.append(100 * (with_maps / took - 1))
    return [
        Measured(
            f"{precision} on the processor, 1 clip",
            statistics.median(shares),
            "% of the matrix rate",
            _SHARE_TARGETS.get(precision),
            {
                "seconds": statistics.median(seconds),
                "matrix_gflops": statistics.median(rates),
                "all_shares": shares,
            },
            at_least=True,
        ),
        Measured(
            f"{precision}, all attention maps",
            statistics.median(more),
            "% more time",
            _ATTENTION_TARGET,
        ),
    ]


def gpu_rows(model: Path, repeat: int, batch: int) -> list[Measured]:
    """Measure a batch on the GPU."""
    device = torch.device("cuda")
    predictor = CastPredictor.load(model, device="cuda", precision="bfloat16")
    clips = torch.randn(batch, 3, 16, 224, 224, device=device, dtype=torch.bfloat16)
    cast = predictor.network
    flop = flop_of_a_view() * batch

    def forward() -> None:
        with torch.inference_mode():
            cast(clips)
        torch.cuda.synchronize()

    forward()
    torch.cuda.reset_peak_memory_stats()
    shares, seconds, rates = [], [], []
    for _ in range(repeat):
        rate = matrix_rate(device, torch.bfloat16, _GPU_SQUARES)
        took = timed(forward)
        shares.append(100 * flop / took / rate)
        seconds.append(took)
        rates.append(rate / 1e12)
    return [
        Measured(
            f"bfloat16 on the GPU, {batch} clips",
            statistics.median(shares),
            "% of the matrix rate",
            _GPU_SHARE_TARGET,
            {
                "clips_a_second": batch / statistics.median(seconds),
                "matrix_tflops": statistics.median(rates),
                "peak_gb": torch.cuda.max_memory_allocated() / 1e9,
                "device": torch.cuda.get_device_name(device),
            },
            at_least=True,
        )
    ]


def memory_rows(model: Path) -> list[Measured]:
    """Measure what loading the network and predicting one clip adds to a fresh process."""
    found = {precision: memory_of(model, precision) for precision in ("float32", "int8")}
    return [
        Measured("float32, memory", found["float32"], "GB", _MEMORY_TARGET_GB),
        Measured(
            "int8 experts, memory",
            found["int8"] / found["float32"],
            "of float32",
            _QUANTIZED_MEMORY_TARGET,
            {"gb": found["int8"]},
        ),
    ]


def memory_of(model: Path, precision: str) -> float:
    """Return gigabytes: the peak minus what there was when torch had been imported."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.forward_memory", str(model), precision],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the memory could not be measured: {done.stderr.strip()}")
    found: float = json.loads(done.stdout)["gigabytes"]
    return found


def matrix_rate(device: torch.device, kind: torch.dtype, sides: tuple[int, ...]) -> float:
    """Return the most operations a second that products of square matrices reach."""
    return max(_rate_of_side(device, kind, side) for side in sides)


def _rate_of_side(device: torch.device, kind: torch.dtype, side: int) -> float:
    left, right = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    _finish(left @ right)
    done, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < _MATRIX_SECONDS:
        _finish(left @ right)
        done += 1
    return done * 2 * side**3 / took


def _finish(result: Tensor) -> None:
    if result.device.type == "cuda":
        torch.cuda.synchronize()


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
