"""What the labels of a project can teach, head by head, and what they cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.core.tracks import Segment, Track

Useless = Literal["unlabelled", "retired", "moment", "outside"]
"""Why a segment teaches nothing: it has no class, only retired ones, no duration, or no frame."""


@dataclass(frozen=True, slots=True)
class LabelSurvey:
    """How many segments teach what.

    Attributes:
        heads: The names of the project's heads, in order.
        taught: Segments by the heads that they teach, at least one each, in the order of ``heads``.
            Read-only.
        examples: Segments by the head and the id of the class that they teach. Read-only.
        retired: Segments of ``taught`` by head that do not teach it because their class is retired.
            Read-only.
        useless: Segments that teach nothing, by the reason. Read-only.
    """

    heads: tuple[str, ...] = ()
    taught: Mapping[tuple[str, ...], int] = field(default_factory=dict, hash=False)
    examples: Mapping[tuple[str, int], int] = field(default_factory=dict, hash=False)
    retired: Mapping[str, int] = field(default_factory=dict, hash=False)
    useless: Mapping[Useless, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("taught", "examples", "retired", "useless"):
            object.__setattr__(self, name, frozen_mapping(getattr(self, name)))

    @property
    def usable(self) -> int:
        """Segments that teach at least one head."""
        return sum(self.taught.values())

    @property
    def segments(self) -> int:
        """All segments."""
        return self.usable + sum(self.useless.values())

    @property
    def taught_heads(self) -> tuple[str, ...]:
        """The heads that at least one segment teaches, in order."""
        return tuple(head for head in self.heads if any(head in kind for kind in self.taught))

    @property
    def untaught_heads(self) -> tuple[str, ...]:
        """The heads that no segment teaches, in order."""
        return tuple(head for head in self.heads if head not in self.taught_heads)


def survey_labels(
    project: Project, frame_indexes: Mapping[str, FrameIndex] | None = None
) -> LabelSurvey:
    """Count what the segments of a project teach.

    Args:
        project: The labels.
        frame_indexes: Video id to frames, where they are known.
    """
    indexes = frame_indexes if frame_indexes is not None else {}
    lessons: Counter[tuple[tuple[str, int], ...]] = Counter()
    retired: Counter[str] = Counter()
    useless: Counter[Useless] = Counter()
    for track in project.tracks:
        index = indexes.get(track.video_id)
        for segment, found in what_each_teaches(track, project.schema, index):
            if isinstance(found, str):
                useless[found] += 1
                continue
            lessons[tuple(found.items())] += 1
            if len(found) < len(segment.labels):
                retired.update(segment.labels.keys() - found.keys())
    # There are few different labels of many segments.
    taught: Counter[tuple[str, ...]] = Counter()
    examples: Counter[tuple[str, int]] = Counter()
    for lesson, count in lessons.items():
        taught[tuple(head for head, _ in lesson)] += count
        for example in lesson:
            examples[example] += count
    return LabelSurvey(project.schema.head_names, taught, examples, retired, useless)


def what_each_teaches(
    track: Track, schema: LabelSchema, index: FrameIndex | None = None
) -> Iterator[tuple[Segment, Mapping[str, int] | Useless]]:
    """Tell of each segment of a track what it teaches, or why it teaches nothing.

    Args:
        track: The labels.
        schema: Of the project.
        index: The frames of the track's video, where they are known.

    Yields:
        The segment, and the class ids that it teaches by head, in the schema's order, or the reason.
    """
    in_use = [(head.name, {found.id for found in head.active}) for head in schema.heads]
    empty = _without_frames(track, index)
    for at, segment in enumerate(track.segments):
        labels = segment.labels
        found = {name: labels[name] for name, ids in in_use if labels.get(name) in ids}
        if not labels:
            yield segment, "unlabelled"
        elif not found:
            yield segment, "retired"
        elif segment.span.is_point:
            yield segment, "moment"
        elif at in empty:
            yield segment, "outside"
        else:
            yield segment, found


def _without_frames(track: Track, index: FrameIndex | None) -> set[int]:
    """Return the positions of the segments in which no frame starts."""
    if index is None:
        return set()
    # All at once: this is asked after every edit, of projects with 100,000 segments too.
    starts = np.array([segment.span.start for segment in track.segments], np.int64)
    ends = np.array([segment.span.end for segment in track.segments], np.int64)
    first, stop = np.searchsorted(index.pts, starts), np.searchsorted(index.pts, ends)
    return set(np.flatnonzero(first >= stop).tolist())
