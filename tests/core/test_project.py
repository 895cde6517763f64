from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from cast_studio.core.project import FORMAT_VERSION, ModelRef, Project
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Segment, Track
from tests.core.strategies import SCHEMA, make_video, projects

A_SEGMENT = Segment("s0", TimeSpan(0, 5), {"verb": 1})
LABELS = Track("t0", "v1", "Labels", "me", (A_SEGMENT,))
SECOND = Track("t1", "v1", "Second opinion", "you")
OTHER = Track("t2", "v0", "Labels", "me")
MODEL = ModelRef("m0", "cast-tiny", "models/m0", "aa", (), "1", "bb")
PROJECT = Project(
    format_version=FORMAT_VERSION,
    id="p",
    name="Kitchen",
    schema=SCHEMA,
    videos=(make_video("v0", "b.mp4"), make_video("v1", "clips/a.mp4")),
    tracks=(SECOND, OTHER, LABELS),
    models=(MODEL,),
)


def test_rows_are_found_by_id() -> None:
    assert PROJECT.video("v1").name == "a.mp4"
    assert PROJECT.track("t0") is LABELS
    assert PROJECT.model("m0") is MODEL
    assert PROJECT.segment("s0") == (LABELS, A_SEGMENT)
    assert PROJECT.tracks_of("v1") == (LABELS, SECOND)
    assert PROJECT.tracks_of("elsewhere") == ()


def test_rows_that_are_not_there() -> None:
    assert not PROJECT.has_video("t0")
    assert not PROJECT.has_track("v0")
    assert not PROJECT.has_model("m1")
    assert not PROJECT.has_segment("s1")
    for ask in (PROJECT.video, PROJECT.track, PROJECT.model, PROJECT.segment):
        with pytest.raises(KeyError):
            ask("nowhere")


@given(projects())
def test_the_order_in_which_rows_are_given_does_not_matter(project: Project) -> None:
    shuffled = replace(project, videos=project.videos[::-1], tracks=project.tracks[::-1])

    assert shuffled == project


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"videos": (*PROJECT.videos, make_video("v0", "c.mp4"))}, "two videos .* id v0"),
        ({"tracks": (LABELS, replace(OTHER, id="t0"))}, "two tracks .* id t0"),
        ({"models": (MODEL, MODEL)}, "two models .* id m0"),
        ({"tracks": (replace(LABELS, video_id="v9"),)}, "belongs to the video v9"),
    ],
)
def test_projects_that_make_no_sense_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(PROJECT, **change)  # type: ignore[arg-type]
