from __future__ import annotations

from dataclasses import replace

import pytest

from cast_studio.core.edits import (
    AcceptPredictions,
    AddModel,
    AddSegments,
    AddVideo,
    AnnotateSegment,
    Changes,
    ChangeSchema,
    Edit,
    MergeSegments,
    RelabelSegments,
    RelinkVideo,
    RemoveSegments,
    RemoveVideo,
    RetimeSegment,
    RowChange,
    SegmentChange,
    SplitSegment,
    apply,
    apply_changes,
)
from cast_studio.core.labels import LabelClass, LabelHead, LabelSchema
from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import Origin, Track
from cast_studio.errors import EditError
from tests.core.examples import (
    MODEL,
    ONE,
    PROJECT,
    TWO,
    a_segment,
    accepted,
    refusal,
    spans_of,
)
from tests.core.strategies import NOUN, SCHEMA, VERB, make_video


def test_adding_a_segment() -> None:
    new = a_segment("n", 30, 40, verb=4)

    after, changes = apply(PROJECT, AddSegments("only", (new,)))

    assert after.segment("n") == (after.track("only"), new)
    assert list(spans_of(after)) == ["s1", "s2", "n", "s3"]
    assert changes == Changes(segments=(SegmentChange("n", None, new, "only"),))
    assert changes.segment_ids == ("n",)
    assert changes.track_ids == ("only",)
    assert after.track("free") is PROJECT.track("free")


def test_segments_that_do_not_fit_are_not_added() -> None:
    assert 'track "Labels" may not overlap' in refusal(AddSegments("only", (a_segment("n", 5, 6),)))
    assert "may not overlap" in refusal(
        AddSegments("only", (a_segment("n", 30, 36), a_segment("m", 35, 40)))
    )
    assert "id f1 already" in refusal(AddSegments("only", (a_segment("f1", 30, 36),)))
    assert "id n already" in refusal(
        AddSegments("only", (a_segment("n", 30, 32), a_segment("n", 33, 34)))
    )
    assert 'no label head "mood"' in refusal(AddSegments("only", (a_segment("n", 30, 31, mood=0),)))
    assert '"verb" has no class with the id 2' in refusal(
        AddSegments("only", (a_segment("n", 30, 31, verb=2),))
    )
    assert "no longer part of the project" in refusal(AddSegments("gone", ()))


def test_a_track_that_is_not_exclusive_takes_overlaps() -> None:
    after, _ = apply(PROJECT, AddSegments("free", (a_segment("n", 5, 6), a_segment("m", 5, 6))))

    assert list(spans_of(after, "free")) == ["f1", "m", "n"]


def test_what_comes_and_goes_in_one_step_leaves_its_track_alone() -> None:
    new = a_segment("n", 30, 40, verb=4)

    after, changes = apply(
        PROJECT, AddSegments("only", (new,)), RemoveSegments(("n",)), RemoveSegments(("s1",))
    )

    assert changes.segment_ids == ("s1",)
    unchanged = {track.id for track in PROJECT.tracks} - set(changes.track_ids)
    assert unchanged
    assert all(after.track(name) is PROJECT.track(name) for name in unchanged)

    after, changes = apply(PROJECT, AddSegments("free", (new,)), RemoveSegments(("n",)))

    assert changes.is_empty
    assert after is PROJECT


def test_removing_segments_of_several_tracks() -> None:
    after, changes = apply(PROJECT, RemoveSegments(("s2", "f1", "s2")))

    assert list(spans_of(after)) == ["s1", "s3"]
    assert spans_of(after, "free") == {}
    assert changes.segment_ids == ("s2", "f1")
    assert "no longer part" in refusal(RemoveSegments(("s1", "gone")))
    assert "select one first" in refusal(RemoveSegments(()))


def test_retiming_keeps_order_and_marks_a_correction() -> None:
    after, _ = apply(PROJECT, RetimeSegment("s2", TimeSpan(60, 70), "now"))

    assert list(spans_of(after)) == ["s1", "s3", "s2"]
    moved = after.segment("s2")[1]
    assert (moved.origin, moved.modified_at) == (Origin.CORRECTED, "now")
    assert moved.attributes == {"row": "7"}
    assert "may not overlap" in refusal(RetimeSegment("s2", TimeSpan(10, 41)))


def test_an_edit_that_changes_nothing_has_no_changes() -> None:
    for edit in (
        RetimeSegment("s2", TimeSpan(10, 30), "now"),
        RelabelSegments(("s2", "s3"), {"verb": 1, "noun": None}, "now"),
        AnnotateSegment("s1", note="", modified_at="now"),
        ChangeSchema(SCHEMA),
        RelinkVideo("v0", "videos/v0.mp4", "f-v0", 10),
        AddSegments("only", ()),
    ):
        after, changes = apply(PROJECT, edit)
        assert changes.is_empty
        assert after is PROJECT


def test_relabelling_sets_keeps_and_takes_away() -> None:
    edit = RelabelSegments(("s1", "s2", "s3"), {"verb": 1, "noun": None}, "now")

    after, changes = apply(PROJECT, edit)

    assert after.segment("s1")[1].labels == {"verb": 1}
    assert changes.segment_ids == ("s1",)
    assert after.segment("s1")[1].modified_at == "now"
    assert after.segment("s2")[1] == TWO
    relabelled, _ = apply(PROJECT, RelabelSegments(("s2",), {"noun": 2}))
    assert relabelled.segment("s2")[1].labels == {"verb": 1, "noun": 2}
    assert relabelled.segment("s2")[1].origin is Origin.CORRECTED
    assert 'no label head "mood"' in refusal(RelabelSegments(("s1",), {"mood": None}))
    assert "no class with the id 9" in refusal(RelabelSegments(("s1",), {"verb": 9}))
    assert "select one first" in refusal(RelabelSegments((), {"verb": 1}))


def test_the_labels_of_an_edit_cannot_change_later() -> None:
    labels: dict[str, int | None] = {"verb": 1}
    edit = RelabelSegments(("s1",), labels)
    labels["verb"] = 9

    assert edit == RelabelSegments(("s1",), {"verb": 1})
    assert hash(edit) == hash(RelabelSegments(("s1",), {"verb": 1}))


def test_notes_and_subjects_are_written_apart_and_correct_nothing() -> None:
    after, _ = apply(PROJECT, AnnotateSegment("s2", note="slow", modified_at="now"))
    after, _ = apply(after, AnnotateSegment("s2", subject="Ann"))

    found = after.segment("s2")[1]
    assert (found.note, found.subject, found.modified_at) == ("slow", "Ann", "now")
    assert found.origin is Origin.IMPORTED


def test_splitting() -> None:
    after, changes = apply(PROJECT, SplitSegment("s2", 18, "n", "now"))

    assert spans_of(after) == {"s1": (0, 10), "s2": (10, 18), "n": (18, 30), "s3": (40, 50)}
    assert changes.segment_ids == ("s2", "n")
    assert "split again" in refusal(SplitSegment("s2", 10, "n"))
    assert "id f1 already" in refusal(SplitSegment("s2", 18, "f1"))


def test_merging() -> None:
    same, _ = apply(PROJECT, RelabelSegments(("s1",), {"verb": 1}))

    after, changes = apply(same, MergeSegments(("s2", "s1"), "now"))

    assert spans_of(after) == {"s1": (0, 30), "s3": (40, 50)}
    assert set(changes.segment_ids) == {"s1", "s2"}
    assert 'different classes for "verb"' in refusal(MergeSegments(("s1", "s2")))
    assert "different tracks" in refusal(MergeSegments(("s1", "f1")))
    assert "may not overlap" in refusal(MergeSegments(("s1", "s3")), same)
    assert "at least two" in refusal(MergeSegments(("s1", "s1")))


def test_the_schema_can_grow_and_retire() -> None:
    retired = LabelHead("verb", tuple(replace(found, retired=True) for found in VERB.classes))
    wanted = LabelSchema((retired, LabelHead("noun", (*NOUN.classes, LabelClass(5, "pan")))))

    after, changes = apply(PROJECT, ChangeSchema(wanted))

    assert after.schema == wanted
    assert changes == Changes(schema=(RowChange("schema", SCHEMA, wanted),))


def test_labels_in_use_cannot_be_dropped() -> None:
    take, put, cut = VERB.classes

    assert apply(PROJECT, ChangeSchema(LabelSchema((LabelHead("verb", (take, put)), NOUN))))
    assert refusal(ChangeSchema(LabelSchema((LabelHead("verb", (take, cut)), NOUN)))) == (
        'The class "put" of "verb" is used by 2 segments; '
        "retire it instead, or give them another label first."
    )
    assert refusal(ChangeSchema(LabelSchema((VERB,)))) == (
        'The label head "noun" is used by 1 segment; keep it, or take these labels away first.'
    )


def test_a_video_comes_and_goes_with_its_tracks_and_segments() -> None:
    track = Track("new", "v1", "Labels", "me", (a_segment("n1", 0, 5), a_segment("n2", 5, 9)))

    with_video, changes = apply(PROJECT, AddVideo(make_video("v1"), (track,)))

    assert with_video.track("new") == track
    assert changes.tracks == (RowChange("new", None, replace(track, segments=())),)
    assert changes.segment_ids == ("n1", "n2")
    without, _ = apply(with_video, RemoveVideo("v1"))
    assert without == PROJECT


def test_videos_that_do_not_fit_are_not_added() -> None:
    video = make_video("v1")
    track = Track("new", "v1", "Labels", "me")

    assert "already" in refusal(AddVideo(make_video("v0", "other.mp4")))
    assert '"videos/v0.mp4" is part of the project already' in refusal(
        AddVideo(make_video("v1", "videos/v0.mp4"))
    )
    assert "belongs to another video" in refusal(AddVideo(video, (replace(track, video_id="v0"),)))
    assert "track with the id only already" in refusal(
        AddVideo(video, (replace(track, id="only"),))
    )
    assert "track with the id new already" in refusal(AddVideo(video, (track, track)))
    used = replace(track, segments=(a_segment("s1", 0, 1),))
    assert "segment with the id s1 already" in refusal(AddVideo(video, (used,)))
    twin = replace(track, segments=(a_segment("n", 0, 1),))
    assert "segment with the id n already" in refusal(
        AddVideo(video, (twin, replace(twin, id="other")))
    )
    mislabelled = replace(track, segments=(a_segment("n", 0, 1, verb=7),))
    assert "no class with the id 7" in refusal(AddVideo(video, (mislabelled,)))
    assert "no longer part" in refusal(RemoveVideo("v1"))


def test_relinking() -> None:
    after, changes = apply(PROJECT, RelinkVideo("v0", "../moved.mp4", "other", 12))

    video = after.video("v0")
    assert (video.path, video.fingerprint, video.size_bytes) == ("../moved.mp4", "other", 12)
    assert video.n_frames == 40
    assert [change.id for change in changes.videos] == ["v0"]
    two, _ = apply(PROJECT, AddVideo(make_video("v1")))
    assert "already" in refusal(RelinkVideo("v1", "videos/v0.mp4", "", 0), two)
    assert "no longer part" in refusal(RelinkVideo("v9", "x", "", 0))


def test_adding_a_model() -> None:
    after, changes = apply(PROJECT, AddModel(MODEL))

    assert after.model("m0") == MODEL
    assert changes == Changes(models=(RowChange("m0", None, MODEL),))
    assert '"cast-tiny" is part of the project already' in refusal(AddModel(MODEL), after)


def test_changes_that_do_not_fit_are_refused() -> None:
    stale_segment = SegmentChange("s1", replace(ONE, note="other"), None, "only")
    row = replace(PROJECT.track("only"), segments=())
    for changes in (
        Changes(segments=(stale_segment,)),
        Changes(segments=(replace(stale_segment, before=ONE, track_id="gone"),)),
        Changes(tracks=(RowChange("only", row, None),)),
        Changes(tracks=(RowChange("only", replace(row, name="other"), None),)),
        Changes(videos=(RowChange("v0", make_video("v0", "other.mp4"), None),)),
        Changes(models=(RowChange("m0", MODEL, None),)),
        Changes(schema=(RowChange("schema", LabelSchema(()), SCHEMA),)),
    ):
        with pytest.raises(EditError, match="has changed since"):
            apply_changes(PROJECT, changes)


def test_a_track_row_can_change_without_its_segments() -> None:
    row = replace(PROJECT.track("only"), segments=())
    changes = Changes(tracks=(RowChange("only", row, replace(row, name="Actions")),))

    after = apply_changes(PROJECT, changes)

    assert after.track("only") == replace(PROJECT.track("only"), name="Actions")
    assert changes.track_ids == ("only",)


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (AddSegments("only", (ONE,)), "Add segment"),
        (RemoveSegments(("s1", "s2")), "Remove 2 segments"),
        (RetimeSegment("s1", TimeSpan(0, 1)), "Move segment"),
        (RelabelSegments(("s1", "s2", "s3"), {}), "Relabel 3 segments"),
        (RelabelSegments(tuple(str(i) for i in range(1_200)), {}), "Relabel 1,200 segments"),
        (AnnotateSegment("s1", note="x"), "Change note"),
        (AnnotateSegment("s1", subject="x"), "Change subject"),
        (SplitSegment("s1", 5, "n"), "Split segment"),
        (MergeSegments(("s1", "s2")), "Merge 2 segments"),
        (AcceptPredictions("only", (accepted("n", 0, 1),), True), "Accept prediction"),
        (
            AcceptPredictions("only", (replace(ONE, origin=Origin.CORRECTED),), True),
            "Correct prediction",
        ),
        (ChangeSchema(SCHEMA), "Change classes"),
        (AddVideo(make_video("v1")), 'Add video "v1.mp4"'),
        (RemoveVideo("v0"), "Remove video"),
        (RelinkVideo("v0", "", "", 0), "Relink video"),
        (AddModel(MODEL), 'Add model "cast-tiny"'),
    ],
)
def test_edits_say_what_they_do(edit: Edit, text: str) -> None:
    assert edit.describe() == text
