from __future__ import annotations

import pytest

from cast_studio.core.edits import Changes, SegmentChange
from cast_studio.core.history import History
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment
from cast_studio.errors import EditError


def some_changes(number: int) -> Changes:
    segment = Segment(f"s{number}", TimeSpan(0, number), {})
    return Changes(segments=(SegmentChange(segment.id, None, segment, "t"),))


def filled(count: int, *, limit: int = 100) -> History:
    history = History(limit)
    for number in range(count):
        history.push(f"Edit {number}", some_changes(number))
    return history


def test_a_new_history_is_empty_and_clean() -> None:
    history = History()

    assert not history.can_undo
    assert not history.can_redo
    assert (history.undo_text, history.redo_text) == ("", "")
    assert history.is_clean
    with pytest.raises(EditError, match="nothing to undo"):
        history.undo()
    with pytest.raises(EditError, match="nothing to redo"):
        history.redo()


def test_undo_gives_the_inverse_and_redo_the_changes() -> None:
    history = filled(2)

    assert history.undo_text == "Edit 1"
    assert history.undo() == ("Edit 1", some_changes(1).inverse())
    assert (history.undo_text, history.redo_text) == ("Edit 0", "Edit 1")
    assert history.redo() == ("Edit 1", some_changes(1))
    assert not history.can_redo


def test_a_new_change_ends_what_could_be_redone() -> None:
    history = filled(3)
    history.undo()
    history.undo()
    history.push("Another", some_changes(9))

    assert not history.can_redo
    assert [history.undo()[0], history.undo()[0]] == ["Another", "Edit 0"]
    assert not history.can_undo


def test_empty_changes_are_not_remembered_and_keep_what_can_be_redone() -> None:
    history = filled(2)
    history.undo()
    history.push("Nothing", Changes())

    assert history.redo_text == "Edit 1"
    assert history.undo_text == "Edit 0"


def test_the_oldest_changes_are_forgotten() -> None:
    history = filled(5, limit=3)

    assert [history.undo()[0] for _ in range(3)] == ["Edit 4", "Edit 3", "Edit 2"]
    assert not history.can_undo
    assert not history.is_clean
    with pytest.raises(ValueError, match="at least 1"):
        History(0)


def test_clean_is_a_place_in_the_history() -> None:
    history = filled(2)
    assert not history.is_clean
    history.mark_clean()
    assert history.is_clean
    history.undo()
    assert not history.is_clean
    history.redo()
    assert history.is_clean
    history.push("More", some_changes(5))
    assert not history.is_clean
    history.undo()
    assert history.is_clean


def test_a_clean_place_that_was_undone_is_lost_with_the_next_change() -> None:
    history = filled(2)
    history.mark_clean()
    history.undo()
    history.push("Another", some_changes(7))

    assert not history.is_clean
    history.undo()
    assert not history.is_clean
    history.undo()
    assert not history.is_clean
    history.mark_clean()
    assert history.is_clean


def test_a_history_without_a_limit_forgets_nothing() -> None:
    history = History()
    for number in range(10_050):
        history.push(f"Edit {number}", some_changes(number))
    for _ in range(10_050):
        history.undo()
    assert not history.can_undo


def test_what_is_lost_takes_along_all_to_which_the_way_leads_through_it() -> None:
    history = filled(5)
    lost = some_changes(1)
    history.undo()

    history.forget_through(lambda step: step == lost)

    assert history.redo_text == "Edit 4"
    history.undo()
    history.undo()
    assert not history.can_undo
    history.forget_through(lambda step: step == some_changes(3))
    history.redo()
    assert history.redo_text == ""
