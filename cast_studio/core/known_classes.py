"""Which classes of a project and of a model are the same, also after classes were renamed or merged.

Head and name make a class. What a model learned keeps the name it had then; a project's class knows
its former names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema


def positions_in_model(of_model: LabelHead, wanted: Sequence[LabelClass]) -> tuple[int | None, ...]:
    """Return at which position a model scores each class, None where it does not know it.

    A model knows a class by its name; one that was renamed, or that others were merged into, by a
    former name, unless another class has that name now.

    Args:
        of_model: The model's head.
        wanted: Classes of a project's head of the same name.
    """
    positions = {known.name: at for at, known in enumerate(of_model.classes)}
    taken = {found.name for found in wanted}
    found: list[int | None] = []
    for one in wanted:
        names = (one.name, *(name for name in one.former_names if name not in taken))
        found.append(next((positions[name] for name in names if name in positions), None))
    return tuple(found)


def in_words_of(schema: LabelSchema, heads: Iterable[LabelHead]) -> tuple[LabelHead, ...]:
    """Return a model's heads with the names that the project has for their classes now.

    Of several classes that were merged into one, that one's name goes to the class that had it
    before, or to the first; the others keep theirs, for two classes of a head differ in name.

    Args:
        schema: Of the project.
        heads: Of a model.
    """
    return tuple(_renamed(schema, head) for head in heads)


def _renamed(schema: LabelSchema, head: LabelHead) -> LabelHead:
    if not schema.has_head(head.name):
        return head
    own = schema.head(head.name)
    taken = {found.name for found in head.classes}
    classes: list[LabelClass] = []
    for found in head.classes:
        known = own.class_known_as(found.name)
        if known is None or known.name in taken:
            classes.append(found)
        else:
            taken.add(known.name)
            classes.append(replace(found, name=known.name))
    return head if tuple(classes) == head.classes else replace(head, classes=tuple(classes))
