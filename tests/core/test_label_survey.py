from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from cast_studio.core.label_survey import LabelSurvey, Surveyor, survey_labels
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project, VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Segment, Track
from tests.fakes import NOUN, SCHEMA, VERB

RETIRED = LabelSchema(
    (VERB, LabelHead("noun", (NOUN.classes[0], LabelClass(1, "bread", retired=True))))
)


def project_of(*tracks: Track, schema: LabelSchema = SCHEMA) -> Project:
    videos = tuple(
        VideoRef(track.video_id, f"{track.video_id}.mp4", 1, "f", Fraction(1, 30))
        for track in tracks
    )
    return Project(FORMAT_VERSION, "p", "p", schema, videos, tracks)


def track_of(video_id: str, *labels: Mapping[str, int], length: int = 10) -> Track:
    segments = tuple(
        Segment(f"{video_id}-{at}", TimeSpan(10 * at, 10 * at + length), given)
        for at, given in enumerate(labels)
    )
    return Track(f"t-{video_id}", video_id, "Labels", "ada", segments)


def test_an_empty_project_teaches_nothing() -> None:
    found = survey_labels(project_of())
    assert found == LabelSurvey(("verb", "noun"))
    assert (found.usable, found.segments) == (0, 0)
    assert found.taught_heads == ()
    assert found.untaught_heads == ("verb", "noun")


def test_segments_are_counted_by_what_they_teach() -> None:
    both = {"noun": 0, "verb": 1}
    found = survey_labels(
        project_of(track_of("a", both, {"verb": 1}, {}), track_of("b", {"verb": 2}, both))
    )
    assert found.taught == {("verb", "noun"): 2, ("verb",): 2}
    assert found.examples == {("verb", 1): 3, ("verb", 2): 1, ("noun", 0): 2}
    assert found.useless == {"unlabelled": 1}
    assert (found.usable, found.segments) == (4, 5)
    assert found.taught_heads == ("verb", "noun")
    assert found.untaught_heads == ()


def test_a_head_may_be_taught_by_segments_that_teach_it_alone() -> None:
    found = survey_labels(project_of(track_of("a", {"verb": 1}, {"noun": 1})))
    assert found.taught == {("verb",): 1, ("noun",): 1}
    assert found.taught_heads == ("verb", "noun")


def test_retired_classes_teach_nothing() -> None:
    labels = track_of("a", {"verb": 1, "noun": 1}, {"noun": 1}, {"verb": 1, "noun": 0})
    found = survey_labels(project_of(labels, schema=RETIRED))
    assert found.taught == {("verb",): 1, ("verb", "noun"): 1}
    assert found.retired == {"noun": 1}
    assert found.useless == {"retired": 1}


def test_moments_teach_nothing() -> None:
    found = survey_labels(project_of(track_of("a", {"verb": 1}, {}, length=0)))
    assert found.useless == {"moment": 1, "unlabelled": 1}


def test_segments_in_which_no_frame_starts_teach_nothing() -> None:
    index = FrameIndex(np.array([0, 9, 20]), np.array([True, False, False]), Fraction(1, 25), 30)
    labels = track_of("a", {"verb": 0}, {"verb": 0}, {"verb": 0}, {"verb": 0})
    known, unknown = (survey_labels(project_of(labels), of) for of in ({"a": index}, {"b": index}))
    assert known.useless == {"outside": 2}
    assert known.usable == 2
    assert unknown.usable == 4


def test_a_surveyor_that_has_seen_the_project_counts_as_one_that_has_not() -> None:
    surveyor = Surveyor()
    first = project_of(track_of("a", {"verb": 0}, {}, {"verb": 1, "noun": 1}), track_of("b", {}))
    longer = track_of("a", {"verb": 2})
    steps = [
        first,
        replace(first, tracks=(longer, first.tracks[1])),
        replace(first, tracks=(longer,)),
        replace(first, schema=RETIRED),
        first,
    ]
    frames = FrameIndex(np.array([0, 100]), np.array([True, True]), Fraction(1, 10), 200)
    for project in steps:
        for indexes in ({}, {"a": frames}, {}):
            assert surveyor.survey(project, indexes) == survey_labels(project, indexes)


def test_labels_of_a_video_that_was_never_seen_teach_nothing_yet() -> None:
    project = project_of(track_of("a", {"verb": 0}, {"verb": 1}))
    assert survey_labels(project).usable == 2
    unseen = replace(project, videos=(replace(project.videos[0], timebase=None),))
    assert survey_labels(unseen).usable == 0
