"""The lists of classes that come with the program, and files of the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cast_studio.core.class_list import ListedHead
from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.schema_draft import SchemaDraft
from cast_studio.resource_files import resource_path
from cast_studio.storage.class_lists import PATTERNS, read_class_lists

__all__ = ["BUNDLED", "PATTERNS", "BundledList", "read_file", "schema_of", "schema_of_heads"]

_ACTION: Final = "action"
_USUAL: Final = ("verb", "noun", _ACTION)


@dataclass(frozen=True, slots=True)
class BundledList:
    """A published list.

    Attributes:
        title: What the user reads.
        files: Head name to file below ``resources/labels``.
    """

    title: str
    files: tuple[tuple[str, str], ...]

    def read(self) -> tuple[ListedHead, ...]:
        """Return its heads. Raises ``EditError`` if a file is damaged, ``FileNotFoundError`` if gone."""
        found = []
        for head, name in self.files:
            (listed,) = read_class_lists(resource_path(f"labels/{name}"))
            found.append(ListedHead(head, listed.classes))
        return tuple(found)


BUNDLED: Final = (
    BundledList("Kinetics-400", ((_ACTION, "kinetics400.txt"),)),
    BundledList("Something-Something V2", ((_ACTION, "something_something_v2.txt"),)),
    BundledList(
        "EPIC-KITCHENS-100",
        (("verb", "epic100_verbs.csv"), ("noun", "epic100_nouns.csv")),
    ),
)


def read_file(path: Path) -> tuple[ListedHead, ...]:
    """Return the heads of a file, each with a name.

    A list that names no head is one of verbs, nouns or actions, whichever is in the file's name, else
    of actions.

    Raises:
        EditError: There is no list of classes in it.
    """
    guessed = next((name for name in _USUAL if name in path.stem.lower()), _ACTION)
    return tuple(
        ListedHead(head.name.strip().replace(".", " ") or guessed, head.classes)
        for head in read_class_lists(path)
    )


def schema_of(heads: tuple[ListedHead, ...]) -> LabelSchema:
    """Return a schema of lists, with colors. Raises ``EditError`` if they do not go together."""
    draft = SchemaDraft.of(LabelSchema(()))
    for head in heads:
        draft = draft.bring_in(head.name, head.classes)
    return draft.schema


def schema_of_heads(*names: str) -> LabelSchema:
    """Return a schema of heads that have no classes yet."""
    return LabelSchema(tuple(LabelHead(name, ()) for name in names))
