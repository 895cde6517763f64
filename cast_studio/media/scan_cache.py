"""Scans of videos that were opened before, kept in files that may be deleted at any time.

Opening a long video again takes no pass over its bytes. What is kept is believed only if it fits: the
name is made of the file's content, its time, the stream and the versions of all that had a say, and
whatever cannot be read is as if it were not there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from cast_studio.core.timing import FrameIndex
from cast_studio.media.cache_folder import CacheFolder
from cast_studio.media.heap import give_back_free_memory
from cast_studio.media.key_packets import KeyPackets
from cast_studio.media.packet_table import PacketTable
from cast_studio.media.reader import StreamReader
from cast_studio.media.scan import KeptScan, VideoScan, resume, scan
from cast_studio.media.scan_progress import OnProgress, ScanProgress

log = logging.getLogger(__name__)

_VERSION = 1
_SUFFIX = ".scan.npz"
_MOST_BYTES = 256 << 20
# From so many frames on, what a scan has freed is worth giving back.
_LONG = 20_000
_ARRAYS = ("pts", "dts", "has_pts", "has_dts", "duration", "is_key", "is_shown")


class ScanCache:
    """Keeps scans in a folder. Any thread, any process.

    A scan that somebody in this process still uses is given again as it is: several decoders read one
    video (the eye's, the timeline's pictures, the model's), and hold its tables once.

    Args:
        folder: Is made when something is kept.
        most_bytes: Older scans are deleted when all take more.
    """

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._files = CacheFolder(folder, suffix=_SUFFIX, most_bytes=most_bytes)
        self._in_use: WeakValueDictionary[Path, KeptScan] = WeakValueDictionary()

    def load(self, path: Path, stream: int) -> KeptScan | None:
        """Return the scan of a video's stream; None if there is none that fits."""
        place = self._files.place_of(path, version=_VERSION, of=stream)
        if place is None:
            return None
        found = self._in_use.get(place) or self._files.load_arrays(place, _read)
        if found is not None:
            self._in_use[place] = found
        return found

    def save(self, path: Path, stream: int, scan: KeptScan) -> None:
        """Keep a scan; that it cannot be kept is no error."""
        place = self._files.place_of(path, version=_VERSION, of=stream)
        if place is not None:
            self._in_use[place] = scan
            self._files.save_arrays(place, _written(scan))


class _Chosen:
    """What the decoders of this process use that were not told."""

    cache: ScanCache | None = None


def keep_scans_in(folder: Path | None) -> None:
    """Let all decoders of this process that are not told otherwise keep their scans in a folder.

    Args:
        folder: Is made when needed; None to keep none, as at the start.
    """
    _Chosen.cache = None if folder is None else ScanCache(folder)


def chosen_cache() -> ScanCache | None:
    """Return what :func:`keep_scans_in` chose."""
    return _Chosen.cache


def _written(scan: KeptScan) -> dict[str, NDArray[np.generic]]:
    packets = scan.packets
    facts = {
        "timebase": [scan.index.timebase.numerator, scan.index.timebase.denominator],
        "end_pts": scan.index.end_pts,
        "is_counted": scan.is_counted,
        "is_cut_off": scan.is_cut_off,
        "warnings": scan.warnings,
        "is_corrupt": packets.is_corrupt,
        "starts_with_state": packets.starts_with_state,
        "changes_state": packets.changes_state,
    }
    return {
        "frame_pts": scan.index.pts,
        "frame_is_key": scan.index.is_key,
        "key_packets": packets.key_packets.rows,
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        **{name: getattr(packets, name) for name in _ARRAYS},
    }


def _read(stored: Mapping[str, NDArray[np.generic]]) -> KeptScan:
    """Return the scan that was stored.

    Raises:
        KeyError: Something is missing.
        TypeError: Something is of another kind.
        ValueError: The contents do not fit each other.
    """
    facts = json.loads(stored["facts"].tobytes())
    columns = {name: stored[name] for name in _ARRAYS}
    if len({column.shape for column in columns.values()}) != 1 or columns["pts"].ndim != 1:
        raise ValueError("the columns of packets differ in length")
    keys = KeyPackets(stored["key_packets"].astype(np.int64))
    if not keys.are_within(len(columns["pts"])):
        raise ValueError("a key packet lies outside of the file")
    integers = {
        name: columns[name].astype(np.int64, copy=False) for name in ("pts", "dts", "duration")
    }
    flags = {
        name: column.astype(np.bool_, copy=False)
        for name, column in columns.items()
        if name not in integers
    }
    packets = PacketTable(
        pts=integers["pts"],
        dts=integers["dts"],
        has_pts=flags["has_pts"],
        has_dts=flags["has_dts"],
        duration=integers["duration"],
        is_key=flags["is_key"],
        is_shown=flags["is_shown"],
        key_packets=keys,
        is_corrupt=bool(facts["is_corrupt"]),
        starts_with_state=bool(facts["starts_with_state"]),
        changes_state=bool(facts["changes_state"]),
    )
    index = FrameIndex(
        stored["frame_pts"].astype(np.int64, copy=False),
        stored["frame_is_key"].astype(np.bool_, copy=False),
        Fraction(*facts["timebase"]),
        int(facts["end_pts"]),
    )
    return KeptScan(
        index=index,
        packets=packets,
        is_counted=bool(facts["is_counted"]),
        is_cut_off=bool(facts["is_cut_off"]),
        warnings=tuple(str(warning) for warning in facts["warnings"]),
    )


def scanned(
    reader: StreamReader, scans: ScanCache | None, on_progress: OnProgress | None
) -> VideoScan:
    """Return the scan of a file: the one that was kept, else a new one, which is kept.

    Args:
        reader: At its start; is moved.
        scans: Where scans are kept; None for where :func:`keep_scans_in` has said.
        on_progress: Is told how far a scan is.

    Raises:
        ScanCanceledError: ``on_progress`` has stopped it.
        MediaError: The file holds no frame that can be decoded, or it has gone.
    """
    stream = reader.stream.index
    scans = scans or chosen_cache()
    kept = scans.load(reader.path, stream) if scans is not None else None
    if kept is not None:
        resumed = resume(reader, kept)
        if resumed is not None:
            return resumed
        reader.restart()
    if on_progress is not None:
        reader.progress = ScanProgress(reader.path, reader.size_bytes, on_progress)
    found = scan(reader)
    reader.progress = None
    if scans is not None:
        scans.save(reader.path, stream, found.kept)
    if len(found.kept.index) >= _LONG:
        give_back_free_memory()
    return found
