"""One life of the program: it opens the project as the window does and edits until it is killed.

It reads one line of JSON (folder, seed, first step), and prints the revision of every edit when the
program says that it is saved.
"""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer

from cast_studio.app.session import Session
from cast_studio.errors import EditError
from tests.kill.script import Step, step_of

AT_ONCE = 3
"""How many edits are on their way to the disk at a time."""

BACK_UP_EVERY = 17


def edit_until_killed(folder: Path, seed: int, first: int) -> None:
    """Do one step of the script after the other."""
    application = QCoreApplication([])
    session = Session.open(folder, annotator="ada")
    numbers = count(first)

    def edit_on() -> None:
        while session.unsaved_count < AT_ONCE:
            number = next(numbers)
            try:
                _do(session, number, seed)
            except EditError:
                continue
            if number % BACK_UP_EVERY == 0:
                session.back_up()

    def on_saved(revision: int, _moment: object) -> None:
        sys.stdout.write(f"{revision}\n")
        sys.stdout.flush()
        edit_on()

    session.saved.connect(on_saved)
    QTimer.singleShot(0, edit_on)
    application.exec()


def _do(session: Session, number: int, seed: int) -> None:
    step: Step = step_of(
        number, seed, session.project, can_undo=session.can_undo, can_redo=session.can_redo
    )
    if step == "undo":
        session.undo()
    elif step == "redo":
        session.redo()
    elif step:
        session.do(*step)


if __name__ == "__main__":
    # Everything is imported by now: how long that took is no part of a life.
    wish = json.loads(sys.stdin.readline())
    edit_until_killed(Path(wish["folder"]), wish["seed"], wish["first"])
