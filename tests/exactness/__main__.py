"""``python -m tests.exactness [--json FILE]``: the list of formats with the frames checked."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.exactness.check import Checked, check
from tests.exactness.formats import FORMATS
from tests.videos import SHARED_VIDEOS

_REAL = (".mp4", ".mkv", ".mov", ".avi", ".webm")


def main() -> int:
    """Check all formats and real videos; return 1 if any frame is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.exactness", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the results to this file")
    file: Path | None = parser.parse_args().json
    results = {}
    is_right = True
    with tempfile.TemporaryDirectory() as folder:
        for name, path, has_own_times, by_time in _files(Path(folder)):
            found = check(path, is_ordered_by_time=by_time)
            results[name] = asdict(found)
            is_wrong = bool(found.wrong) or (has_own_times and not found.is_exact)
            is_right = is_right and not is_wrong
            _say(_line(name, found, is_wrong=is_wrong))
    total = sum(result["asked"] for result in results.values())
    _say(f"{len(results)} files, {total:,} frames asked for in three orders")
    if file is not None:
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0 if is_right else 1


def _files(folder: Path) -> Iterator[tuple[str, Path, bool, bool]]:
    for number, (name, kind) in enumerate(FORMATS.items()):
        place = folder / str(number)
        place.mkdir()
        yield name, kind.make(place), kind.has_own_times, kind.is_ordered_by_time
    if SHARED_VIDEOS.is_dir():
        for path in sorted(SHARED_VIDEOS.iterdir()):
            if path.suffix in _REAL:
                yield path.name, path, False, False


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _line(name: str, found: Checked, *, is_wrong: bool) -> str:
    wrong = sum(len(indices) for indices in found.wrong.values())
    verdict = "WRONG" if is_wrong else "exact"
    return f"{verdict}  {name}: {found.frames} frames, {found.asked} asked for, {wrong} wrong"


if __name__ == "__main__":
    sys.exit(main())
