"""Small pictures in memory, bounded: what was not looked at for longest is forgotten."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from PySide6.QtGui import QImage

Key = TypeVar("Key")
_ENTRY_BYTES = 500


class PictureMemory(Generic[Key]):
    """Holds pictures, and that there is none. One thread.

    Args:
        most_bytes: Of all pictures together; the newest stays in any case.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._pictures: OrderedDict[Key, QImage | None] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: Key) -> bool:
        return key in self._pictures

    @property
    def held_bytes(self) -> int:
        """Bytes of all that is held now."""
        return self._bytes

    def get(self, key: Key) -> QImage | None:
        """Return a picture and count it as used; None if it is not held, or there is none."""
        if key in self._pictures:
            self._pictures.move_to_end(key)
        return self._pictures.get(key)

    def put(self, key: Key, picture: QImage | None) -> None:
        """Hold a picture, or that there is none, letting go of others as needed."""
        self.forget(key)
        self._pictures[key] = picture
        self._bytes += _size(picture)
        while self._bytes > self._most_bytes and len(self._pictures) > 1:
            self.forget(next(iter(self._pictures)))

    def forget(self, key: Key) -> None:
        """Let go of a picture, if it is held."""
        if key in self._pictures:
            self._bytes -= _size(self._pictures.pop(key))

    def forget_absent(self) -> None:
        """Let go of all keys of which there is no picture."""
        for key in [key for key, picture in self._pictures.items() if picture is None]:
            self.forget(key)

    def clear(self) -> None:
        """Let go of all."""
        self._pictures.clear()
        self._bytes = 0


def _size(picture: QImage | None) -> int:
    # That there is none must be bounded too.
    return _ENTRY_BYTES if picture is None else _ENTRY_BYTES + picture.sizeInBytes()
