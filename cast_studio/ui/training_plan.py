"""What a training run would learn from, counted from the project. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cast_studio.core.labels import LabelHead
from cast_studio.core.project import Project

FEW = 3
"""With fewer examples than this a class is hardly learned; the panel says so."""


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One class of one head.

    Attributes:
        head: Name of the head.
        name: Of the class.
        color: Of the class.
        count: Labels that teach it.
        is_new: Whether the model does not know it yet.
    """

    head: str
    name: str
    color: str
    count: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What there is to learn from.

    Attributes:
        counts: The classes with labels, by head, most labels first.
        usable: Labels that have a class in every head.
        incomplete: Labels that lack one.
    """

    counts: tuple[ClassCount, ...] = ()
    usable: int = 0
    incomplete: int = 0

    @property
    def new_classes(self) -> tuple[ClassCount, ...]:
        """The classes that the model does not know yet."""
        return tuple(count for count in self.counts if count.is_new)

    @property
    def scarce(self) -> tuple[ClassCount, ...]:
        """New classes with so few labels that they will hardly be learned."""
        return tuple(count for count in self.new_classes if count.count < FEW)


def training_plan(project: Project, known: Sequence[LabelHead]) -> TrainingPlan:
    """Count what a run would learn from.

    Args:
        project: Its labels.
        known: The heads of the model that is loaded.
    """
    heads = project.schema.heads
    active = {head.name: {found.id for found in head.active} for head in heads}
    counted: Counter[tuple[str, int]] = Counter()
    usable = incomplete = 0
    for track in project.tracks:
        for segment in track.segments:
            if all(segment.labels.get(name) in ids for name, ids in active.items()):
                usable += 1
                counted.update(segment.labels.items())
            else:
                incomplete += 1
    known_names = {head.name: {found.name for found in head.classes} for head in known}
    counts = []
    for head in heads:
        rows = [
            ClassCount(
                head.name,
                found.name,
                found.color,
                counted[head.name, found.id],
                found.name not in known_names.get(head.name, set()),
            )
            for found in head.active
            if counted[head.name, found.id]
        ]
        counts += sorted(rows, key=lambda row: (-row.count, row.name))
    return TrainingPlan(tuple(counts), usable, incomplete)
