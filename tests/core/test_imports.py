"""From what a file says to one edit: which videos, classes and tracks are meant."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.edits import AddSegments, ImportLabels, RemoveVideo, apply
from cast_studio.core.imports import ImportedRow, NamedClass, Refusals
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.project import UNSEEN_TICK, Project, VideoRef
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Segment
from cast_studio.errors import EditError
from tests.core.examples import PROJECT
from tests.core.imports_examples import a_file, a_row, applied, plan
from tests.core.strategies import SCHEMA, make_video, projects

EMPTY = Project(1, "p", "Kitchen", SCHEMA)


def test_a_new_video_gets_a_track_and_exact_times() -> None:
    found = plan(EMPTY, a_file([a_row(start=Fraction(1, 3), stop=Fraction("2.34"), verb="take")]))
    after = applied(EMPTY, found)
    (video,) = after.videos
    (track,) = after.tracks
    (segment,) = track.segments
    assert (video.path, video.timebase, track.name) == ("clip.mp4", None, "Imported")
    assert segment.span.start * video.tick == Fraction(1, 3)
    assert segment.span.end * UNSEEN_TICK == Fraction("2.34")
    assert (segment.labels, segment.origin) == ({"verb": 0}, Origin.IMPORTED)
    assert segment.created_at == "2026-01-02T03:04:05Z"
    assert found.report.summary() == (
        "1 row read, 1 segment to add.",
        "Videos to add: 1 (clip.mp4).",
        "Videos whose file has to be found later: 1. Their labels wait for it.",
    )


@pytest.mark.parametrize("name", ["v0", "V0", "videos/v0.mp4", "V0.MP4"])
def test_a_video_of_the_project_is_found_by_its_path_or_name(name: str) -> None:
    said = VideoRef("", name, 0, "")
    found = plan(PROJECT, a_file([a_row(video=name)], {name: said}))
    assert found.report.new_videos == ()
    assert found.report.found_videos == 1
    track = next(track for track in applied(PROJECT, found).tracks if track.name == "Imported")
    # 30 ticks a second: this video was seen.
    assert track.segments[0].span == TimeSpan(0, 30)


def test_labels_of_another_video_are_not_put_on_the_one_in_its_place() -> None:
    video = replace(PROJECT.videos[0], fingerprint="content")
    project = replace(PROJECT, videos=(video, *PROJECT.videos[1:]))
    said = VideoRef("", video.path, 7, "other content")
    found = plan(project, a_file([a_row(line=3, video="v0")], {"v0": said}))
    assert found.edit is None
    assert found.report.refusals() == (f"Line 3: the project has another video at “{video.path}”.",)


def test_a_video_with_other_content_of_the_same_name_is_another_one() -> None:
    said = VideoRef("", "elsewhere/v0.mp4", 7, "other content")
    found = plan(PROJECT, a_file([a_row(video="v0")], {"v0": said}))
    assert found.report.new_videos == ("v0.mp4",)


def test_a_name_that_two_videos_have_is_refused() -> None:
    twins = (make_video("a", "one/clip.mp4"), make_video("b", "two/clip.mp4"))
    project = replace(EMPTY, videos=twins)
    report = plan(project, a_file([a_row(line=7)])).report
    assert report.refusals() == ("Line 7: the project has several videos called “clip”.",)
    assert report.is_empty


def test_two_videos_of_a_file_are_never_taken_for_one() -> None:
    project = replace(EMPTY, videos=(make_video("a", "one/clip.mp4"),))
    said = {
        "x": VideoRef("x", "two/clip.mp4", 0, ""),
        "y": VideoRef("y", "three/clip.mp4", 0, ""),
    }
    found = plan(project, a_file([a_row(video="x"), a_row(video="y")], said))
    assert (found.report.found_videos, len(found.report.new_videos)) == (1, 1)


def test_classes_are_matched_by_name_and_keep_free_numbers() -> None:
    rows = [
        ImportedRow(2, "clip", Fraction(0), Fraction(1), {"verb": NamedClass("put", 7)}),
        ImportedRow(3, "clip", Fraction(1), Fraction(2), {"verb": NamedClass("stir", 9)}),
        ImportedRow(4, "clip", Fraction(2), Fraction(3), {"verb": NamedClass("fry", 0)}),
        ImportedRow(5, "clip", Fraction(3), Fraction(4), {"hand": NamedClass("left", 3)}),
    ]
    found = plan(EMPTY, a_file(rows))
    after = applied(EMPTY, found)
    labels = [dict(segment.labels) for segment in after.tracks[0].segments]
    # “put” has the number 1 here; 0 is taken by “take”.
    assert labels == [{"verb": 1}, {"verb": 9}, {"verb": 10}, {"hand": 3}]
    assert found.report.new_classes == {"verb": ("stir", "fry"), "hand": ("left",)}
    assert any("another number" in note for note in found.report.notes)
    assert after.schema.head("verb").classes[:3] == SCHEMA.head("verb").classes


def test_what_a_file_says_about_a_class_is_taken_over() -> None:
    imported = replace(
        a_file([a_row(verb="fry")]),
        heads=(LabelHead("verb", (LabelClass(5, "fry", "#112233", "f"),)),),
    )
    after = applied(EMPTY, plan(EMPTY, imported))
    assert after.schema.head("verb").class_with_id(5) == LabelClass(5, "fry", "#112233", "f")


RENAMED = LabelHead("verb", (LabelClass(0, "grab", former_names=("take", "pick up")),))


def test_a_class_is_found_by_the_names_that_it_had() -> None:
    project = replace(EMPTY, schema=LabelSchema((RENAMED,)))
    found = plan(project, a_file([a_row(verb="take"), a_row(verb="pick up", start=1, stop=2)]))
    after = applied(project, found)
    assert [dict(one.labels) for one in after.tracks[0].segments] == [{"verb": 0}, {"verb": 0}]
    assert after.schema == project.schema


def test_a_file_that_tells_a_class_from_one_of_that_former_name_is_believed() -> None:
    project = replace(EMPTY, schema=LabelSchema((RENAMED,)))
    newer = replace(RENAMED, classes=(*RENAMED.classes, LabelClass(1, "take")))
    for before in (project, replace(EMPTY, schema=LabelSchema(()))):
        row = replace(a_row(), labels={"verb": NamedClass("take", 1)})
        imported = replace(a_file([row]), heads=(newer,), whole=EMPTY)
        after = applied(before, plan(before, imported))
        assert after.schema == LabelSchema((newer,))
        assert after.tracks[0].segments[0].labels == {"verb": 1}


def test_a_key_that_a_class_of_another_head_has_is_not_taken_over() -> None:
    keyed = LabelHead("verb", (LabelClass(0, "take", shortcut="t"),))
    project = replace(EMPTY, schema=LabelSchema((keyed,)))
    said = LabelHead(
        "noun", (LabelClass(0, "tap", shortcut="t"), LabelClass(1, "mug", shortcut="m"))
    )
    imported = replace(a_file([a_row(noun="tap"), a_row(noun="mug")]), heads=(said,))
    after = applied(project, plan(project, imported))
    assert [one.shortcut for one in after.schema.head("noun").classes] == [None, "m"]


def test_new_tracks_stand_below_those_that_there_are() -> None:
    rows = [a_row(video="v0", track=name) for name in ("B", "A")]
    project = replace(PROJECT, tracks=tuple(replace(track, position=3) for track in PROJECT.tracks))
    for before, video_id in ((project, "v0"), (EMPTY, "new1")):
        after = applied(before, plan(before, a_file(rows)))
        there = before.tracks_of(video_id)
        names = [track.name for track in after.tracks_of(video_id)]
        assert names == [*(track.name for track in there), "B", "A"]


def test_overlapping_rows_get_a_track_of_their_own() -> None:
    rows = [a_row(video="v0", track="Labels", start=0, stop=2), a_row(video="v0", track="Labels")]
    after = applied(PROJECT, plan(PROJECT, a_file(rows)))
    (track,) = (track for track in after.tracks if track.name == "Labels (2)")
    assert (track.exclusive, len(track.segments)) == (False, 2)


def test_rows_that_fit_join_the_track_of_their_name_and_annotator() -> None:
    row = replace(a_row(video="v0", track="Labels", start=10, stop=11), annotator="me")
    found = plan(PROJECT, a_file([row]))
    after = applied(PROJECT, found)
    assert len(after.track("only").segments) == 4
    assert found.report.new_tracks == 0


def test_what_the_project_has_is_kept_as_it_is() -> None:
    rows = [a_row(video="v0", segment_id="s1", verb="cut"), a_row(video="v0", segment_id="fresh")]
    first = plan(PROJECT, a_file(rows))
    assert (first.report.known, first.report.segments) == (1, 1)
    after = applied(PROJECT, first)
    assert after.segment("s1") == PROJECT.segment("s1")
    again = plan(after, a_file(rows))
    assert (again.edit, again.report.known, again.report.is_empty) == (None, 2, True)
    assert "2 segments already in the project: they stay as they are." in again.report.summary()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (a_row(start=2, stop=1), "it ends before it starts"),
        (a_row(stop=10**15), "its time is too far away for any video"),
        (a_row(verb=" "), "has no name"),
        (a_row(verb="x" * 501), "longer than 500 characters"),
        (
            replace(a_row(), labels={"verb": NamedClass("cut", 10**10)}),
            "the class number 10000000000 is not between",
        ),
        (replace(a_row(), score=1.5), "the score 1.5 is not between 0 and 1"),
    ],
)
def test_rows_that_cannot_be_are_refused_with_their_line(row: ImportedRow, why: str) -> None:
    report = plan(EMPTY, a_file([replace(row, line=12)])).report
    assert report.refused_count == 1
    assert why in report.refusals()[0]
    assert report.refusals()[0].startswith("Line 12: ")
    assert report.is_empty


def test_an_id_that_stands_there_twice_is_refused_the_second_time() -> None:
    rows = [a_row(2, segment_id="a"), a_row(9, segment_id="a", start=5, stop=6)]
    report = plan(EMPTY, a_file(rows)).report
    assert report.refusals() == ("Line 9: the id “a” stands in the file twice.",)
    assert report.segments == 1


def test_of_many_refusals_all_are_counted_and_the_first_kept() -> None:
    refused = Refusals()
    for line in range(5_000):
        refused.add(line + 2, "it is wrong")
    report = plan(EMPTY, replace(a_file([]), refused=refused)).report
    assert (report.refused_count, len(report.refused)) == (5_000, Refusals.KEPT)
    assert report.refusals(2)[-1] == "… and 4,998 more."


def test_the_undo_text_counts_the_segments() -> None:
    rows = [a_row(start=second, stop=second + 1) for second in range(1_234)]
    edit = plan(EMPTY, a_file(rows)).edit
    assert edit is not None
    assert edit.describe() == "Import 1,234 segments"
    only_one = plan(EMPTY, a_file(rows[:1])).edit
    assert only_one is not None
    assert only_one.describe() == "Import 1 segment"


def test_a_plan_that_is_out_of_date_is_refused() -> None:
    found = plan(PROJECT, a_file([a_row(video="v0", segment_id="late")]))
    assert found.edit is not None
    without, _ = apply(PROJECT, RemoveVideo("v0"))
    with pytest.raises(EditError, match="no longer part of the project"):
        apply(without, found.edit)
    taken = AddSegments("free", (Segment("late", TimeSpan(0, 1), {}),))
    with_late, _ = apply(PROJECT, taken)
    with pytest.raises(EditError, match="segment with the id late already"):
        apply(with_late, found.edit)
    new_video = plan(EMPTY, a_file([a_row()]))
    assert new_video.edit is not None
    after, _ = apply(EMPTY, new_video.edit)
    with pytest.raises(EditError, match="part of the project already"):
        apply(after, new_video.edit)


def test_an_edit_of_nothing_changes_nothing() -> None:
    after, changes = apply(PROJECT, ImportLabels())
    assert after is PROJECT
    assert changes.is_empty


_rows = st.lists(
    st.builds(
        a_row,
        line=st.integers(1, 99),
        video=st.sampled_from(("v0", "v1", "clip")),
        start=st.integers(0, 8),
        stop=st.integers(0, 12),
        segment_id=st.sampled_from(("", "s1", "s3", "n1", "n2")),
        track=st.sampled_from(("", "v0-only", "v0-free")),
        verb=st.sampled_from(("take", "stir", " ")),
    ),
    max_size=8,
)


@given(projects(), _rows)
def test_every_row_is_added_known_or_refused_and_undo_takes_it_back(
    project: Project, rows: list[ImportedRow]
) -> None:
    found = plan(project, a_file(rows))
    report = found.report
    assert report.segments + report.known + report.refused_count == len(rows)
    if found.edit is None:
        assert report.is_empty
        return
    after = applied(project, found)
    before = [segment for track in project.tracks for segment in track.segments]
    assert all(after.segment(segment.id)[1] == segment for segment in before)
    assert sum(len(track.segments) for track in after.tracks) == len(before) + report.segments
