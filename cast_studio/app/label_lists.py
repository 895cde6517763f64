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
    """Return the heads of a file, each with a name of its own.

    A list is one of verbs, nouns or actions, whichever is in its name, or in the file's name where it
    has none; a list without a name is otherwise one of actions.

    Raises:
        EditError: There is no list of classes in it.
    """
    heads = read_class_lists(path)
    given = [head.name.strip().replace(".", " ") for head in heads]
    usual = [_usual(name) or name or _usual(path.stem) or _ACTION for name in given]
    names = usual if len(set(usual)) == len(usual) else [name or _ACTION for name in given]
    return tuple(ListedHead(name, head.classes) for name, head in zip(names, heads, strict=True))


def _usual(text: str) -> str:
    """Return which of the usual heads is in a text, empty for none."""
    return next((name for name in _USUAL if name in text.lower()), "")


def schema_of(heads: tuple[ListedHead, ...]) -> LabelSchema:
    """Return a schema of lists, with colors. Raises ``EditError`` if they do not go together."""
    draft = SchemaDraft.of(LabelSchema(()))
    for head in heads:
        draft = draft.bring_in(head.name, head.classes)
    return draft.schema


def schema_of_heads(*names: str) -> LabelSchema:
    """Return a schema of heads that have no classes yet."""
    return LabelSchema(tuple(LabelHead(name, ()) for name in names))
