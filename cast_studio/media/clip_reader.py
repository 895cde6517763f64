"""The clips that a model sees, cut from a video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.clips import ClipSpec
from cast_studio.core.timing import FrameIndex, TimeSpan
from cast_studio.core.views import ViewScheme
from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, VideoDecoder
from cast_studio.media.pictures import prepare_crops, prepare_frame
from cast_studio.said import say

# Clips are read forward: what has been prepared is small, and full frames are not needed again.
_CACHE_BYTES = 32 << 20

_Prepare = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


class ClipReader:
    """Reads clips of one video for one model. A context manager; use from one thread.

    Args:
        path: The video.
        spec: Which frames make a clip and how they are prepared.
        stream: Number of the video stream; else the best one.

    Raises:
        MediaError: As :class:`VideoDecoder`.
    """

    def __init__(self, path: str | Path, spec: ClipSpec, *, stream: int | None = None) -> None:
        self._decoder = VideoDecoder(path, cache_bytes=_CACHE_BYTES, stream=stream)
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
                say(
                    "No frame of “{file}” can be decoded around {start:.1f} seconds: the file is "
                    "damaged there. Choose another part, or copy the file again.",
                    file=self._decoder.path.name,
                    start=start,
                )
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
        yield from self._read([self.frame_indices(span) for span in spans], self._middle)

    def read_views(self, scheme: ViewScheme) -> Iterator[NDArray[np.uint8] | None]:
        """Yield the views of the whole video, in the order of ``scheme.views``.

        Each chunk is read in one pass, whatever the number of crops. Damaged frames are replaced as by
        :meth:`read_each`.

        Yields:
            Shape (frames, size, size, 3), RGB, the caller's own; None for each crop of a chunk of
            which no frame can be decoded.

        Raises:
            MediaError: The file has gone.
        """

        def crops(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return prepare_crops(rgb, self._spec.size, self._spec.resize, scheme)

        chunks = scheme.frame_indices(len(self.index), self._spec.frames)
        for chunk in self._read(list(chunks), crops):
            for crop in range(scheme.crops):
                yield None if chunk is None else chunk[:, crop].copy()

    def _read(
        self, clips: Sequence[NDArray[np.int64]], prepare: _Prepare
    ) -> Iterator[NDArray[np.uint8] | None]:
        """Yield the prepared frames of each clip, stacked; None where none can be decoded."""
        prepared: dict[int, NDArray[np.uint8] | None] = {}
        for position, indices in enumerate(clips):
            soon = _needed_soon(clips, position)
            last = int(indices[-1])
            for i in sorted(i for i in soon if i <= last and i not in prepared):
                prepared[i] = self._prepared(i, prepare)
            yield _assemble(indices, prepared)
            later = _needed_soon(clips, position + 1)
            prepared = {i: pixels for i, pixels in prepared.items() if i in later}

    def _prepared(self, index: int, prepare: _Prepare) -> NDArray[np.uint8] | None:
        try:
            frame = self._decoder.frame_at(index)
        except DamagedFrameError:
            return None
        return prepare(frame.to_rgb())

    def _middle(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return prepare_frame(rgb, self._spec.size, self._spec.resize)


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
