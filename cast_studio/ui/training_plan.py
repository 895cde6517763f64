"""What a training run would learn from, counted from the project. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cast_studio.app.survey_words import shortfalls
from cast_studio.core.label_survey import Surveyor
from cast_studio.core.labels import LabelHead
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex

ADVISED = 5
"""With fewer examples than this a new class is hardly learned; the panel says so."""


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One class of one head.

    Attributes:
        head: Name of the head.
        name: Of the class.
        color: Of the class.
        count: Labels that teach it.
        is_new: Whether the model does not know it yet.
        is_scarce: Whether these labels are all that the model has or will have seen of it, and
            fewer than advised.
    """

    head: str
    name: str
    color: str
    count: int
    is_new: bool
    is_scarce: bool


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """What there is to learn from.

    Attributes:
        counts: The classes with labels, by head, most labels first.
        usable: Segments that teach at least one head.
        segments: All segments.
        shortfalls: Sentences about what will not be learned, and what to do about it.
    """

    counts: tuple[ClassCount, ...] = ()
    usable: int = 0
    segments: int = 0
    shortfalls: tuple[str, ...] = ()

    @property
    def new_classes(self) -> tuple[ClassCount, ...]:
        """The classes that the model does not know yet."""
        return tuple(count for count in self.counts if count.is_new)

    @property
    def scarce(self) -> tuple[ClassCount, ...]:
        """Classes with so few labels that they will hardly be learned, or hardly were."""
        return tuple(count for count in self.counts if count.is_scarce)


def training_plan(
    project: Project,
    known: Sequence[LabelHead],
    base: Sequence[LabelHead],
    frame_indexes: Mapping[str, FrameIndex] | None = None,
    surveyor: Surveyor | None = None,
) -> TrainingPlan:
    """Count what a run would learn from.

    Args:
        project: Its labels.
        known: The heads of the model that is loaded, with what it learned in projects.
        base: The heads of the model as it was installed. What it learned since then it may have
            learned from few examples.
        frame_indexes: Video id to frames, where they are known.
        surveyor: Remembers the last count; without one all labels are counted.
    """
    survey = (surveyor or Surveyor()).survey(project, frame_indexes)
    known_names, base_names = _names(known), _names(base)
    counts = []
    for head in project.schema.heads:
        rows = []
        for found in head.active:
            count = survey.examples.get((head.name, found.id), 0)
            is_of_base = (head.name, found.name) in base_names
            rows.append(
                ClassCount(
                    head.name,
                    found.name,
                    found.color,
                    count,
                    is_new=(head.name, found.name) not in known_names,
                    is_scarce=count < ADVISED and not is_of_base,
                )
            )
        with_labels = (row for row in rows if row.count)
        counts += sorted(with_labels, key=lambda row: (-row.count, row.name))
    known_heads = [head.name for head in known if head.classes]
    return TrainingPlan(
        tuple(counts), survey.usable, survey.segments, shortfalls(survey, known_heads)
    )


def _names(heads: Sequence[LabelHead]) -> set[tuple[str, str]]:
    return {(head.name, found.name) for head in heads for found in head.classes}
