"""The process under watch: reads the videos whose paths come in, and says what came of each."""

from __future__ import annotations

import json
import random
import resource
import sys
import time
import traceback
from pathlib import Path

from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, VideoDecoder

_JUMPS = 6
_CACHE_BYTES = 32 << 20


def main() -> None:
    """Answer each line of the input, a path, with a line of JSON."""
    limit_memory(int(sys.argv[1]))
    for line in sys.stdin:
        # Of the processor's time: a machine with other work makes it no longer.
        began = time.process_time()
        outcome, text = read(Path(line.rstrip("\n")))
        seconds = round(time.process_time() - began, 3)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        answer = {"outcome": outcome, "text": text, "seconds": seconds, "peak_mib": peak}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def limit_memory(more_mib: int) -> None:
    """Let this process take no more address space than it has, and ``more_mib``."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + (more_mib << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def read(path: Path) -> tuple[str, str]:
    """Return "frames", "sentence" or "bug", and what was said."""
    try:
        return "frames", _read_frames(path)
    except MediaError as error:
        return "sentence", str(error)
    except BaseException:  # noqa: BLE001  (all that is not a sentence is a bug)
        return "bug", traceback.format_exc()


def _read_frames(path: Path) -> str:
    with VideoDecoder(path, cache_bytes=_CACHE_BYTES) as decoder:
        count = len(decoder)
        jumps = random.Random(3).choices(range(count), k=_JUMPS)
        seen = 0
        for index in (0, count - 1, *jumps, min(jumps[-1] + 1, count - 1), max(jumps[-1] - 1, 0)):
            try:
                pixels = decoder.frame_at(index).to_rgb()
            except DamagedFrameError:
                continue
            if pixels.shape != (decoder.height, decoder.width, 3):
                raise AssertionError(f"frame {index} has the shape {pixels.shape}")
            seen += 1
        decoder.frame_played_at(decoder.index.end_pts)
        return f"{seen} of {_JUMPS + 4} asked for, {count} in all; {' '.join(decoder.warnings)}"


if __name__ == "__main__":
    main()
