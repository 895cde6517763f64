"""Finding a class by a few letters, and what is offered before any. No window."""

from __future__ import annotations

import pytest

from cast_studio.app.label_lists import BUNDLED, schema_of
from cast_studio.core.edits import AddSegments, RelabelSegments, RemoveSegments, apply
from cast_studio.core.labels import LabelClass, LabelHead
from cast_studio.ui.class_ranking import ranked
from cast_studio.ui.fuzzy import score
from cast_studio.ui.label_habits import LabelHabits
from tests.core.examples import PROJECT, a_segment

NOUNS = schema_of(BUNDLED[2].read()).head("noun")
NOBODY = LabelHabits()


def best(typed: str, *, head: LabelHead = NOUNS, habits: LabelHabits = NOBODY) -> str:
    return ranked(head, typed, {}, habits)[0].name


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("kni", "knife"),
        ("spoon", "spoon"),
        ("boardc", "board:chopping"),
        ("pn", "pan"),
        ("chop board", "board:chopping"),
    ],
)
def test_few_letters_find_one_of_three_hundred(typed: str, expected: str) -> None:
    names = [found.name for found in ranked(NOUNS, typed, {}, NOBODY)]
    assert expected in names[:3]


def test_the_better_fit_comes_first() -> None:
    order = ["cut", "cutlery", "undercut", "clean up the"]
    scores = [score("cut", name) for name in order]
    assert scores == sorted(scores, key=lambda found: -(found or 0))
    assert score("CUT", "cut") == score("cut", "Cut")
    assert score("turn on", "turn-on") == score("cut", "cut")
    assert score("xyz", "cut") is None
    assert score("", "cut") == 0.0
    assert score("pto", "put to oven") is not None
    assert score("oven put", "put in oven") is not None


def test_a_category_and_a_former_name_find_a_class_too() -> None:
    head = LabelHead(
        "noun",
        (
            LabelClass(0, "tap", category="appliances"),
            LabelClass(1, "mug", former_names=("cup",)),
            LabelClass(2, "cupboard"),
        ),
    )
    assert best("applia", head=head) == "tap"
    assert [found.name for found in ranked(head, "cup", {}, NOBODY)] == ["cupboard", "mug"]


def test_what_was_labelled_last_and_most_is_offered_first() -> None:
    habits = LabelHabits(PROJECT)  # put twice, take once; all without a date
    verb = PROJECT.schema.head("verb")
    assert [found.name for found in ranked(verb, "", {}, NOBODY)] == ["take", "put", "cut"]
    assert ranked(verb, "", {}, habits)[0].name == "put"
    project, changes = apply(PROJECT, AddSegments("only", (a_segment("n", 60, 70, verb=4),)))
    habits.learn(changes)
    assert [found.name for found in ranked(verb, "", {}, habits)] == ["cut", "put", "take"]
    assert habits.latest == {"verb": 4}
    likely = ranked(verb, "", {0: 0.7, 1: 0.01}, habits)
    assert [found.name for found in likely] == ["take", "cut", "put"]
    assert project.segment("n")[1].labels == {"verb": 4}


def test_habits_decide_among_equally_good_fits() -> None:
    head = LabelHead("verb", (LabelClass(0, "put on"), LabelClass(1, "put in")))
    assert best("put", head=head) == "put on"
    habits = LabelHabits()
    _, changes = apply(PROJECT, AddSegments("only", (a_segment("n", 60, 70, verb=1),)))
    habits.learn(changes)
    assert best("put", head=head, habits=habits) == "put in"
    assert best("put on", head=head, habits=habits) == "put on"


def test_habits_follow_edits_and_their_undoing() -> None:
    habits = LabelHabits(PROJECT)
    assert habits.count(("verb", 1)) == 2
    _, changes = apply(PROJECT, RelabelSegments(("s2",), {"verb": 0}))
    habits.learn(changes)
    assert (habits.count(("verb", 1)), habits.count(("verb", 0))) == (1, 2)
    habits.learn(changes.inverse())
    assert habits.count(("verb", 1)) == 2
    _, gone = apply(PROJECT, RemoveSegments(("s2",)))
    habits.learn(gone)
    assert habits.count(("verb", 1)) == 1
    assert habits.recency(("verb", 9)) == 0


def test_retired_classes_are_not_offered() -> None:
    noun = PROJECT.schema.head("noun")
    assert [found.name for found in ranked(noun, "", {}, NOBODY)] == ["knife"]
    assert ranked(noun, "bread", {}, NOBODY) == ()
