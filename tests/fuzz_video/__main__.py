"""``python -m tests.fuzz_video --seed N --count N [--json FILE]``: read damaged videos.

Each is read in a process with a limit of memory, a watchdog of 5 seconds and no second chance: the
answer must be frames or a sentence.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.fuzz_video.mutations import Source, make_sources, mutant
from tests.fuzz_video.watch import Reading, WatchedReader

_DEFAULT_COUNT = 500


def main() -> int:
    """Read the damaged videos and say what came of them; return 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz_video", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first of the seeds, one a video")
    parser.add_argument("--count", type=int, default=_DEFAULT_COUNT, help="how many videos")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--keep", type=Path, help="keep the videos that went wrong in this folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, WatchedReader() as reader:
        sources = make_sources(Path(folder))
        readings = {
            seed: _read(reader, sources, seed, Path(folder), asked.keep)
            for seed in range(asked.seed, asked.seed + asked.count)
        }
    summary = _summary([reading for _, reading in readings.values()])
    sys.stdout.write(json.dumps(summary) + "\n")
    if asked.json is not None:
        rows = [{"seed": s, "what": n, **asdict(r)} for s, (n, r) in readings.items()]
        found = {"summary": summary, "videos": rows}
        asked.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0 if summary["wrong"] == 0 else 1


def _read(
    reader: WatchedReader, sources: tuple[Source, ...], seed: int, folder: Path, keep: Path | None
) -> tuple[str, Reading]:
    damaged = mutant(sources, seed)
    path = folder / f"seed{seed}{damaged.suffix}"
    path.write_bytes(damaged.content)
    reading = reader.read(path)
    if not reading.is_fine:
        sys.stdout.write(f"seed {seed}, {damaged.name}: {reading}\n")
        sys.stdout.flush()
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / path.name).write_bytes(damaged.content)
    path.unlink()
    return damaged.name, reading


def _summary(readings: list[Reading]) -> dict[str, object]:
    return {
        "videos": len(readings),
        "outcomes": dict(Counter(reading.outcome for reading in readings)),
        "wrong": sum(not reading.is_fine for reading in readings),
        "slowest_seconds": max((reading.seconds for reading in readings), default=0.0),
        "peak_mib": max((reading.peak_mib for reading in readings), default=0),
    }


if __name__ == "__main__":
    sys.exit(main())
