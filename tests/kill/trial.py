"""Lives and deaths of the program, and what is found on the disk after each."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cast_studio.core.edits import Changes, apply, apply_changes
from cast_studio.core.history import History
from cast_studio.core.project import Project
from cast_studio.errors import EditError, StoreError
from cast_studio.storage.backups import list_backups
from cast_studio.storage.connection import database_uri
from cast_studio.storage.edit_log import changes_to_json
from cast_studio.storage.store import ProjectStore
from tests.kill.script import first_project, step_of

ROOT = Path(__file__).resolve().parents[2]
MOST_EDITS_A_LIFE = 24
_LAST_MOMENTS = 0.02
_EARLY_DEATHS = 0.1


@dataclass
class Tally:
    """What came of it.

    Attributes:
        seed: Of the script and of the moments.
        kills: How often the program was killed.
        acknowledged: Edits that it had said were saved.
        found: Edits that are on the disk; those that were saved but not told yet among them.
        lost: Edits that were acknowledged and are not on the disk.
        half: Deaths after which the project was not as it should be at its last edit.
        unsound: Deaths after which the integrity check or a backup failed.
        undone: Undo and redo among the edits found.
        rows: Rows that the edits found have changed.
        seconds: How long it took.
        faults: What was wrong, in words.
    """

    seed: int
    kills: int = 0
    acknowledged: int = 0
    found: int = 0
    lost: int = 0
    half: int = 0
    unsound: int = 0
    undone: int = 0
    rows: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost and nothing was wrong."""
        return not (self.lost or self.half or self.unsound or self.faults)

    def to_json(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


class Witness:
    """Does the steps of the script by itself, to know what must be on the disk."""

    def __init__(self, seed: int, project: Project, revision: int) -> None:
        self._seed = seed
        self._history: History[Changes] = History()
        self.project = project
        self.revision = revision
        self.next_step = 1

    def begin_life(self) -> None:
        """Forget what could be undone: the script takes back what was done in the same life only."""
        self._history = History()

    def follow(self) -> tuple[str, Changes]:
        """Do the next step that changes something; return its text and what it changed."""
        while True:
            number, self.next_step = self.next_step, self.next_step + 1
            text, changes = self._do(number)
            if not changes.is_empty:
                self.revision += 1
                return text, changes

    def _do(self, number: int) -> tuple[str, Changes]:
        history = self._history
        step = step_of(
            number, self._seed, self.project, can_undo=history.can_undo, can_redo=history.can_redo
        )
        if step in ("undo", "redo"):
            text, changes = history.undo() if step == "undo" else history.redo()
            self.project = apply_changes(self.project, changes)
            return f"{step.capitalize()}: {text}", changes
        try:
            self.project, changes = apply(self.project, *step)
        except EditError:
            return "", Changes()
        text = step[-1].describe() if step else ""
        history.push(text, changes)
        return text, changes


class Trial:
    """One project that is edited and killed again and again.

    Args:
        folder: Where to make the project.
        seed: Of the script and of the moments.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        project = first_project()
        ProjectStore.create(folder, project).close()
        self.tally = Tally(seed)
        self._folder = folder
        self._chance = random.Random(f"moments/{seed}")
        self._witness = Witness(seed, project, revision=1)

    def run(self, kills: int, *, after_each: Callable[[Tally], object] = lambda _: None) -> Tally:
        """Let the program live and die, and look after each death."""
        started = time.monotonic()
        coming = _born()
        try:
            for number in range(kills):
                dying, coming = coming, None
                acknowledged = self._kill(dying)
                coming = _born() if number + 1 < kills else None
                self._look(acknowledged)
                self.tally.seconds = round(time.monotonic() - started, 1)
                after_each(self.tally)
            self._look_at_backups()
        finally:
            if coming is not None:
                _end(coming)
        return self.tally

    def _kill(self, process: subprocess.Popen[str]) -> int:
        """Let a process edit, kill it, and return the last revision that it acknowledged."""
        assert process.stdin is not None
        assert process.stdout is not None
        wish = {
            "folder": str(self._folder),
            "seed": self.tally.seed,
            "first": self._witness.next_step,
        }
        process.stdin.write(f"{json.dumps(wish)}\n")
        process.stdin.flush()
        # Some die while they open the project.
        is_early = self._chance.random() < _EARLY_DEATHS
        told = []
        for _ in range(0 if is_early else self._chance.randint(1, MOST_EDITS_A_LIFE)):
            told.append(process.stdout.readline())
            if not told[-1]:
                self.tally.faults.append("the program ended by itself")
                break
        time.sleep(self._chance.uniform(0, 0.3 if is_early else _LAST_MOMENTS))
        process.kill()
        told += process.stdout.readlines()
        _end(process)
        # The last line may have been cut off by the kill; it then tells nothing.
        revisions = [int(line) for line in told if line.endswith("\n")]
        if revisions != list(
            range(self._witness.revision + 1, self._witness.revision + 1 + len(revisions))
        ):
            self.tally.faults.append(f"the revisions told are not in order: {revisions}")
        self.tally.kills += 1
        self.tally.acknowledged += len(revisions)
        return revisions[-1] if revisions else self._witness.revision

    def _look(self, acknowledged: int) -> None:
        tally, witness = self.tally, self._witness
        before = witness.revision
        witness.begin_life()
        try:
            # A reader finds the log as it was left, a writer folds it in when it closes.
            with ProjectStore.open(self._folder, read_only=self._chance.random() < 0.5) as store:
                revision, found = store.revision, store.load()
                records = store.edits(after=before)
        except StoreError as error:
            tally.unsound += 1
            tally.faults.append(str(error))
            return
        tally.found += revision - before
        tally.lost += max(0, acknowledged - revision)
        is_whole = len(records) == revision - before
        for record in records:
            text, changes = witness.follow()
            tally.undone += text.startswith(("Undo", "Redo"))
            tally.rows += sum(len(getattr(changes, name)) for name in changes.__slots__)
            is_whole &= record.revision == witness.revision and record.description == text
            is_whole &= record.changes == changes_to_json(changes)
        if not is_whole or found != witness.project:
            tally.half += 1
            tally.faults.append(f"after death {tally.kills} the project is not that of {revision}")
        self._check(self._folder / "project.db")

    def _look_at_backups(self) -> None:
        for path in list_backups(self._folder):
            self._check(path)
        leftovers = list(self._folder.glob("*.tmp"))
        if leftovers:
            self.tally.faults.append(f"left behind: {leftovers}")

    def _check(self, path: Path) -> None:
        with closing(sqlite3.connect(database_uri(path, mode="ro"), uri=True)) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
            strays = database.execute("PRAGMA foreign_key_check").fetchall()
        if verdict != "ok" or strays:
            self.tally.unsound += 1
            self.tally.faults.append(f"{path.name}: {verdict} {strays}")


def _born() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.kill.life"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
