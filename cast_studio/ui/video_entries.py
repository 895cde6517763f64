"""What the list of videos shows of each, worked out from the project. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum

from cast_studio.core.predictions import PredictionTrack
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.span_columns import SpanColumns, columns_of, share_of
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Track
from cast_studio.ui import wording
from cast_studio.ui.language import marked, translate


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """One line of the list.

    Attributes:
        id: The video.
        name: Of its file.
        seconds: Duration, None until it was scanned.
        n_labels: Labels on all of its tracks.
        covered: Share of its time that is labelled, 0 to 1.
        reviewed: Share of its time that was looked at, 0 to 1.
        predicted: Share of its time about which the current model says something, 0 to 1.
        note: Of the user.
        is_missing: Whether its file is not where it should be.
    """

    id: str
    name: str
    seconds: float | None
    n_labels: int
    covered: float
    reviewed: float = 0.0
    predicted: float = 0.0
    note: str = ""
    is_missing: bool = False

    @property
    def detail(self) -> str:
        """What is written below the name."""
        labels = (
            wording.counted(self.n_labels, "label")
            if self.n_labels
            else translate("Videos", "no labels yet")
        )
        length = () if self.seconds is None else (wording.short_clock(self.seconds),)
        if self.is_missing:
            # First what is wrong; then that nothing is lost.
            missing = translate("Videos", "file not found")
            return " · ".join((missing, *((labels,) if self.n_labels else ()), *length))
        return " · ".join((*length, labels))

    @property
    def spoken(self) -> str:
        """All about it, as it is read aloud and shown as a tip, without the name."""
        parts = [
            self.detail,
            translate("Videos", "{share} labelled").format(share=wording.percent(self.covered)),
        ]
        if self.reviewed:
            reviewed = translate("Videos", "{share} reviewed")
            parts.append(reviewed.format(share=wording.percent(self.reviewed)))
        if self.predicted:
            predicted = translate("Videos", "{share} predicted")
            parts.append(predicted.format(share=wording.percent(self.predicted)))
        return ", ".join(parts)


class Order(Enum):
    """How the list is sorted; the value is what the menu says."""

    NAME = marked("Name")
    DURATION = marked("Longest first")
    LEAST_LABELLED = marked("Least labelled first")
    LEAST_REVIEWED = marked("Least reviewed first")
    MISSING = marked("Missing files first")


_KEYS: Mapping[Order, Callable[[VideoEntry], tuple[object, ...]]] = {
    Order.NAME: lambda entry: (),
    Order.DURATION: lambda entry: (-(entry.seconds or 0.0),),
    Order.LEAST_LABELLED: lambda entry: (entry.covered, entry.n_labels),
    Order.LEAST_REVIEWED: lambda entry: (entry.reviewed,),
    Order.MISSING: lambda entry: (not entry.is_missing,),
}


def arranged(entries: Iterable[VideoEntry], order: Order, wanted: str = "") -> list[VideoEntry]:
    """Return the lines that fit a filter, in order.

    Args:
        entries: All lines.
        order: Lines that are equal in it are sorted by name.
        wanted: Words that must all be in the name or the note, whatever their case.
    """
    words = wanted.casefold().split()
    key = _KEYS[order]
    found = [
        entry
        for entry in entries
        if not words or all(word in f"{entry.name} {entry.note}".casefold() for word in words)
    ]
    return sorted(found, key=lambda entry: (*key(entry), entry.name.casefold(), entry.id))


@dataclass(frozen=True, slots=True)
class _Source:
    """What an entry was made of; unchanged values are the same objects."""

    video: VideoRef
    tracks: tuple[Track, ...]
    reviewed: tuple[ReviewedRange, ...]
    predictions: PredictionTrack | None
    is_missing: bool

    def is_same(self, other: _Source) -> bool:
        return (
            self.video is other.video
            and self.predictions is other.predictions
            and self.is_missing == other.is_missing
            and _are_same(self.tracks, other.tracks)
            and _are_same(self.reviewed, other.reviewed)
        )


class EntryBook:
    """Makes the entries of a project; of what has not changed since, it gives the same ones again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Source, VideoEntry]] = {}
        self._columns = SpanColumns()

    def entries_of(
        self,
        project: Project,
        *,
        predictions: Mapping[str, PredictionTrack] | None = None,
        missing: Set[str] = frozenset(),
        changed: Set[str] | None = None,
    ) -> tuple[VideoEntry, ...]:
        """Return the lines for a project's videos, in its order.

        Args:
            project: Its videos, tracks and reviewed ranges.
            predictions: Video id to what the current model says.
            missing: Ids of videos whose files are not there.
            changed: Ids of the videos that alone have to be looked at; None for all. Of the others
                the lines are those of before.
        """
        known, self._known = self._known, {}
        reviewed: defaultdict[str, list[ReviewedRange]] = defaultdict(list)
        for found in project.reviewed:
            reviewed[found.video_id].append(found)
        for video in project.videos:
            if changed is not None and video.id not in changed and video.id in known:
                self._known[video.id] = known[video.id]
                continue
            source = _Source(
                video,
                project.tracks_of(video.id),
                tuple(reviewed.get(video.id, ())),
                (predictions or {}).get(video.id),
                video.id in missing,
            )
            old = known.get(video.id)
            if old is None or not old[0].is_same(source):
                old = source, _entry(source, self._columns)
            self._known[video.id] = old
        self._columns.keep_only(frozenset(track.id for track in project.tracks))
        return tuple(entry for _, entry in self._known.values())


def entries_of(project: Project) -> tuple[VideoEntry, ...]:
    """Return the lines for a project's videos, in its order, whose files and predictions are unknown."""
    return EntryBook().entries_of(project)


def _entry(source: _Source, columns: SpanColumns) -> VideoEntry:
    video, seconds = source.video, None
    covered = reviewed = predicted = 0.0
    if video.timebase is not None and video.start_pts is not None and video.end_pts is not None:
        whole = TimeSpan(video.start_pts, video.end_pts)
        seconds = float(whole.duration * video.timebase)
        covered = share_of(whole, *map(columns.of, source.tracks))
        reviewed = share_of(whole, columns_of(found.span for found in source.reviewed))
        if source.predictions is not None:
            said = columns_of(found.span for found in source.predictions.predictions)
            predicted = share_of(whole, said)
    return VideoEntry(
        id=video.id,
        name=video.name,
        seconds=seconds,
        n_labels=sum(len(track.segments) for track in source.tracks),
        covered=covered,
        reviewed=reviewed,
        predicted=predicted,
        note=video.note,
        is_missing=source.is_missing,
    )


def _are_same(first: Sequence[object], second: Sequence[object]) -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))
