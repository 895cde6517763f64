"""Another video stream of a file is labelled: what that does to what there is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from cast_studio.core.edits import AddVideo, ChooseStream, apply, apply_changes
from cast_studio.core.labels import LabelSchema
from cast_studio.core.project import FORMAT_VERSION, Project
from cast_studio.core.reviewed import ReviewedRange
from cast_studio.core.timing import FrameIndex, Timebase, TimeSpan
from cast_studio.core.tracks import Segment, Track
from cast_studio.errors import EditError
from tests.core.strategies import make_video

VIDEO = make_video("v0")
TICK = VIDEO.tick


def frames(tick: Timebase) -> FrameIndex:
    return FrameIndex(np.arange(10) * 7, np.ones(10, bool), tick, 70)


def project(*spans: TimeSpan) -> Project:
    segments = [Segment(f"s{number}", span, {}) for number, span in enumerate(spans)]
    track = Track("t", "v0", "t", "me", tuple(segments), exclusive=True)
    empty = Project(FORMAT_VERSION, "p", "P", LabelSchema(()))
    made, _ = apply(empty, AddVideo(VIDEO, (track,)))
    return replace(made, reviewed=(ReviewedRange("r", "v0", TimeSpan(1, 9), "me"),))


def test_labels_keep_their_ticks_where_both_streams_count_in_the_same() -> None:
    before = project(TimeSpan(3, 8), TimeSpan(8, 20))
    after, changes = apply(before, ChooseStream("v0", 1, frames(TICK), (48, 32)))
    video = after.video("v0")
    assert (video.stream, video.n_frames, video.width, video.height) == (1, 10, 48, 32)
    assert (video.start_pts, video.end_pts, video.timebase) == (0, 70, TICK)
    assert after.tracks == before.tracks
    assert after.reviewed == before.reviewed
    assert apply_changes(after, changes.inverse()) == before


def test_labels_stay_at_their_moments_where_the_other_stream_has_another_clock() -> None:
    before = project(TimeSpan(3, 8), TimeSpan(8, 20))
    finer = TICK / 3
    after, changes = apply(before, ChooseStream("v0", 1, frames(finer), (48, 32)))
    assert [s.span for s in after.track("t").segments] == [TimeSpan(9, 24), TimeSpan(24, 60)]
    assert after.reviewed[0].span == TimeSpan(3, 27)
    back, _ = apply(after, ChooseStream("v0", None, frames(TICK), (96, 64)))
    assert back.tracks == before.tracks
    assert apply_changes(after, changes.inverse()) == before


def test_no_label_is_lost_where_the_other_stream_counts_coarsely() -> None:
    before = project(TimeSpan(11, 19), TimeSpan(19, 24))
    after, _ = apply(before, ChooseStream("v0", 1, frames(10 * TICK), (48, 32)))
    assert [s.span for s in after.track("t").segments] == [TimeSpan(1, 2), TimeSpan(2, 2)]
    assert after.track("t").exclusive
    # A point at the edge of another label is no overlap; two labels of one moment are.
    crowded, _ = apply(
        project(TimeSpan(8, 11), TimeSpan(11, 24), TimeSpan(24, 24)),
        ChooseStream("v0", 1, frames(20 * TICK), (48, 32)),
    )
    assert len(crowded.track("t").segments) == 3
    assert not crowded.track("t").exclusive


def test_the_same_stream_changes_nothing_and_an_unseen_video_has_none() -> None:
    before = project()
    assert apply(before, ChooseStream("v0", None, frames(TICK), (96, 64)))[1].is_empty
    unseen = replace(before, videos=(replace(VIDEO, timebase=None),))
    with pytest.raises(EditError, match="locate it first"):
        apply(unseen, ChooseStream("v0", 1, frames(Fraction(1, 24)), (96, 64)))


def test_what_is_seen_of_a_file_depends_on_its_stream() -> None:
    assert VIDEO.seen_content == VIDEO.fingerprint
    assert replace(VIDEO, stream=2).seen_content != VIDEO.fingerprint
