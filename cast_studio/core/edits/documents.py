"""Edits of what surrounds the segments: the label schema, the videos and the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cast_studio.core.edits.changes import SCHEMA_ROW_ID, Changes, RowChange, SegmentChange
from cast_studio.core.edits.checks import check_labels, check_new_ids, find_video
from cast_studio.core.edits.segments import added, removed, replaced
from cast_studio.core.immutable import frozen_mapping
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import ModelRef, Project, VideoRef
from cast_studio.core.tracks import Origin, Segment, Track, changed_by_hand
from cast_studio.errors import EditError
from cast_studio.said import say

ClassKey = tuple[str, int]
"""A class by its head's name and its id."""


@dataclass(frozen=True, slots=True)
class ChangeSchema:
    """Change the labels that can be given, and move segments along where classes were merged.

    A class or a head that a segment uses cannot be dropped; retire the class instead, or say which
    one its segments have from now on.

    Attributes:
        schema: The labels afterwards.
        moved: Which class segments have in place of another. Read-only.
        text: For the undo menu.
        modified_at: ISO 8601 in UTC, of moved segments; "" keeps what they have.
    """

    schema: LabelSchema
    moved: Mapping[ClassKey, ClassKey] = field(default_factory=dict, hash=False)
    text: str = "Change classes"
    modified_at: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "moved", frozen_mapping(self.moved))

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return self.text

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        if self.schema == project.schema:
            return Changes()
        for head, class_id in self.moved.values():
            check_labels(self.schema, {head: class_id})
        rows = tuple(self._moved_rows(project)) if self.moved else ()
        after = {row.id: row.after for row in rows}
        self._refuse_dropped(
            project,
            [after.get(one.id) or one for track in project.tracks for one in track.segments],
        )
        return Changes(
            segments=rows, schema=(RowChange(SCHEMA_ROW_ID, project.schema, self.schema),)
        )

    def _moved_rows(self, project: Project) -> Iterator[SegmentChange]:
        for track in project.tracks:
            for segment in track.segments:
                if any(label in self.moved for label in segment.labels.items()):
                    yield from replaced(track, segment, self._moved(segment))

    def _moved(self, segment: Segment) -> Segment:
        labels: dict[str, int] = {}
        for label in segment.labels.items():
            head, class_id = self.moved.get(label, label)
            if labels.setdefault(head, class_id) != class_id:
                raise EditError(
                    say(
                        'Some segments would have two classes of "{head}"; give them one of the two '
                        "first.",
                        head=head,
                    )
                )
        after = replace(segment, labels=labels, modified_at=self.modified_at or segment.modified_at)
        # An imported row's own fields name the old class, so they do not hold for it any more.
        return changed_by_hand(after) if segment.origin is Origin.IMPORTED else after

    def _refuse_dropped(self, project: Project, segments: Sequence[Segment]) -> None:
        heads = Counter(head for segment in segments for head in segment.labels)
        for head, count in heads.items():
            if not self.schema.has_head(head):
                raise EditError(
                    say(
                        'The label head "{head}" is used by {segments}; keep it, or take these labels '
                        "away first.",
                        head=head,
                        segments=_segments(count),
                    )
                )
        classes = Counter(label for segment in segments for label in segment.labels.items())
        for (head, class_id), count in classes.items():
            if not self.schema.head(head).has_class(class_id):
                name = project.schema.head(head).class_with_id(class_id).name
                raise EditError(
                    say(
                        'The class "{name}" of "{head}" is used by {segments}; retire it instead, or '
                        "give them another label first.",
                        name=name,
                        head=head,
                        segments=_segments(count),
                    )
                )


def _segments(count: int) -> str:
    return "1 segment" if count == 1 else f"{count:,} segments"


@dataclass(frozen=True, slots=True)
class AddVideo:
    """Add a video with its tracks.

    Attributes:
        video: With an id and a path that no video of the project has.
        tracks: Of this video; with segments or without.
    """

    video: VideoRef
    tracks: tuple[Track, ...] = ()

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say('Add video "{video}"', video=self.video.name)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        if project.has_video(self.video.id):
            raise EditError(
                say('The video "{video}" is part of the project already.', video=self.video.name)
            )
        _refuse_same_path(project, self.video.path)
        self._check_tracks(project)
        return Changes(
            videos=(RowChange(self.video.id, None, self.video),),
            tracks=tuple(RowChange(track.id, None, _row(track)) for track in self.tracks),
            segments=tuple(row for track in self.tracks for row in added(track.id, track.segments)),
        )

    def _check_tracks(self, project: Project) -> None:
        seen: set[str] = set()
        for track in self.tracks:
            if track.video_id != self.video.id:
                raise EditError(
                    say(
                        'The track "{track}" belongs to another video than the one to add; add it with '
                        "its own video.",
                        track=track.name,
                    )
                )
            if track.id in seen or project.has_track(track.id):
                raise EditError(
                    say(
                        "There is a track with the id {track} already; give this one another id.",
                        track=track.id,
                    )
                )
            seen.add(track.id)
        segments = [segment for track in self.tracks for segment in track.segments]
        check_new_ids(project, (segment.id for segment in segments))
        for segment in segments:
            check_labels(project.schema, segment.labels)


@dataclass(frozen=True, slots=True)
class RemoveVideo:
    """Remove a video with its tracks and their segments; its file stays where it is.

    Attributes:
        video_id: Which.
    """

    video_id: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Remove video")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        video = find_video(project, self.video_id)
        tracks = project.tracks_of(video.id)
        segments: list[SegmentChange] = []
        for track in tracks:
            segments.extend(removed(track.id, track.segments))
        return Changes(
            videos=(RowChange(video.id, video, None),),
            tracks=tuple(RowChange(track.id, _row(track), None) for track in tracks),
            segments=tuple(segments),
            reviewed=tuple(
                RowChange(found.id, found, None) for found in project.reviewed_in(video.id)
            ),
        )


@dataclass(frozen=True, slots=True)
class AnnotateVideo:
    """Write a video's note.

    Attributes:
        video_id: Which.
        note: Free text.
    """

    video_id: str
    note: str

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Change note of video")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        video = find_video(project, self.video_id)
        if self.note == video.note:
            return Changes()
        return Changes(videos=(RowChange(video.id, video, replace(video, note=self.note)),))


@dataclass(frozen=True, slots=True)
class RelinkVideo:
    """Say where a video's file is now.

    Attributes:
        video_id: Which.
        path: POSIX style; relative to the project's folder where that is possible.
        fingerprint: Digest of the file's content.
        size_bytes: Size of the file.
    """

    video_id: str
    path: str
    fingerprint: str
    size_bytes: int

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say("Relink video")

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        video = find_video(project, self.video_id)
        after = replace(
            video, path=self.path, fingerprint=self.fingerprint, size_bytes=self.size_bytes
        )
        if after == video:
            return Changes()
        if self.path != video.path:
            _refuse_same_path(project, self.path)
        return Changes(videos=(RowChange(video.id, video, after),))


@dataclass(frozen=True, slots=True)
class AddModel:
    """Make a model known to the project.

    Attributes:
        model: With an id that no model of the project has.
    """

    model: ModelRef

    def describe(self) -> str:
        """Return the text for the undo menu."""
        return say('Add model "{model}"', model=self.model.name)

    def changes_in(self, project: Project) -> Changes:
        """Return what this changes. Raises ``EditError`` if it cannot be done."""
        if project.has_model(self.model.id):
            raise EditError(
                say('The model "{model}" is part of the project already.', model=self.model.name)
            )
        return Changes(models=(RowChange(self.model.id, None, self.model),))


def _row(track: Track) -> Track:
    return replace(track, segments=())


def _refuse_same_path(project: Project, path: str) -> None:
    for video in project.videos:
        if video.path == path:
            raise EditError(
                say(
                    'The file "{path}" is part of the project already; choose another file.',
                    path=path,
                )
            )
