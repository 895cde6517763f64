"""What is told of the labels that there are to learn from, the same in the window and elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from cast_studio.core.label_survey import LabelSurvey, Useless
from cast_studio.said import say

_USELESS: Final[Mapping[Useless, tuple[str, str]]] = {
    "unlabelled": ("has no class", "have no class"),
    "retired": ("has only classes that are retired", "have only classes that are retired"),
    "moment": ("is a moment without duration", "are moments without duration"),
    "outside": ("lies outside of its video", "lie outside of their video"),
}
_REMEDIES: Final[Mapping[Useless, str]] = {
    "unlabelled": "you label {it}",
    "retired": "you give {it} a class that is in use",
    "moment": "you give {it} an end after the start",
    "outside": "you move {it} to where the video has frames",
}


def shortfalls(survey: LabelSurvey, known_heads: Collection[str]) -> tuple[str, ...]:
    """Return what a training run will not learn, and what to do about it, a sentence or two each.

    Args:
        survey: Of the project.
        known_heads: The heads that the model answers already.
    """
    if not survey.usable:
        return _useless(survey)
    return (*_partial(survey), *_untaught(survey, known_heads), *_useless(survey))


def nothing_to_learn(survey: LabelSurvey) -> str:
    """Return why no training run can be started, and what to do.

    Args:
        survey: Of a project without anything to learn from.
    """
    if not survey.heads:
        return say("There is nothing to learn: the project has no classes yet; add some first.")
    if not survey.segments:
        heads = " or ".join(_with_article(head) for head in survey.heads)
        return say(
            "There are no labels to learn from yet; label some segments with {heads} first.",
            heads=heads,
        )
    return " ".join(("There is nothing to learn from yet.", *_useless(survey)))


def _partial(survey: LabelSurvey) -> list[str]:
    """Tell of the segments that lack a head which others teach."""
    sentences = []
    for kind in sorted(survey.taught, key=lambda kind: [survey.heads.index(h) for h in kind]):
        missing = [head for head in survey.taught_heads if head not in kind]
        if not missing:
            continue
        count = survey.taught[kind]
        lacks = " and ".join(f"no {head}{_in_use(head, survey)}" for head in missing)
        taught = " and ".join(plural(head) for head in kind)
        sentences.append(
            f"{count} of {survey.usable} labelled segments {_have(count)} {lacks}; "
            f"{_teach(count)} {taught} only."
        )
    return sentences


def _untaught(survey: LabelSurvey, known_heads: Collection[str]) -> list[str]:
    """Tell of the heads that no segment teaches."""
    sentences = []
    for head in survey.untaught_heads:
        many = plural(head)
        then = (
            f"the model keeps the {many} that it knows. Label {many} too if it should learn them."
            if head in known_heads
            else f"the model will not tell {many}. Label {many} too if it should."
        )
        wanted = f"{_with_article(head)}{_in_use(head, survey)}"
        sentences.append(f"No labelled segment has {wanted}: {then}")
    return sentences


def _useless(survey: LabelSurvey) -> tuple[str, ...]:
    """Tell of the segments that teach nothing."""
    return tuple(
        _useless_sentence(count, reason)
        for reason in _USELESS
        if (count := survey.useless.get(reason, 0))
    )


def _useless_sentence(count: int, reason: Useless) -> str:
    is_one = count == 1
    segments = "1 segment" if is_one else f"{count} segments"
    why = _USELESS[reason][0 if is_one else 1]
    remedy = _REMEDIES[reason].format(it="it" if is_one else "them")
    return say(
        "{segments} {why} and {value} nothing until {remedy}.",
        segments=segments,
        why=why,
        value="teaches" if is_one else "teach",
        remedy=remedy,
    )


def _in_use(head: str, survey: LabelSurvey) -> str:
    """Where some have a retired class, it is not true that they have none."""
    return " that is in use" if survey.retired.get(head) else ""


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _teach(count: int) -> str:
    return "it teaches" if count == 1 else "they teach"


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def plural(noun: str) -> str:
    """Return the plural of a head's name by the rule, such as "verbs" or "bodies"."""
    lower = noun.lower()
    if lower.endswith("y") and lower[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return f"{noun}es"
    return f"{noun}s"
