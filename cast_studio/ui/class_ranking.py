"""In which order classes are offered: by what was typed, the model, and what is labelled here. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from cast_studio.core.labels import LabelClass, LabelHead
from cast_studio.ui.fuzzy import score
from cast_studio.ui.label_habits import LabelHabits

LIKELY: Final = 0.05
"""From this probability on the model's opinion comes before habits."""
_RECENT: Final = 5
_CATEGORY_FACTOR: Final = 0.4


def ranked(
    head: LabelHead, typed: str, probabilities: Mapping[int, float], habits: LabelHabits
) -> tuple[LabelClass, ...]:
    """Return the classes that are still offered and fit, the best first.

    Without text: what the model thinks likely, then the classes given last, then the most frequent,
    then the head's order. With text: how well the name fits, or its category or description less so;
    among equals what is likely and frequent.

    Args:
        head: Whose classes.
        typed: As it stands in the field.
        probabilities: Class id to probability.
        habits: What the project labels.
    """
    if not typed.strip():
        return _by_habit(head, probabilities, habits)
    worth = _worth(head, probabilities, habits)
    found = []
    for place, one in enumerate(head.active):
        fit = _fit(typed, one)
        if fit is not None:
            # Fits come in steps; within one, habits decide.
            found.append((-round(fit / 10), -worth(one), -fit, place, one))
    return tuple(one for *_, one in sorted(found, key=lambda entry: entry[:4]))


def _fit(typed: str, one: LabelClass) -> float | None:
    fits = [
        score(typed, one.name),
        *(_less(score(typed, name)) for name in one.former_names),
        _less(score(typed, one.category)) if one.category else None,
        _less(score(typed, one.description)) if one.description else None,
    ]
    return max((fit for fit in fits if fit is not None), default=None)


def _less(fit: float | None) -> float | None:
    return None if fit is None else fit * _CATEGORY_FACTOR


def _by_habit(
    head: LabelHead, probabilities: Mapping[int, float], habits: LabelHabits
) -> tuple[LabelClass, ...]:
    recent = {class_id: at for at, class_id in enumerate(habits.recent(head.name, _RECENT))}

    def place(entry: tuple[int, LabelClass]) -> tuple[float, ...]:
        at, one = entry
        likely = probabilities.get(one.id, 0.0)
        return (
            -likely if likely >= LIKELY else 0.0,
            recent.get(one.id, _RECENT),
            -habits.count((head.name, one.id)),
            -likely,
            at,
        )

    return tuple(one for _, one in sorted(enumerate(head.active), key=place))


def _worth(
    head: LabelHead, probabilities: Mapping[int, float], habits: LabelHabits
) -> Callable[[LabelClass], float]:
    recent = {class_id: at for at, class_id in enumerate(habits.recent(head.name, _RECENT))}

    def worth(one: LabelClass) -> float:
        often = math.log1p(max(0, habits.count((head.name, one.id))))
        late = _RECENT - recent.get(one.id, _RECENT)
        return 10 * probabilities.get(one.id, 0.0) + often + late / 2

    return worth
