"""Which class of a project a file means, and the label schema that has them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cast_studio.core.imports.values import ImportedRow, NamedClass
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for


class ClassFinder:
    """Finds classes in a schema and makes those that are missing.

    A class is meant when the name is the same, or when it was called so before it was renamed or
    merged; numbers are kept where they are free, so that a new project has the numbers of the file.

    Args:
        schema: What the project has.
        heads: What the file says about its classes.
    """

    def __init__(self, schema: LabelSchema, heads: Iterable[LabelHead] = ()) -> None:
        self._shortcuts = {one.shortcut for head in schema.heads for one in head.classes}
        self._heads = {head.name: _GrowingHead(head, self._shortcuts) for head in schema.heads}
        self._said = {head.name: head for head in heads}
        self._ids: dict[tuple[str, NamedClass], int] = {}
        self.renumbered = 0

    def declare(self) -> None:
        """Take all heads and classes of the file over, also those that no row uses."""
        for head in self._said.values():
            self._head(head.name)
            for known in head.classes:
                self.id_of(head.name, NamedClass(known.name, known.id))

    def labels_of(self, row: ImportedRow) -> dict[str, int]:
        """Return the labels of a row as head name to class id."""
        return {head: self.id_of(head, named) for head, named in row.labels.items()}

    def id_of(self, head_name: str, named: NamedClass) -> int:
        """Return the id of a class in the project, which may be a new one."""
        key = head_name, named
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = self._find(self._head(head_name), named)
        return found

    @property
    def schema(self) -> LabelSchema:
        """The schema with all classes that were asked for."""
        return LabelSchema(tuple(head.grown for head in self._heads.values()))

    @property
    def added(self) -> Mapping[str, tuple[str, ...]]:
        """Head name to the names of new classes; none for a new head that nothing uses."""
        return {
            name: tuple(head.added)
            for name, head in self._heads.items()
            if head.added or head.is_new
        }

    def _head(self, name: str) -> _GrowingHead:
        if name not in self._heads:
            self._heads[name] = _GrowingHead(LabelHead(name, ()), self._shortcuts, is_new=True)
        return self._heads[name]

    def _find(self, head: _GrowingHead, named: NamedClass) -> int:
        said = self._said.get(head.name)
        known = head.by_name.get(named.name)
        if known is None and not (said is not None and _tells_apart(said, named.name)):
            known = head.called_before(named.name)
        if known is None:
            known = head.add(named, None if said is None else said.class_named(named.name))
        if named.id is not None and known.id != named.id:
            self.renumbered += 1
        return known.id


def _tells_apart(said: LabelHead, name: str) -> bool:
    """Return whether a file has a class of this name beside one that was called so before."""
    return any(name in one.former_names for one in said.classes)


class _GrowingHead:
    """A head and its new classes: thousands of them, one after the other."""

    def __init__(
        self, head: LabelHead, shortcuts: set[str | None], *, is_new: bool = False
    ) -> None:
        self.name = head.name
        self.is_new = is_new
        self.added: list[str] = []
        self._head = head
        self.by_name = {found.name: found for found in head.classes}
        self._ids = {found.id for found in head.classes}
        self._next_id = max(self._ids, default=-1) + 1
        # A key belongs to one class of all heads.
        self._shortcuts = shortcuts

    def called_before(self, name: str) -> LabelClass | None:
        """Return the class of the project that had this name before, or None."""
        return self._head.class_known_as(name)

    @property
    def grown(self) -> LabelHead:
        """The head with its new classes; a new one has them in the order of their numbers."""
        if not self.added:
            return self._head
        classes = tuple(self.by_name.values())
        if self.is_new:
            classes = tuple(sorted(classes, key=lambda found: found.id))
        return replace(self._head, classes=classes)

    def add(self, named: NamedClass, described: LabelClass | None) -> LabelClass:
        """Make a class, with its own number where that is free."""
        is_free = named.id is not None and named.id not in self._ids
        class_id = named.id if is_free and named.id is not None else self._next_id
        made = LabelClass(class_id, named.name, color_for(class_id))
        if described is not None:
            taken = described.shortcut in self._shortcuts
            made = replace(described, id=class_id, shortcut=None if taken else described.shortcut)
        self.added.append(made.name)
        self.by_name[made.name] = made
        self._ids.add(class_id)
        self._next_id = max(self._next_id, class_id + 1)
        if made.shortcut:
            self._shortcuts.add(made.shortcut)
        return made
