"""Tracks are added, changed, put in order and removed; segments move between them."""

from __future__ import annotations

import pytest

from cast_studio.core.edits import (
    AddSegments,
    AddTrack,
    AnnotateSegments,
    ChangeTrack,
    Edit,
    EditTracks,
    MoveSegments,
    OrderTracks,
    RemoveTrack,
    RetimeSegments,
    apply,
    apply_changes,
)
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Track
from tests.core.examples import PROJECT, a_segment, refusal, spans_of


def test_tracks_stand_in_the_order_they_were_put_in() -> None:
    assert [track.id for track in PROJECT.tracks_of("v0")] == ["only", "free"]
    project, _ = apply(PROJECT, AddTrack(Track("new", "v0", "Aaa", "ben", position=9)))
    project, changes = apply(project, OrderTracks("v0", ("new", "free", "only")))
    assert [track.id for track in project.tracks_of("v0")] == ["new", "free", "only"]
    back = apply_changes(project, changes.inverse())
    assert [track.id for track in back.tracks_of("v0")] == ["only", "free", "new"]


def test_segments_change_places_at_once() -> None:
    swap = RetimeSegments((("s1", TimeSpan(10, 30)), ("s2", TimeSpan(0, 10))))
    project, _ = apply(PROJECT, swap)
    assert spans_of(project) == {"s2": (0, 10), "s1": (10, 30), "s3": (40, 50)}
    assert swap.describe() == "Move 2 segments"


def test_segments_go_to_another_track_and_back() -> None:
    project, changes = apply(PROJECT, MoveSegments(("s1", "s3"), "free"))
    assert set(spans_of(project, "free")) == {"f1", "s1", "s3"}
    assert set(spans_of(project)) == {"s2"}
    assert apply_changes(project, changes.inverse()) == PROJECT
    assert apply(project, MoveSegments(("s1", "s3"), "only"))[0] == PROJECT


def test_a_note_or_a_subject_is_written_to_many() -> None:
    edit = AnnotateSegments(("s1", "f1"), subject="left hand")
    project, _ = apply(PROJECT, edit)
    assert project.segment("f1")[1].subject == "left hand"
    assert edit.describe() == "Change subject of 2 segments"


def test_overlaps_are_forbidden_only_where_there_are_none() -> None:
    project, _ = apply(PROJECT, ChangeTrack("only", exclusive=False))
    project, added = apply(project, AddSegments("only", (a_segment("x", 5, 15),)))
    assert "overlap" in refusal(ChangeTrack("only", exclusive=True), project)
    project = apply_changes(project, added.inverse())
    assert apply(project, ChangeTrack("only", exclusive=True))[0] == PROJECT


def test_forbidding_overlaps_is_undone_together_with_what_made_room() -> None:
    loosened = ChangeTrack("only", exclusive=False)
    project, changes = apply(PROJECT, loosened, AddSegments("only", (a_segment("x", 5, 15),)))
    assert apply_changes(project, changes.inverse()) == PROJECT


def test_tracks_of_many_videos_are_changed_in_one_step() -> None:
    named = EditTracks((ChangeTrack("only", "Mouse A"), ChangeTrack("free", "Mouse B")))
    project, changes = apply(PROJECT, named)
    assert [track.name for track in project.tracks_of("v0")] == ["Mouse A", "Mouse B"]
    assert named.describe() == "Change a track of 2 videos"
    assert EditTracks((ChangeTrack("only", "Mouse A"),)).describe() == "Rename track"
    assert apply_changes(project, changes.inverse()) == PROJECT
    one, other = (
        Track("n0", "v0", "Mouse", "ben", position=9),
        Track("n1", "v0", "Other", "ben", position=10),
    )
    added = EditTracks((AddTrack(one), AddTrack(other)))
    project, changes = apply(PROJECT, added)
    assert (project.track("n0"), project.track("n1")) == (one, other)
    assert added.describe() == 'Add track "Mouse" to 2 videos'
    assert apply_changes(project, changes.inverse()) == PROJECT


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (AddTrack(Track("only", "v0", "Again", "me")), "already"),
        (AddTrack(Track("t", "v0", " ", "me")), "needs a name"),
        (AddTrack(Track("t", "gone", "T", "me")), "no longer part"),
        (ChangeTrack("gone", name="a"), "no longer part"),
        (EditTracks((ChangeTrack("only", "a"), ChangeTrack("gone", "a"))), "no longer part"),
        (EditTracks((ChangeTrack("only", "a"), ChangeTrack("only", "b"))), "twice"),
        (OrderTracks("v0", ("only",)), "look at them again"),
        (MoveSegments(("f1",), "only"), "may not overlap"),
        (RetimeSegments((("gone", TimeSpan(0, 1)),)), "no longer part"),
    ],
)
def test_what_does_not_fit_is_refused(edit: Edit, words: str) -> None:
    assert words in refusal(edit)


def test_the_last_track_of_a_video_stays() -> None:
    project, changes = apply(PROJECT, RemoveTrack("free"))
    assert "only track" in refusal(RemoveTrack("only"), project)
    assert apply_changes(project, changes.inverse()) == PROJECT
