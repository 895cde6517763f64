"""One life of the program: it opens the project as the window does and edits until it is killed.

It reads one line of JSON (folder, seed, first step), and prints the revision of every edit when the
program says that it is saved.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QTimer

from cast_studio.app.session import Session
from cast_studio.errors import EditError
from tests.kill.script import Step, step_of

AT_ONCE = 3
"""How many edits are on their way to the disk at a time."""

BACK_UP_EVERY = 17


class Life:
    """What one process does to the project, and how much of it can be taken back.

    Only what was done in this life is: whether a program remembers more than that is not what the
    script is about.
    """

    def __init__(self, session: Session, seed: int, first: int) -> None:
        self._session = session
        self._seed = seed
        self._numbers = count(first)
        self._done = self._undone = 0

    def go_on(self) -> None:
        """Do steps until as many edits as wanted are on their way to the disk."""
        while self._session.unsaved_count < AT_ONCE:
            number = next(self._numbers)
            try:
                self._do(number)
            except EditError:
                continue
            if number % BACK_UP_EVERY == 0:
                self._session.back_up()

    def _do(self, number: int) -> None:
        session = self._session
        step: Step = step_of(
            number,
            self._seed,
            session.project,
            can_undo=self._done > 0,
            can_redo=self._undone > 0,
        )
        if step == "undo":
            session.undo()
            self._done, self._undone = self._done - 1, self._undone + 1
        elif step == "redo":
            session.redo()
            self._done, self._undone = self._done + 1, self._undone - 1
        elif step and not session.do(*step).is_empty:
            self._done, self._undone = self._done + 1, 0


def _end(*error: Any) -> None:
    sys.__excepthook__(*error)
    os._exit(1)


def edit_until_killed(folder: Path, seed: int, first: int) -> None:
    """Do one step of the script after the other."""
    application = QCoreApplication([])
    # An error in a slot would else leave a process that waits for ever.
    sys.excepthook = _end
    session = Session.open(folder, annotator="ada")
    life = Life(session, seed, first)

    def on_saved(revision: int, _moment: object) -> None:
        sys.stdout.write(f"{revision}\n")
        sys.stdout.flush()
        life.go_on()

    session.saved.connect(on_saved)
    QTimer.singleShot(0, life.go_on)
    application.exec()


if __name__ == "__main__":
    # Everything is imported by now: how long that took is no part of a life.
    wish = json.loads(sys.stdin.readline())
    edit_until_killed(Path(wish["folder"]), wish["seed"], wish["first"])
