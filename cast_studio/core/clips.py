"""What a model sees: which frames of a span make a clip, and how their pixels are prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.timing import FrameIndex, TimeSpan

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Resize = Literal["linear", "area"]


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """How a span of video becomes a clip. Part of every model's identity.

    Attributes:
        frames: Frames of a clip, spread evenly over the span.
        size: Height and width of a clip in pixels: the short side is scaled to it, the center is
            cut out.
        resize: ``"linear"`` is the published pipeline (bilinear on 8 bit, no antialiasing);
            ``"area"`` averages what falls into a pixel.
        mean: Per RGB channel, of values in [0, 1].
        std: Per RGB channel, of values in [0, 1].
        window_seconds: Length of the sliding window where a video has no segments yet.
        hop_seconds: Distance between two windows.
        version: Changes whenever the same video would give other pixels.
    """

    frames: int = 16
    size: int = 224
    resize: Resize = "linear"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    window_seconds: float = 2.0
    hop_seconds: float = 0.5
    version: int = 1

    def to_json(self) -> dict[str, object]:
        """Return the specification as plain JSON values."""
        return {
            "frames": self.frames,
            "size": self.size,
            "resize": self.resize,
            "mean": list(self.mean),
            "std": list(self.std),
            "window_seconds": self.window_seconds,
            "hop_seconds": self.hop_seconds,
            "version": self.version,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> ClipSpec:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: A value is missing or of the wrong kind.
        """
        try:
            resize = values["resize"]
            if resize not in ("linear", "area"):
                raise ValueError(f"unknown resize {resize!r}")
            return cls(
                frames=int(str(values["frames"])),
                size=int(str(values["size"])),
                resize="linear" if resize == "linear" else "area",
                mean=_triple(values["mean"]),
                std=_triple(values["std"]),
                window_seconds=float(str(values["window_seconds"])),
                hop_seconds=float(str(values["hop_seconds"])),
                version=int(str(values["version"])),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"the clip specification is incomplete: {error}") from error

    def frame_indices(self, index: FrameIndex, span: TimeSpan) -> NDArray[np.int64]:
        """Return the frames that a clip of ``span`` is made of.

        The span's n frames are cut into equal parts and the middle of each part is taken:
        ``floor(n / frames · (i + ½))``, as the published test pipeline does (its second chunk). A
        span with fewer frames than a clip repeats them; a span between two frames uses the one on
        screen.

        Args:
            index: The video's frames.
            span: In ticks of the video.

        Returns:
            Frame indices, shape ``(frames,)``, never decreasing.
        """
        inside = index.frames_in(span)
        if len(inside) == 0:
            return np.full(self.frames, index.index_played_at(span.start), dtype=np.int64)
        offsets = np.floor(len(inside) / self.frames * (np.arange(self.frames) + 0.5))
        return np.asarray(offsets + inside.start, dtype=np.int64)

    def windows(self, index: FrameIndex) -> tuple[TimeSpan, ...]:
        """Return the sliding windows that cover a video, at least one, the last ending with it.

        Args:
            index: The video's frames, at least one.

        Returns:
            Spans in ticks, by start.
        """
        whole = index.span
        length = max(1, index.to_ticks(self.window_seconds))
        hop = max(1, index.to_ticks(self.hop_seconds))
        if whole.duration <= length:
            return (whole,)
        starts = list(range(whole.start, whole.end - length, hop))
        starts.append(whole.end - length)
        return tuple(TimeSpan(start, start + length) for start in starts)


def _triple(value: object) -> tuple[float, float, float]:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ValueError(f"expected three numbers, found {value!r}")
    first, second, third = (float(part) for part in value)
    return first, second, third
