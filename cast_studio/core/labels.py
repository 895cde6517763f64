"""What can be said about a segment: heads ("action", or "verb" and "noun") and their classes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cast_studio.core.colors import PALETTE, color_for
from cast_studio.core.json_fields import Fields

__all__ = [
    "PALETTE",
    "LabelClass",
    "LabelHead",
    "LabelSchema",
    "color_for",
    "heads_fingerprint",
    "next_class_id",
]

_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One class of a head.

    Attributes:
        id: Unique in its head, 0 or above, never reused: labels refer to it.
        name: What the user reads and may change.
        color: ``#rrggbb``, lower case.
        shortcut: A key that labels with it, or None.
        retired: No longer offered; labels that have it stay valid.
        category: A group that it belongs to, such as "cutlery"; empty for none.
        description: When to give it, for whoever labels; may be empty.
        former_names: What it was called before, and the names of classes merged into it: models that
            learned it under such a name still mean it.

    Raises:
        ValueError: A value is not allowed.
    """

    id: int
    name: str
    color: str = PALETTE[0]
    shortcut: str | None = None
    retired: bool = False
    category: str = ""
    description: str = ""
    former_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.id < 0:
            raise ValueError(f'The class "{self.name}" has the id {self.id}; ids start at 0.')
        if not self.name.strip():
            raise ValueError(f"The class with id {self.id} needs a name.")
        if not _COLOR.fullmatch(self.color):
            raise ValueError(
                f'The color "{self.color}" of the class "{self.name}" is not of the form #rrggbb.'
            )

    def to_json(self) -> dict[str, object]:
        """Return the class as plain JSON values; what it has no word for is left out."""
        values: dict[str, object] = {
            "id": self.id,
            "name": self.name,
            "color": self.color,
            "shortcut": self.shortcut,
            "retired": self.retired,
        }
        if self.category:
            values["category"] = self.category
        if self.description:
            values["description"] = self.description
        if self.former_names:
            values["former_names"] = list(self.former_names)
        return values

    @classmethod
    def from_json(cls, values: object) -> LabelClass:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing or not allowed.
        """
        fields = Fields(values, where="the label class")
        return cls(
            id=fields.integer("id"),
            name=fields.text("name"),
            color=fields.text("color"),
            shortcut=fields.optional_text("shortcut"),
            retired=fields.flag("retired"),
            category=fields.optional_text("category") or "",
            description=fields.optional_text("description") or "",
            former_names=fields.texts("former_names") if fields.has("former_names") else (),
        )


@dataclass(frozen=True)
class LabelHead:
    """One question a label answers, such as "verb", with the classes to choose from.

    The order of ``classes`` is the order of a model's scores.

    Attributes:
        name: Unique in its schema.
        classes: By the user's order.

    Raises:
        ValueError: The name is empty, or two classes share an id or a name.
    """

    name: str
    classes: tuple[LabelClass, ...]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("A label head needs a name.")
        _refuse_twice(
            (found.id for found in self.classes),
            lambda twice: f'Two classes of the head "{self.name}" have the id {twice}.',
        )
        _refuse_twice(
            (found.name for found in self.classes),
            lambda twice: f'Two classes of the head "{self.name}" are called "{twice}".',
        )

    @cached_property
    def _by_id(self) -> Mapping[int, LabelClass]:
        return {found.id: found for found in self.classes}

    @cached_property
    def _by_name(self) -> Mapping[str, LabelClass]:
        return {found.name: found for found in self.classes}

    @cached_property
    def active(self) -> tuple[LabelClass, ...]:
        """The classes that are not retired."""
        return tuple(found for found in self.classes if not found.retired)

    @cached_property
    def active_ids(self) -> frozenset[int]:
        """The ids of the classes that are not retired."""
        return frozenset(found.id for found in self.active)

    def class_with_id(self, class_id: int) -> LabelClass:
        """Return a class by its id, retired or not.

        Raises:
            KeyError: The head has no such class.
        """
        return self._by_id[class_id]

    def has_class(self, class_id: int) -> bool:
        """Return whether the head has a class with this id, retired or not."""
        return class_id in self._by_id

    def class_named(self, name: str) -> LabelClass | None:
        """Return a class by its exact name, retired or not, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_former_name(self) -> Mapping[str, LabelClass]:
        return {name: found for found in reversed(self.classes) for name in found.former_names}

    def class_known_as(self, name: str) -> LabelClass | None:
        """Return the class that a model or an older file means by a name, retired or not, or None.

        That is the class of exactly this name, else the one that was called so before.
        """
        return self._by_name.get(name) or self._by_former_name.get(name)

    def position_of(self, class_id: int) -> int:
        """Return where a class stands in ``classes``, which is its position in a model's scores.

        Raises:
            KeyError: The head has no such class.
        """
        return self.classes.index(self.class_with_id(class_id))

    def to_json(self) -> dict[str, object]:
        """Return the head as plain JSON values."""
        return {"name": self.name, "classes": [found.to_json() for found in self.classes]}

    @classmethod
    def from_json(cls, values: object) -> LabelHead:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing or not allowed.
        """
        fields = Fields(values, where="the label head")
        classes = tuple(LabelClass.from_json(item) for item in fields.items("classes"))
        return cls(name=fields.text("name"), classes=classes)


@dataclass(frozen=True)
class LabelSchema:
    """All heads of a project: one ("action"), or several ("verb" and "noun").

    Attributes:
        heads: By the user's order.

    Raises:
        ValueError: Two heads share a name.
    """

    heads: tuple[LabelHead, ...]

    def __post_init__(self) -> None:
        _refuse_twice(self.head_names, lambda twice: f'Two label heads are called "{twice}".')

    @property
    def head_names(self) -> tuple[str, ...]:
        """The names of the heads, in order."""
        return tuple(head.name for head in self.heads)

    def head(self, name: str) -> LabelHead:
        """Return a head by its name.

        Raises:
            KeyError: There is no such head.
        """
        for head in self.heads:
            if head.name == name:
                return head
        raise KeyError(name)

    def has_head(self, name: str) -> bool:
        """Return whether there is a head of this name."""
        return name in self.head_names

    def fingerprint(self) -> str:
        """Return a hex digest of what predictions depend on.

        Head names, class ids, class names and their order change it; colors, shortcuts, retiring,
        categories, descriptions and former names do not.
        """
        return heads_fingerprint(self.heads)

    def to_json(self) -> dict[str, object]:
        """Return the schema as plain JSON values."""
        return {"heads": [head.to_json() for head in self.heads]}

    @classmethod
    def from_json(cls, values: object) -> LabelSchema:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing or not allowed.
        """
        fields = Fields(values, where="the label schema")
        return cls(tuple(LabelHead.from_json(item) for item in fields.items("heads")))


def heads_fingerprint(heads: Iterable[LabelHead]) -> str:
    """Return the hex digest of :meth:`LabelSchema.fingerprint` for heads without a schema."""
    content = [[head.name, [[found.id, found.name] for found in head.classes]] for head in heads]
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def next_class_id(head: LabelHead) -> int:
    """Return an id for a new class of ``head``: above all that it has, retired ones included."""
    return max((found.id for found in head.classes), default=-1) + 1


def _refuse_twice(values: Iterable[object], sentence: Callable[[object], str]) -> None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise ValueError(sentence(value))
        seen.add(value)
