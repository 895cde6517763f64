"""From labels to a training job: what is learned, the order of classes, what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cast_studio.app.job_builder import (
    BaseModel,
    TrainingLimits,
    build_job,
    build_session_job,
    job_heads,
)
from cast_studio.app.session import Session
from cast_studio.core.edits import AddSegments
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.core.training_protocol import TrainingJob
from cast_studio.errors import TrainingError
from tests.fakes import NOUN, SCHEMA, VERB, make_head

MODEL = BaseModel(Path("/models/tiny"), SCHEMA.heads)
BOTH = {"verb": 1, "noun": 0}


def make_project(
    labels: Mapping[str, Sequence[Mapping[str, int]]], *, schema: LabelSchema = SCHEMA
) -> Project:
    """A project with one track for each video; its segments follow each other, 10 ticks each."""
    tracks = []
    for video_id, of_segments in labels.items():
        segments = tuple(
            Segment(f"{video_id}-{i}", TimeSpan(10 * i, 10 * i + 10), given)
            for i, given in enumerate(of_segments)
        )
        tracks.append(Track(f"t-{video_id}", video_id, "Labels", "ada", segments))
    videos = tuple(
        VideoRef(video_id, f"{video_id}.mp4", 1, "f", Fraction(1, 24)) for video_id in labels
    )
    return Project(FORMAT_VERSION, "p", "p", schema, videos, tuple(tracks))


def make_files(folder: Path, project: Project) -> dict[str, Path]:
    paths = {video.id: folder / video.path for video in project.videos}
    for path in paths.values():
        path.touch()
    return paths


def build(folder: Path, project: Project, model: BaseModel = MODEL) -> TrainingJob:
    return build_job(
        project, make_files(folder, project), {}, model, run_dir=folder / "run", seed=7
    )


def test_each_segment_teaches_the_heads_that_it_has_a_class_of(tmp_path: Path) -> None:
    job = build(tmp_path, make_project({"a": [BOTH, {"verb": 1}, {}, {"noun": 1}]}))
    assert [sample.span for sample in job.samples] == [
        TimeSpan(0, 10),
        TimeSpan(10, 20),
        TimeSpan(30, 40),
    ]
    assert [dict(sample.targets) for sample in job.samples] == [BOTH, {"verb": 1}, {"noun": 1}]
    assert {sample.path for sample in job.samples} == {str(tmp_path / "a.mp4")}
    assert job.validation == ()


def test_a_head_without_labels_stays_as_the_model_has_it(tmp_path: Path) -> None:
    """Whatever of it the project has or lacks: nothing is learned of it, so nothing changes."""
    nouns = make_head("noun", "bread", "spoon", first_id=70)
    model = BaseModel(Path("/models/tiny"), (make_head("verb", "cut"), nouns))
    job = build(tmp_path, make_project({"a": [{"verb": 0}, {"verb": 2}]}), model)
    assert [found.name for found in job.heads[0].classes] == ["cut", "take", "put"]
    assert job.heads[1] == nouns
    assert [dict(sample.targets) for sample in job.samples] == [{"verb": 1}, {"verb": 0}]


def test_a_head_that_neither_labels_nor_the_model_know_is_left_out(tmp_path: Path) -> None:
    """It could only guess; and a head without classes could not even do that."""
    model = BaseModel(Path("/models/tiny"), (VERB,))
    for schema in (SCHEMA, LabelSchema((VERB, LabelHead("noun", ())))):
        job = build(tmp_path, make_project({"a": [{"verb": 1}]}, schema=schema), model)
        assert [head.name for head in job.heads] == ["verb"]


def test_a_video_that_alone_shows_a_class_of_one_head_is_learned_from(tmp_path: Path) -> None:
    plain = build(tmp_path, make_project({video: [{"verb": 1}] for video in "abc"}))
    chosen = plain.validation[0].video_id
    special = {video: [{"verb": 1}] for video in "abc"} | {chosen: [BOTH]}
    job = build(tmp_path, make_project(special))
    assert job.validation[0].video_id != chosen


def test_the_job_names_all_that_the_run_needs(tmp_path: Path) -> None:
    model = BaseModel(Path("/models/tiny"), SCHEMA.heads, Path("/runs/1/adapter"))
    project = make_project({"a": [BOTH]})
    job = build_job(
        project,
        make_files(tmp_path, project),
        {},
        model,
        run_dir=tmp_path / "run",
        seed=7,
        limits=TrainingLimits(epochs=2, max_seconds=60.0, threads=1),
    )
    assert (job.run_dir, job.base_model) == (str(tmp_path / "run"), "/models/tiny")
    assert (job.adapter, job.seed) == ("/runs/1/adapter", 7)
    assert (job.epochs, job.max_seconds, job.threads) == (2, 60.0, 1)
    assert not job.stop_when_parent_dies


def test_known_classes_come_first_and_in_the_models_order() -> None:
    schema = LabelSchema((make_head("verb", "stir", "cut", "take", "pour"), NOUN))
    known = (make_head("verb", "take", "put", "cut"), make_head("noun", "bread"))
    verb, noun = job_heads(schema, known, {"verb", "noun"})
    assert [found.name for found in verb.classes] == ["take", "cut", "stir", "pour"]
    assert [found.name for found in noun.classes] == ["bread", "knife"]
    assert verb.class_named("stir") == schema.head("verb").class_named("stir")


def test_targets_are_positions_in_the_jobs_heads(tmp_path: Path) -> None:
    known = (make_head("verb", "cut", "take", first_id=50), make_head("noun", "bread"))
    model = BaseModel(Path("/models/tiny"), known)
    job = build(tmp_path, make_project({"a": [{"verb": 0, "noun": 0}]}), model)
    assert [found.name for found in job.heads[0].classes] == ["cut", "take", "put"]
    assert dict(job.samples[0].targets) == {"verb": 1, "noun": 1}


def test_retired_classes_are_neither_trained_nor_learned_from(tmp_path: Path) -> None:
    retired = LabelHead("verb", (*VERB.classes[:2], LabelClass(2, "cut", retired=True)))
    schema = LabelSchema((retired, NOUN))
    project = make_project({"a": [BOTH, {"verb": 2, "noun": 0}, {"verb": 2}]}, schema=schema)
    job = build(tmp_path, project)
    assert [found.name for found in job.heads[0].classes] == ["take", "put"]
    assert [dict(sample.targets) for sample in job.samples] == [BOTH, {"noun": 0}]


def test_a_model_without_these_heads_starts_them_anew() -> None:
    (head,) = job_heads(LabelSchema((make_head("action", "pour"),)), SCHEMA.heads, {"action"})
    assert [found.name for found in head.classes] == ["pour"]


def test_point_events_are_passed_over(tmp_path: Path) -> None:
    project = make_project({"a": [BOTH]})
    event = Segment("event", TimeSpan(500, 500), BOTH)
    (track,) = project.tracks
    with_event = Track(track.id, "a", "Labels", "ada", (*track.segments, event))
    project = Project(FORMAT_VERSION, "p", "p", SCHEMA, project.videos, (with_event,))
    assert len(build(tmp_path, project).samples) == 1


def test_segments_outside_of_the_video_are_passed_over(tmp_path: Path) -> None:
    project = make_project({"a": [BOTH, BOTH]})
    index = FrameIndex(np.array([0, 4]), np.array([True, False]), Fraction(1, 25), 8)
    job = build_job(
        project,
        make_files(tmp_path, project),
        {"a": index},
        MODEL,
        run_dir=tmp_path / "run",
        seed=0,
    )
    assert [sample.span for sample in job.samples] == [TimeSpan(0, 10)]


def test_one_of_three_videos_is_put_aside_whole(tmp_path: Path) -> None:
    project = make_project({video: [BOTH, BOTH] for video in "abc"})
    job = build(tmp_path, project)
    held_out = {sample.video_id for sample in job.validation}
    assert len(held_out) == 1
    assert held_out.isdisjoint(sample.video_id for sample in job.samples)
    assert (len(job.samples), len(job.validation)) == (4, 2)
    assert build(tmp_path, project) == job


def test_two_videos_are_both_learned_from(tmp_path: Path) -> None:
    job = build(tmp_path, make_project({"a": [BOTH], "b": [BOTH]}))
    assert (len(job.samples), len(job.validation)) == (2, 0)


def test_a_video_that_alone_shows_a_class_is_learned_from(tmp_path: Path) -> None:
    plain = build(tmp_path, make_project({video: [BOTH] for video in "abc"}))
    chosen = plain.validation[0].video_id
    special = {video: [BOTH] for video in "abc"} | {chosen: [BOTH, {"verb": 2, "noun": 0}]}
    job = build(tmp_path, make_project(special))
    assert job.validation[0].video_id != chosen
    alone = {"a": {"verb": 0, "noun": 0}, "b": BOTH, "c": {"verb": 2, "noun": 0}}
    job = build(tmp_path, make_project({video: [given] for video, given in alone.items()}))
    assert job.validation == ()


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            {"a": []},
            "There are no labels to learn from yet; label some segments with a verb or a noun "
            "first.",
        ),
        ({}, "There are no labels to learn from yet; label some segments with a verb or a noun"),
        (
            {"a": [{}, {}]},
            "There is nothing to learn from yet. 2 segments have no class and teach nothing until "
            "you label them.",
        ),
    ],
)
def test_nothing_to_learn_from_is_refused_in_words(
    tmp_path: Path, labels: dict[str, Sequence[Mapping[str, int]]], sentence: str
) -> None:
    with pytest.raises(TrainingError) as refused:
        build(tmp_path, make_project(labels))
    assert str(refused.value).startswith(sentence)


def test_moments_alone_are_refused_in_words(tmp_path: Path) -> None:
    project = make_project({"a": []})
    moment = Segment("moment", TimeSpan(500, 500), {"verb": 1})
    track = Track("t", "a", "Labels", "ada", (moment,))
    project = Project(FORMAT_VERSION, "p", "p", SCHEMA, project.videos, (track,))
    with pytest.raises(TrainingError) as refused:
        build(tmp_path, project)
    assert str(refused.value) == (
        "There is nothing to learn from yet. 1 segment is a moment without duration and teaches "
        "nothing until you give it an end after the start."
    )


def test_missing_files_are_named(tmp_path: Path) -> None:
    project = make_project({"here": [BOTH], "gone": [BOTH], "unlabelled": []})
    paths = make_files(tmp_path, project)
    paths["gone"].unlink()
    paths["unlabelled"].unlink()
    with pytest.raises(TrainingError, match=r"gone\.mp4") as refused:
        build_job(project, paths, {}, MODEL, run_dir=tmp_path / "run", seed=0)
    assert "unlabelled" not in str(refused.value)


def test_many_missing_files_are_counted(tmp_path: Path) -> None:
    project = make_project({f"v{i}": [BOTH] for i in range(8)})
    paths = {video.id: tmp_path / video.path for video in project.videos}
    with pytest.raises(TrainingError, match="and 3 more"):
        build_job(project, paths, {}, MODEL, run_dir=tmp_path / "run", seed=0)


def test_a_session_is_built_from_with_its_own_paths(
    color_session: Session, color_video: Path, tmp_path: Path
) -> None:
    track = color_session.label_track("colors")
    assert track is not None
    color_session.do(AddSegments(track.id, (Segment("s", TimeSpan(0, 9_000), BOTH),)))
    job = build_session_job(color_session, MODEL, run_dir=tmp_path / "run", seed=1)
    assert [sample.path for sample in job.samples] == [str(color_video)]
