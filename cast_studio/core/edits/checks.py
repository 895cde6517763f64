"""Look-ups and checks that edits share; each raises ``EditError`` with a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import EditError
from cast_studio.said import say


def find_video(project: Project, video_id: str) -> VideoRef:
    """Return a video or refuse."""
    if not project.has_video(video_id):
        raise EditError(say("This video is no longer part of the project; choose another one."))
    return project.video(video_id)


def find_track(project: Project, track_id: str) -> Track:
    """Return a track or refuse."""
    if not project.has_track(track_id):
        raise EditError(say("This track is no longer part of the project; choose another one."))
    return project.track(track_id)


def find_segments(
    project: Project, segment_ids: Sequence[str]
) -> tuple[tuple[Track, Segment], ...]:
    """Return segments with their tracks, each once; refuse a missing one, and none at all."""
    if not segment_ids:
        raise EditError(say("No label is selected; select one first."))
    if len(segment_ids) == 1:
        return (find_segment(project, segment_ids[0]),)
    found = project.segments_with(segment_ids)
    if any(segment_id not in found for segment_id in segment_ids):
        raise EditError(_GONE)
    return tuple(found[segment_id] for segment_id in dict.fromkeys(segment_ids))


_GONE = "This label is no longer part of the project; select another one."


def find_segment(project: Project, segment_id: str) -> tuple[Track, Segment]:
    """Return a segment with its track, or refuse."""
    if not project.has_segment(segment_id):
        raise EditError(_GONE)
    return project.segment(segment_id)


def check_new_ids(project: Project, segment_ids: Iterable[str]) -> None:
    """Refuse ids that a segment of the project has, and ids that are given twice."""
    new = list(segment_ids)
    taken = project.segments_with(new)
    seen: set[str] = set()
    for segment_id in new:
        if segment_id in seen or segment_id in taken:
            raise EditError(
                say(
                    "There is a segment with the id {segment_id} already; give the new one another "
                    "id.",
                    segment_id=segment_id,
                )
            )
        seen.add(segment_id)


def check_labels(schema: LabelSchema, labels: Mapping[str, int | None]) -> None:
    """Refuse heads and classes that the schema does not have."""
    for head_name, class_id in labels.items():
        if not schema.has_head(head_name):
            raise EditError(
                say(
                    'The project has no label head "{head_name}"; add it to the label schema or '
                    "choose another label.",
                    head_name=head_name,
                )
            )
        if class_id is not None and not schema.head(head_name).has_class(class_id):
            raise EditError(
                say(
                    'The label head "{head_name}" has no class with the id {class_id}; add it to '
                    "the label schema or choose another label.",
                    head_name=head_name,
                    class_id=class_id,
                )
            )
