"""A long session of edits, the same in every process: what is done at a step follows from the seed.

A step needs nothing but its number and the project as it stands, so a process that takes over after
a kill goes on where the last one was stopped, and whoever checks can do the same steps by himself.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np

from cast_studio.core.edits import (
    AcceptPredictions,
    AddModel,
    AddSegments,
    AddTrack,
    AddVideo,
    AnnotateSegment,
    AnnotateSegments,
    AnnotateVideo,
    ChangeSchema,
    ChangeTrack,
    ChooseStream,
    Edit,
    EditTracks,
    ImportLabels,
    MarkReviewed,
    MergeSegments,
    MoveSegments,
    OrderTracks,
    RelabelSegments,
    RelinkVideo,
    RemoveSegments,
    RemoveTrack,
    RemoveVideo,
    RestoreProject,
    RetimeSegment,
    RetimeSegments,
    SeeVideo,
    SplitSegment,
    TrackSegments,
    UnmarkReviewed,
)
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for, next_class_id
from cast_studio.core.project import FORMAT_VERSION, UNSEEN_TICK, ModelRef, Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin, Segment, Track

Step = tuple[Edit, ...] | Literal["undo", "redo"]

NOW = "2026-01-02T03:04:05Z"
MOST_VIDEOS = 5
_LENGTH = 10


def first_project() -> Project:
    """Return what the session starts with: one video, no labels."""
    verbs = LabelHead("verb", tuple(LabelClass(i, f"verb {i}", color_for(i)) for i in range(4)))
    nouns = LabelHead("noun", tuple(LabelClass(i, f"noun {i}", color_for(i)) for i in range(4)))
    video, track = _video("v0"), Track("t0", "v0", "Labels", "ada")
    return Project(FORMAT_VERSION, "p", "Killed", LabelSchema((verbs, nouns)), (video,), (track,))


def step_of(number: int, seed: int, project: Project, *, can_undo: bool, can_redo: bool) -> Step:
    """Return what is done at a step; no edits at all when there is nothing to do it to.

    Args:
        number: Counted over all lives; ids of what is new are made of it.
        seed: Of the session.
        project: As it stands.
        can_undo: Whether this life did something that it has not taken back.
        can_redo: Whether this life took something back.
    """
    chance = random.Random(f"{seed}/{number}")
    if can_redo and chance.random() < 0.4:
        return "redo"
    if can_undo and chance.random() < 0.12:
        return "undo"
    (kind,) = chance.choices([*KINDS], [*KINDS.values()])
    return kind(number, chance, project)


def _label(number: int, chance: random.Random, project: Project) -> Step:
    track = chance.choice(project.tracks)
    return (AddSegments(track.id, _segments(str(number), 1, chance, project, after=track)),)


def _change_one(number: int, chance: random.Random, project: Project) -> Step:
    _, segments = _some(chance, project, 1)
    if not segments:
        return ()
    (segment,) = segments
    span = segment.span
    return chance.choice(
        (
            (RelabelSegments((segment.id,), _labels(chance, project), NOW),),
            (
                RetimeSegment(
                    segment.id, TimeSpan(span.start + 1, max(span.start + 2, span.end)), NOW
                ),
            ),
            (AnnotateSegment(segment.id, note=f"{number} " * chance.randint(1, 400)),),
            (SplitSegment(segment.id, (span.start + span.end) // 2, f"{number}-s", NOW),)
            if span.duration > 1
            else (RemoveSegments((segment.id,)),),
        )
    )


def _merge(number: int, chance: random.Random, project: Project) -> Step:
    track, _ = _some(chance, project, 1)
    pairs = zip(track.segments, track.segments[1:], strict=False)
    for before, after in pairs:
        if before.labels == after.labels:
            return (MergeSegments((before.id, after.id), NOW),)
    return ()


def _relabel_many(number: int, chance: random.Random, project: Project) -> Step:
    _, segments = _some(chance, project, 150)
    ids = tuple(segment.id for segment in segments)
    return (RelabelSegments(ids, _labels(chance, project), NOW),) if ids else ()


def _remove_many(number: int, chance: random.Random, project: Project) -> Step:
    _, segments = _some(chance, project, 60)
    return (RemoveSegments(tuple(segment.id for segment in segments)),) if segments else ()


def _import_video(number: int, chance: random.Random, project: Project) -> Step:
    """Add a video with many rows; of too many videos remove the first."""
    if len(project.videos) >= MOST_VIDEOS:
        return (RemoveVideo(project.videos[0].id),)
    video = _video(f"v{number}")
    tracks = [
        Track(f"t{number}{name}", video.id, name, name, exclusive=name == "a")
        for name in ("a", "b")
    ]
    filled = tuple(
        replace(track, segments=_rows(f"{number}{track.name}", chance, project, after=track))
        for track in tracks
    )
    return (AddVideo(video, filled),)


def _import_segments(number: int, chance: random.Random, project: Project) -> Step:
    track = chance.choice(project.tracks)
    return (AddSegments(track.id, _rows(str(number), chance, project, after=track)),)


def _accept(number: int, chance: random.Random, project: Project) -> Step:
    """Accept predictions over what is labelled there, which makes room."""
    track = chance.choice(project.tracks)
    end = track.segments[-1].span.end if track.segments else 0
    at = chance.randint(0, max(end, 1))
    count = chance.randint(1, 12)
    segments = tuple(
        Segment(
            f"{number}-{i}",
            TimeSpan(at + 7 * i, at + 7 * i + 6),
            _plain_labels(chance, project),
            origin=chance.choice((Origin.ACCEPTED, Origin.CORRECTED)),
            model_id="m",
            score=chance.random(),
        )
        for i in range(count)
    )
    new_ids = tuple(f"{number}-n{i}" for i in range(count))
    return (AcceptPredictions(track.id, segments, True, new_ids, NOW),)


def _change_schema(number: int, chance: random.Random, project: Project) -> Step:
    schema = project.schema
    head = chance.choice(schema.heads)
    at = chance.randrange(len(head.classes))
    found, classes = head.classes[at], list(head.classes)
    match chance.randrange(4):
        case 0:
            classes[at] = replace(found, name=f"renamed {number}")
        case 1:
            classes[at] = replace(found, retired=not found.retired)
        case 2:
            chance.shuffle(classes)
        case _:
            new = LabelClass(next_class_id(head), f"new {number}", color_for(number))
            classes.append(new)
    return (ChangeSchema(_with_head(schema, replace(head, classes=tuple(classes)))),)


def _new_class_and_label(number: int, chance: random.Random, project: Project) -> Step:
    """Two edits as one step: a class and the labels that needed it."""
    _, segments = _some(chance, project, 5)
    if not segments:
        return ()
    head = project.schema.heads[0]
    new = LabelClass(next_class_id(head), f"needed {number}", color_for(number))
    schema = _with_head(project.schema, replace(head, classes=(*head.classes, new)))
    ids = tuple(segment.id for segment in segments)
    return ChangeSchema(schema), RelabelSegments(ids, {head.name: new.id}, NOW)


def _merge_classes(number: int, chance: random.Random, project: Project) -> Step:
    """Merge two classes, so that their segments move along; describe the one that stays."""
    head = chance.choice(project.schema.heads)
    if len(head.classes) < 3:
        return ()
    gone, kept = chance.sample(head.classes, 2)
    named = replace(kept, category="c", description=f"{number}", former_names=(gone.name,))
    classes = tuple(named if one is kept else one for one in head.classes if one is not gone)
    schema = _with_head(project.schema, replace(head, classes=classes))
    moved = {(head.name, gone.id): (head.name, kept.id)}
    return (ChangeSchema(schema, moved, "Merge classes", NOW),)


def _change_many(number: int, chance: random.Random, project: Project) -> Step:
    track, segments = _some(chance, project, 60)
    if not segments:
        return ()
    ids = tuple(segment.id for segment in segments)
    others = [one for one in project.tracks_of(track.video_id) if one.id != track.id]
    by = chance.randint(-500, 500)
    spans = tuple((o.id, TimeSpan(o.span.start + by, o.span.end + by)) for o in segments)
    return chance.choice(
        (
            (RetimeSegments(spans, NOW),),
            (AnnotateSegments(ids, note=f"{number}", subject="hand", modified_at=NOW),),
            (MoveSegments(ids, chance.choice(others or [track]).id),),
        )
    )


def _change_tracks(number: int, chance: random.Random, project: Project) -> Step:
    track = chance.choice(project.tracks)
    siblings = [one.id for one in project.tracks_of(track.video_id)]
    new = Track(f"t{number}", track.video_id, f"new {number}", "ada", exclusive=False, position=9)
    shuffled = tuple(chance.sample(siblings, len(siblings)))
    return chance.choice(
        (
            (AddTrack(new),),
            (ChangeTrack(track.id, f"named {number}", exclusive=chance.random() < 0.5),),
            (EditTracks(tuple(ChangeTrack(one, f"all {number} {one}") for one in siblings)),),
            (OrderTracks(track.video_id, shuffled),),
            (RemoveTrack(track.id),) if len(siblings) > 2 else (AddTrack(new),),
        )
    )


def _review(number: int, chance: random.Random, project: Project) -> Step:
    start = chance.randrange(900)
    span = TimeSpan(start, start + chance.randint(1, 300))
    kind = chance.choice((MarkReviewed, MarkReviewed, UnmarkReviewed))
    return (kind(chance.choice(project.videos).id, span, "ada", f"r{number}"),)


def _change_documents(number: int, chance: random.Random, project: Project) -> Step:
    video = chance.choice(project.videos)
    model = ModelRef(f"m{number}", "m", "runs/1", "00", project.schema.heads, "1", "ff", NOW)
    return chance.choice(
        (
            (AnnotateVideo(video.id, f"note {number}"),),
            (RelinkVideo(video.id, f"moved/{number}.mp4", video.fingerprint, 1_000),),
            (AddModel(model),),
        )
    )


def _choose_stream(number: int, chance: random.Random, project: Project) -> Step:
    """Turn to the other stream of a video, which counts in ticks of half the length, or back."""
    seen = [video for video in project.videos if video.timebase is not None]
    if not seen:
        return ()
    video = chance.choice(seen)
    is_first = video.stream is None
    ticks = 2_000 if is_first else 1_000
    edges = np.arange(0, ticks, ticks // 250)
    frames = FrameIndex(edges, np.ones(len(edges), bool), Fraction(10, ticks), ticks)
    return (ChooseStream(video.id, 1 if is_first else None, frames, (64, 48)),)


def _import_labels(number: int, chance: random.Random, project: Project) -> Step:
    """Import labels of a video that nobody has seen; see the one that was imported before."""
    unseen = [video for video in project.videos if video.timebase is None]
    if unseen:
        return (SeeVideo(unseen[0].id, 2 * UNSEEN_TICK, 1_000, Fraction(25), TimeSpan(0, 1_000)),)
    head = project.schema.heads[1]
    new = LabelClass(next_class_id(head), f"imported {number}", color_for(number))
    schema = _with_head(project.schema, replace(head, classes=(*head.classes, new)))
    video = VideoRef(f"v{number}", f"unseen/{number}.mp4", 0, "")
    track = Track(f"t{number}", video.id, "Imported", "", position=1)
    rows = _rows(str(number), chance, project, after=track)
    return (ImportLabels(schema, (video,), (TrackSegments(track, rows, is_new=True),)),)


def _restore(number: int, chance: random.Random, project: Project) -> Step:
    """Go back to a state that has other labels, reviews and videos."""
    emptied = (replace(one, segments=one.segments[::2]) for one in project.tracks)
    target = replace(project, tracks=tuple(emptied), reviewed=project.reviewed[::2])
    return (RestoreProject(target, "12:03"),)


Kind = Callable[[int, random.Random, Project], Step]
KINDS: dict[Kind, int] = {
    _label: 28,
    _change_one: 28,
    _merge: 4,
    _relabel_many: 8,
    _remove_many: 4,
    _import_video: 5,
    _import_segments: 5,
    _accept: 10,
    _change_schema: 8,
    _new_class_and_label: 4,
    _merge_classes: 3,
    _change_many: 8,
    _change_tracks: 8,
    _review: 8,
    _change_documents: 5,
    _import_labels: 5,
    _choose_stream: 3,
    _restore: 4,
}
"""What is done, and how often beside the others."""


def _some(chance: random.Random, project: Project, most: int) -> tuple[Track, tuple[Segment, ...]]:
    track = chance.choice(project.tracks)
    found = track.segments
    return track, tuple(chance.sample(found, min(len(found), chance.randint(1, most))))


def _rows(
    prefix: str, chance: random.Random, project: Project, *, after: Track
) -> tuple[Segment, ...]:
    return _segments(prefix, chance.randint(50, 250), chance, project, after=after)


def _segments(
    prefix: str, count: int, chance: random.Random, project: Project, *, after: Track
) -> tuple[Segment, ...]:
    start = max((segment.span.end for segment in after.segments), default=0)
    return tuple(
        Segment(
            f"{prefix}-{i}",
            TimeSpan(start + _LENGTH * i, start + _LENGTH * i + chance.randint(1, _LENGTH)),
            _plain_labels(chance, project),
            origin=Origin.IMPORTED,
            attributes={"row": f"{prefix}/{i}"},
            created_at=NOW,
        )
        for i in range(1, count + 1)
    )


def _plain_labels(chance: random.Random, project: Project) -> dict[str, int]:
    return {head.name: chance.choice(head.classes).id for head in project.schema.heads}


def _labels(chance: random.Random, project: Project) -> dict[str, int | None]:
    head = chance.choice(project.schema.heads)
    return {head.name: chance.choice([None, *(found.id for found in head.classes)])}


def _with_head(schema: LabelSchema, changed: LabelHead) -> LabelSchema:
    heads = (changed if head.name == changed.name else head for head in schema.heads)
    return LabelSchema(tuple(heads))


def _video(video_id: str) -> VideoRef:
    return VideoRef(
        video_id, f"videos/{video_id}.mp4", 1_000, video_id, Fraction(1, 100), 1_000, Fraction(25)
    )
