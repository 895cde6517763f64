"""A program that is killed at any moment loses nothing that it acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from cast_studio.core.edits import apply
from cast_studio.storage.store import ProjectStore
from tests.storage.examples import PROJECT, changed, numbered_edit

KILLS = 15


def write_forever(folder: Path) -> None:
    """Commit numbered edits and print the revision of each once it is acknowledged."""
    with ProjectStore.open(folder) as store:
        project = store.load()
        while True:
            number = store.revision
            project, changes = apply(project, numbered_edit(number, note="x" * 2_000))
            revision = store.commit(changes, description=f"Edit {number}", annotator="ann")
            sys.stdout.write(f"{revision}\n")
            sys.stdout.flush()
            if revision % 5 == 0:
                store.checkpoint()
            if revision % 7 == 0:
                store.backup()


def _kill_a_writer(folder: Path, *, after_seconds: float) -> int:
    """Let a process write, kill it, and return the last revision that it acknowledged."""
    script = (
        "import sys, pathlib; from tests.storage.test_store_kill import write_forever\n"
        "write_forever(pathlib.Path(sys.argv[1]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        assert first, "the writer ended before its first edit"
        time.sleep(after_seconds)
        writer.kill()
        lines = [first, *writer.stdout.readlines()]
    # The last line may have been cut off by the kill; it then acknowledges nothing.
    return int([line for line in lines if line.endswith("\n")][-1])


def test_every_acknowledged_edit_survives_being_killed(tmp_path: Path) -> None:
    folder = tmp_path / "p.cast"
    ProjectStore.create(folder, PROJECT).close()
    moments = random.Random(7)
    for _ in range(KILLS):
        acknowledged = _kill_a_writer(folder, after_seconds=moments.uniform(0, 0.12))
        with ProjectStore.open(folder) as store:
            assert not store.read_only
            assert store.revision >= acknowledged
            expected, _ = changed(PROJECT, *range(1, store.revision), note="x" * 2_000)
            assert store.load() == expected
            numbers = [record.revision for record in store.edits()]
            assert numbers == list(range(1, store.revision + 1))
    with ProjectStore.open(folder) as store:
        store.commit(changed(expected, 0)[1][0], description="One more", annotator="ann")
        store.backup()
    assert all(path.name.startswith("project-") for path in (folder / "backups").iterdir())
