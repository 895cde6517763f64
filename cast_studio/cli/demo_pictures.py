"""The two pictures of the demo, drawn without fonts and without a display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from cast_studio.core.predictions import AttentionMap
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.errors import ExportError
from cast_studio.media.decoder import VideoDecoder
from cast_studio.storage.atomic import replacing

Picture = NDArray[np.uint8]

HEAT_OPACITY: Final = 0.55
_SCALE: Final = 2
_SECONDS_PER_ROW: Final = 16.0
_WIDTH: Final = 1600
_LANE: Final = 40
_BACKGROUND: Final = (28, 28, 28)
_TEXT: Final = (235, 235, 235)


def write_overlay(path: Path, video: Path, attention: AttentionMap) -> None:
    """Write a frame with the heatmap over it, twice the video's size.

    Args:
        path: A PNG file to create or replace.
        video: The video the map belongs to.
        attention: The slice in its middle is shown over the frame that it belongs to.

    Raises:
        MediaError: The frame cannot be read.
        ExportError: The file cannot be written.
    """
    middle = len(attention.frame_pts) // 2
    with VideoDecoder(video) as decoder:
        rgb = decoder.frame_played_at(attention.frame_pts[middle]).to_rgb()
    height, width = rgb.shape[0] * _SCALE, rgb.shape[1] * _SCALE
    frame = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_LANCZOS4)[..., ::-1]
    # The model saw the square in the middle.
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    grid = np.asarray(attention.grid[middle], np.float32)
    heat = cv2.resize(
        grid / max(float(grid.max()), 1e-6), (side, side), interpolation=cv2.INTER_CUBIC
    )
    strength = np.clip(heat, 0, 1)[..., None]
    colors = cv2.applyColorMap((strength[..., 0] * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    picture = np.array(frame, np.float32)
    seen = picture[top : top + side, left : left + side]
    seen += (colors - seen) * (HEAT_OPACITY * strength)
    _write(path, picture.astype(np.uint8))


@dataclass(frozen=True, slots=True)
class Bar:
    """One segment on the timeline.

    Attributes:
        span: In ticks.
        lines: A line of text for each head.
        color: ``#rrggbb``.
        strength: 0 to 1; the bar's color is the stronger, the surer.
    """

    span: TimeSpan
    lines: tuple[str, ...]
    color: str
    strength: float = 1.0


def write_timeline(
    path: Path, index: FrameIndex, happens: Sequence[Bar], seen: Sequence[Bar]
) -> None:
    """Write what happens in a video above what the model sees in it, some seconds a row.

    Args:
        path: A PNG file to create or replace.
        index: The video's frames.
        happens: What really happens, by time.
        seen: What the model sees, without being told where segments begin.

    Raises:
        ExportError: The file cannot be written.
    """
    start = index.to_seconds(index.span.start)
    rows = int(np.ceil((index.to_seconds(index.span.end) - start) / _SECONDS_PER_ROW))
    row_height = 2 * _LANE + 46
    picture = np.full((rows * row_height + 12, _WIDTH, 3), _BACKGROUND, np.uint8)
    for row in range(rows):
        top = 12 + row * row_height
        first = start + row * _SECONDS_PER_ROW
        title = f"{first:.0f} s    above: what happens    below: what the model sees"
        _put(picture, title, (8, top + 10))
        for bar in happens:
            _draw(picture, index, bar, first=first, top=top + 20)
        for bar in seen:
            _draw(picture, index, bar, first=first, top=top + _LANE + 24)
    _write(path, picture)


def _draw(picture: Picture, index: FrameIndex, bar: Bar, *, first: float, top: int) -> None:
    pixels = _WIDTH / _SECONDS_PER_ROW
    left = round((index.to_seconds(bar.span.start) - first) * pixels)
    right = round((index.to_seconds(bar.span.end) - first) * pixels) - 2
    if right <= 0 or left >= _WIDTH:
        return
    left, right = max(0, left), min(_WIDTH - 1, right)
    digits = bar.color.lstrip("#")
    color = np.array([int(digits[at : at + 2], 16) for at in (4, 2, 0)])
    shade = 0.15 + 0.45 * bar.strength  # dark enough for light text on every color
    fill = (color * shade + np.array(_BACKGROUND) * (1 - shade)).astype(int).tolist()
    cv2.rectangle(picture, (left, top), (right, top + _LANE - 2), fill, -1)
    lane = picture[top : top + _LANE, left:right]
    for line, text in enumerate(bar.lines):
        _put(lane, text, (5, 16 + 15 * line))


def _put(picture: Picture, text: str, at: tuple[int, int]) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.36, _TEXT, 1, cv2.LINE_AA)


def _write(path: Path, picture: Picture) -> None:
    done, data = cv2.imencode(".png", picture)
    if not done:
        raise ExportError(f"The picture “{path}” cannot be encoded; report this.")
    try:
        with replacing(path) as file:
            file.write(data.tobytes())
    except OSError as error:
        raise ExportError(
            f"The picture “{path}” cannot be written ({error.strerror}); free some space or choose "
            "another folder."
        ) from error
