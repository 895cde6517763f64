"""Which frames and squares the published test takes of a video, and how its views are merged."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast_studio.core.views import DENSE, UNIFORM, VIEW_SCHEMES, View, ViewScheme, merge_views

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "ref_preproc.json"
SCHEMES = {"ek100": UNIFORM, "ssv2": UNIFORM, "k400": DENSE}


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"the golden values are not at {REFERENCE}")
@pytest.mark.parametrize("dataset", SCHEMES)
def test_frames_are_those_of_the_published_pipeline(dataset: str) -> None:
    golden = json.loads(REFERENCE.read_text())["indices"][dataset]

    assert len(golden) >= 17
    for n_frames, chunks in golden.items():
        found = SCHEMES[dataset].frame_indices(int(n_frames), 16)
        assert {str(c): row for c, row in enumerate(found.tolist())} == chunks, n_frames


def published_uniform(n: int) -> list[list[int]]:
    """As the specification says it, in floats."""
    tick = n / 16
    both = sorted(
        [int(tick / 2 + tick * i) for i in range(16)] + [int(tick * i) for i in range(16)]
    )
    return [both[c::2] for c in range(2)]


def published_dense(n: int) -> list[list[int]]:
    """As the specification says it, in floats."""
    strided = list(range(0, n, 4))
    strided += strided[-1:] * (16 - len(strided))
    step = max((len(strided) - 16) / 4, 0)
    return [strided[int(c * step) :][:16] for c in range(5)]


@given(st.integers(1, 500_000))
def test_videos_of_any_length_follow_the_published_rule(n: int) -> None:
    assert UNIFORM.frame_indices(n, 16).tolist() == published_uniform(n)
    assert DENSE.frame_indices(n, 16).tolist() == published_dense(n)


@given(
    st.integers(1, 400),
    st.integers(1, 40),
    st.builds(
        ViewScheme,
        st.just("dense"),
        st.integers(1, 7),
        st.integers(1, 5),
        st.none() | st.integers(1, 9),
    ),
)
def test_any_scheme_takes_frames_of_the_video_in_order(
    n: int, clip_frames: int, scheme: ViewScheme
) -> None:
    found = scheme.frame_indices(n, clip_frames)

    assert found.shape == (scheme.chunks, clip_frames)
    assert found.dtype == np.int64
    assert found.min() >= 0
    assert found.max() < n
    assert (np.diff(found, axis=1) >= 0).all()
    assert (np.diff(found, axis=0) >= 0).all()


def test_the_official_schemes() -> None:
    assert dict(VIEW_SCHEMES) == {"uniform": UNIFORM, "dense": DENSE}
    assert (len(UNIFORM.views), len(DENSE.views)) == (6, 15)
    assert UNIFORM.views == (
        *(View(0, 0), View(0, 1), View(0, 2)),
        *(View(1, 0), View(1, 1), View(1, 2)),
    )


@pytest.mark.parametrize(
    ("crops", "spare", "offsets"),
    [
        (3, 174, [0, 87, 174]),
        (3, 175, [0, 87, 175]),
        (3, 0, [0, 0, 0]),
        (1, 175, [87]),
        (2, 9, [0, 9]),
        (5, 9, [0, 2, 4, 6, 9]),
    ],
)
def test_crops_lie_evenly_along_the_long_side(crops: int, spare: int, offsets: list[int]) -> None:
    assert ViewScheme("uniform", 1, crops).crop_offsets(spare).tolist() == offsets


@pytest.mark.parametrize(("chunks", "crops", "stride"), [(0, 3, None), (2, 0, None), (2, 3, 0)])
def test_a_scheme_without_views_is_refused(chunks: int, crops: int, stride: int | None) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        ViewScheme("uniform", chunks, crops, stride)


@pytest.mark.parametrize(("n", "clip_frames"), [(0, 16), (5, 0)])
def test_no_clip_can_be_taken_of_nothing(n: int, clip_frames: int) -> None:
    with pytest.raises(ValueError, match="can be taken"):
        UNIFORM.frame_indices(n, clip_frames)


def softmax(logits: list[float]) -> list[float]:
    powers = [math.exp(value) for value in logits]
    return [power / sum(powers) for power in powers]


def test_probabilities_are_averaged_and_not_logits() -> None:
    # One sure view outvotes two that lean the other way in logits, but not in probabilities.
    views = [[9.0, 0.0], [0.0, 3.0], [0.0, 3.0]]
    rows = np.array([softmax(view) for view in views], np.float32)

    merged = merge_views({"action": rows})["action"]

    assert np.argmax(np.mean(views, 0)) == 0
    assert np.argmax(merged) == 1
    assert merged == pytest.approx([sum(row[i] for row in rows) / 3 for i in range(2)], abs=1e-7)
    assert merged.dtype == np.float32


def test_heads_are_merged_by_themselves() -> None:
    merged = merge_views(
        {
            "verb": np.array([[0.5, 0.5], [1.0, 0.0]], np.float32),
            "noun": np.array([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]], np.float32),
        }
    )

    assert {head: row.tolist() for head, row in merged.items()} == {
        "verb": [0.75, 0.25],
        "noun": [0.25, 0.25, 0.5],
    }


@pytest.mark.parametrize("shape", [(0, 3), (3,)])
def test_what_is_not_a_row_for_each_view_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match='"verb" has scores of shape'):
        merge_views({"verb": np.zeros(shape, np.float32)})
