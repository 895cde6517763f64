"""What is decoded ahead of a playhead: the right frames, in time, and never more than fits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.timing import FrameIndex
from cast_studio.media.read_ahead import Travel, most_wanted, next_stretch, wanted_frames


def index_of(count: int, group: int) -> FrameIndex:
    pts = np.arange(count, dtype=np.int64)
    return FrameIndex(pts, pts % group == 0, Fraction(1, 30), count)


travels = st.builds(
    Travel,
    position=st.integers(0, 399),
    direction=st.sampled_from([1, -1]),
    speed=st.sampled_from([0.0, 30.0, 240.0]),
)


@given(travels, st.integers(1, 250), st.sets(st.integers(0, 399)), st.integers(0, 300))
def test_a_stretch_fills_the_first_gap_and_fits(
    travel: Travel, group: int, held: set[int], room: int
) -> None:
    index = index_of(400, group)
    gaps = [i for i in wanted_frames(index, travel) if i not in held]
    stretch = next_stretch(index, held, travel, capacity=300, room=room)
    if stretch is None:
        # Enough is held, or too little fits: never if all that is missing does.
        assert not gaps or room < len(wanted_frames(index, travel))
        return
    assert gaps
    assert stretch.last - stretch.first + 1 <= room
    if travel.direction > 0:
        assert stretch.first == gaps[0]
        assert stretch.last <= wanted_frames(index, travel)[-1]
    else:
        assert stretch.last == gaps[0]
        assert stretch.first >= index.key_at_or_before(gaps[0])


@given(travels, st.integers(1, 250))
def test_what_is_wanted_begins_at_the_playhead_and_goes_its_way(travel: Travel, group: int) -> None:
    wanted = wanted_frames(index_of(400, group), travel)
    assert wanted[0] == travel.position
    assert all((i - travel.position) * travel.direction >= 0 for i in wanted)


def test_on_the_way_back_the_group_before_is_wanted_as_a_whole() -> None:
    wanted = wanted_frames(index_of(1000, 250), Travel(620, -1))
    assert (wanted[0], wanted[-1]) == (620, 250)


@pytest.mark.parametrize(("capacity", "group"), [(600, 250), (110, 250), (300, 12)])
def test_a_held_key_never_comes_to_a_frame_that_is_missing(capacity: int, group: int) -> None:
    """Stepping back 30 times a second beside a decoder of 250 frames a second."""
    index = index_of(1000, group)
    held = set(range(700, 801))
    position, credit = 800, 0.0
    while position > 100:
        position -= 1
        assert position in held, f"frame {position} was not decoded in time"
        credit += 250 / 30
        travel = Travel(position, -1)
        held -= {i for i in held if i > position + 30}
        gap = next((i for i in wanted_frames(index, travel) if i not in held), position)
        room = capacity - (position - gap)
        stretch = next_stretch(index, held, travel, capacity=capacity, room=room)
        if stretch is not None:
            # All of it is decoded from its key frame on, and only then there.
            cost = stretch.last - index.key_at_or_before(stretch.first) + 1
            if credit >= cost:
                credit -= cost
                held |= set(range(stretch.first, stretch.last + 1))
        else:
            credit = 0.0
        assert len([i for i in held if i <= position]) <= capacity + 1


@given(st.lists(st.integers(1, 90), min_size=1, max_size=12), st.data())
def test_the_most_that_is_wanted_on_the_way_back_is_known(
    groups: list[int], data: st.DataObject
) -> None:
    count = sum(groups)
    is_key = np.zeros(count, bool)
    is_key[np.cumsum([0, *groups[:-1]])] = True
    index = FrameIndex(np.arange(count), is_key, Fraction(1, 30), count)
    position = data.draw(st.integers(0, count - 1))
    assert len(wanted_frames(index, Travel(position, -1))) <= most_wanted(index)
