"""Small pictures that were made before, in one file for each video that may be deleted at any time.

Each is a JPEG behind a short head with its number and checksum. They are added at the end, so that a
picture costs one write, and two windows may add to one file; what does not fit its checksum is as if it
were not there.
"""

from __future__ import annotations

import hashlib
import logging
import struct
import zlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from cast_studio.core.timing import FrameIndex
from cast_studio.media.cache_folder import CacheFolder, touch
from cast_studio.media.thumbnails import BOX, Picture

log = logging.getLogger(__name__)

_VERSION = 1
_SUFFIX = ".pictures"
_MOST_BYTES = 256 << 20
_MOST_BYTES_A_VIDEO: Final = 24 << 20
_MARK = b"TnPc"
_HEAD = struct.Struct("<4sqII")
_MOST_BYTES_A_PICTURE = 1 << 20
_QUALITY = 85
_ROOM_EVERY = 64


class PictureFile:
    """The small pictures of one video, by number. Use from one thread.

    Args:
        files: The folder.
        place: The file; None to keep nothing.
        most_bytes: No picture is added to a file that is as large as this.
    """

    def __init__(
        self, files: CacheFolder, place: Path | None, *, most_bytes: int = _MOST_BYTES_A_VIDEO
    ) -> None:
        self._files = files
        self._place = place
        self._most_bytes = most_bytes
        self._bytes = 0
        self._added = 0
        self._places: dict[int, tuple[int, int, int]] = {}
        if place is not None:
            self._look_through(place)

    def __len__(self) -> int:
        return len(self._places)

    def get(self, number: int) -> Picture | None:
        """Return a picture that was kept; None if there is none, or none that can be read."""
        found = self._places.get(number)
        if found is None or self._place is None:
            return None
        start, length, checksum = found
        try:
            with self._place.open("rb") as file:
                file.seek(start)
                data = file.read(length)
        except OSError:
            data = b""
        picture = _decoded(data) if zlib.crc32(data) == checksum else None
        if picture is None:
            del self._places[number]
        return picture

    def put(self, number: int, picture: Picture) -> None:
        """Keep a picture; that it cannot be kept is no error."""
        if self._place is None or self._bytes >= self._most_bytes:
            return
        data = _encoded(picture)
        head = _HEAD.pack(_MARK, number, len(data), zlib.crc32(data))
        start = self._files.append(self._place, head + data)
        if start is None:
            return
        self._bytes = start + len(head) + len(data)
        self._places[number] = start + len(head), len(data), zlib.crc32(data)
        if self._added % _ROOM_EVERY == 0:
            self._files.make_room()
        self._added += 1

    def _look_through(self, place: Path) -> None:
        """Note which pictures the file holds, up to the first that is not whole."""
        try:
            with place.open("rb") as file:
                size = file.seek(0, 2)
                while self._bytes + _HEAD.size <= size:
                    file.seek(self._bytes)
                    mark, number, length, checksum = _HEAD.unpack(file.read(_HEAD.size))
                    start = self._bytes + _HEAD.size
                    if mark != _MARK or length > _MOST_BYTES_A_PICTURE or start + length > size:
                        break
                    self._places[number] = start, length, checksum
                    self._bytes = start + length
            if self._bytes < size:
                # Or what is added would never be found.
                with place.open("r+b") as file:
                    file.truncate(self._bytes)
        except FileNotFoundError:
            return
        except (OSError, struct.error) as error:
            log.info("the small pictures in %s are not used: %s", place, error)
            self._places.clear()
            return
        touch(place)


class ThumbnailCache:
    """Finds the files of small pictures. Any thread, any process.

    Args:
        folder: Is made when something is kept.
        most_bytes: What was not used for longest is deleted when all take more.
    """

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES) -> None:
        self._files = CacheFolder(folder, suffix=_SUFFIX, most_bytes=most_bytes)

    def frames_of(self, path: Path, index: FrameIndex, *, stream: int | None = None) -> PictureFile:
        """Return the pictures of a video's frames, by frame index.

        Args:
            path: The video.
            index: Its frames: a file that has others by now has other pictures.
            stream: Number of the stream that they are of; else the best one.
        """
        digest = hashlib.sha256(index.pts.tobytes()).hexdigest()
        return self._file(path, (BOX, stream, digest))

    def cover_of(self, path: Path, *, stream: int | None = None) -> PictureFile:
        """Return the file of the picture that stands for a stream of a video, with the number 0."""
        return self._file(path, (BOX, stream, "cover"))

    def _file(self, path: Path, of: object) -> PictureFile:
        return PictureFile(self._files, self._files.place_of(path, version=_VERSION, of=of))


def _encoded(picture: Picture) -> bytes:
    opaque = np.ascontiguousarray(picture[..., :3])
    return cv2.imencode(".jpg", opaque, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1].tobytes()


def _decoded(data: bytes) -> Picture | None:
    opaque = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if opaque is None:
        return None
    return np.asarray(cv2.cvtColor(opaque, cv2.COLOR_BGR2BGRA), np.uint8)
