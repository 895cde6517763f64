"""What goes to the screen: the same colors as the exact pixels, smaller where the screen is, upright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.picture_look import PLAIN, Look
from tests import videos


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [("libx264", "yuv420p"), ("libx264", "yuv444p"), ("libx264", "yuv420p10le"), ("ffv1", "gray")],
)
def test_screen_pixels_have_the_colors_of_the_exact_ones(
    tmp_path: Path, codec: str, pixel_format: str
) -> None:
    picture = np.full((64, 96, 3), (200, 90, 40), np.uint8)
    path = videos.write_video(
        tmp_path / "clip.mkv",
        count=2,
        codec=codec,
        pixel_format=pixel_format,
        pictures=[picture] * 2,
    )
    with VideoDecoder(path) as decoder:
        frame = decoder.frame_at(1)
        exact, shown = frame.to_rgb(), frame.to_bgra()

    assert shown.shape == (64, 96, 4)
    assert np.abs(shown[..., 2::-1].astype(int) - exact).max() <= 3


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
def test_screen_pixels_are_the_exact_ones(tmp_path: Path, pixel_format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (50, 342, 3), np.uint8)
    path = videos.write_video(
        tmp_path / "clip.mp4", count=2, pixel_format=pixel_format, pictures=[noise] * 2
    )
    with VideoDecoder(path) as decoder:
        frame = decoder.frame_at(1)
        exact, shown = frame.to_rgb(), frame.to_bgra()

    assert np.array_equal(shown[..., 2::-1], exact)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_smaller_frames_are_upright_and_show_the_same(tmp_path: Path, degrees: int) -> None:
    path = videos.rotated(tmp_path / "clip.mp4", degrees=degrees)
    with VideoDecoder(path) as decoder:
        frame = decoder.frame_at(7)
        small = frame.reduced((48, 32))
        shown = [frame.to_bgra((48, 32)), small.to_bgra(), small.to_bgra((960, 640))]

    assert {pixels.shape for pixels in shown} == {(32, 48, 4)}
    assert {videos.read_number(pixels[..., 2::-1]) for pixels in shown} == {7}
    assert small.index == 7
    assert small.pts == frame.pts


def test_a_smaller_frame_takes_less_memory_and_keeps_its_format(tmp_path: Path) -> None:
    path = videos.write_video(tmp_path / "clip.mp4", count=2, size=(640, 480))
    with VideoDecoder(path) as decoder:
        frame = decoder.frame_at(0)
        small = frame.reduced((320, 240))
        whole_again = small.to_rgb()

    assert small.pixels == frame.pixels // 4
    assert small.held_bytes < frame.held_bytes / 3
    assert whole_again.shape == (480, 640, 3)


def test_the_way_to_a_frame_begins_where_decoding_does(tmp_path: Path) -> None:
    path = videos.b_frames(tmp_path / "clip.mp4")
    with VideoDecoder(path) as decoder:
        assert decoder.way_to(98) == range(50, 99)
        decoder.frame_at(60)
        assert decoder.way_to(98) == range(61, 99)
        assert decoder.way_to(20) == range(0, 21)
        assert decoder.way_to(105) == range(100, 106)


pixels = arrays(np.uint8, (3, 4, 4))


@given(pixels)
def test_a_plain_look_changes_nothing(picture: np.ndarray) -> None:
    assert np.array_equal(PLAIN.apply(picture), picture)


@given(pixels, st.floats(-1, 1), st.floats(-1, 1))
def test_a_look_keeps_the_order_of_gray_levels(
    picture: np.ndarray, brightness: float, contrast: float
) -> None:
    look = Look(brightness, contrast)
    order = np.argsort(picture.ravel(), kind="stable")
    assert np.all(np.diff(look.apply(picture).ravel()[order].astype(int)) >= 0)


def test_the_ends_of_brightness_and_contrast() -> None:
    ramp = np.arange(256, dtype=np.uint8)
    assert set(Look(brightness=1).apply(ramp).ravel().tolist()) == {255}
    assert set(Look(brightness=-1).apply(ramp).ravel().tolist()) == {0}
    assert len(set(Look(contrast=-1).apply(ramp).ravel().tolist())) == 1
    assert Look(contrast=1).apply(ramp).ravel()[100] < 100
