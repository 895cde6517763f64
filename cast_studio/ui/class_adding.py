"""New classes that were typed into the picker become part of the label schema."""

from __future__ import annotations

from dataclasses import replace

from cast_studio.core.edits import ChangeSchema
from cast_studio.core.labels import LabelClass, LabelSchema, color_for, next_class_id
from cast_studio.ui.label_question import LabelAnswer, NewClass


def schema_with_new_classes(
    schema: LabelSchema, answer: LabelAnswer
) -> tuple[ChangeSchema | None, dict[str, int]]:
    """Return the edit that adds the new classes of an answer, and the answer by ids.

    A name that exists already, retired or not, means that class: it is brought back into use.

    Args:
        schema: As it is now.
        answer: Head name to a class id or a new class.

    Returns:
        The edit, None when nothing is new; and head name to class id.
    """
    labels: dict[str, int] = {}
    heads = []
    for head in schema.heads:
        chosen = answer.get(head.name)
        if isinstance(chosen, NewClass):
            known = head.class_named(chosen.name)
            if known is None:
                number = next_class_id(head)
                added = LabelClass(number, chosen.name, color_for(len(head.classes)))
                head = replace(head, classes=(*head.classes, added))
                labels[head.name] = number
            else:
                labels[head.name] = known.id
                used = tuple(
                    replace(found, retired=False) if found is known else found
                    for found in head.classes
                )
                head = replace(head, classes=used)
        elif chosen is not None:
            labels[head.name] = chosen
        heads.append(head)
    changed = LabelSchema(tuple(heads))
    return (ChangeSchema(changed) if changed != schema else None), labels
