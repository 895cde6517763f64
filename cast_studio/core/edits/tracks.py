"""Edits of whole tracks: add, change, order, remove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from cast_studio.core.edits.changes import Changes, RowChange
from cast_studio.core.edits.checks import check_labels, check_new_ids, find_track, find_video
from cast_studio.core.edits.segments import added, removed
from cast_studio.core.project import Project
from cast_studio.core.segments import Segment
from cast_studio.core.tracks import Track
from cast_studio.errors import EditError
from cast_studio.said import numbered, say


@dataclass(frozen=True, slots=True)
class AddTrack:
    """Add a track to a video.

    Attributes:
        track: With an id that no track of the project has; with segments or without.
    """

    track: Track

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say('Add track "{track}"', track=self.track.name)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track = self.track
        find_video(project, track.video_id)
        _check_name(track.name)
        if project.has_track(track.id):
            raise EditError(
                say(
                    "There is a track with the id {track} already; give this one another id.",
                    track=track.id,
                )
            )
        if track.segments:  # all tracks of the project are looked at
            check_new_ids(project, (segment.id for segment in track.segments))
        for segment in track.segments:
            check_labels(project.schema, segment.labels)
        return Changes(
            tracks=(RowChange(track.id, None, replace(track, segments=())),),
            segments=added(track.id, track.segments),
        )


@dataclass(frozen=True, slots=True)
class ChangeTrack:
    """Give a track another name or annotator, or allow or forbid overlaps.

    Attributes:
        track_id: Which.
        name: None leaves it as it is.
        annotator: None leaves it as it is.
        exclusive: None leaves it as it is.
    """

    track_id: str
    name: str | None = None
    annotator: str | None = None
    exclusive: bool | None = None

    def describe(self) -> str:
        """Return the text for the undo menu."""
        if self.annotator is None and self.exclusive is None:
            return say("Rename track")
        return say("Change track")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track = find_track(project, self.track_id)
        before = replace(track, segments=())
        after = replace(
            before,
            name=before.name if self.name is None else self.name,
            annotator=before.annotator if self.annotator is None else self.annotator,
            exclusive=before.exclusive if self.exclusive is None else self.exclusive,
        )
        if after == before:
            return Changes()
        _check_name(after.name)
        if after.exclusive and not before.exclusive and (found := first_overlap(track.segments)):
            raise EditError(
                say(
                    'Segments of the track "{track}" overlap ({first} and {second}); shorten or move one '
                    "of each two before you forbid overlaps.",
                    track=track.name,
                    first=found[0].id,
                    second=found[1].id,
                )
            )
        return Changes(tracks=(RowChange(track.id, before, after),))


@dataclass(frozen=True, slots=True)
class EditTracks:
    """Add or change a track in each of many videos.

    They are looked at one by one and done at once, because a project of a thousand tracks is not
    made a thousand times.

    Attributes:
        edits: Of tracks of different videos, all of them additions or all of them changes.
    """

    edits: tuple[AddTrack, ...] | tuple[ChangeTrack, ...]

    def describe(self) -> str:
        """Return the text for the undo menu."""
        if len(self.edits) == 1:
            return self.edits[0].describe()
        videos = numbered("video", len(self.edits))
        if self.edits and isinstance(self.edits[0], AddTrack):
            name = self.edits[0].track.name
            return say('Add track "{track}" to {videos}', track=name, videos=videos)
        return say("Change a track of {videos}", videos=videos)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        changes = [edit.changes_in(project) for edit in self.edits]
        rows = tuple(row for found in changes for row in found.tracks)
        if len({row.id for row in rows}) < len(rows):
            raise EditError(say("A track was to be changed twice at once; repeat it."))
        return Changes(
            tracks=rows, segments=tuple(row for found in changes for row in found.segments)
        )


@dataclass(frozen=True, slots=True)
class OrderTracks:
    """Put the tracks of a video into another order.

    Attributes:
        video_id: Which video.
        track_ids: All of its tracks, the upper ones first.
    """

    video_id: str
    track_ids: tuple[str, ...]

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Reorder tracks")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        find_video(project, self.video_id)
        tracks = project.tracks_of(self.video_id)
        if sorted(self.track_ids) != sorted(track.id for track in tracks):
            raise EditError(
                say(
                    "The tracks of this video are not those that were to be put in order; look at "
                    "them again and repeat it."
                )
            )
        if tuple(track.id for track in tracks) == self.track_ids:
            return Changes()
        rows = []
        for position, track_id in enumerate(self.track_ids):
            before = replace(project.track(track_id), segments=())
            if before.position != position:
                rows.append(RowChange(track_id, before, replace(before, position=position)))
        return Changes(tracks=tuple(rows))


@dataclass(frozen=True, slots=True)
class RemoveTrack:
    """Remove a track with its segments; the last one of a video stays.

    Attributes:
        track_id: Which.
    """

    track_id: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Remove track")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        track = find_track(project, self.track_id)
        if len(project.tracks_of(track.video_id)) == 1:
            raise EditError(
                say(
                    '"{track}" is the only track of this video; add another one before you remove '
                    "it.",
                    track=track.name,
                )
            )
        return Changes(
            tracks=(RowChange(track.id, replace(track, segments=()), None),),
            segments=removed(track.id, track.segments),
        )


def first_overlap(segments: tuple[Segment, ...]) -> tuple[Segment, Segment] | None:
    """Return the first two neighbors that share a moment; None if no segments do.

    Args:
        segments: In the order of a track.
    """
    # An exclusive track asks the same of its neighbors.
    return next((p for p in pairwise(segments) if p[0].span.intersects(p[1].span)), None)


def _check_name(name: str) -> None:
    if not name.strip():
        raise EditError(say("A track needs a name; type one."))
