from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.frame import Orientation
from cast_studio.media.frame_cache import FrameCache, picture_bytes

# AVColorSpace and the luma weights of red and blue (ITU-R BT.601, BT.709, BT.2020).
MATRICES = {
    "bt709": (1, 0.2126, 0.0722),
    "bt601": (6, 0.299, 0.114),
    "bt2020": (9, 0.2627, 0.0593),
    "unspecified": (2, 0.299, 0.114),
}
# swscale rounds in between; the next matrix or range is an order of magnitude farther off.
TOLERANCE = 4


def _write_flat(
    path: Path,
    yuv: tuple[int, int, int],
    *,
    pixel_format: str,
    space: int,
    color_range: int,
    curve: int = 2,
) -> Path:
    """Write two frames of one color, given in 8 bit and scaled to the depth of the format."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        stream.codec_context.color_range = color_range
        stream.codec_context.colorspace = space
        stream.codec_context.color_trc = curve
        for number in range(2):
            frame = av.VideoFrame(64, 48, pixel_format)
            for plane, component, value in zip(
                frame.planes, frame.format.components, yuv, strict=True
            ):
                kind = np.uint16 if component.bits > 8 else np.uint8
                samples = plane.buffer_size // np.dtype(kind).itemsize
                plane.update(np.full(samples, value << (component.bits - 8), kind).tobytes())
            frame.color_range, frame.colorspace = color_range, space
            frame.color_trc = curve
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _expected(
    yuv: tuple[int, int, int], red: float, blue: float, *, is_full: bool
) -> NDArray[np.float64]:
    y, u, v = yuv
    luma = y / 255 if is_full else (y - 16) / 219
    scale = 255 if is_full else 224
    r = luma + 2 * (1 - red) * (v - 128) / scale
    b = luma + 2 * (1 - blue) * (u - 128) / scale
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return np.clip(np.array([r, g, b]) * 255, 0, 255)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuv444p12le"])
@pytest.mark.parametrize("yuv", [(120, 90, 200), (180, 160, 100), (235, 128, 128)])
def test_colors_by_matrix_range_and_depth(
    tmp_path: Path, matrix: str, is_full: bool, pixel_format: str, yuv: tuple[int, int, int]
) -> None:
    space, red, blue = MATRICES[matrix]
    path = _write_flat(
        tmp_path / "clip.mkv",
        yuv,
        pixel_format=pixel_format,
        space=space,
        color_range=2 if is_full else 1,
    )

    with VideoDecoder(path) as decoder:
        rgb = decoder.frame_at(1).to_rgb()

    assert rgb.dtype == np.uint8
    expected = _expected(yuv, red, blue, is_full=is_full)
    assert np.abs(rgb[24, 32] - expected).max() <= TOLERANCE


def _shown(folder: Path, luma: int, *, curve: int) -> int:
    """Return the gray that a 10-bit luma is shown as, limited range, given in 8 bit."""
    path = _write_flat(
        folder / f"{luma}.mkv",
        (luma, 128, 128),
        pixel_format="yuv420p10le",
        space=9,
        color_range=1,
        curve=curve,
    )
    with VideoDecoder(path) as decoder:
        red, green, blue = (int(value) for value in decoder.frame_at(1).to_rgb()[24, 32])
    assert max(red, green, blue) - min(red, green, blue) <= TOLERANCE, "gray should stay gray"
    return green


@pytest.mark.parametrize(
    ("curve", "dim", "paper", "peak"),
    # 26 and 203 cd/m² (ITU-R BT.2408: 38 % and 58 % of PQ, 38 % and 75 % of HLG), and 1000 cd/m².
    [(16, 99, 143, 181), (18, 99, 180, 235)],
    ids=["PQ", "HLG"],
)
def test_high_dynamic_range_is_shown_sensibly(
    tmp_path: Path, curve: int, dim: int, paper: int, peak: int
) -> None:
    assert _shown(tmp_path, 16, curve=curve) == 0
    # The gray card of a picture made for usual screens lies about here, and its white near the top.
    assert 85 <= _shown(tmp_path, dim, curve=curve) <= 120
    assert 215 <= _shown(tmp_path, paper, curve=curve) <= 235
    assert 245 <= _shown(tmp_path, peak, curve=curve) <= 255


def test_highlights_of_high_dynamic_range_keep_their_differences(tmp_path: Path) -> None:
    shown = [_shown(tmp_path, luma, curve=16) for luma in range(100, 182, 9)]

    assert all(a < b for a, b in pairwise(shown))


def test_transparency_is_left_out(tmp_path: Path) -> None:
    pixels = np.full((48, 64, 4), (200, 120, 40, 0), np.uint8)
    path = tmp_path / "clip.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgba"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")))
        container.mux(stream.encode(None))

    with VideoDecoder(path) as decoder:
        assert decoder.frame_at(0).to_rgb()[10, 10].tolist() == [200, 120, 40]


def test_a_frame_of_another_size_fits_the_others(tmp_path: Path) -> None:
    first, second = tmp_path / "first.h264", tmp_path / "second.h264"
    for path, size in ((first, (96, 64)), (second, (192, 128))):
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            white = np.full((size[1], size[0], 3), 255, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(white)))
            container.mux(stream.encode(None))
    joined = tmp_path / "joined.h264"
    joined.write_bytes(first.read_bytes() + second.read_bytes())

    with VideoDecoder(joined) as decoder:
        shapes = {decoder.frame_at(i).to_rgb().shape for i in range(len(decoder))}

    assert shapes == {(64, 96, 3)}


PIXELS = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


@pytest.mark.parametrize(
    ("matrix", "rotation", "upright"),
    [
        ((1, 0, 0, 1), 0, PIXELS),
        ((0, 1, -1, 0), 90, np.rot90(PIXELS, -1)),
        ((-1, 0, 0, -1), 180, np.rot90(PIXELS, 2)),
        ((0, -1, 1, 0), 270, np.rot90(PIXELS, 1)),
        ((-1, 0, 0, 1), 0, PIXELS[:, ::-1]),
        ((1, 0, 0, -1), 180, PIXELS[::-1]),
        ((0, 1, 1, 0), 270, PIXELS.transpose(1, 0, 2)),
        ((0, -1, -1, 0), 90, np.rot90(PIXELS, -1)[::-1]),
    ],
)
def test_orientations(
    matrix: tuple[int, int, int, int], rotation: int, upright: NDArray[np.uint8]
) -> None:
    a, b, c, d = (value << 16 for value in matrix)
    orientation = Orientation.from_matrix(np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], np.int32))

    assert orientation.rotation == rotation
    assert np.array_equal(orientation.apply(PIXELS), upright)


def test_a_display_matrix_that_is_cut_off_turns_nothing() -> None:
    assert Orientation.from_matrix(np.zeros(3, np.int32)) == Orientation()


def test_the_cache_forgets_what_was_used_least_recently() -> None:
    pictures = [av.VideoFrame(64, 64, "gray") for _ in range(4)]
    one = picture_bytes(pictures[0])
    cache = FrameCache(3 * one)
    for index in range(3):
        cache.put(index, pictures[index])
    assert cache.get(0) is pictures[0]
    cache.put(3, pictures[3])

    assert cache.get(1) is None
    assert [cache.get(i) for i in (0, 2, 3)] == [pictures[0], pictures[2], pictures[3]]
    assert (len(cache), cache.held_bytes) == (3, 3 * one)
    cache.clear()
    assert (len(cache), cache.held_bytes) == (0, 0)


def test_the_cache_counts_a_replaced_picture_once_and_keeps_the_last() -> None:
    picture = av.VideoFrame(64, 64, "gray")
    cache = FrameCache(1)
    cache.put(5, picture)
    cache.put(5, picture)

    assert cache.get(5) is picture
    assert cache.held_bytes == picture_bytes(picture) > picture.planes[0].buffer_size
