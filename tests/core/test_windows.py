from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.predictions import Prediction
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.windows import merge_windows
from tests.core.strategies import frame_indexes

Scores = Mapping[str, NDArray[np.float32]]

RATE = 25
SPEC = ClipSpec(window_seconds=1.0, hop_seconds=0.2)


def steady(frames: int) -> FrameIndex:
    """25 frames a second, 10 ticks each."""
    pts = np.arange(frames) * 10
    return FrameIndex(pts, pts == 0, Fraction(1, 10 * RATE), frames * 10)


@st.composite
def scored_videos(draw: st.DrawFn) -> tuple[FrameIndex, tuple[TimeSpan, ...], Scores]:
    """Draw a video of any rhythm, windows over it, and a model's opinion of each."""
    index = draw(frame_indexes())
    whole = index.span
    length = draw(st.integers(1, whole.duration))
    hop = draw(st.integers(1, length))
    starts = [*range(whole.start, whole.end - length, hop), whole.end - length]
    windows = tuple(TimeSpan(start, start + length) for start in starts)
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    sharpness = draw(st.sampled_from((0.1, 1.0, 10.0)))
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    scores = {
        f"head{at}": softmax(sharpness * rng.standard_normal((len(windows), size)))
        for at, size in enumerate(sizes)
    }
    return index, windows, scores


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def one_hot(labels: Sequence[int], classes: int, *, certainty: float = 0.97) -> NDArray[np.float32]:
    rows = np.full((len(labels), classes), (1 - certainty) / (classes - 1), np.float32)
    rows[np.arange(len(labels)), labels] = certainty
    return rows


def runs(predictions: Sequence[Prediction], head: str) -> list[int]:
    """The best class of each segment."""
    return [found.best(head)[0] for found in predictions]


@given(scored_videos(), st.sampled_from((0.0, 0.5, 3.0, 100.0)))
def test_segments_tile_the_video_on_frame_edges(
    video: tuple[FrameIndex, tuple[TimeSpan, ...], Scores], switch_cost: float
) -> None:
    index, windows, scores = video
    found = merge_windows(index, windows, scores, switch_cost=switch_cost)
    assert found[0].span.start == index.span.start
    assert found[-1].span.end == index.span.end
    assert all(before.span.end == after.span.start for before, after in pairwise(found))
    assert all(segment.span.duration > 0 for segment in found)
    assert {segment.span.start for segment in found} <= set(index.pts.tolist())
    assert len(found) <= len(windows)
    for segment in found:
        assert list(segment.scores) == list(scores)
        for head, row in segment.scores.items():
            assert row.shape == scores[head].shape[1:]
            assert float(row.sum()) == pytest.approx(1, abs=1e-4)


@given(scored_videos())
def test_a_cost_that_nothing_can_pay_gives_one_segment(
    video: tuple[FrameIndex, tuple[TimeSpan, ...], Scores],
) -> None:
    assert len(merge_windows(*video, switch_cost=1e6)) == 1


def test_a_higher_cost_gives_fewer_segments() -> None:
    index = steady(2000)
    windows = SPEC.windows(index)
    rows = softmax(3 * np.random.default_rng(0).standard_normal((len(windows), 4)))
    counts = [len(merge_windows(index, windows, {"a": rows}, switch_cost=c)) for c in (0, 2, 8, 99)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[2] > counts[3] == 1


@given(scored_videos())
def test_without_a_cost_every_piece_has_its_own_best_label(
    video: tuple[FrameIndex, tuple[TimeSpan, ...], Scores],
) -> None:
    index, windows, scores = video
    free = merge_windows(index, windows, scores, switch_cost=0.0)
    labels = [tuple(found.best(head)[0] for head in scores) for found in free]
    assert all(before != after for before, after in pairwise(labels))


TRUTH = ((0, 40, 1), (40, 90, 0), (90, 130, 2), (130, 190, 1), (190, 230, 0))
"""First frame, stop frame and class of actions of 1.6 to 2.4 seconds."""


def centered_label(span: TimeSpan) -> int:
    center = (span.start + span.end) / 2 / 10
    return next(label for first, stop, label in TRUTH if first <= center < stop)


def label_inside(span: TimeSpan) -> int | None:
    """The class that a window shows from its start to its end, None across a change."""
    return next(
        (label for a, b, label in TRUTH if a * 10 <= span.start and span.end <= b * 10), None
    )


def test_windows_that_know_give_back_the_true_segments() -> None:
    index = steady(230)
    windows = SPEC.windows(index)
    rows = one_hot([centered_label(span) for span in windows], 3)
    found = merge_windows(index, windows, {"verb": rows}, switch_cost=1.0)
    assert runs(found, "verb") == [label for _, _, label in TRUTH]
    for segment, (first, stop, _) in zip(found, TRUTH, strict=True):
        assert segment.span.start / 10 == pytest.approx(first, abs=SPEC.window_seconds * RATE / 2)
        assert segment.span.end / 10 == pytest.approx(stop, abs=SPEC.window_seconds * RATE / 2)


@pytest.mark.parametrize("across", ["says something else", "is torn"])
def test_what_windows_across_a_change_say_is_not_asked(across: str) -> None:
    index = steady(230)
    windows = SPEC.windows(index)
    inside = [label_inside(span) for span in windows]
    rows = one_hot([3 if label is None else label for label in inside], 4)
    if across == "is torn":
        rows[[label is None for label in inside]] = 0.25
    found = merge_windows(index, windows, {"verb": rows})
    assert runs(found, "verb") == [label for _, _, label in TRUTH]
    for segment, (first, stop, label) in zip(found, TRUTH, strict=True):
        assert (segment.span.start / 10, segment.span.end / 10) == (first, stop)
        assert segment.scores["verb"][label] == pytest.approx(0.97, abs=1e-4)


def test_one_doubtful_window_is_no_segment() -> None:
    index = steady(230)
    windows = SPEC.windows(index)
    rows = one_hot([0] * len(windows), 3)
    rows[9] = (0.3, 0.4, 0.3)
    assert len(merge_windows(index, windows, {"verb": rows})) == 1


@pytest.mark.parametrize("frames", [1, 5, 25])
def test_a_video_of_a_single_window_is_one_segment(frames: int) -> None:
    index = steady(frames)
    windows = SPEC.windows(index)
    rows = softmax(np.array([[0.0, 2.0, 1.0]]))
    (found,) = merge_windows(index, windows, {"verb": rows})
    assert found.span == index.span
    np.testing.assert_allclose(found.scores["verb"], rows[0], rtol=1e-5)


def test_heads_change_their_labels_together_or_alone() -> None:
    index = steady(400)
    windows = SPEC.windows(index)
    centers = [(span.start + span.end) / 20 for span in windows]
    verbs = one_hot([int(center >= 100) for center in centers], 3)
    nouns = one_hot([int(center >= 100) + int(center >= 250) for center in centers], 4)
    found = merge_windows(index, windows, {"verb": verbs, "noun": nouns})
    assert list(zip(runs(found, "verb"), runs(found, "noun"), strict=True)) == [
        (0, 0),
        (1, 1),
        (1, 2),
    ]


def test_a_weak_change_of_one_head_is_carried_by_the_other() -> None:
    """Neither head alone is sure enough to pay for the change; together they are."""
    index = steady(120)
    windows = (TimeSpan(0, 600), TimeSpan(600, 1200))
    rows = one_hot([0, 1], 2, certainty=0.88)  # 2 nats
    assert len(merge_windows(index, windows, {"verb": rows})) == 1
    assert len(merge_windows(index, windows, {"verb": rows, "noun": rows})) == 2


def test_the_course_is_the_most_probable_of_all() -> None:
    """Against every course there is, for windows that do not overlap."""
    index = steady(60)
    windows = tuple(TimeSpan(start, start + 100) for start in range(0, 600, 100))
    for seed in range(20):
        rows = softmax(2 * np.random.default_rng(seed).standard_normal((6, 3)))
        courses = np.stack(np.meshgrid(*[range(3)] * 6), -1).reshape(-1, 6)
        evidence = np.log(rows.astype(np.float64))[np.arange(6), courses].sum(1)
        changes = (courses[:, 1:] != courses[:, :-1]).sum(1)
        best = courses[(evidence - 1.2 * changes).argmax()]
        expected = [len(list(run)) * 100 for _, run in groupby(best)]
        found = merge_windows(index, windows, {"verb": rows}, switch_cost=1.2)
        assert [segment.span.duration for segment in found] == expected


def test_each_of_many_classes_can_win() -> None:
    """As many nouns in one video as EPIC-KITCHENS has."""
    index = steady(300 * 40)
    windows = tuple(TimeSpan(start, start + 400) for start in range(0, index.end_pts, 400))
    nouns = one_hot(range(300), 300, certainty=0.9)
    verbs = one_hot([at % 97 for at in range(300)], 97, certainty=0.9)
    found = merge_windows(index, windows, {"verb": verbs, "noun": nouns})
    assert runs(found, "noun") == list(range(300))
    assert runs(found, "verb") == [at % 97 for at in range(300)]


def test_beyond_what_can_be_weighed_the_likely_classes_are() -> None:
    index = steady(80)
    windows = (TimeSpan(0, 400), TimeSpan(400, 800))
    rows = one_hot([999, 0], 1000, certainty=0.9)
    found = merge_windows(index, windows, {"a": rows, "b": rows[::-1]})
    assert (runs(found, "a"), runs(found, "b")) == ([999, 0], [0, 999])


def test_a_gap_between_windows_is_given_to_the_nearest() -> None:
    index = steady(100)
    windows = (TimeSpan(0, 100), TimeSpan(900, 1000))
    found = merge_windows(index, windows, {"verb": one_hot([0, 1], 2)})
    assert [segment.span for segment in found] == [TimeSpan(0, 500), TimeSpan(500, 1000)]
