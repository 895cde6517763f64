"""Views: the several clips that the published test takes of one video, and how they are merged.

A view is a chunk of frames together with a crop of their picture. The model scores each view by
itself, and the mean of its probabilities is what it says of the video.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

SchemeName = Literal["uniform", "dense"]


@dataclass(frozen=True, slots=True)
class View:
    """One clip of a video.

    Attributes:
        chunk: Which choice of frames, from 0.
        crop: Which part of the picture, from 0: left or top first.
    """

    chunk: int
    crop: int


@dataclass(frozen=True, slots=True)
class ViewScheme:
    """Which views are taken of a video.

    Attributes:
        name: What the user calls it.
        chunks: Choices of frames, 1 or more.
        crops: Squares along the long side of the picture, 1 or more; one is the middle.
        stride: Frames from one to the next inside a chunk; None spreads each chunk over the whole video.

    Raises:
        ValueError: A number is below 1.
    """

    name: SchemeName
    chunks: int
    crops: int
    stride: int | None = None

    def __post_init__(self) -> None:
        if min(self.chunks, self.crops, 1 if self.stride is None else self.stride) < 1:
            raise ValueError(f"a view scheme needs numbers of 1 or more: {self}")

    @property
    def views(self) -> tuple[View, ...]:
        """All views in the published order: the crops of the first chunk, then of the next."""
        return tuple(View(c, p) for c in range(self.chunks) for p in range(self.crops))

    def frame_indices(self, n_frames: int, clip_frames: int) -> NDArray[np.int64]:
        """Return the frames of each chunk of a video; a short video repeats some.

        Spread over the whole video, chunk c takes the frames at c/chunks of each of ``clip_frames`` equal
        parts: of two chunks, the starts and the middles. With a stride, chunks are taken from every
        stride-th frame, at even distances from the first such frame to the last; where there are too
        few for one chunk, the last one is repeated.

        Whole numbers throughout: where the published code rounds floats, this gives the same.

        Args:
            n_frames: Of the video, 1 or more.
            clip_frames: Of a clip, 1 or more.

        Returns:
            Shape (chunks, clip_frames), each row never decreasing.

        Raises:
            ValueError: There is no frame to take.
        """
        if n_frames < 1 or clip_frames < 1:
            raise ValueError(f"no clip of {clip_frames} frames can be taken of {n_frames}")
        chunk = np.arange(self.chunks, dtype=np.int64)[:, np.newaxis]
        position = np.arange(clip_frames, dtype=np.int64)
        if self.stride is None:
            parts = position * self.chunks + chunk
            return np.asarray(n_frames * parts // (clip_frames * self.chunks), np.int64)
        strided = np.arange(0, n_frames, self.stride, dtype=np.int64)
        spare = max(len(strided) - clip_frames, 0)
        taken = _spread(spare, self.chunks)[:, np.newaxis] + position
        return np.asarray(strided[np.minimum(taken, len(strided) - 1)], np.int64)

    def crop_offsets(self, spare: int) -> NDArray[np.int64]:
        """Return where each crop begins along the long side.

        Args:
            spare: By how many pixels the long side is longer than the crop.

        Returns:
            Shape (crops,), from 0 to ``spare``.
        """
        return _spread(spare, self.crops) if self.crops > 1 else np.array([spare // 2], np.int64)


UNIFORM: Final = ViewScheme("uniform", chunks=2, crops=3)
"""The test of EPIC-KITCHENS-100 and Something-Something v2: 2 × 3 views."""

DENSE: Final = ViewScheme("dense", chunks=5, crops=3, stride=4)
"""The test of Kinetics-400: 5 × 3 views, each of 16 frames out of 64."""

VIEW_SCHEMES: Final[Mapping[SchemeName, ViewScheme]] = MappingProxyType(
    {scheme.name: scheme for scheme in (UNIFORM, DENSE)}
)


def merge_views(
    probabilities: Mapping[str, NDArray[np.float32]],
) -> dict[str, NDArray[np.float32]]:
    """Return what the views of one video say together: the mean of their probabilities.

    Not the probabilities of their mean logit, and each head by itself: so does the published test.

    Args:
        probabilities: Per head, shape (views, classes), after the softmax; at least one view.

    Returns:
        Per head, shape (classes,).

    Raises:
        ValueError: A head has no view.
    """
    for head, rows in probabilities.items():
        if rows.ndim != 2 or len(rows) == 0:
            raise ValueError(f'"{head}" has scores of shape {rows.shape}, not (views, classes)')
    return {
        head: rows.mean(0, dtype=np.float64).astype(np.float32)
        for head, rows in probabilities.items()
    }


def _spread(spare: int, count: int) -> NDArray[np.int64]:
    """Return ``count`` whole numbers at even distances from 0 to ``spare``, rounded down; one is 0."""
    return np.asarray(np.arange(count, dtype=np.int64) * spare // max(count - 1, 1), np.int64)
