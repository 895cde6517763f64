"""What holds for every edit on every project."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cast_studio.core.edits import Changes, apply, apply_changes
from cast_studio.core.history import History
from cast_studio.core.project import Project
from cast_studio.errors import EditError
from tests.core.strategies import edits, projects


def assert_valid(project: Project) -> None:
    """Build everything anew, which checks order, overlaps and ids; then check the labels."""
    replace(project, tracks=tuple(replace(track) for track in project.tracks))
    ids = Counter(segment.id for track in project.tracks for segment in track.segments)
    assert max(ids.values(), default=1) == 1
    for track in project.tracks:
        for segment in track.segments:
            for head, class_id in segment.labels.items():
                assert project.schema.head(head).has_class(class_id)
    for video in project.videos:
        for name in {found.annotator for found in project.reviewed}:
            own = [f.span for f in project.reviewed_in(video.id) if f.annotator == name]
            assert all(before.end < after.start for before, after in pairwise(own))


def assert_only_changed_rows(before: Project, after: Project, changes: Changes) -> None:
    tables = (
        changes.videos,
        changes.tracks,
        changes.segments,
        changes.models,
        changes.schema,
        changes.reviewed,
    )
    for rows in tables:
        assert all(row.before != row.after for row in rows)
        places = {(row.id, getattr(row, "track_id", "")) for row in rows}
        assert len(places) == len(rows)
    for track in after.tracks:
        if track.id not in changes.track_ids:
            assert track is before.track(track.id)


@settings(max_examples=150)
@given(projects(), st.integers(1, 6), st.data())
def test_every_edit_is_undone_exactly_or_refused_without_a_trace(
    project: Project, n_edits: int, data: st.DataObject
) -> None:
    for _ in range(n_edits):
        edit = data.draw(edits(project))
        before = repr(project)
        try:
            after, changes = apply(project, edit)
        except EditError:
            continue
        finally:
            assert repr(project) == before
        assert changes.is_empty == (after == project)
        assert changes.inverse().inverse() == changes
        assert apply_changes(after, changes.inverse()) == project
        assert apply_changes(project, changes) == after
        assert_only_changed_rows(project, after, changes)
        assert_valid(after)
        project = after


@settings(max_examples=150)
@given(projects(), st.integers(2, 4), st.data())
def test_several_edits_as_one_step_are_those_edits(
    project: Project, n_edits: int, data: st.DataObject
) -> None:
    together, after = [], project
    for _ in range(n_edits):
        edit = data.draw(edits(after))
        try:
            after, _ = apply(after, edit)
        except EditError:
            continue
        together.append(edit)
    done, changes = apply(project, *together)
    assert done == after
    assert changes.is_empty == (after == project)
    assert apply_changes(project, changes) == after
    assert apply_changes(after, changes.inverse()) == project
    assert_only_changed_rows(project, done, changes)


@settings(max_examples=50)
@given(projects(), st.integers(0, 8), st.data())
def test_undo_and_redo_walk_through_all_states(
    project: Project, n_edits: int, data: st.DataObject
) -> None:
    history, states = History(), [project]
    for _ in range(n_edits):
        edit = data.draw(edits(project))
        try:
            project, changes = apply(project, edit)
        except EditError:
            continue
        history.push(edit.describe(), changes)
        if not changes.is_empty:
            states.append(project)
    place = len(states) - 1
    for back in data.draw(st.lists(st.booleans(), max_size=30)):
        assert history.can_undo == (place > 0)
        assert history.can_redo == (place < len(states) - 1)
        if back and history.can_undo:
            project = apply_changes(project, history.undo()[1])
            place -= 1
        elif not back and history.can_redo:
            project = apply_changes(project, history.redo()[1])
            place += 1
        assert project == states[place]
