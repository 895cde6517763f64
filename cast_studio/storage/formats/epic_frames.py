"""Times, frames, and class names as EPIC-KITCHENS-100 writes them."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache

from cast_studio.core.project import VideoRef
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.resource_files import resource_path

_VIDEO_ID = re.compile(r"P\d\d_(\d+)")
_TIMESTAMP = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?", re.ASCII)
_OLD_RATE, _NEW_RATE = 60, 50


@lru_cache(maxsize=8_192)
def seconds_of(timestamp: str) -> Fraction | None:
    """Return what ``HH:MM:SS.ss`` means in seconds, exactly, or None where it is no such text."""
    found = _TIMESTAMP.fullmatch(timestamp)
    if found is None:
        return None
    hours, minutes, seconds, decimals = found.groups("")
    whole = 3600 * int(hours) + 60 * int(minutes) + int(seconds)
    # One fraction: to add up several takes much longer.
    scale = 10 ** len(decimals)
    return Fraction(whole * scale + int(decimals or "0"), scale)


def timestamp_of(seconds: Fraction, *, decimals: int = 2) -> str:
    """Return seconds as ``HH:MM:SS.ss``, rounded half to even; before the start counts as 0."""
    scale = 10**decimals
    whole, rest = divmod(max(0, round(seconds * scale)), scale)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}.{rest:0{decimals}d}"


def is_written_exactly(seconds: Fraction) -> bool:
    """Return whether two decimals are enough for a time."""
    return seconds >= 0 and (seconds * 100).denominator == 1


@lru_cache(maxsize=8_192)
def rate_of(video_id: str) -> int | None:
    """Return the rate that a video's frames were taken out with, or None outside of the data set.

    Videos of the first release have 60 frames a second, those of the extension (three digits) 50.
    """
    found = _VIDEO_ID.fullmatch(video_id)
    if found is None:
        return None
    return _OLD_RATE if len(found[1]) < 3 else _NEW_RATE


def frames_at_rate(start: Fraction, stop: Fraction, rate: Fraction | int) -> tuple[int, int]:
    """Return the first and the last frame, both inside and counted from 1: ⌊seconds · rate⌋."""
    return max(1, math.floor(start * rate)), max(1, math.floor(stop * rate))


def frames_of(
    video: VideoRef, video_id: str, span: TimeSpan, index: FrameIndex | None
) -> tuple[int, int] | None:
    """Return the first and the last frame of a span, both inside and counted from 1.

    Videos of the data set follow its rule; others have the frames that are on screen in the span.

    Args:
        video: What is known about the video.
        video_id: What the file calls it.
        span: In ticks of the video.
        index: The video's frames, where they are known.

    Returns:
        None where nobody has seen the video.
    """
    start, stop = span.start * video.tick, span.end * video.tick
    rate = rate_of(video_id) or (None if index is not None else video.rate)
    if rate is not None:
        return frames_at_rate(start, stop, rate)
    if index is None:
        return None
    frames = index.frames_in(
        TimeSpan(math.ceil(start / index.timebase), math.ceil(stop / index.timebase))
    )
    return frames.start + 1, max(frames.stop, frames.start + 1)


@cache
def official_names(kind: str) -> Mapping[int, str]:
    """Return the names of the data set's own classes by number.

    Args:
        kind: ``"verb"`` or ``"noun"``.
    """
    path = resource_path(f"labels/epic100_{kind}s.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["id"]): row["key"] for row in csv.DictReader(file)}


@cache
def official_numbers(kind: str) -> Mapping[str, int]:
    """Return the numbers of the data set's own classes by name; see :func:`official_names`."""
    return {name: number for number, name in official_names(kind).items()}
