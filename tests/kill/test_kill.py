"""A short trial: the long one is ``python -m tests.kill``."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import get_args

import tests.kill.script
from cast_studio.core.edits import Changes, Edit, apply
from tests.kill.__main__ import main
from tests.kill.script import first_project, step_of
from tests.kill.trial import Trial, Witness


def test_no_acknowledged_edit_is_lost_in_a_few_kills(tmp_path: Path) -> None:
    tally = Trial(tmp_path / "killed.cast", seed=5).run(3)
    assert tally.faults == []
    assert tally.is_good
    assert tally.kills == 3
    assert tally.found >= tally.acknowledged > 0


def test_what_is_missing_is_counted(tmp_path: Path) -> None:
    """The trial itself is tried: an edit that is not on the disk is told."""
    trial = Trial(tmp_path / "killed.cast", seed=5)
    trial._look(acknowledged=4)
    assert trial.tally.lost == 3
    assert not trial.tally.is_good
    trial._witness.follow()
    trial._look(acknowledged=1)
    assert trial.tally.half == 1


def test_the_script_does_everything() -> None:
    witness, first = Witness(3, first_project(), revision=1), first_project()
    done: list[tuple[str, Changes]] = [witness.follow() for _ in range(600)]
    texts = " ".join(text for text, _ in done)
    for word in ("Undo: ", "Redo: ", "Merge classes", "Import", "Restore", "Find video"):
        assert word in texts
    script = inspect.getsource(tests.kill.script)
    for kind in get_args(Edit):
        # Once where it is imported, and where it is done.
        assert len(re.findall(rf"\b{kind.__name__}\b", script)) >= 2, kind
    tables = {name for _, changes in done for name in changes.__slots__ if getattr(changes, name)}
    assert tables == set(Changes.__slots__)
    assert max(len(changes.segments) for _, changes in done) > 100
    step = step_of(1, 3, first, can_undo=False, can_redo=False)
    assert apply(first, *step)[0] == apply(first, *step)[0]


def test_the_command_prints_its_counts(tmp_path: Path) -> None:
    report = tmp_path / "kills.json"
    assert main(["--seed", "6", "--kills", "1", "--json", str(report)]) == 0
    found = json.loads(report.read_text("utf-8"))
    assert (found["seed"], found["kills"], found["lost"]) == (6, 1, 0)
