"""What an import takes of the memory, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cast_studio.model.cast import Cast
from cast_studio.model.checkpoints import head_configs
from tests.model.weights.official_files import (
    EPIC,
    SMALL,
    official_state,
    save_deepspeed,
    save_single,
)

WIDE = replace(SMALL, width=768, heads=12)
"""As wide as the published networks, 180 MB."""

MEASURE = """
import sys
from pathlib import Path
from cast_studio.model.weights.importing import import_file

def own_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))

before, peak = own_bytes(), 0

def look(_):
    global peak
    peak = max(peak, own_bytes())

import_file(Path(sys.argv[1]), Path(sys.argv[2]), on_progress=look)
print(peak - before)
"""

LIBRARIES = 24 * 2**20
"""What libraries take when they are used for the first time: 2 to 15 MB, as the machine has it."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it so"),
]


@pytest.mark.parametrize("form", ["archive", "older", "deepspeed"])
def test_an_import_takes_less_memory_than_twice_the_file(form: str, tmp_path: Path) -> None:
    state = official_state(Cast(WIDE, head_configs(EPIC)))
    if form == "deepspeed":
        source = save_deepspeed(tmp_path / "checkpoint", state)
        size = sum(file.stat().st_size for file in source.iterdir())
    else:
        source = save_single(tmp_path / "a.pth", state, legacy=form == "older")
        size = source.stat().st_size
    command = [sys.executable, "-c", MEASURE, str(source), str(tmp_path / "models")]
    measured = subprocess.run(command, capture_output=True, text=True, check=True)
    # An archive stays on the disk, a page at a time; the older form can only be read as a whole.
    share = 1.3 if form == "older" else 0.3
    assert int(measured.stdout) < share * size + LIBRARIES
