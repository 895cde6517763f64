"""The video engine: the player that the window reads its frames from, beside torchcodec and OpenCV."""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from cast_studio.app.playback import DEFAULT_CACHE_BYTES, Player
from tests.benchmarks.report import Measured, Report, percentile
from tests.benchmarks.stage import pause, wait_until
from tests.benchmarks.video_file import FRAMES, GROUP, RATE, benchmark_video
from tests.benchmarks.video_peers import Times, ask_peers
from tests.benchmarks.video_watch import SCREEN, Watch

_PARTS = ("jump", "step", "drag", "play")
_STEPS = 500
_LATE_MS = 33.0
_DRAG_SECONDS = 6.0
_DRAG_RATE = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument(
        "--video", type=Path, metavar="FILE", help="another video than the usual one"
    )
    parser.add_argument("--jumps", type=int, default=24, help="how many random frames to ask for")
    parser.add_argument("--play-seconds", type=float, default=10.0, help="how long to play")
    parser.add_argument(
        "--torchcodec", type=Path, metavar="DIR", help="where torchcodec is installed, if elsewhere"
    )
    parser.add_argument(
        "--only", choices=_PARTS, nargs="+", default=_PARTS, help="measure these rows alone"
    )
    parser.add_argument("--no-peers", action="store_true", help="measure the player alone")


def measure(arguments: argparse.Namespace) -> Report:
    """Measure the player, then the peers on the same frames."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    video = arguments.video or benchmark_video()
    rng = random.Random(5)
    before = _resident("VmRSS:")
    with _watched(video) as watch:
        length = len(watch.player.frame_index or ())
        jumps = [rng.randrange(length) for _ in range(arguments.jumps)]
        steps = [rng.randrange(1, length) for _ in range(6)]
        peers: dict[str, Times] = {}
        if not arguments.no_peers and {"jump", "step"} & set(arguments.only):
            peers = ask_peers(video, jumps=jumps, steps=steps, extra_path=arguments.torchcodec)
        parts: dict[str, Callable[[], list[Measured]]] = {
            "jump": lambda: _jumping(watch, jumps, peers),
            "step": lambda: _stepping(watch, length, peers),
            "drag": lambda: _dragging(watch, length),
            "play": lambda: _playing(watch, arguments.play_seconds),
        }
        wanted = [measured for name, measured in parts.items() if name in arguments.only]
        measured = [*(row for part in wanted for row in part()), _cache(watch, before)]
    del application
    conditions = {
        "video": f"{FRAMES} frames, {RATE}/s, key frame every {GROUP}"
        if not arguments.video
        else str(video),
        "screen": f"{SCREEN[0]} × {SCREEN[1]}",
        "peers": list(peers),
    }
    return Report("video", tuple(measured), conditions)


@contextmanager
def _watched(video: Path) -> Iterator[Watch]:
    player = Player()
    try:
        watch = Watch(player)
        watch.open(video)
        yield watch
    finally:
        player.close()


def _jumping(watch: Watch, jumps: list[int], peers: dict[str, Times]) -> list[Measured]:
    found = [watch.go(index) for index in jumps]
    first, exact = [seen for seen, _ in found], [came for _, came in found]
    details = {"p95": percentile(exact, 0.95), **_ratios(statistics.median(exact), peers, "jump")}
    torchcodec = peers.get("torchcodec")
    target = 1000 * statistics.median(torchcodec["jump"]) if torchcodec else None
    return [
        Measured("random exact frame, median", statistics.median(exact), "ms", target, details),
        Measured(
            "something on screen, p95",
            percentile(first, 0.95),
            "ms",
            100.0,
            {"median": statistics.median(first), "max": max(first)},
        ),
    ]


def _stepping(watch: Watch, length: int, peers: dict[str, Times]) -> list[Measured]:
    watch.go(min(length - 1, _STEPS + 3 * GROUP // 2))
    pause(1000)
    back = watch.hold_key(-1, min(_STEPS, watch.player.position), rate=30.0)
    pause(1000)
    on = watch.hold_key(1, min(_STEPS, length - 1 - watch.player.position), rate=30.0)
    p95 = percentile(back, 0.95)
    ratios = {"median": statistics.median(back), **_ratios(p95, peers, "back")}
    fast = Measured("step back, held, p95", p95, "ms", 33.0, ratios)
    late = [number for number, wait in enumerate(back) if wait > _LATE_MS]
    details: dict[str, object] = {
        "at": back.index(max(back)),
        f"over {_LATE_MS:g} ms": len(late),
        "max on": max(on),
    }
    return [
        fast,
        Measured("step back, held, max", max(back), "ms", 100.0, details),
        Measured(
            "step on, held, p95",
            percentile(on, 0.95),
            "ms",
            16.0,
            {
                "median": statistics.median(on),
                "max": max(on),
                **_ratios(statistics.median(on), peers, "on"),
            },
        ),
    ]


def _ratios(ours: float, peers: dict[str, Times], what: str) -> dict[str, object]:
    """Return each peer's median in milliseconds, and how many times ours that is."""
    found: dict[str, object] = {}
    for name, times in peers.items():
        median = 1000 * statistics.median(times[what])
        found[f"{name} ms"] = median
        found[f"{name} p95"] = 1000 * percentile(times[what], 0.95)
        found[f"{name} ×"] = median / max(ours, 1e-6)
    return found


def _dragging(watch: Watch, length: int) -> list[Measured]:
    """Drag to the end and back to the start, as a mouse reports it."""
    watch.go(0)
    pause(500)
    watch.forget()
    start = time.perf_counter()
    count = int(_DRAG_SECONDS * _DRAG_RATE)
    for number in range(count):
        while (left := start + number / _DRAG_RATE - time.perf_counter()) > 0:
            pause(max(0.0, 1000 * left - 1))
        share = 2 * number / count
        watch.player.show(round((share if share < 1 else 2 - share) * (length - 1)))
    stop = time.perf_counter()
    target = watch.player.position
    wait_until(lambda: any(i == target and at >= stop for i, at in watch.exact), 60)
    changes = _changes(watch.pictures, start, stop)
    settled = next(at for i, at in watch.exact if i == target and at >= stop) - stop
    gaps = [1000 * (b - a) for a, b in zip([start, *changes], [*changes, stop], strict=True)]
    return [
        Measured(
            "dragging, pictures a second",
            len(changes) / (stop - start),
            "1/s",
            10.0,
            {"longest gap ms": max(gaps), "exact after the end ms": 1000 * settled},
            at_least=True,
        )
    ]


def _changes(pictures: list[tuple[int, float]], start: float, stop: float) -> list[float]:
    changes, before = [], None
    for index, moment in pictures:
        if index != before and start <= moment <= stop:
            changes.append(moment)
        before = index
    return changes


def _playing(watch: Watch, seconds: float) -> list[Measured]:
    far = len(watch.player.frame_index or ()) * 9 // 10
    normal = _play(watch, 1.0, seconds, start=100)
    others: dict[str, object] = {
        f"{rate:g}×": _play(watch, rate, min(seconds, 4.0), start=100 if rate > 0 else far)["shown"]
        for rate in (0.1, 0.5, 2.0, 4.0, 8.0, -1.0, -2.0, -4.0)
    }
    return [
        Measured("playing 1×, frames dropped", normal["dropped"], "frames", 0.0, normal),
        Measured("playing 1×, cores", normal["cores"], "cores", 1.0),
        Measured(
            "playing backward, pictures a second", float(str(others["-1×"])), "1/s", None, others
        ),
    ]


def _play(watch: Watch, rate: float, seconds: float, *, start: int) -> dict[str, float]:
    watch.go(start)
    pause(1000)
    watch.forget()
    begun, cpu = time.perf_counter(), time.process_time()
    watch.player.play(rate)
    pause(1000 * seconds)
    wall, used = time.perf_counter() - begun, time.process_time() - cpu
    watch.player.pause()
    pause(100)
    shown = [index for index, _ in watch.exact]
    passed = abs(shown[-1] - start) if shown else 0
    return {
        "shown": len(set(shown)) / wall,
        "dropped": float(passed + 1 - len({*shown, start})),
        "cores": used / wall,
    }


def _cache(watch: Watch, before: float) -> Measured:
    limit = DEFAULT_CACHE_BYTES / 2**20
    store = watch.player.store
    # The decoder's own few frames have the rest of the limit.
    held = (store.most_bytes + DEFAULT_CACHE_BYTES - store.limit_bytes) / 2**20
    details = {"frames": len(store.held()), "process grew MiB": _resident("VmHWM:") - before}
    return Measured("frame cache, most held", held, "MiB", limit, details)


def _resident(field: str) -> float:
    """Return a field of the process's status in MiB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)
