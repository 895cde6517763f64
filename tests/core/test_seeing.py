"""A video that was labelled before its file was there, and what happens when it comes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from cast_studio.core.edits import (
    ChooseStream,
    RemoveSegments,
    RestoreProject,
    RetimeSegment,
    SeeVideo,
    apply,
    apply_changes,
)
from cast_studio.core.project import UNSEEN_TICK, Project
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.tracks import Origin
from cast_studio.errors import EditError
from tests.core.imports_examples import a_file, a_row, plan
from tests.core.strategies import SCHEMA

EMPTY = Project(1, "p", "Kitchen", SCHEMA)
INDEX = FrameIndex(np.arange(100) * 512, np.ones(100, bool), Fraction(1, 15_360), 51_200)


@pytest.mark.parametrize(
    "tick",
    [
        *(Fraction(1, rate) for rate in (24, 25, 30, 48, 50, 60, 100, 120, 240, 1_000, 1_000_000)),
        *(Fraction(1001, rate) for rate in (24_000, 30_000, 60_000, 120_000)),
        *(Fraction(1, rate) for rate in (12_288, 12_800, 15_360, 90_000, 44_100, 48_000)),
    ],
)
def test_an_unseen_tick_divides_what_files_count_in(tick: Fraction) -> None:
    assert (tick / UNSEEN_TICK).denominator == 1


def test_labels_move_to_the_ticks_of_the_file_and_stay_imported() -> None:
    found = plan(EMPTY, a_file([a_row(start=Fraction("0.5"), stop=Fraction("1.04"), verb="take")]))
    assert found.edit is not None
    before, _ = apply(EMPTY, found.edit)
    video_id = before.videos[0].id
    after, changes = apply(before, SeeVideo.of(video_id, INDEX))
    (segment,) = after.tracks[0].segments
    assert segment.span == TimeSpan(7_680, round(Fraction("1.04") * 15_360))
    assert segment.origin is Origin.IMPORTED
    video = after.videos[0]
    assert (video.timebase, video.n_frames, video.rate) == (Fraction(1, 15_360), 100, Fraction(30))
    assert (video.start_pts, video.end_pts) == (0, 51_200)
    assert apply_changes(after, changes.inverse()) == before
    with pytest.raises(EditError, match="was seen already"):
        apply(after, SeeVideo.of(video_id, INDEX))


def test_labels_shorter_than_a_tick_of_the_file_are_kept() -> None:
    coarse = FrameIndex(np.arange(100), np.ones(100, bool), Fraction(1, 25), 100)
    times = (("0.49", "0.50"), ("0.50", "0.90"))
    rows = [a_row(start=Fraction(start), stop=Fraction(stop)) for start, stop in times]
    found = plan(EMPTY, a_file(rows))
    assert found.edit is not None
    before, _ = apply(EMPTY, found.edit)
    (video,) = before.videos
    looked = ReviewedRange("r", video.id, TimeSpan(5, 9), "ada")
    before = replace(before, reviewed=(looked,))
    after, changes = apply(before, SeeVideo.of(video.id, coarse))
    assert [one.span for one in after.tracks[0].segments] == [TimeSpan(12, 12), TimeSpan(12, 22)]
    assert (before.tracks[0].exclusive, after.tracks[0].exclusive) == (True, False)
    assert after.reviewed[0].span == TimeSpan(0, 1)
    assert apply_changes(after, changes.inverse()) == before


def test_a_backup_from_before_a_video_was_found_comes_back_in_its_ticks() -> None:
    rows = [a_row(stop=1, segment_id="a"), a_row(video="other", segment_id="b")]
    found = plan(EMPTY, a_file(rows))
    assert found.edit is not None
    backup, _ = apply(EMPTY, found.edit)
    video_id = next(video.id for video in backup.videos if video.path == "clip.mp4")
    seen, _ = apply(backup, SeeVideo.of(video_id, INDEX))
    emptied, _ = apply(seen, RemoveSegments(("a", "b")))
    back, changes = apply(emptied, RestoreProject(backup, "12:03"))
    assert back == seen
    assert back.segment("a")[1].span == TimeSpan(0, 15_360)
    assert len(changes.segments) == 2
    assert apply_changes(back, changes.inverse()) == emptied


def test_a_backup_from_before_a_stream_was_chosen_comes_back_in_that_stream() -> None:
    found = plan(EMPTY, a_file([a_row(stop=1, segment_id="a")]))
    assert found.edit is not None
    backup, _ = apply(EMPTY, found.edit)
    (video,) = backup.videos
    seen, _ = apply(backup, SeeVideo.of(video.id, INDEX))
    other = FrameIndex(np.arange(20) * 10, np.ones(20, bool), Fraction(1, 100), 200)
    chosen, _ = apply(seen, ChooseStream(video.id, 1, other, (64, 48)))
    back, _ = apply(chosen, RestoreProject(backup, "12:03"))
    assert (back.videos[0].stream, back.videos[0].tick) == (1, Fraction(1, 100))
    assert back.segment("a")[1].span == TimeSpan(0, 100)


def test_earlier_steps_can_be_undone_in_the_new_ticks() -> None:
    rows = [a_row(start=0, stop=1, segment_id="a"), a_row(video="other", segment_id="b")]
    found = plan(EMPTY, a_file(rows))
    assert found.edit is not None
    imported, first = apply(EMPTY, found.edit)
    video_id = next(video.id for video in imported.videos if video.path == "clip.mp4")
    span = TimeSpan(0, round(2 / UNSEEN_TICK))
    moved, second = apply(imported, RetimeSegment("a", span))
    edit = SeeVideo.of(video_id, INDEX)
    seen, _ = apply(moved, edit)
    tracks = edit.track_ids(moved, [first, second])
    steps = [edit.translated(step, tracks) for step in (first, second)]
    without = apply_changes(apply_changes(seen, steps[1].inverse()), steps[0].inverse())
    assert without == EMPTY
    again = apply_changes(apply_changes(without, steps[0]), steps[1])
    assert again == seen
    assert again.segment("a")[1].span == TimeSpan(0, 30_720)
    # The other video is still unseen.
    assert again.segment("b") == imported.segment("b")
