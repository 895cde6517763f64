"""What passes between the player, the thread that decodes and the thread that makes pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cast_studio.core.timing import FrameIndex
from cast_studio.media.opening import StreamInfo
from cast_studio.media.picture_look import PLAIN, Look


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """What should be on screen.

    Attributes:
        generation: Counts the videos that were set; answers about an older one are dropped.
        path: The video file, None for none.
        frame_index: Clamped to the video.
        screen: Most width and height in pixels that the screen has for the picture; None for all.
        rate: Speed of playing, below 0 backward; 0 while it does not play.
        look: Brightness and contrast.
        stream: Number of the file's video stream; None for the best one.
        may_use_hardware: Whether a device may decode, where there is one that gives the same frames.
    """

    generation: int
    path: Path | None
    frame_index: int
    screen: tuple[int, int] | None = None
    rate: float = 0.0
    look: Look = PLAIN
    stream: int | None = None
    may_use_hardware: bool = True


@dataclass(frozen=True, slots=True)
class OpenedVideo:
    """What is known of a video once it is open.

    Attributes:
        index: Its frames.
        width: Of an upright frame, in stored pixels.
        height: Of an upright frame, in stored pixels.
        sample_aspect: Width of a pixel over its height.
        warnings: Sentences about what is wrong with the file, such as a missing end.
        stream: Number of the stream that is shown, among all streams of the file.
        streams: The video streams of the file.
        codec: Short name of the codec, such as ``h264``.
    """

    index: FrameIndex
    width: int
    height: int
    sample_aspect: float
    warnings: tuple[str, ...]
    stream: int
    streams: tuple[StreamInfo, ...]
    codec: str
