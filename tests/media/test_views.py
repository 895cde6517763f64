"""The views of a video, down to the bit that the network reads."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.views import DENSE, UNIFORM, ViewScheme
from cast_studio.media.clip_reader import ClipReader
from cast_studio.media.pictures import prepare_crops, prepare_frame
from cast_studio.model.preprocessing import to_input
from tests import videos

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "ref_preproc.json"
SIZES = ("40x240x427", "40x256x456", "40x320x240", "40x224x224")
SCHEMES = {"ek100": UNIFORM, "ssv2": UNIFORM, "k400": DENSE}
SPEC = ClipSpec(frames=8, size=32)


def noise(frames: int, height: int, width: int) -> NDArray[np.uint8]:
    generator = np.random.Generator(np.random.PCG64(1000 + 7 * height + width))
    return generator.integers(0, 256, (frames, height, width, 3), np.uint8)


def lossless(path: Path, pictures: NDArray[np.uint8]) -> Path:
    count, height, width, _ = pictures.shape
    return videos.write_video(
        path,
        count=count,
        size=(width, height),
        codec="ffv1",
        pixel_format="bgr0",
        pictures=list(pictures),
    )


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"the golden values are not at {REFERENCE}")
@pytest.mark.parametrize("shape", SIZES)
def test_pixels_are_those_of_the_published_pipeline(shape: str, tmp_path: Path) -> None:
    golden = json.loads(REFERENCE.read_text())["pixels"]
    count, height, width = (int(part) for part in shape.split("x"))
    path = lossless(tmp_path / "noise.mkv", noise(count, height, width))
    spec = ClipSpec()
    with ClipReader(path, spec) as reader:
        for dataset, scheme in SCHEMES.items():
            views = dict(zip(scheme.views, reader.read_views(scheme), strict=True))
            found = {}
            for view, clip in views.items():
                assert clip is not None
                pixels = to_input(clip[np.newaxis], spec).numpy()[0]
                digest = hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()
                found[f"{view.chunk},{view.crop}"] = digest

            expected = {name: view["sha256"] for name, view in golden[dataset][shape].items()}
            assert found == expected, dataset


@pytest.mark.parametrize(
    ("height", "width", "corners"),
    [
        (64, 99, [(0, 0), (0, 17), (0, 35)]),
        (99, 64, [(0, 0), (17, 0), (35, 0)]),
        (64, 64, [(0, 0)] * 3),
    ],
)
def test_crops_lie_along_the_long_side(
    height: int, width: int, corners: list[tuple[int, int]]
) -> None:
    frame = noise(1, height, width)[0]

    crops = prepare_crops(frame, 64, "linear", UNIFORM)

    expected = [frame[top : top + 64, left : left + 64] for top, left in corners]
    assert np.array_equal(crops, expected)
    assert np.array_equal(crops[1], prepare_frame(frame, 64, "linear"))


@pytest.mark.parametrize("resize", ["linear", "area"])
def test_one_crop_is_the_middle(resize: str) -> None:
    frame = noise(1, 50, 131)[0]
    scheme = ViewScheme("uniform", chunks=1, crops=1)
    kind = ClipSpec.from_json({**ClipSpec().to_json(), "resize": resize}).resize

    (crop,) = prepare_crops(frame, 32, kind, scheme)

    assert np.array_equal(crop, prepare_frame(frame, 32, kind))


def test_chunks_show_their_frames(tmp_path: Path) -> None:
    # Square, so that every crop shows the whole number.
    path = videos.write_video(tmp_path / "clip.mp4", count=100, size=(64, 64), b_frames=2)
    with ClipReader(path, SPEC) as reader:
        for scheme in (UNIFORM, DENSE):
            shown = [
                [videos.read_number(frame) for frame in clip]
                for clip in reader.read_views(scheme)
                if clip is not None
            ]
            chunks = scheme.frame_indices(100, SPEC.frames).tolist()
            assert shown == [row for row in chunks for _ in range(3)]


def test_views_are_the_callers_own(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", count=3, size=(64, 64))
    with ClipReader(path, SPEC) as reader:
        first, second, *_ = reader.read_views(UNIFORM)
        assert first is not None
        assert second is not None
        first[:] = 0

        assert second.any()


def test_a_damaged_frame_is_replaced_and_a_damaged_chunk_left_out(tmp_path: Path) -> None:
    damaged = videos.with_damaged_frames(tmp_path / "clip.mkv", damaged=range(20, 160), count=160)
    scheme = ViewScheme("dense", chunks=3, crops=2, stride=4)
    chunks = scheme.frame_indices(160, SPEC.frames)
    assert chunks[1].min() >= 20
    assert chunks[1].max() < 160
    with ClipReader(damaged, SPEC) as reader:
        first, other, *rest = reader.read_views(scheme)
        assert first is not None
        assert other is not None

    assert rest == [None] * 4
    # Frames 0, 4, … 16 are there; the rest of the chunk repeats the last of them.
    for clip in (first, other):
        assert not np.array_equal(clip[3], clip[4])
        assert all(np.array_equal(frame, clip[4]) for frame in clip[5:])
