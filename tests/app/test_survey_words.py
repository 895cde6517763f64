"""What is told before a training run: true for every kind of labelling, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cast_studio.app.survey_words import nothing_to_learn, plural, shortfalls
from cast_studio.core.label_survey import LabelSurvey, Useless

VERB, NOUN, BOTH = ("verb",), ("noun",), ("verb", "noun")


def survey(
    taught: Mapping[tuple[str, ...], int] | None = None,
    *,
    heads: tuple[str, ...] = BOTH,
    retired: Mapping[str, int] | None = None,
    **useless: int,
) -> LabelSurvey:
    by_reason: dict[Useless, int] = {
        reason: useless[reason]
        for reason in ("unlabelled", "retired", "moment", "outside")
        if reason in useless
    }
    return LabelSurvey(heads, taught or {}, retired=retired or {}, useless=by_reason)


@pytest.mark.parametrize(
    ("found", "sentences"),
    [
        (survey({BOTH: 12}), ()),
        (survey(), ()),
        (
            survey({BOTH: 9, VERB: 3}),
            ("3 of 12 labelled segments have no noun; they teach verbs only.",),
        ),
        (
            survey({BOTH: 9, NOUN: 1}),
            ("1 of 10 labelled segments has no verb; it teaches nouns only.",),
        ),
        (
            survey({VERB: 4, NOUN: 2}),
            (
                "4 of 6 labelled segments have no noun; they teach verbs only.",
                "2 of 6 labelled segments have no verb; they teach nouns only.",
            ),
        ),
        (
            survey({BOTH: 9, VERB: 3}, retired={"noun": 1}),
            ("3 of 12 labelled segments have no noun that is in use; they teach verbs only.",),
        ),
        (
            survey({VERB: 4}),
            (
                "No labelled segment has a noun: the model keeps the nouns that it knows. Label "
                "nouns too if it should learn them.",
            ),
        ),
        (
            survey({("mood",): 4}, heads=("mood", "activity")),
            (
                "No labelled segment has an activity: the model will not tell activities. Label "
                "activities too if it should.",
            ),
        ),
        (
            survey({("verb", "noun", "mood"): 5, VERB: 1}, heads=("verb", "noun", "mood")),
            ("1 of 6 labelled segments has no noun and no mood; it teaches verbs only.",),
        ),
        (
            survey({BOTH: 5}, unlabelled=1, moment=2, outside=1),
            (
                "1 segment has no class and teaches nothing until you label it.",
                "2 segments are moments without duration and teach nothing until you give them an "
                "end after the start.",
                "1 segment lies outside of its video and teaches nothing until you move it to "
                "where the video has frames.",
            ),
        ),
    ],
)
def test_what_will_not_be_learned_is_told(found: LabelSurvey, sentences: tuple[str, ...]) -> None:
    assert shortfalls(found, ["verb", "noun"]) == sentences


def test_a_head_that_the_model_does_not_know_either_is_told_as_such() -> None:
    (sentence,) = shortfalls(survey({VERB: 4}), ["verb"])
    assert "the model will not tell nouns" in sentence


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            survey(heads=("action",)),
            "There are no labels to learn from yet; label some segments with an action first.",
        ),
        (
            survey(heads=()),
            "There is nothing to learn: the project has no classes yet; add some first.",
        ),
        (
            LabelSurvey(BOTH, useless={"retired": 1, "unlabelled": 2}),
            "There is nothing to learn from yet. 2 segments have no class and teach nothing until "
            "you label them. 1 segment has only classes that are retired and teaches nothing until "
            "you give it a class that is in use.",
        ),
    ],
)
def test_why_nothing_can_be_learned_is_told(found: LabelSurvey, text: str) -> None:
    assert nothing_to_learn(found) == text
    assert shortfalls(found, []) == () or text.endswith(" ".join(shortfalls(found, [])))


@pytest.mark.parametrize(
    ("one", "many"),
    [("verb", "verbs"), ("activity", "activities"), ("play", "plays"), ("Process", "Processes")],
)
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many
