"""What this project labels most, and what it labelled last: learned from its labels. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from heapq import nlargest
from itertools import chain, islice
from typing import Final

from cast_studio.core.edits import Changes, ClassKey
from cast_studio.core.project import Project
from cast_studio.core.tracks import Segment

_LOOKED_BACK: Final = 400
"""So many of the newest labels say what was given lately."""


def _counted(labels: Iterable[Mapping[str, int]]) -> Counter[ClassKey]:
    # One iterable for all is counted without going through Python for each label.
    return Counter(chain.from_iterable(found.items() for found in labels))


def _given(changes: Changes) -> Iterator[Mapping[str, int]]:
    """Yield the labels that an edit gives, the last ones first."""
    for row in reversed(changes.segments):
        after = row.after.labels if row.after is not None else {}
        if after and (row.before is None or row.before.labels != after):
            yield after


def _moment(segment: Segment) -> str:
    return segment.modified_at or segment.created_at


class LabelHabits:
    """Counts the classes of all labels and remembers in which order they were given.

    It is built once and follows every change, so that a project of 100,000 segments is counted once;
    what has changed since is counted when somebody asks.
    """

    def __init__(self, project: Project | None = None) -> None:
        self._last: dict[ClassKey, int] = {}
        self._latest: Mapping[str, int] = {}
        self._clock = 0
        self._uncounted: list[Changes] = []
        tracks = project.tracks if project is not None else ()
        every = [segment for track in tracks for segment in track.segments]
        self._counts = _counted(segment.labels for segment in every)
        for segment in reversed(nlargest(_LOOKED_BACK, reversed(every), key=_moment)):
            self._see(segment.labels)

    @property
    def latest(self) -> Mapping[str, int]:
        """The classes that were given last, head name to class id; empty before the first."""
        return self._latest

    def count(self, key: ClassKey) -> int:
        """Return how many labels have a class."""
        self._catch_up()
        return self._counts[key]

    def recency(self, key: ClassKey) -> int:
        """Return a number that is higher the later a class was given, 0 for never."""
        self._catch_up()
        return self._last.get(key, 0)

    def recent(self, head: str, most: int) -> tuple[int, ...]:
        """Return the ids of the classes of a head that were given last, the last one first."""
        self._catch_up()
        keys = sorted((key for key in self._last if key[0] == head), key=lambda k: -self._last[k])
        return tuple(class_id for _, class_id in keys[:most])

    def learn(self, changes: Changes) -> None:
        """Follow an edit; of one that gives very many labels only the last count as given lately."""
        if changes.segments:
            self._uncounted.append(changes)
            self._latest = next(_given(changes), self._latest)

    def _catch_up(self) -> None:
        for changes in self._uncounted:
            rows = changes.segments
            self._counts.subtract(
                _counted(row.before.labels for row in rows if row.before is not None)
            )
            self._counts.update(_counted(row.after.labels for row in rows if row.after is not None))
            for labels in reversed(tuple(islice(_given(changes), _LOOKED_BACK))):
                self._see(labels)
        self._uncounted.clear()

    def _see(self, labels: Mapping[str, int]) -> None:
        if not labels:
            return
        self._clock += 1
        self._latest = labels
        for key in labels.items():
            self._last[key] = self._clock
