"""A label schema while it is being edited: every step gives a new draft, nothing reaches the project.

A draft becomes one edit. It knows which classes were merged, so that their segments move along, and
keeps the former names by which models and older files know a class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cast_studio.core.class_list import ListedClass
from cast_studio.core.colors import color_for
from cast_studio.core.edits import ChangeSchema, ClassKey
from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, next_class_id
from cast_studio.errors import EditError
from cast_studio.said import say


@dataclass(frozen=True)
class SchemaDraft:
    """A schema as it would become. Every method returns another draft, or raises ``EditError``.

    Attributes:
        before: As the project has it.
        schema: As it would be.
        moved: Which class the segments of a merged one get. Read-only.
    """

    before: LabelSchema
    schema: LabelSchema
    moved: Mapping[ClassKey, ClassKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "moved", frozen_mapping(self.moved))

    @classmethod
    def of(cls, schema: LabelSchema) -> SchemaDraft:
        """Return a draft that changes nothing yet."""
        return cls(schema, schema)

    @property
    def is_changed(self) -> bool:
        """Whether applying it would change anything."""
        return self.schema != self.before

    # Heads

    def add_head(self, name: str) -> SchemaDraft:
        """Add a question, such as "noun", without classes."""
        name = _worded(name, "A head needs a name, such as verb or noun.")
        if self.schema.has_head(name):
            raise EditError(
                say("There is a head called “{name}” already; choose another name.", name=name)
            )
        if "." in name:
            raise EditError(say("A head cannot be called “{name}”; leave the dot out.", name=name))
        return self._with(LabelSchema((*self.schema.heads, LabelHead(name, ()))))

    def remove_head(self, name: str, used: Collection[ClassKey]) -> SchemaDraft:
        """Remove a head that no segment has a class of.

        Args:
            name: Which.
            used: The classes that segments have.
        """
        if any(head == name for head, _ in used):
            raise EditError(
                say(
                    "Segments have classes of “{name}”, so it stays; retire its classes instead.",
                    name=name,
                )
            )
        kept = tuple(head for head in self.schema.heads if head.name != name)
        return self._with(LabelSchema(kept))

    # Classes

    def add_class(self, head_name: str, name: str) -> SchemaDraft:
        """Add a class at the end of a head."""
        head = self.schema.head(head_name)
        name = self._free_name(head, name)
        return self._with_head(replace(head, classes=(*head.classes, self._new(head, name))))

    def change_class(
        self,
        key: ClassKey,
        *,
        name: str | None = None,
        color: str | None = None,
        shortcut: str | None = None,
        category: str | None = None,
        description: str | None = None,
    ) -> SchemaDraft:
        """Change what is given of a class; an empty shortcut takes its key away."""
        head = self.schema.head(key[0])
        found = head.class_with_id(key[1])
        if name is not None and name.strip() != found.name:
            found = replace(found, name=self._free_name(head, name))
        if shortcut is not None:
            found = replace(found, shortcut=shortcut or None)
        try:
            found = replace(
                found,
                color=found.color if color is None else color,
                category=found.category if category is None else category.strip(),
                description=found.description if description is None else description.strip(),
            )
        except ValueError as error:
            raise EditError(str(error)) from error
        return self._with_class(head, found)

    def give_key(self, key: ClassKey, shortcut: str) -> tuple[SchemaDraft, tuple[str, ...]]:
        """Give a class a key, and take it from the classes that have it.

        Args:
            key: Which class.
            shortcut: As keys are compared; empty for none.

        Returns:
            The draft, and the names of the classes that lost the key.
        """
        draft, lost = self, []
        for head in self.schema.heads:
            for one in head.classes:
                if shortcut and one.shortcut == shortcut and (head.name, one.id) != key:
                    draft = draft.change_class((head.name, one.id), shortcut="")
                    lost.append(one.name)
        return draft.change_class(key, shortcut=shortcut), tuple(lost)

    def unused(self, head_name: str, used: Collection[ClassKey]) -> frozenset[int]:
        """Return the ids of the classes that no segment has, nor would get.

        Args:
            head_name: Whose classes.
            used: The classes that segments have.
        """
        held = {new for old, new in self.moved.items() if old in used} | set(used)
        classes = self.schema.head(head_name).classes
        return frozenset(one.id for one in classes if (head_name, one.id) not in held)

    def set_retired(self, head_name: str, ids: Collection[int], retired: bool) -> SchemaDraft:
        """Offer classes no longer, or again; labels that have them stay."""
        head = self.schema.head(head_name)
        classes = (replace(c, retired=retired) if c.id in ids else c for c in head.classes)
        return self._with_head(replace(head, classes=tuple(classes)))

    def merge(self, head_name: str, ids: Iterable[int], into: int) -> SchemaDraft:
        """Make one class of several; the segments of the others get this one.

        Args:
            head_name: Whose classes.
            ids: Those to merge; ``into`` may be among them.
            into: The class that stays.
        """
        head = self.schema.head(head_name)
        kept = head.class_with_id(into)
        gone = [head.class_with_id(one) for one in dict.fromkeys(ids) if one != into]
        if not gone:
            raise EditError(say("Merging needs two classes at least; select another one too."))
        names = [name for one in gone for name in (one.name, *one.former_names)]
        former = tuple(
            name for name in dict.fromkeys((*kept.former_names, *names)) if name != kept.name
        )
        kept = replace(kept, former_names=former, retired=False)
        lost = {one.id for one in gone}
        classes = tuple(kept if c.id == into else c for c in head.classes if c.id not in lost)
        target = (head_name, into)
        moved = {
            old: target if new[0] == head_name and new[1] in lost else new
            for old, new in self.moved.items()
        }
        moved |= {(head_name, one): target for one in lost}
        draft = self._with_head(replace(head, classes=classes))
        return replace(draft, moved=moved)

    def delete(
        self, head_name: str, ids: Collection[int], used: Collection[ClassKey]
    ) -> SchemaDraft:
        """Remove classes that no segment has.

        Args:
            head_name: Whose classes.
            ids: Which.
            used: The classes that segments have.
        """
        head = self.schema.head(head_name)
        free = self.unused(head_name, used)
        for found in head.classes:
            if found.id in ids and found.id not in free:
                raise EditError(
                    say(
                        "Segments have the class “{found}”, so it cannot be deleted; retire it, or "
                        "merge it into another class.",
                        found=found.name,
                    )
                )
        classes = tuple(found for found in head.classes if found.id not in ids)
        return self._with_head(replace(head, classes=classes))

    def move(self, head_name: str, ids: Collection[int], step: int) -> SchemaDraft:
        """Move classes up (-1) or down (1) in the list, all by one place."""
        head = self.schema.head(head_name)
        classes = list(head.classes) if step < 0 else list(reversed(head.classes))
        for at in range(1, len(classes)):
            if classes[at].id in ids and classes[at - 1].id not in ids:
                classes[at - 1], classes[at] = classes[at], classes[at - 1]
        ordered = classes if step < 0 else list(reversed(classes))
        return self._with_head(replace(head, classes=tuple(ordered)))

    def bring_in(self, head_name: str, classes: Sequence[ListedClass]) -> SchemaDraft:
        """Take classes of a list over; those the head has by name stay, in use again.

        What a class of the head has no word for yet, its category, description and key, is filled in.

        Args:
            head_name: Where to; it is made if it does not exist.
            classes: Of a list.
        """
        draft = self if self.schema.has_head(head_name) else self.add_head(head_name)
        head = draft.schema.head(head_name)
        keys = {found.shortcut for one in draft.schema.heads for found in one.classes}
        for found in classes:
            known = head.class_named(found.name)
            shortcut = found.shortcut if found.shortcut not in keys else ""
            if known is None:
                made = replace(
                    draft._new(head, found.name),
                    shortcut=shortcut or None,
                    category=found.category,
                    description=found.description,
                )
                made = replace(made, color=found.color or made.color)
                all_classes = (*head.classes, made)
            else:
                made = replace(
                    known,
                    retired=False,
                    shortcut=known.shortcut or shortcut or None,
                    category=known.category or found.category,
                    description=known.description or found.description,
                )
                all_classes = tuple(made if one is known else one for one in head.classes)
            keys.add(made.shortcut)
            head = replace(head, classes=all_classes)
        return draft._with_head(head)

    # The edit

    def to_edit(self, text: str, *, modified_at: str = "") -> ChangeSchema:
        """Return the one edit that makes the project's schema this one.

        Args:
            text: For the undo menu.
            modified_at: ISO 8601 in UTC, of segments that get another class.
        """
        heads = tuple(self._remembering(head) for head in self.schema.heads)
        known = _keys_of(self.before)
        # A class without segments may have been merged into one that was deleted later.
        there = _keys_of(self.schema)
        moved = {old: new for old, new in self.moved.items() if old in known and new in there}
        return ChangeSchema(LabelSchema(heads), moved, text, modified_at)

    def _remembering(self, head: LabelHead) -> LabelHead:
        if not self.before.has_head(head.name):
            return head
        old = self.before.head(head.name)
        classes = []
        for found in head.classes:
            names = found.former_names
            if old.has_class(found.id):
                names = (*names, old.class_with_id(found.id).name)
            former = tuple(name for name in dict.fromkeys(names) if name != found.name)
            classes.append(replace(found, former_names=former))
        return replace(head, classes=tuple(classes))

    # Helpers

    def _new(self, head: LabelHead, name: str) -> LabelClass:
        old = self.before.head(head.name) if self.before.has_head(head.name) else head
        number = max(next_class_id(head), next_class_id(old))
        colors = {found.color for found in head.classes}
        positions = range(len(head.classes), len(head.classes) + len(colors) + 1)
        free = (color_for(at) for at in positions if color_for(at) not in colors)
        return LabelClass(number, name, next(free, color_for(number)))

    @staticmethod
    def _free_name(head: LabelHead, name: str) -> str:
        name = _worded(name, "A class needs a name.")
        known = head.class_named(name)
        if known is not None:
            state = "a retired class" if known.retired else "a class"
            raise EditError(
                say(
                    "There is {state} called “{name}” already; choose another name, or merge the "
                    "two.",
                    state=state,
                    name=name,
                )
            )
        return name

    def _with(self, schema: LabelSchema) -> SchemaDraft:
        return replace(self, schema=schema)

    def _with_head(self, head: LabelHead) -> SchemaDraft:
        heads = (head if one.name == head.name else one for one in self.schema.heads)
        return self._with(LabelSchema(tuple(heads)))

    def _with_class(self, head: LabelHead, found: LabelClass) -> SchemaDraft:
        classes = tuple(found if one.id == found.id else one for one in head.classes)
        return self._with_head(replace(head, classes=classes))


def _keys_of(schema: LabelSchema) -> frozenset[ClassKey]:
    return frozenset((head.name, found.id) for head in schema.heads for found in head.classes)


def _worded(name: str, refusal: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise EditError(refusal)
    return name
