"""What the labels of a project can teach, head by head, and what they cannot."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, TypeVar

import numpy as np

from cast_studio.core.comparing import changed_part
from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project
from cast_studio.core.timing import FrameIndex
from cast_studio.core.tracks import Segment, Track

_Counted = TypeVar("_Counted")
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
    return Surveyor().survey(project, frame_indexes)


class Surveyor:
    """Surveys a project after every edit: only tracks that have changed are looked at again.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._teaching = _Teaching(LabelSchema(()))
        self._seen: dict[str, tuple[Track, FrameIndex | None, _Lessons]] = {}
        self._sum = _Lessons()

    def survey(
        self, project: Project, frame_indexes: Mapping[str, FrameIndex] | None = None
    ) -> LabelSurvey:
        """Count what the segments of a project teach; see :func:`survey_labels`."""
        indexes = frame_indexes if frame_indexes is not None else {}
        if project.schema is not self._teaching.schema:
            self._teaching, self._sum = _Teaching(project.schema), _Lessons()
            self._seen.clear()
        for track_id in [known for known in self._seen if not project.has_track(known)]:
            self._sum.take(self._seen.pop(track_id)[2], times=-1)
        for track in project.tracks:
            index = indexes.get(track.video_id)
            seen = self._seen.get(track.id)
            # Unchanged tracks are the same objects: no segment has to be compared.
            if seen is not None and seen[0] is track and seen[1] is index:
                continue
            if project.video(track.video_id).timebase is None:
                # Labels that came before their video: nobody knows its frames yet.
                continue
            found = self._lessons_of(track, index, seen)
            self._seen[track.id] = track, index, found
        return self._sum.survey(project.schema)

    def _lessons_of(
        self,
        track: Track,
        index: FrameIndex | None,
        seen: tuple[Track, FrameIndex | None, _Lessons] | None,
    ) -> _Lessons:
        """Count a track, into the sum too; of one that was seen only what has changed in it."""
        gone: Sequence[Segment] = ()
        new: Sequence[Segment] = track.segments
        found = _Lessons()
        if seen is not None and seen[1] is index:
            left, came = changed_part(seen[0].segments, track.segments)
            gone = seen[0].segments[left.start : left.stop]
            new = track.segments[came.start : came.stop]
            found = seen[2]
        elif seen is not None:
            self._sum.take(seen[2], times=-1)
        for segments, times in ((gone, -1), (new, 1)):
            if not segments:
                continue
            lessons = _Lessons.of(segments, self._teaching, index)
            found.take(lessons, times=times)
            self._sum.take(lessons, times=times)
        return found


@dataclass(slots=True)
class _Lessons:
    """What segments teach, and why others do not, counted."""

    taught: Counter[tuple[str, ...]] = field(default_factory=Counter)
    examples: Counter[tuple[str, int]] = field(default_factory=Counter)
    retired: Counter[str] = field(default_factory=Counter)
    useless: Counter[Useless] = field(default_factory=Counter)

    @classmethod
    def of(
        cls, segments: Sequence[Segment], teaching: _Teaching, index: FrameIndex | None
    ) -> _Lessons:
        found = cls()
        lessons: list[Mapping[str, int]] = []
        for segment, taught in _what_each_teaches(segments, teaching, index):
            if isinstance(taught, str):
                found.useless[taught] += 1
                continue
            lessons.append(taught)
            if len(taught) < len(segment.labels):
                found.retired.update(segment.labels.keys() - taught.keys())
        # The fast way to count much.
        found.taught.update(map(tuple, lessons))
        found.examples.update(chain.from_iterable(map(operator.methodcaller("items"), lessons)))
        return found

    def take(self, other: _Lessons, *, times: int) -> None:
        _add(self.taught, other.taught, times)
        _add(self.examples, other.examples, times)
        _add(self.retired, other.retired, times)
        _add(self.useless, other.useless, times)

    def survey(self, schema: LabelSchema) -> LabelSurvey:
        return LabelSurvey(
            schema.head_names, self.taught, self.examples, self.retired, self.useless
        )


def _add(total: Counter[_Counted], counts: Mapping[_Counted, int], times: int) -> None:
    for key, count in counts.items():
        # Not total[key]: of a Counter that is slow for what is not there yet.
        now = total.get(key, 0) + times * count
        if now:
            total[key] = now
        else:
            total.pop(key, None)


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
    return _what_each_teaches(track.segments, _Teaching(schema), index)


class _Teaching:
    """What labels teach by a schema; it remembers, as many segments have few different labels."""

    def __init__(self, schema: LabelSchema) -> None:
        self.schema = schema
        self._in_use = [(head.name, head.active_ids) for head in schema.heads]
        self._known: dict[tuple[tuple[str, int], ...], Mapping[str, int]] = {}

    def of(self, labels: Mapping[str, int]) -> Mapping[str, int]:
        """Return the classes that are not retired, by head in the schema's order; one mapping each."""
        key = tuple(labels.items())
        found = self._known.get(key)
        if found is None:
            found = {name: labels[name] for name, ids in self._in_use if labels.get(name) in ids}
            self._known[key] = found
        return found


def _what_each_teaches(
    segments: Sequence[Segment], teaching: _Teaching, index: FrameIndex | None
) -> Iterator[tuple[Segment, Mapping[str, int] | Useless]]:
    empty = _without_frames(segments, index)
    for at, segment in enumerate(segments):
        labels = segment.labels
        found = teaching.of(labels)
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


def _without_frames(segments: Sequence[Segment], index: FrameIndex | None) -> set[int]:
    """Return the positions of the segments in which no frame starts."""
    if index is None:
        return set()
    # All at once: this is asked after every edit, of projects with 100,000 segments too.
    starts = np.array([segment.span.start for segment in segments], np.int64)
    ends = np.array([segment.span.end for segment in segments], np.int64)
    first, stop = np.searchsorted(index.pts, starts), np.searchsorted(index.pts, ends)
    return set(np.flatnonzero(first >= stop).tolist())
