"""Waveforms that were read before, kept in files that may be deleted at any time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cast_studio.media.cache_folder import CacheFolder
from cast_studio.media.waveform import MOST_STRETCHES, Waveform

log = logging.getLogger(__name__)

_VERSION = 1
_SUFFIX = ".waveform.npz"
_MOST_BYTES = 256 << 20


class WaveformCache:
    """Keeps waveforms in a folder. Any thread, any process.

    Args:
        folder: Is made when something is kept.
        most_bytes: Those not used for longest are deleted when all take more.
    """

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._files = CacheFolder(folder, suffix=_SUFFIX, most_bytes=most_bytes)

    def load(self, path: Path) -> Waveform | None:
        """Return the waveform of a video; None if there is none that fits."""
        place = self._files.place_of(path, version=_VERSION, of="sound")
        return self._files.load_arrays(place, _read)

    def save(self, path: Path, waveform: Waveform) -> None:
        """Keep a waveform; that it cannot be kept is no error."""
        place = self._files.place_of(path, version=_VERSION, of="sound")
        facts = np.array([waveform.start, waveform.rate], np.float64)
        self._files.save_arrays(place, {"peaks": waveform.levels[0], "start_and_rate": facts})


def _read(stored: Mapping[str, NDArray[np.generic]]) -> Waveform:
    peaks = stored["peaks"]
    start, rate = (float(value) for value in stored["start_and_rate"].tolist())
    if peaks.dtype != np.int8 or peaks.ndim != 2 or peaks.shape[1] != 2:
        raise ValueError(f"the peaks have the shape {peaks.shape}")
    if len(peaks) > MOST_STRETCHES or not 0 < rate < float("inf") or not np.isfinite(start):
        raise ValueError("the times make no sense")
    return Waveform.of(peaks.astype(np.int8), start=start, rate=rate, is_complete=True)
