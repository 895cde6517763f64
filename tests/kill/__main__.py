"""``python -m tests.kill --seed N --kills N --json FILE``: kill the program, then count edits.

A scripted session of edits (labels, bulk edits, schema changes, imports, accepted predictions, undo
and redo) is killed at random moments; after each the project is opened again, compared with what
the script must have made of it, and edited on. The exit code is 0 only if nothing was lost.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kill.trial import Tally, Trial


def main(argv: Sequence[str] | None = None) -> int:
    """Run a trial.

    Returns:
        0 when nothing was lost, half there or unsound, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the script and of the moments")
    parser.add_argument("--kills", type=int, default=200, help="how often to kill")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the counts here")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="cast-studio-kill-") as home:
        trial = Trial(Path(home) / "killed.cast", arguments.seed)
        tally = trial.run(arguments.kills, after_each=_tell if sys.stderr.isatty() else _keep_quiet)
    sys.stdout.write(
        f"seed {tally.seed}: {tally.kills} kills in {tally.seconds:.0f} s, "
        f"{tally.acknowledged} edits acknowledged, {tally.found} found, {tally.lost} lost, "
        f"{tally.half} half there, {tally.unsound} unsound "
        f"({tally.undone} undone or redone, {tally.rows} rows)\n"
    )
    for fault in tally.faults:
        sys.stdout.write(f"! {fault}\n")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(tally.to_json(), indent=1) + "\n", "utf-8")
    return 0 if tally.is_good else 1


def _tell(tally: Tally) -> None:
    sys.stderr.write(f"\r{tally.kills} kills, {tally.found} edits found, {tally.lost} lost")
    sys.stderr.flush()


def _keep_quiet(_tally: Tally) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
