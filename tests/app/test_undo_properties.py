"""Undo all and redo all, over every kind of edit, in memory and on the disk, also after reopening."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from cast_studio.app.stored_history import REDO, UNDO, StoredStep, replayed
from cast_studio.core.edits import (
    SEEN,
    Changes,
    Edit,
    RestoreProject,
    SeeVideo,
    apply,
    apply_changes,
)
from cast_studio.core.history import History
from cast_studio.core.project import Project
from cast_studio.errors import EditError
from cast_studio.storage.edit_changes import changes_from_json
from cast_studio.storage.edit_log import changes_to_json
from cast_studio.storage.store import ProjectStore
from tests.core import strategies
from tests.core.strategies import edits, projects


class Book:
    """A project with its history and its store, as a session keeps them."""

    def __init__(self, store: ProjectStore, project: Project) -> None:
        self.store = store
        self.project = project
        self.history: History[Changes | StoredStep] = History()
        self.history.restore(*replayed(store.edit_titles(limit=1000)))

    def do(self, edit: Edit) -> None:
        after, changes = apply(self.project, edit)
        self.history.push(edit.describe(), changes)
        self._keep(after, changes, edit.describe())

    def undo(self) -> None:
        text, step = self.history.undo()
        self._step(step, UNDO + text)

    def redo(self) -> None:
        text, step = self.history.redo()
        self._step(step, REDO + text)

    def _step(self, step: Changes | StoredStep, words: str) -> None:
        if isinstance(step, StoredStep):
            found = self.store.changes_of(step.revision)
            step = found.inverse() if step.is_inverse else found
        self._keep(apply_changes(self.project, step), step, words)

    def _keep(self, after: Project, changes: Changes, words: str) -> None:
        self.project = after
        self.store.commit(changes, description=words, annotator="ada")
        assert self.store.load() == after


@settings(max_examples=15)
@given(data=st.data(), first=projects())
def test_undo_all_gives_the_first_project_and_redo_all_the_last(
    data: st.DataObject, first: Project
) -> None:
    with tempfile.TemporaryDirectory() as parent:
        with ProjectStore.create(Path(parent) / "p.cast", first) as store:
            book = Book(store, first)
            for _ in range(data.draw(st.integers(1, 8), label="edits")):
                try:
                    book.do(data.draw(edits(book.project)))
                except EditError:
                    continue
                if data.draw(st.booleans(), label="a save point"):
                    book.history.mark_clean()
                    store.backup()
            last = book.project
            while book.history.can_undo:
                book.undo()
            assert book.project == first
            while book.history.can_redo:
                book.redo()
            assert book.project == last
            for _ in range(data.draw(st.integers(0, 3), label="taken back before closing")):
                if book.history.can_undo:
                    book.undo()
        with ProjectStore.open(Path(parent) / "p.cast") as store:
            reopened = Book(store, store.load())
            assert reopened.project == book.project
            assert reopened.history.undo_text == book.history.undo_text
            assert reopened.history.redo_text == book.history.redo_text
            while reopened.history.can_undo:
                reopened.undo()
            assert reopened.project == first
            while reopened.history.can_redo:
                reopened.redo()
            assert reopened.project == last


@settings(max_examples=60)
@given(projects(), st.data())
def test_the_changes_of_every_edit_come_back_from_the_history(
    project: Project, data: st.DataObject
) -> None:
    try:
        _, changes = apply(project, data.draw(edits(project)))
    except EditError:
        return
    assert changes_from_json(changes_to_json(changes)) == changes


def test_every_kind_of_edit_is_tried() -> None:
    drawn = Path(strategies.__file__).read_text(encoding="utf-8")
    # Another state of the whole project has tests of its own, and so has what no undo takes back.
    for kind in set(get_args(Edit)) - {RestoreProject, SeeVideo}:
        # Once where it is imported, and where it is drawn.
        assert len(re.findall(rf"\b{kind.__name__}\b", drawn)) >= 2, kind


def test_nothing_leads_back_beyond_the_moment_at_which_a_video_was_found() -> None:
    titles = [(1, "Add segment"), (2, "Split segment"), (3, f"{UNDO}Split segment")]
    found = (4, SEEN)

    assert [text for text, _ in replayed(titles)[1]] == ["Split segment"]
    assert replayed([*titles, found]) == ([], [])
    done, undone = replayed([*titles, found, (5, "Add segment")])
    assert done == [("Add segment", StoredStep(5))]
    assert undone == []
