"""From what a file says to one edit of a project, and the report about it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cast_studio.core.edits.imports import ImportLabels, TrackSegments
from cast_studio.core.imports.checks import problem_of
from cast_studio.core.imports.classes import ClassFinder
from cast_studio.core.imports.report import ImportReport
from cast_studio.core.imports.values import Imported, ImportedRow
from cast_studio.core.imports.videos import VideoFinder
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track, sort_key

Tell = Callable[[int, int], None]
"""Is told how many of how many are done; may raise to stop."""

_TELL_EVERY = 2_000
TrackKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do.

    Attributes:
        edit: All of it as one edit, or None where there is nothing to do.
        report: The same in words.
    """

    edit: ImportLabels | None
    report: ImportReport


def plan_import(
    project: Project,
    imported: Imported,
    *,
    new_id: Callable[[], str],
    now: str = "",
    tell: Tell = lambda _done, _total: None,
) -> ImportPlan:
    """Find out what a file would change in a project. Any thread; nothing is changed.

    A segment that the project has already, be it changed since, is kept as it is. Segments that
    would overlap others of an exclusive track get a track of their own.

    Args:
        project: The project as it is now.
        imported: What the file says.
        new_id: Gives ids that no project has.
        now: ISO 8601 in UTC, for segments whose file does not say when they were made.
        tell: Is told how many rows are done.
    """
    planner = _Planner(project, imported, new_id, now)
    planner.take_rows(tell)
    return planner.plan()


class _Planner:
    def __init__(
        self, project: Project, imported: Imported, new_id: Callable[[], str], now: str
    ) -> None:
        self._project = project
        self._imported = imported
        self._new_id = new_id
        self._now = now
        self._classes = ClassFinder(project.schema, imported.heads)
        self._videos = VideoFinder(project, imported.videos, new_id)
        self._taken = {found.id for track in project.tracks for found in track.segments}
        self._read_ids: set[str] = set()
        self._segments: defaultdict[TrackKey, list[Segment]] = defaultdict(list)
        self._places: dict[str, int] = {}
        self._known = 0

    def take_rows(self, tell: Tell) -> None:
        rows = self._imported.rows
        for number, row in enumerate(rows):
            if number % _TELL_EVERY == 0:
                tell(number, len(rows))
            self._take(row)
        tell(len(rows), len(rows))

    def _take(self, row: ImportedRow) -> None:
        video, problem = self._videos.find(row.video)
        problem = problem or problem_of(row, video)
        if not problem and row.segment_id in self._read_ids:
            problem = f"the id “{row.segment_id[:80]}” stands in the file twice"
        if problem:
            self._imported.refused.add(row.line, problem)
            return
        if row.segment_id:
            self._read_ids.add(row.segment_id)
        if row.segment_id in self._taken:
            self._known += 1
            return
        key = video.id, row.track or self._imported.track, row.annotator
        self._videos.use(video)
        self._segments[key].append(self._segment(row, video))

    def _segment(self, row: ImportedRow, video: VideoRef) -> Segment:
        return Segment(
            id=row.segment_id or self._new_id(),
            span=TimeSpan(video.ticks_at(row.start), video.ticks_at(row.stop)),
            labels=self._classes.labels_of(row),
            origin=row.origin,
            subject=row.subject,
            note=row.note,
            attributes=row.attributes,
            model_id=row.model_id,
            score=row.score,
            created_at=row.created_at or self._now,
            modified_at=row.modified_at,
        )

    def plan(self) -> ImportPlan:
        if self._imported.whole is not None:
            self._classes.declare()
            self._videos.use_all()
        tracks = tuple(self._tracks())
        new_videos = self._videos.new
        schema = self._classes.schema
        edit = ImportLabels(
            schema=schema if schema != self._project.schema else None,
            videos=new_videos,
            tracks=tracks,
        )
        refused = self._imported.refused
        report = ImportReport(
            read=self._imported.read,
            segments=sum(len(found.segments) for found in tracks),
            known=self._known,
            refused_count=refused.count,
            refused=refused.kept,
            new_videos=tuple(video.name for video in new_videos),
            found_videos=self._videos.found_count,
            new_tracks=sum(found.is_new for found in tracks),
            new_classes=self._classes.added,
            notes=(*self._imported.notes, *self._own_notes()),
        )
        return ImportPlan(None if edit.is_empty else edit, report)

    def _own_notes(self) -> Iterator[str]:
        if self._classes.renumbered:
            yield (
                f"Classes with another number in this project than in the file: "
                f"{self._classes.renumbered:,}; they are matched by name."
            )
        yield from self._videos.notes

    def _tracks(self) -> Iterator[TrackSegments]:
        for (video_id, name, annotator), found in self._segments.items():
            segments = tuple(sorted(found, key=sort_key))
            target = self._target(video_id, name, annotator, segments)
            if target is not None:
                yield TrackSegments(target, segments, is_new=False)
                continue
            track = Track(
                id=self._new_id(),
                video_id=video_id,
                name=self._free_name(video_id, name),
                annotator=annotator,
                exclusive=not _overlap(segments),
                position=self._place(video_id),
            )
            yield TrackSegments(track, segments, is_new=True)

    def _place(self, video_id: str) -> int:
        """Return the place of a new track: below those that the video has, in the file's order."""
        if video_id not in self._places:
            there = self._project.tracks_of(video_id)
            self._places[video_id] = max((track.position for track in there), default=-1)
        self._places[video_id] += 1
        return self._places[video_id]

    def _target(
        self, video_id: str, name: str, annotator: str, segments: Sequence[Segment]
    ) -> Track | None:
        """Return a track of the project that can take the segments, or None."""
        for track in self._project.tracks_of(video_id):
            is_meant = (track.name, track.annotator) == (name, annotator)
            if is_meant and not (track.exclusive and _overlap((*track.segments, *segments))):
                return replace(track, segments=())
        return None

    def _free_name(self, video_id: str, name: str) -> str:
        taken = {track.name for track in self._project.tracks_of(video_id)}
        free, number = name, 2
        while free in taken:
            free, number = f"{name} ({number})", number + 1
        return free


def _overlap(segments: Sequence[Segment]) -> bool:
    ordered = sorted(segments, key=sort_key)
    return any(before.span.intersects(after.span) for before, after in pairwise(ordered))
