"""From labelled segments to a training job."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cast_studio.app.session import Session
from cast_studio.app.survey_words import nothing_to_learn
from cast_studio.core.known_classes import positions_in_model
from cast_studio.core.label_survey import survey_labels, what_each_teaches
from cast_studio.core.labels import LabelHead, LabelSchema
from cast_studio.core.project import Project, VideoRef
from cast_studio.core.timing import FrameIndex
from cast_studio.core.training_protocol import TrainingJob, TrainingSample
from cast_studio.errors import TrainingError
from cast_studio.said import say

VIDEOS_FOR_VALIDATION: Final = 3
"""With fewer labelled videos none is put aside: all are needed to learn from."""
_NAMED_AT_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class BaseModel:
    """What a training run starts from.

    Attributes:
        folder: The model folder.
        heads: The heads that it has, with its adapter.
        adapter: The adapter folder to continue from, or None.
    """

    folder: Path
    heads: tuple[LabelHead, ...]
    adapter: Path | None = None


@dataclass(frozen=True, slots=True)
class TrainingLimits:
    """How long a run may go on and what it may use; None leaves it to the training."""

    epochs: int | None = None
    max_seconds: float | None = None
    threads: int | None = None


def build_job(
    project: Project,
    paths: Mapping[str, Path],
    frame_indexes: Mapping[str, FrameIndex],
    model: BaseModel,
    *,
    run_dir: Path,
    seed: int,
    limits: TrainingLimits | None = None,
) -> TrainingJob:
    """Turn the labels of a project into a training job.

    A segment becomes a sample when it has a class that is still offered in some head of the project
    and holds at least one frame; point events do not. It teaches the heads that it has a class of.
    With three labelled videos or more, one whole video that shows no class alone is put aside to
    measure with, never single clips of a video that is learned from: neighboring clips look alike,
    and the measure would flatter.

    Args:
        project: The labels.
        paths: Video id to file.
        frame_indexes: Video id to frames, where they are known; a segment outside of its video's
            frames is left out.
        model: What to start from.
        run_dir: A directory for this run, not used yet.
        seed: Of everything random.
        limits: How long the run may go on.

    Raises:
        TrainingError: There is nothing to learn from, or a video file is missing.
    """
    survey = survey_labels(project, frame_indexes)
    if not survey.usable:
        raise TrainingError(nothing_to_learn(survey))
    heads = job_heads(project.schema, model.heads, survey.taught_heads)
    positions = {
        head.name: {found.id: at for at, found in enumerate(head.classes)} for head in heads
    }
    samples: dict[str, list[TrainingSample]] = {}
    for track in project.tracks:
        video = project.video(track.video_id)
        if video.timebase is None:
            # Labels that came before their video: nobody knows its frames yet.
            continue
        index = frame_indexes.get(track.video_id)
        for segment, found in what_each_teaches(track, project.schema, index):
            if isinstance(found, str):
                continue
            targets = {head: positions[head][class_id] for head, class_id in found.items()}
            path = str(paths[track.video_id].absolute())
            sample = TrainingSample(
                track.video_id, path, segment.span, targets, stream=video.stream
            )
            samples.setdefault(track.video_id, []).append(sample)
    _refuse_missing_files([project.video(video_id) for video_id in samples], paths)
    held_out = validation_video(samples)
    limits = limits if limits is not None else TrainingLimits()
    return TrainingJob(
        run_dir=str(run_dir.absolute()),
        base_model=str(model.folder.absolute()),
        adapter=str(model.adapter.absolute()) if model.adapter is not None else None,
        heads=heads,
        samples=tuple(s for video, found in samples.items() if video != held_out for s in found),
        validation=tuple(samples[held_out]) if held_out is not None else (),
        epochs=limits.epochs,
        seed=seed,
        max_seconds=limits.max_seconds,
        threads=limits.threads,
    )


def build_session_job(
    session: Session,
    model: BaseModel,
    *,
    run_dir: Path,
    seed: int,
    limits: TrainingLimits | None = None,
) -> TrainingJob:
    """Turn the labels of an open project into a training job; see :func:`build_job`."""
    project = session.project
    return build_job(
        project,
        {video.id: session.video_path(video.id) for video in project.videos},
        session.frame_indexes(),
        model,
        run_dir=run_dir,
        seed=seed,
        limits=limits,
    )


def job_heads(
    schema: LabelSchema, known: tuple[LabelHead, ...], taught: Collection[str]
) -> tuple[LabelHead, ...]:
    """Return the heads of a training job.

    A head that labels teach has the project's classes, those that the model knows first. One that
    none teaches stays as the model has it; a model without it gets none, which could only guess.
    Classes are the same when head and name are the same; a renamed class, or one that others were
    merged into, is the one that the model knows by a former name. Retired classes are left out.

    Args:
        schema: Of the project.
        known: The model's heads.
        taught: The names of the heads that labels teach.
    """
    known_heads = {head.name: head for head in known}
    heads = []
    for head in schema.heads:
        of_model = known_heads.get(head.name, LabelHead(head.name, ()))
        if head.name in taught:
            known_at = positions_in_model(of_model, head.active)
            places = [len(of_model.classes) if at is None else at for at in known_at]
            # Sorting is stable: new classes keep the project's order, behind the known ones.
            order = sorted(range(len(places)), key=places.__getitem__)
            heads.append(LabelHead(head.name, tuple(head.active[at] for at in order)))
        elif of_model.classes:
            heads.append(of_model)
    return tuple(heads)


def validation_video(samples: Mapping[str, Sequence[TrainingSample]]) -> str | None:
    """Return the video to measure with, or None when none can be spared.

    A video that alone shows some class cannot. The choice depends on the labels and the ids only,
    so that it stays the same from run to run.

    Args:
        samples: Of each video.
    """
    if len(samples) < VIDEOS_FOR_VALIDATION:
        return None
    videos_with: Counter[tuple[str, int]] = Counter()
    for found in samples.values():
        videos_with.update(_classes_in(found))
    spare = [
        video_id
        for video_id, found in samples.items()
        if all(videos_with[shown] > 1 for shown in _classes_in(found))
    ]
    return max(spare, key=lambda found: hashlib.sha256(found.encode()).hexdigest(), default=None)


def _classes_in(samples: Sequence[TrainingSample]) -> set[tuple[str, int]]:
    return {target for sample in samples for target in sample.targets.items()}


def _refuse_missing_files(videos: list[VideoRef], paths: Mapping[str, Path]) -> None:
    missing = [str(paths[video.id]) for video in videos if not paths[video.id].is_file()]
    if missing:
        named = ", ".join(f"“{path}”" for path in missing[:_NAMED_AT_MOST])
        more = f" and {len(missing) - _NAMED_AT_MOST} more" if len(missing) > _NAMED_AT_MOST else ""
        raise TrainingError(
            say(
                "The model cannot learn from videos whose files are missing: {named}{more}. "
                "Put them back or remove these videos from the project.",
                named=named,
                more=more,
            )
        )
