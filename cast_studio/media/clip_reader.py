"""The clips that a model sees, cut from a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec, Resize
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, VideoDecoder

_INTERPOLATIONS: dict[Resize, int] = {"linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}
# Clips are read forward: what has been prepared is small, and full frames are not needed again.
_CACHE_BYTES = 32 << 20


def prepare_frame(rgb: NDArray[np.uint8], size: int, resize: Resize) -> NDArray[np.uint8]:
    """Scale a frame so that its short side is ``size`` and cut out the center.

    The published test pipeline's middle crop (CAST, ``video_transforms`` and ``dataset``): 8 bit
    throughout, the long side rounded down, the crop's offset rounded down, nothing done to a frame
    whose short side fits already. Pixels are taken as square.

    Args:
        rgb: Shape (H, W, 3).
        size: Height and width of the result in pixels.
        resize: ``"linear"`` (bilinear, no antialiasing) or ``"area"``.

    Returns:
        Shape (size, size, 3), contiguous, never a view of ``rgb``.
    """
    height, width = rgb.shape[:2]
    if min(height, width) != size:
        long = int(size * max(height, width) / min(height, width))
        scaled = (size, long) if width < height else (long, size)
        interpolation = _INTERPOLATIONS[resize]
        rgb = np.asarray(cv2.resize(rgb, scaled, interpolation=interpolation), dtype=np.uint8)
        height, width = rgb.shape[:2]
    top, left = int((height - size) / 2), int((width - size) / 2)
    return rgb[top : top + size, left : left + size].copy()


class ClipReader:
    """Reads clips of one video for one model. A context manager; use from one thread.

    Args:
        path: The video.
        spec: Which frames make a clip and how they are prepared.

    Raises:
        MediaError: As :class:`VideoDecoder`.
    """

    def __init__(self, path: str | Path, spec: ClipSpec) -> None:
        self._decoder = VideoDecoder(path, cache_bytes=_CACHE_BYTES)
        self._spec = spec

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._decoder.close()

    @property
    def index(self) -> FrameIndex:
        """The frames of the video."""
        return self._decoder.index

    @property
    def spec(self) -> ClipSpec:
        """How clips are made."""
        return self._spec

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user, as of :class:`VideoDecoder`."""
        return self._decoder.warnings

    def frame_indices(self, span: TimeSpan) -> NDArray[np.int64]:
        """Return the frames that a clip of ``span`` is made of, shape (frames,)."""
        return self._spec.frame_indices(self.index, span)

    def read(self, span: TimeSpan) -> NDArray[np.uint8]:
        """Return the clip of a span.

        Args:
            span: In ticks of the video.

        Returns:
            Shape (frames, size, size, 3), RGB.

        Raises:
            MediaError: No frame of the clip can be decoded, or the file has gone.
        """
        (clip,) = self.read_each((span,))
        if clip is None:
            start = self.index.seconds_of(int(self.frame_indices(span)[0]))
            raise MediaError(
                f"No frame of “{self._decoder.path.name}” can be decoded around {start:.1f} "
                "seconds: the file is damaged there. Choose another part, or copy the file again."
            )
        return clip

    def read_each(self, spans: Iterable[TimeSpan]) -> Iterator[NDArray[np.uint8] | None]:
        """Yield the clip of each span, in the order given, or None where it cannot be decoded.

        Spans sorted by start, overlapping or not, are read in one pass over the video: each frame
        is decoded and prepared once, and held, small, until the last span that needs it. Spans in
        any other order give the same clips, only slower. A damaged frame is replaced by the frame
        before it in its clip, or by the first good one.

        Args:
            spans: In ticks of the video.

        Yields:
            Shape (frames, size, size, 3), RGB, the caller's own; None where no frame of the clip
            can be decoded.

        Raises:
            MediaError: The file has gone.
        """
        clips = [self.frame_indices(span) for span in spans]
        prepared: dict[int, NDArray[np.uint8] | None] = {}
        for position, indices in enumerate(clips):
            soon = _needed_soon(clips, position)
            last = int(indices[-1])
            for i in sorted(i for i in soon if i <= last and i not in prepared):
                prepared[i] = self._prepare(i)
            yield _assemble(indices, prepared)
            later = _needed_soon(clips, position + 1)
            prepared = {i: pixels for i, pixels in prepared.items() if i in later}

    def _prepare(self, index: int) -> NDArray[np.uint8] | None:
        try:
            frame = self._decoder.frame_at(index)
        except DamagedFrameError:
            return None
        return prepare_frame(frame.to_rgb(), self._spec.size, self._spec.resize)


def _assemble(
    indices: NDArray[np.int64], prepared: Mapping[int, NDArray[np.uint8] | None]
) -> NDArray[np.uint8] | None:
    frames = [prepared[int(i)] for i in indices]
    stand_in = next((frame for frame in frames if frame is not None), None)
    if stand_in is None:
        return None
    good = []
    for frame in frames:
        stand_in = stand_in if frame is None else frame
        good.append(stand_in)
    return np.stack(good)


def _needed_soon(clips: Sequence[NDArray[np.int64]], position: int) -> set[int]:
    """Return the frames of a clip and of those right after it that start before it ends.

    Reading these together, in order, is what keeps overlapping clips to one pass.
    """
    if position >= len(clips):
        return set()
    first, last = int(clips[position][0]), int(clips[position][-1])
    needed = set(clips[position].tolist())
    for indices in islice(clips, position + 1, None):
        if not first <= int(indices[0]) <= last:
            break
        needed.update(indices.tolist())
    return needed
