"""A place for the newest request: what was asked for before it and not begun is forgotten."""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Holds at most one value; writing replaces it, taking empties it. Any thread.

    A queue between a fast asker (a slider that is dragged) and a slow worker (a decoder) grows;
    this does not.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._value: T | None = None
        self._is_closed = False

    def put(self, value: T) -> bool:
        """Replace the value.

        Returns:
            Whether the slot was empty, so that the worker has to be woken. False once closed.
        """
        with self._lock:
            if self._is_closed:
                return False
            was_empty = self._value is None
            self._value = value
            return was_empty

    def take(self) -> T | None:
        """Empty the slot and return what was in it, or None."""
        with self._lock:
            value, self._value = self._value, None
            return value

    def peek(self) -> T | None:
        """Return what is in the slot, and leave it there."""
        with self._lock:
            return self._value

    @property
    def is_empty(self) -> bool:
        """Whether nothing newer is waiting."""
        with self._lock:
            return self._value is None

    @property
    def is_closed(self) -> bool:
        """Whether no value will come any more."""
        with self._lock:
            return self._is_closed

    def close(self) -> None:
        """Forget the value and refuse every later one."""
        with self._lock:
            self._value = None
            self._is_closed = True
