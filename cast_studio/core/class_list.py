"""A list of classes as files bring it, before any schema has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedClass:
    """One class of a list.

    Attributes:
        name: Not empty, without blanks around it.
        shortcut: A key that labels with it; empty for none.
        category: A group that it belongs to; may be empty.
        description: When to give it; may be empty.
        color: ``#rrggbb``, lower case; empty where the list names none.
    """

    name: str
    shortcut: str = ""
    category: str = ""
    description: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class ListedHead:
    """The classes of one question.

    Attributes:
        name: What the list calls it; empty where it does not say.
        classes: Each name once, in the list's order.
    """

    name: str
    classes: tuple[ListedClass, ...]
