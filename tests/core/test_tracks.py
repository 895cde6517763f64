from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import TimeSpan
from cast_studio.core.tracks import (
    Origin,
    Segment,
    Track,
    changed_by_hand,
    gaps,
    merge,
    retime,
    sort_key,
    split,
    subtract,
)
from cast_studio.errors import EditError
from tests.core.strategies import make_track, segments, spans, tracks


def a_segment(segment_id: str, start: int, end: int, **labels: int) -> Segment:
    return Segment(segment_id, TimeSpan(start, end), labels)


TRACK = make_track([a_segment("a", 0, 10), a_segment("b", 10, 20), a_segment("c", 30, 40)])


def test_a_segment_cannot_be_changed_in_place() -> None:
    labels = {"verb": 1}
    attributes = {"narration": "take knife"}
    segment = Segment("a", TimeSpan(0, 1), labels, attributes=attributes)
    labels["verb"] = 2
    attributes.clear()

    assert segment.labels == {"verb": 1}
    assert segment.attributes == {"narration": "take knife"}
    with pytest.raises(TypeError):
        segment.labels["verb"] = 2  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        segment.note = "x"  # type: ignore[misc]


def test_segments_are_equal_and_hashed_by_content() -> None:
    assert a_segment("a", 0, 1, verb=1) == a_segment("a", 0, 1, verb=1)
    assert a_segment("a", 0, 1, verb=1) != a_segment("a", 0, 1, verb=2)
    assert len({a_segment("a", 0, 1, verb=1), a_segment("a", 0, 1, verb=1)}) == 1


def test_segments_are_found_by_id_and_by_time() -> None:
    assert TRACK.segment("b").span == TimeSpan(10, 20)
    assert TRACK.has_segment("c")
    assert not TRACK.has_segment("d")
    found = [TRACK.at(pts) for pts in (0, 9, 10, 20, 35, 40)]
    assert [segment.id if segment else None for segment in found] == [
        "a",
        "a",
        "b",
        None,
        "c",
        None,
    ]
    with pytest.raises(KeyError):
        TRACK.segment("d")


def test_of_overlapping_segments_the_one_that_started_last_is_at_a_moment() -> None:
    track = make_track([a_segment("long", 0, 100), a_segment("short", 5, 8)], exclusive=False)

    assert track.at(6) == a_segment("short", 5, 8)
    assert track.at(50) == a_segment("long", 0, 100)


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_point_event_is_found_at_its_moment_alone(exclusive: bool) -> None:
    track = make_track([a_segment("point", 5, 5)], exclusive=exclusive)

    assert [track.at(pts) is not None for pts in (4, 5, 6)] == [False, True, False]
    assert track.overlapping(TimeSpan(5, 9)) == track.segments
    assert track.overlapping(TimeSpan(0, 5)) == ()


@given(tracks(), spans)
def test_overlapping_agrees_with_a_search_through_all_segments(
    track: Track, span: TimeSpan
) -> None:
    expected = [segment for segment in track.segments if segment.span.intersects(span)]

    assert list(track.overlapping(span)) == expected


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ((a_segment("b", 5, 6), a_segment("a", 1, 2)), "order of their time"),
        ((a_segment("a", 1, 4), a_segment("b", 3, 6)), "may not overlap"),
        ((a_segment("a", 1, 4), a_segment("b", 2, 2)), "may not overlap"),
        ((a_segment("a", 1, 2), a_segment("a", 3, 4)), "same id"),
    ],
)
def test_a_track_that_makes_no_sense_is_refused(wrong: tuple[Segment, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Track("t", "v", "Labels", "me", wrong)


@given(tracks(), st.data())
def test_replacing_gives_what_a_new_track_would_hold(track: Track, data: st.DataObject) -> None:
    removed = (
        data.draw(st.lists(st.sampled_from(track.segments), unique=True))
        if (track.segments)
        else []
    )
    ids = st.sampled_from(("s0", "s1", "n0", "n1"))
    added = data.draw(st.lists(segments(ids), max_size=3))
    wanted = [segment for segment in track.segments if segment not in removed] + added
    try:
        expected = replace(track, segments=tuple(sorted(wanted, key=sort_key)))
    except ValueError:
        with pytest.raises(EditError):
            track.replacing(removed, added)
    else:
        assert track.replacing(removed, added) == expected


def test_many_segments_are_replaced_as_few_are() -> None:
    track = make_track([a_segment(f"s{i:03}", 10 * i, 10 * i + 5) for i in range(200)])
    moved = [
        replace(segment, span=TimeSpan(segment.span.start + 2, segment.span.end + 2))
        for segment in track.segments
    ]

    assert track.replacing(track.segments, moved).segments == tuple(moved)
    assert track.replacing(track.segments, ()).segments == ()
    with pytest.raises(EditError, match="has changed since"):
        track.replacing(moved, ())
    with pytest.raises(EditError, match="may not overlap"):
        track.replacing((), [replace(segment, id=f"n{segment.id}") for segment in moved])


def test_all_segments_are_taken_away_at_once_and_come_back() -> None:
    track = make_track([a_segment(f"s{i:03}", 10 * i, 10 * i + 5) for i in range(300)])
    empty = track.replacing(track.segments, ())
    assert empty == replace(track, segments=())
    assert not empty.has_segment("s007")
    again = empty.replacing((), track.segments)
    assert again == track
    assert again.segment("s007") is track.segments[7]


def test_replacing_one_of_many_segments_keeps_all_others_as_they_are() -> None:
    track = make_track([a_segment(f"s{i:05}", 10 * i, 10 * i + 5) for i in range(2_000)])
    before = track.segments[1_000]

    after = track.replacing([before], [replace(before, note="x")])

    kept = zip(track.segments, after.segments, strict=True)
    assert [old.id for old, new in kept if old is not new] == [before.id]


def test_what_is_no_longer_there_cannot_be_replaced() -> None:
    for stale in (a_segment("z", 50, 60), a_segment("a", 0, 9), a_segment("a", 0, 10, verb=1)):
        with pytest.raises(EditError, match="has changed since"):
            TRACK.replacing([stale], [])


def test_a_hand_turns_what_a_machine_made_into_a_correction() -> None:
    drawn = a_segment("a", 0, 10)

    assert changed_by_hand(drawn).origin is Origin.MANUAL
    for origin in (Origin.ACCEPTED, Origin.IMPORTED, Origin.CORRECTED):
        assert changed_by_hand(replace(drawn, origin=origin)).origin is Origin.CORRECTED
    assert changed_by_hand(drawn, modified_at="now").modified_at == "now"
    assert changed_by_hand(replace(drawn, modified_at="then")).modified_at == "then"


def test_retiming_to_the_same_place_changes_nothing() -> None:
    imported = replace(a_segment("a", 0, 10), origin=Origin.IMPORTED)

    assert retime(imported, TimeSpan(0, 10), modified_at="now") is imported
    assert retime(imported, TimeSpan(0, 11)).origin is Origin.CORRECTED


@given(segments(), st.integers(-10, 60))
def test_splitting_cuts_without_loss(segment: Segment, at_pts: int) -> None:
    if not segment.span.start < at_pts < segment.span.end:
        with pytest.raises(EditError, match="move the playhead"):
            split(segment, at_pts, "new")
        return
    left, right = split(segment, at_pts, "new")

    assert (left.span.start, left.span.end) == (segment.span.start, at_pts)
    assert (right.span.start, right.span.end) == (at_pts, segment.span.end)
    assert (left.id, right.id) == (segment.id, "new")
    assert left.labels == right.labels == segment.labels
    merged = merge([right, left])
    assert (merged.id, merged.span, merged.labels) == (segment.id, segment.span, segment.labels)


def test_merging_adds_up_labels_and_notes() -> None:
    first = replace(
        a_segment("a", 0, 4, verb=1), note="slow", attributes={"row": "1", "file": "x"}, score=0.5
    )
    second = replace(
        a_segment("b", 6, 9, noun=2), note="left hand", attributes={"row": "2", "file": "x"}
    )
    third = replace(a_segment("c", 7, 8, verb=1), note="slow", attributes={"file": "x"})

    merged = merge([third, second, first], modified_at="now")

    assert merged == replace(
        first,
        span=TimeSpan(0, 9),
        labels={"verb": 1, "noun": 2},
        note="slow\nleft hand",
        attributes={"file": "x"},
        score=None,
        modified_at="now",
    )


def test_merging_with_what_a_machine_made_is_a_correction() -> None:
    accepted = replace(a_segment("b", 6, 9), origin=Origin.ACCEPTED)

    assert merge([a_segment("a", 0, 4), accepted]).origin is Origin.CORRECTED
    assert merge([a_segment("a", 0, 4), a_segment("b", 6, 9)]).origin is Origin.MANUAL


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: replace(found, labels={"verb": 2}), 'different classes for "verb"'),
        (lambda found: replace(found, subject="Ben"), r"different subjects \(Ann, Ben\)"),
    ],
)
def test_segments_that_disagree_are_not_merged(
    change: Callable[[Segment], Segment], words: str
) -> None:
    first = replace(a_segment("a", 0, 4, verb=1), subject="Ann")
    with pytest.raises(EditError, match=words):
        merge([first, change(replace(first, id="b", span=TimeSpan(5, 6)))])


def test_merging_needs_two() -> None:
    with pytest.raises(EditError, match="at least two"):
        merge([a_segment("a", 0, 4)])


@given(spans, st.lists(spans, max_size=4))
def test_subtracting_leaves_the_moments_outside_all_holes(
    span: TimeSpan, holes: list[TimeSpan]
) -> None:
    left = subtract(span, holes)

    for pts in range(span.start - 1, span.end + 2):
        expected = span.contains(pts) and not any(hole.contains(pts) for hole in holes)
        assert any(part.contains(pts) for part in left) == expected
    assert all(not part.intersects(hole) for part in left for hole in holes)
    assert list(left) == sorted(left)


@given(tracks(), spans)
def test_gaps_and_segments_cover_everything_once(track: Track, within: TimeSpan) -> None:
    found = gaps(track.segments, within)

    for pts in range(within.start, within.end):
        covered = any(segment.span.start <= pts < segment.span.end for segment in track.segments)
        assert any(gap.contains(pts) for gap in found) == (not covered)
    for gap in found:
        assert within.start <= gap.start < gap.end <= within.end
