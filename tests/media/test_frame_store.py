"""The store around the playhead: bounded by real bytes, and what is near stays longest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.media.decoder import Frame, VideoDecoder
from cast_studio.media.frame_store import FrameStore
from tests import videos


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Frame]]:
    """48 decoded frames, which are large and small by turns."""
    path = videos.constant_rate(tmp_path_factory.mktemp("store") / "clip.mp4")
    with VideoDecoder(path) as decoder:
        whole = [decoder.frame_at(i) for i in range(len(decoder))]
        yield [f.reduced((48, 32)) if f.index % 3 else f for f in whole]


@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(0, 47), st.sampled_from([1, -1]))),
    st.integers(1, 20),
)
def test_the_limit_holds_whatever_comes(
    frames: list[Frame], moves: list[tuple[int, int, int]], room: int
) -> None:
    largest = max(frame.held_bytes for frame in frames)
    limit = room * largest
    store = FrameStore(limit)
    store.begin(1)
    for number, (index, position, direction) in enumerate(moves):
        store.move(position, direction)
        store.put(1, frames[index])
        # The frame at the playhead stays in any case.
        assert store.held_bytes <= limit + largest
        assert store.bytes_of(range(48)) <= store.held_bytes
        if number % 7 == 6:
            store.take_back(1, ())
            assert store.held_bytes == store.bytes_of(range(48)) <= limit + largest
    assert store.most_bytes <= limit + largest


def test_memory_that_the_decoder_keeps_counts_until_it_is_opened_anew(frames: list[Frame]) -> None:
    whole, small = [f for f in frames if not f.owns_memory], [f for f in frames if f.owns_memory]
    size = whole[0].held_bytes
    store = FrameStore(16 * size)
    store.begin(1)
    for frame in whole[:10]:
        store.put(1, frame)
    assert store.lent_bytes == store.held_bytes == 10 * size
    # The same frames, smaller: the memory of the larger ones is not given back.
    store.put(1, whole[0].reduced((48, 32)))
    assert store.held_bytes == 10 * size + whole[0].reduced((48, 32)).held_bytes
    # A frame of the decoder takes the place of one that went.
    store.put(1, whole[10])
    assert store.lent_bytes == 10 * size
    for frame in small:
        store.put(1, frame)
    assert store.held_bytes <= store.limit_bytes
    copy = whole[10].reduced((48, 32))
    store.take_back(1, [copy])
    assert store.lent_bytes == 0
    assert store.get(1, copy.index) is copy
    assert store.held_bytes == store.bytes_of(range(48)) < 16 * size


def test_what_lies_behind_goes_first_then_what_is_far_ahead(frames: list[Frame]) -> None:
    whole = [frame for frame in frames if frame.index % 3 == 0]
    store = FrameStore(8 * whole[0].held_bytes)
    store.begin(1)
    store.move(24, -1)
    for frame in whole:
        store.put(1, frame)
    held = store.held()
    assert 24 in held
    assert {21, 18, 15} <= held
    assert len([index for index in held if index > 24]) <= 3
    assert 0 not in held


def test_the_frame_at_the_playhead_stays_even_if_it_is_too_large(frames: list[Frame]) -> None:
    store = FrameStore(1)
    store.begin(1)
    store.move(3, 1)
    store.put(1, frames[3])
    store.put(1, frames[6])
    assert store.held() == {3}


def test_frames_of_another_video_are_neither_taken_nor_given(frames: list[Frame]) -> None:
    store = FrameStore(1 << 20)
    store.begin(1)
    store.put(1, frames[3])
    assert store.get(2, 3) is None
    store.put(2, frames[4])
    assert store.held() == {3}
    store.begin(2)
    assert store.held_bytes == 0
    assert store.get(1, 3) is None


def test_the_nearest_frame_within_reach(frames: list[Frame]) -> None:
    store = FrameStore(1 << 20)
    store.begin(1)
    for index in (3, 12):
        store.put(1, frames[index])
    found = store.nearest(1, 9, within=5)
    assert found is not None
    assert found.index == 12
    assert store.nearest(1, 20, within=5) is None


def test_a_lower_limit_lets_go_at_once(frames: list[Frame]) -> None:
    store = FrameStore(1 << 20)
    store.begin(1)
    for frame in frames:
        store.put(1, frame)
    store.set_limit(store.held_bytes // 2)
    assert 0 < store.bytes_of(range(48)) <= store.limit_bytes
    store.take_back(1, ())
    assert store.held_bytes <= store.limit_bytes
