"""The map between ticks and pixels."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import TimeSpan
from cast_studio.ui.timeline.scale import TimeScale

WHOLE = TimeSpan(1000, 91_000)

scales = st.builds(
    lambda zoom, around, width: TimeScale.fitting(WHOLE, width, frame_ticks=300).zoomed(
        zoom, around=around
    ),
    st.floats(0.1, 100),
    st.floats(0, 500),
    st.integers(10, 4000),
)


def fitting(width: int = 900) -> TimeScale:
    return TimeScale.fitting(WHOLE, width, frame_ticks=300)


def test_a_fitting_scale_shows_exactly_the_video() -> None:
    scale = fitting()
    assert scale.shows_all
    assert scale.x_of(WHOLE.start) == pytest.approx(0)
    assert scale.x_of(WHOLE.end) == pytest.approx(900)


@given(scales, st.floats(0, 4000))
def test_pixels_and_ticks_are_inverse(scale: TimeScale, x: float) -> None:
    assert scale.x_of(scale.pts_at(x)) == pytest.approx(x, abs=1e-6)


@given(scales, st.floats(0.01, 100), st.floats(0, 1000), st.floats(-5000, 5000))
def test_no_zoom_and_no_pan_leaves_the_video(
    scale: TimeScale, factor: float, around: float, pan: float
) -> None:
    moved = scale.zoomed(factor, around=around).panned(pan)
    assert moved.first >= WHOLE.start - 1e-6
    assert moved.last <= WHOLE.end + 1e-3
    assert moved.per_pixel >= scale.closest - 1e-9


def test_zooming_keeps_the_place_under_the_pointer() -> None:
    scale = fitting()
    assert scale.zoomed(4, around=300).x_of(scale.pts_at(300)) == pytest.approx(300)


def test_the_closest_zoom_shows_single_frames() -> None:
    closest = fitting().zoomed(1e9, around=0)
    assert 300 / closest.per_pixel == pytest.approx(24)


def test_a_playhead_out_of_sight_turns_the_page() -> None:
    close = fitting().zoomed(10, around=0)
    assert close.showing(close.pts_at(50)) is close
    turned = close.showing(50_000)
    assert 0 <= turned.x_of(50_000) < turned.width


@given(scales)
def test_written_times_keep_their_distance(scale: TimeScale) -> None:
    places = [x for x, _ in scale.ruler(1 / 90_000)]
    assert all(after - before >= 89.9 for before, after in pairwise(places))


def test_a_resized_full_view_stays_full_and_a_close_one_keeps_its_zoom() -> None:
    assert fitting().resized(300).shows_all
    close = fitting().zoomed(10, around=0)
    assert close.resized(300).per_pixel == close.per_pixel
