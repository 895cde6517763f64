"""Responsiveness: the longest time the window does not answer, for everything it does meanwhile."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.calibration import calibrate
from tests.benchmarks.report import Measured, Report
from tests.benchmarks.stage import IMPORTING, Stage, open_stage, pause, wait_until
from tests.benchmarks.stalls import StallMeter, StallSummary

TARGET_MS = 50.0
TARGET_IMPORT_MS = 500.0
_SCRUB_MS = 16
_LONG_SECONDS = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="how long to play, to scrub and to be idle"
    )
    parser.add_argument(
        "--training-seconds", type=float, default=20.0, help="stop the training run after so long"
    )
    parser.add_argument(
        "--only", nargs="*", choices=[*PHASES], help="measure these after loading the model"
    )
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="write where the threads were in long stalls"
    )
    parser.add_argument(
        "--platform", default=os.environ.get("QT_QPA_PLATFORM", "offscreen"), help="Qt platform"
    )


def measure(arguments: argparse.Namespace) -> Report:
    """Calibrate, then let the window do all it does, one thing after the other."""
    if "torch" in sys.modules:
        raise RuntimeError("torch is imported already, so its import cannot be measured")
    os.environ["QT_QPA_PLATFORM"] = arguments.platform
    cores = os.cpu_count() or 1
    quiet = calibrate(arguments.seconds, neighbors=0)
    crowded = calibrate(arguments.seconds, neighbors=cores)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trace = stack.enter_context(arguments.trace.open("w")) if arguments.trace else None
        meter = StallMeter(trace)
        with open_stage(home, meter) as stage:
            with meter.phase("loading the model"):
                wait_until(lambda: bool(stage.studio.services.inference.model_id), _LONG_SECONDS)
            pause(1000)
            with meter.phase("opening a project"):
                stage.open_project()
                pause(500)
            for name in arguments.only or PHASES:
                PHASES[name](stage, arguments)
    return Report(
        "responsiveness",
        (
            _measured("calibration, quiet", quiet),
            _measured(f"calibration, {cores} busy neighbors", crowded),
            *(_of_phase(meter, name, crowded) for name in meter.phases),
        ),
        {"platform": arguments.platform, "beat": "every 2 ms", "long": "over 50 ms"},
    )


def idle(stage: Stage, arguments: argparse.Namespace) -> None:
    """Do nothing."""
    stage.show_video(stage.large)
    pause(300)
    with stage.meter.phase("idle"):
        pause(arguments.seconds * 1000)


def play(stage: Stage, arguments: argparse.Namespace) -> None:
    """Play a small and a large video."""
    for name, video_id in (("playing, sample", stage.small), ("playing, 1080p", stage.large)):
        stage.show_video(video_id)
        with stage.meter.phase(name):
            stage.studio.playback.toggle()
            pause(arguments.seconds * 1000)
        stage.studio.playback.pause()


def scrub(stage: Stage, arguments: argparse.Namespace) -> None:
    """Drag the slider to and fro, as fast as a mouse reports."""
    for name, video_id in (("scrubbing, sample", stage.small), ("scrubbing, 1080p", stage.large)):
        stage.show_video(video_id)
        frames = stage.studio.state.frames
        assert frames is not None
        with stage.meter.phase(name):
            for step in range(int(arguments.seconds * 1000 / _SCRUB_MS)):
                stage.studio.playback.show_frame(step * 7 % len(frames))
                pause(_SCRUB_MS)


def predict(stage: Stage, arguments: argparse.Namespace) -> None:
    """Predict a whole video."""
    stage.show_video(stage.small)
    with stage.meter.phase("predicting"):
        _predict_to_the_end(stage)


def predict_and_play(stage: Stage, arguments: argparse.Namespace) -> None:
    """Predict a large video while it plays."""
    stage.show_video(stage.large)
    with stage.meter.phase("predicting while playing, 1080p"):
        stage.studio.playback.toggle()
        _predict_to_the_end(stage, keep=stage.studio.playback.toggle)
    stage.studio.playback.pause()


def look(stage: Stage, arguments: argparse.Namespace) -> None:
    """Show where the model looks, and go from frame to frame."""
    stage.show_video(stage.small)
    view = stage.window.workspace.video_view
    with stage.meter.phase("looking at the heatmap"):
        stage.window.actions_.trigger_heatmap(True)
        wait_until(lambda: view.has_heat, 60)
        for frame in range(0, 60, 3):
            stage.studio.playback.show_frame(frame)
            pause(50)
    stage.window.actions_.trigger_heatmap(False)


def train(stage: Stage, arguments: argparse.Namespace) -> None:
    """Retrain on the labels of the sample, then load what was learned and predict with it."""
    stage.show_video(stage.small)
    stage.window.workspace.show_page(stage.window.workspace.training_panel)
    studio, meter = stage.studio, stage.meter
    steps: list[object] = []
    studio.training.progressed.connect(steps.append)
    with meter.phase("starting to train"):
        studio.training.start()
        wait_until(lambda: bool(steps) or not studio.training.is_running, _LONG_SECONDS)
    with meter.phase("training"):
        pause(arguments.training_seconds * 1000)
    before = studio.services.inference.model_id
    with meter.phase("loading what was learned"):
        if studio.training.is_running:
            studio.training.stop()
        wait_until(lambda: not studio.training.is_running, _LONG_SECONDS)
        wait_until(lambda: studio.services.inference.model_id not in ("", before), 120)
    wait_until(lambda: not studio.models.is_predicting, _LONG_SECONDS)


PHASES: dict[str, Callable[[Stage, argparse.Namespace], None]] = {
    "idle": idle,
    "play": play,
    "scrub": scrub,
    "predict": predict,
    "predict-and-play": predict_and_play,
    "look": look,
    "train": train,
}


def _predict_to_the_end(stage: Stage, keep: Callable[[], object] | None = None) -> None:
    studio = stage.studio
    studio.predict()
    wait_until(lambda: studio.models.is_predicting, 10)
    while studio.models.is_predicting:
        pause(50)
        if keep is not None and not studio.services.player.is_playing:
            keep()
    pause(200)


def _of_phase(meter: StallMeter, name: str, noise: StallSummary) -> Measured:
    if name == IMPORTING:
        return _measured(name, StallSummary.of(meter.stalls_in(name)), TARGET_IMPORT_MS, noise)
    stalls = meter.stalls_in(name, apart_from=IMPORTING)
    return _measured(name, StallSummary.of(stalls), TARGET_MS, noise)


def _measured(
    name: str,
    found: StallSummary,
    target: float | None = None,
    noise: StallSummary | None = None,
) -> Measured:
    details: dict[str, object] = {k: v for k, v in asdict(found).items() if k != "longest"}
    if noise is not None:
        details["times_noise"] = round(found.longest / max(noise.longest, 1.0), 2)
    return Measured(name, found.longest, "ms", target, details)
