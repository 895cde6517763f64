"""Which key labels with which class: own keys of classes, and digits for the first ten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cast_studio.core.edits import ClassKey
from cast_studio.core.labels import LabelSchema
from cast_studio.ui.keys.key_names import canonical, is_single
from cast_studio.ui.language import translate

SLOTS: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0")
"""The digits, in the order of the keyboard."""
_PREFIXES: Final = ("", "Alt+")
"""Of the first head's digits and of the second's."""


def class_keys(schema: LabelSchema) -> Mapping[str, ClassKey]:
    """Return which class each key stands for.

    A class has the key that the user gave it. The first ten of the first head have the digits besides,
    those of the second head Alt with the digits, because letters act only while they label; a digit
    that was given to a class is that one's alone, and such a class has no other. Retired classes
    have none.

    Returns:
        Keys that were given first, so that of two the user's own is found first.
    """
    found: dict[str, ClassKey] = {}
    for head in schema.heads:
        for one in head.active:
            key = canonical(one.shortcut or "")
            if key:
                found.setdefault(key, (head.name, one.id))
    slotted = {of for key, of in found.items() if not needs_labelling_mode(key)}
    for prefix, head in zip(_PREFIXES, schema.heads, strict=False):
        for digit, one in zip(SLOTS, head.active, strict=False):
            if (head.name, one.id) not in slotted:
                found.setdefault(prefix + digit, (head.name, one.id))
    return found


def moved_keys(before: LabelSchema, after: LabelSchema) -> tuple[tuple[str, str, str], ...]:
    """Return which classes get another key without having been given one.

    Digits go by the order of the classes: who retires, merges or moves one moves those of others.

    Args:
        before: The schema whose keys the user has learned.
        after: As it would become.

    Returns:
        Name of the class, its key before and its key after, which may be empty.
    """
    # Of the class's own key and its digit the digit, which comes later.
    old = {found: key for key, found in class_keys(before).items()}
    new = {found: key for key, found in class_keys(after).items()}
    moved = []
    for head in after.heads:
        known = before.head(head.name) if before.has_head(head.name) else None
        for one in head.active:
            key = (head.name, one.id)
            was = (
                known.class_with_id(one.id)
                if known is not None and known.has_class(one.id)
                else None
            )
            if was is None or was.retired or was.shortcut != one.shortcut:
                continue
            if old.get(key, "") != new.get(key, ""):
                moved.append((one.name, old.get(key, ""), new.get(key, "")))
    return tuple(moved)


def needs_labelling_mode(key: str) -> bool:
    """Return whether a class key acts only while letters label: all but digits do."""
    return key.removeprefix("Alt+") not in SLOTS


def key_of_class(schema: LabelSchema, wanted: ClassKey, *, letters_label: bool = True) -> str:
    """Return the key of a class, its own before its digit; empty without one.

    Args:
        schema: Of the project.
        wanted: The class.
        letters_label: Whether keys count that act only while letters label.
    """
    keys = (key for key, found in class_keys(schema).items() if found == wanted)
    return next((key for key in keys if letters_label or not needs_labelling_mode(key)), "")


def first_keys(schema: LabelSchema) -> Mapping[ClassKey, str]:
    """Return the key of each class that has any, its own before its digit."""
    found: dict[ClassKey, str] = {}
    for key, of in class_keys(schema).items():
        found.setdefault(of, key)
    return found


def class_key_problem(key: str) -> str:
    """Return why a key cannot be a class's, in a few words; empty when it can."""
    shown = canonical(key)
    if not shown:
        return ""
    if shown in SLOTS or shown.removeprefix("Alt+") in SLOTS:
        return ""
    if not is_single(shown):
        return translate("ClassKeys", "keys of classes are pressed alone, or Alt with a digit")
    if len(shown.removeprefix("Shift+")) > 1 and not shown.startswith("F"):
        return translate(
            "ClassKeys", "{key} moves through the window; choose a letter or a digit"
        ).format(key=shown)
    return ""
