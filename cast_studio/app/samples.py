"""The sample project: rendered scenes to try everything out on, in a folder of the user's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, Literal

from cast_studio.app.clock import new_id
from cast_studio.app.new_project import edit_to_add, empty_project
from cast_studio.app.preferences import AppFolders
from cast_studio.app.session import Session
from cast_studio.app.videos import scan_video
from cast_studio.core.edits import AddSegments, apply
from cast_studio.core.json_fields import Fields
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema, color_for
from cast_studio.core.tracks import Segment
from cast_studio.errors import StoreError
from cast_studio.resource_files import resource_path
from cast_studio.said import say
from cast_studio.storage.store import ProjectStore

SAMPLE_NAME: Final = "tabletop"
_DESCRIPTION: Final = "sample.json"

Role = Literal["train", "heldout"]


@dataclass(frozen=True, slots=True)
class SampleSegment:
    """What really happens in a stretch of a sample video.

    Attributes:
        start_frame: First frame index.
        stop_frame: First frame index after it.
        names: Head name to class name.
    """

    start_frame: int
    stop_frame: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SampleVideo:
    """A video of the sample.

    Attributes:
        file: Its name in the folder ``videos``.
        role: Whether its segments are to be learned from or to be measured with.
        segments: By time.
    """

    file: str
    role: Role
    segments: tuple[SampleSegment, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The description of a sample project.

    Attributes:
        schema: What can be labelled.
        videos: By the description's order.
    """

    schema: LabelSchema
    videos: tuple[SampleVideo, ...]

    def video(self, file: str) -> SampleVideo | None:
        """Return a video by the name of its file, or None."""
        return next((video for video in self.videos if video.file == file), None)


def sample_source(name: str = SAMPLE_NAME) -> Path:
    """Return the folder of a bundled sample.

    Raises:
        StoreError: It is not part of this installation.
    """
    try:
        return resource_path(f"samples/{name}")
    except FileNotFoundError as error:
        raise StoreError(str(error)) from error


def read_sample(folder: Path) -> Sample:
    """Read the description of a sample.

    Args:
        folder: Holds ``sample.json`` and ``videos/``.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        fields = Fields(
            json.loads((folder / _DESCRIPTION).read_text("utf-8")), where=f"“{_DESCRIPTION}”"
        )
        schema = _schema_from(fields.value("schema"))
        videos = tuple(_video_from(values, schema) for values in fields.items("videos"))
    except (OSError, ValueError) as error:
        raise StoreError(
            say(
                "The sample project in “{folder}” cannot be read ({error}); install CAST "
                "Studio again.",
                folder=folder,
                error=error,
            )
        ) from error
    return Sample(schema, videos)


def prepare_sample(folders: AppFolders, *, annotator: str, source: Path | None = None) -> Path:
    """Return the project folder of the user's copy of the sample; make it where there is none.

    The project holds the videos and no labels. Any thread, but not the GUI thread: copying and
    scanning a few short videos takes a moment.

    Args:
        folders: The copy goes below ``data/samples/``.
        annotator: Who labels.
        source: The bundled sample by default.

    Raises:
        StoreError: The copy cannot be made.
        MediaError: A video of the sample is damaged.
    """
    source = source if source is not None else sample_source()
    target = folders.data / "samples" / source.name
    project_name = f"{source.name}.cast"
    for copy in _places(target):
        if (copy / project_name).is_dir():
            break
        if not copy.exists():
            _make_copy(source, copy, annotator=annotator)
            break
    return copy / project_name


def open_sample(folders: AppFolders, *, annotator: str, source: Path | None = None) -> Session:
    """Open the user's copy of the sample project, for callers without a window.

    Waits for :func:`prepare_sample`, which see for the arguments.

    Raises:
        StoreError: The copy cannot be made or opened.
        MediaError: A video of the sample is damaged.
    """
    folder = prepare_sample(folders, annotator=annotator, source=source)
    return Session.open(folder, annotator=annotator)


def true_segments(session: Session, video_id: str, video: SampleVideo) -> tuple[Segment, ...]:
    """Return what really happens in a sample video as segments of the open project.

    Args:
        session: The sample project; the frames of the video are known.
        video_id: The video in the project.
        video: Its description.

    Raises:
        StoreError: The video's frames are not known, or the project lacks a class.
    """
    index = session.frame_index(video_id)
    if index is None:
        raise StoreError(
            say("The frames of “{file}” are not known yet; wait until it is open.", file=video.file)
        )
    schema = session.project.schema
    return tuple(
        Segment(
            id=session.new_id(),
            span=index.span_of_frames(found.start_frame, found.stop_frame),
            labels={head: _class_id(schema, head, name) for head, name in found.names.items()},
            created_at=session.now(),
        )
        for found in video.segments
    )


def apply_corrections(session: Session, sample: Sample) -> int:
    """Label the videos that are there to learn from, by ordinary edits: one for each video.

    Args:
        session: The sample project, with frames known and without labels in these videos.
        sample: Its description.

    Returns:
        How many segments were labelled.

    Raises:
        StoreError: A video's frames are not known.
        EditError: There are labels in the way.
    """
    labelled = 0
    for video in session.project.videos:
        described = sample.video(video.name)
        track = session.label_track(video.id)
        if described is None or described.role != "train" or track is None:
            continue
        segments = true_segments(session, video.id, described)
        session.do(AddSegments(track.id, segments))
        labelled += len(segments)
    return labelled


def _make_copy(source: Path, target: Path, *, annotator: str) -> None:
    """Make the copy beside its place and put it there when it is complete."""
    sample = read_sample(source)
    unfinished = target.with_name(f".{target.name}-{new_id()[:8]}")
    try:
        (unfinished / "videos").mkdir(parents=True)
        for video in sample.videos:
            shutil.copyfile(source / "videos" / video.file, unfinished / "videos" / video.file)
        shutil.copyfile(source / _DESCRIPTION, unfinished / _DESCRIPTION)
        _make_project(unfinished, f"{source.name}.cast", sample, annotator=annotator)
        unfinished.rename(target)
    except OSError as error:
        raise StoreError(
            say(
                "The sample project cannot be copied to “{target}” ({reason}). Free some space "
                "or allow writing there, then try again.",
                target=target,
                reason=error.strerror or error,
            )
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _make_project(folder: Path, project_name: str, sample: Sample, *, annotator: str) -> None:
    """Scan the copied videos and write the project with them. No Qt: any thread may do it."""
    project_folder = folder / project_name
    project = empty_project(name=SAMPLE_NAME, schema=sample.schema)
    for video in sample.videos:
        found = scan_video(folder / "videos" / video.file, video_id=new_id())
        edit = edit_to_add(found.video, project, folder=project_folder, annotator=annotator)
        project, _ = apply(project, edit)
    ProjectStore.create(project_folder, project, annotator=annotator).close()


def _places(target: Path) -> Iterator[Path]:
    """Yield where a copy may be; a folder there that is no copy any more is left alone."""
    yield target
    for number in count(2):
        yield target.with_name(f"{target.name} {number}")


def _class_id(schema: LabelSchema, head: str, name: str) -> int:
    found = schema.head(head).class_named(name) if schema.has_head(head) else None
    if found is None:
        raise StoreError(
            say(
                "The project's labels lack the {head} “{name}” of the sample; add it first.",
                head=head,
                name=name,
            )
        )
    return found.id


def _schema_from(values: object) -> LabelSchema:
    """Read a schema: as the project writes it, or as head names with lists of class names."""
    if isinstance(values, dict) and "heads" not in values:
        return LabelSchema(
            tuple(
                LabelHead(
                    str(head),
                    tuple(LabelClass(i, str(name), color_for(i)) for i, name in enumerate(names)),
                )
                for head, names in values.items()
            )
        )
    return LabelSchema.from_json(values)


def _video_from(values: object, schema: LabelSchema) -> SampleVideo:
    fields = Fields(values, where="a video of the sample")
    role = fields.text("role")
    if role not in ("train", "heldout"):
        raise ValueError(f"the role of a sample video is {role!r}")
    segments = tuple(_segment_from(item, schema) for item in fields.items("segments"))
    return SampleVideo(fields.text("file"), "train" if role == "train" else "heldout", segments)


def _segment_from(values: object, schema: LabelSchema) -> SampleSegment:
    fields = Fields(values, where="a segment of the sample")
    names = {head: fields.text(head) for head in schema.head_names}
    return SampleSegment(fields.integer("start_frame"), fields.integer("stop_frame"), names)
