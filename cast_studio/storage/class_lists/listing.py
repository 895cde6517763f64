"""What all kinds of lists share: cleaning names, keys and colors, and names that come twice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cast_studio.core.class_list import ListedClass

LONGEST_NAME: Final = 300
MOST_CLASSES: Final = 20_000
_COLOR = re.compile(r"#?([0-9a-f]{6})")


def listed(
    name: str, *, shortcut: str = "", category: str = "", description: str = "", color: str = ""
) -> ListedClass:
    """Return a class with blanks put in order; what is no key or color is left out.

    Raises:
        ValueError: The name is empty or far too long.
    """
    name = " ".join(name.split())
    if not name:
        raise ValueError("one of its classes has no name")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a line of {len(name):,} characters is no name of a class")
    key = shortcut.strip()
    found = _COLOR.fullmatch(color.strip().lower())
    return ListedClass(
        name,
        shortcut=key.upper() if len(key) == 1 and key.isprintable() else "",
        category=" ".join(category.split()),
        description=description.strip(),
        color=f"#{found.group(1)}" if found else "",
    )


def each_once(classes: Iterable[ListedClass]) -> tuple[ListedClass, ...]:
    """Return the classes, of those with one name the first, and of those with one key too.

    Raises:
        ValueError: There are too many.
    """
    found: dict[str, ListedClass] = {}
    for one in classes:
        found.setdefault(one.name, one)
        if len(found) > MOST_CLASSES:
            raise ValueError(f"it names more than {MOST_CLASSES:,} classes")
    return tuple(found.values())
