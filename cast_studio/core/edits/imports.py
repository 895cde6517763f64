"""The edit that takes over what a file says: classes, videos, tracks, and segments, in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cast_studio.core.edits.changes import SCHEMA_ROW_ID, Changes, RowChange
from cast_studio.core.edits.checks import check_labels, find_track
from cast_studio.core.edits.documents import ChangeSchema
from cast_studio.core.edits.segments import added
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import EditError
from cast_studio.said import counted, numbered, say


@dataclass(frozen=True, slots=True)
class TrackSegments:
    """Segments for one track.

    Attributes:
        track: The track, without segments of its own here.
        segments: With ids that no segment of the project has.
        is_new: Whether the track is added too.
    """

    track: Track
    segments: tuple[Segment, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class ImportLabels:
    """Add segments to many tracks, with the classes, videos, and tracks that they need.

    Attributes:
        schema: The labels afterwards, or None where they stay as they are.
        videos: New videos.
        tracks: New and old tracks with their new segments.
    """

    schema: LabelSchema | None = None
    videos: tuple[VideoRef, ...] = ()
    tracks: tuple[TrackSegments, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to add."""
        return self.schema is None and not self.videos and not self.tracks

    def describe(self) -> str:
        """Return the text for the undo menu."""
        count = sum(len(found.segments) for found in self.tracks)
        if count:
            return say("Import {segments}", segments=numbered("segment", count))
        if self.videos:
            return say("Import {videos}", videos=counted("video", len(self.videos)))
        return say("Import labels")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        schema = project.schema if self.schema is None else self.schema
        videos = {video.id for video in self._new_videos(project)}
        self._check_segments(project, schema)
        for found in self.tracks:
            if found.is_new:
                _check_new_track(project, found.track, videos)
            else:
                find_track(project, found.track.id)
        new_tracks = (found.track for found in self.tracks if found.is_new)
        return Changes(
            videos=tuple(RowChange(video.id, None, video) for video in self.videos),
            tracks=tuple(
                RowChange(track.id, None, replace(track, segments=())) for track in new_tracks
            ),
            segments=tuple(
                row for found in self.tracks for row in added(found.track.id, found.segments)
            ),
            schema=self._schema_changes(project),
        )

    def _schema_changes(self, project: Project) -> tuple[RowChange[LabelSchema], ...]:
        if self.schema is None or self.schema == project.schema:
            return ()
        # Refuses a schema that would drop what labels of the project use.
        ChangeSchema(self.schema).changes_in(project)
        return (RowChange(SCHEMA_ROW_ID, project.schema, self.schema),)

    def _new_videos(self, project: Project) -> Iterator[VideoRef]:
        paths = {video.path for video in project.videos}
        for video in self.videos:
            if project.has_video(video.id) or video.path in paths:
                raise EditError(
                    say(
                        'The video "{video}" is part of the project already; import again.',
                        video=video.name,
                    )
                )
            paths.add(video.path)
            yield video

    def _check_segments(self, project: Project, schema: LabelSchema) -> None:
        # One set instead of asking each track for each of thousands of ids.
        taken = {segment.id for track in project.tracks for segment in track.segments}
        given: set[tuple[str, int]] = set()
        for found in self.tracks:
            for segment in found.segments:
                if segment.id in taken:
                    raise EditError(
                        say(
                            "There is a segment with the id {segment} already; import again.",
                            segment=segment.id,
                        )
                    )
                taken.add(segment.id)
                given.update(segment.labels.items())
        for head, class_id in given:
            check_labels(schema, {head: class_id})


def _check_new_track(project: Project, track: Track, new_videos: set[str]) -> None:
    if project.has_track(track.id):
        raise EditError(
            say("There is a track with the id {track} already; import again.", track=track.id)
        )
    if track.video_id not in new_videos and not project.has_video(track.video_id):
        raise EditError(
            say(
                'The video of the track "{track}" is no longer part of the project; import again.',
                track=track.name,
            )
        )
