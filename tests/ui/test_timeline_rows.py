"""Bars of a row: found by bisection, also when they overlap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import TimeSpan
from cast_studio.ui.timeline.rows import MAX_LEVELS, NARROW, Bar, Row
from cast_studio.ui.timeline.scale import TimeScale

SCALE = TimeScale(TimeSpan(0, 1300), 0.0, 10.0, 130, 1.0)

spans = st.tuples(st.integers(0, 1000), st.integers(0, 300)).map(
    lambda pair: TimeSpan(pair[0], pair[0] + pair[1])
)
rows = st.lists(spans, max_size=40).map(
    lambda found: Row(
        tuple(Bar(f"{i:03}", span, "x", "#0072b2") for i, span in enumerate(sorted(found)))
    )
)


@given(rows, st.integers(-100, 1400), st.integers(0, 400))
def test_what_touches_the_view_is_among_the_visible(row: Row, first: int, length: int) -> None:
    last = first + length
    visible = set(row.visible(first, last))
    for position, bar in enumerate(row.bars):
        if bar.span.start <= last and bar.span.end >= first:
            assert position in visible


@given(rows, st.integers(0, 1300))
def test_the_bar_at_a_tick_contains_it(row: Row, pts: int) -> None:
    position = row.at(pts)
    holding = [i for i, bar in enumerate(row.bars) if bar.span.contains(pts)]
    assert position == (holding[-1] if holding else None)


@given(rows)
def test_every_bar_is_drawn_either_alone_or_as_pixels(row: Row) -> None:
    scale = TimeScale(TimeSpan(0, 1300), 0.0, 10.0, 130, 1.0)
    everything = range(len(row.bars))
    wide = set(row.wide(scale, everything))
    pixels = row.narrow_pixels(scale, everything, 0, 131, ground="#ffffff")
    for position, bar in enumerate(row.bars):
        assert (position in wide) == (bar.span.duration / 10 >= NARROW)
        if position not in wide:
            assert pixels[bar.span.start // 10] != 0


def test_pixels_are_opaque_for_labels_and_translucent_for_the_model() -> None:
    scale = TimeScale(TimeSpan(0, 1000), 0.0, 100.0, 10, 1.0)
    bars = (
        Bar("a", TimeSpan(0, 100), "", "#ff0000"),
        Bar("b", TimeSpan(200, 300), "", "#ff0000", confidence=1.0),
        Bar("c", TimeSpan(400, 500), "", "#ff0000", confidence=0.1),
    )
    pixels = Row(bars).narrow_pixels(scale, range(3), 0, 10, ground="#ffffff")
    alpha = (pixels >> 24).astype(int)
    assert alpha[0] == 255
    assert 255 > alpha[2] > alpha[4] > 0
    assert not np.any(alpha[[1, 3, 5]])


def test_an_empty_row_has_nothing() -> None:
    row = Row()
    assert list(row.visible(0, 100)) == []
    assert row.at(5) is None
    assert row.position_of("a") is None


@given(rows, st.lists(spans, max_size=4), st.data())
def test_a_changed_row_is_the_row_made_anew(
    row: Row, new: list[TimeSpan], data: st.DataObject
) -> None:
    row.narrow_pixels(SCALE, range(len(row.bars)), 0, 131, ground="#ffffff")
    gone = data.draw(st.sets(st.sampled_from([bar.key for bar in row.bars] or ["none"])))
    added = [Bar(f"n{i}", span, "y", "#e69f00") for i, span in enumerate(new)]
    changed = row.replacing(gone, added)
    kept = [bar for bar in row.bars if bar.key not in gone]
    again = Row(sorted([*kept, *added], key=lambda bar: (bar.span, bar.key)))
    assert changed.bars == again.bars
    every = range(len(again.bars))
    pixels = [
        found.narrow_pixels(SCALE, every, 0, 131, ground="#ffffff") for found in (changed, again)
    ]
    assert np.array_equal(*pixels)
    assert changed.wide(SCALE, every) == again.wide(SCALE, every)
    assert [changed.position_of(bar.key) for bar in again.bars] == list(every)


@given(rows)
def test_bars_of_a_level_do_not_overlap(row: Row) -> None:
    stacked = Row(row.bars, stacked=True)
    if stacked.n_levels == MAX_LEVELS:
        return  # more overlap than there are levels
    for level in range(stacked.n_levels):
        own = [bar.span for bar, n in zip(stacked.bars, stacked.levels, strict=True) if n == level]
        assert not any(a.intersects(b) for i, a in enumerate(own) for b in own[i + 1 :])
