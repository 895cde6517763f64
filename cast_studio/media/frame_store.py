"""The frames around the playhead, bounded by the memory that they hold; shared by two threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Final

from cast_studio.media.frame import Frame

AHEAD_SHARE: Final = 0.8
"""How much of the limit may be filled in the direction of travel."""
FILLED_SHARE: Final = 0.95
"""How much of the limit may be filled on purpose, on both sides of the playhead."""
_KEPT_BEHIND: Final = 0.18
# Room for a few frames at once, so that not every frame has to look for one to let go of.
_FULL: Final = 0.98
_ROOMY: Final = 0.9
_EVERYWHERE: Final = 1 << 62


class FrameStore:
    """Frames of one video at a time by their index. Any thread.

    What lies far from the playhead goes first: out of reach, then behind it, seen in the direction of
    travel, down to a sixth of the limit, then ahead of it.

    Counted is what the process has to have for them: the pixels, and the memory of frames that went but
    came from a decoder that keeps it, see :attr:`Frame.owns_memory`.

    Args:
        limit_bytes: Most bytes to hold; the frame at the playhead stays in any case.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._lock = Lock()
        self._limit = limit_bytes
        self._frames: dict[int, Frame] = {}
        self._bytes = 0
        # Frames that came from the decoder as it is open now, and the most that they ever were.
        self._lent: set[int] = set()
        self._lent_bytes = 0
        self._kept_by_decoder = 0
        self._most_lent = limit_bytes
        self._reach = _EVERYWHERE
        self._most_bytes = 0
        self._generation = -1
        self._position = 0
        self._direction = 1

    @property
    def limit_bytes(self) -> int:
        """Most bytes of pixels to hold."""
        return self._limit

    @property
    def held_bytes(self) -> int:
        """Bytes that the frames take now, with what their decoder keeps."""
        with self._lock:
            return self._needed_bytes

    @property
    def lent_bytes(self) -> int:
        """Bytes that the decoder will not give back before it is opened anew."""
        with self._lock:
            return self._kept_by_decoder

    @property
    def _needed_bytes(self) -> int:
        own = self._bytes - self._lent_bytes
        return own + max(self._lent_bytes, self._kept_by_decoder)

    def arrange(self, *, most_lent_bytes: int, reach: int) -> None:
        """Say what is worth holding.

        Args:
            most_lent_bytes: How much may be in memory of the decoder, which keeps it.
            reach: Frames that are farther from the playhead than this go first.
        """
        with self._lock:
            self._most_lent, self._reach = most_lent_bytes, reach

    def lent(self) -> frozenset[int]:
        """Return the indices of the frames that are in memory of the decoder."""
        with self._lock:
            return frozenset(self._lent)

    def take_back(self, generation: int, copies: Iterable[Frame]) -> None:
        """Let go of all frames in memory of the decoder at once, because it was opened anew.

        FFmpeg gives that memory back when the last frame in it has gone.

        Args:
            generation: Of the video.
            copies: Of some of those frames, which take their places.
        """
        with self._lock:
            if generation != self._generation:
                return
            for index in tuple(self._lent):
                self._drop(index)
            self._kept_by_decoder = 0
            for copy in copies:
                self._take(copy)

    @property
    def most_bytes(self) -> int:
        """The most bytes that were held at any time."""
        with self._lock:
            return self._most_bytes

    def set_limit(self, limit_bytes: int) -> None:
        """Change the limit, letting go of what is too much now.

        What a decoder keeps is given back when it is opened anew.
        """
        with self._lock:
            self._limit = limit_bytes
            for index in self._victims():
                if self._bytes <= limit_bytes:
                    break
                self._drop(index)

    def begin(self, generation: int) -> None:
        """Let go of everything and hold the frames of another video, known by a number, from now on."""
        with self._lock:
            self._frames.clear()
            self._bytes = 0
            self._lent.clear()
            self._lent_bytes = self._kept_by_decoder = 0
            self._generation = generation

    def move(self, position: int, direction: int) -> None:
        """Tell where the playhead is.

        Args:
            position: Frame index.
            direction: 1 if it travels forward, -1 if backward.
        """
        with self._lock:
            self._position, self._direction = position, direction

    def get(self, generation: int, index: int) -> Frame | None:
        """Return a frame of the video with that number; None if it is not held."""
        with self._lock:
            return self._frames.get(index) if generation == self._generation else None

    def nearest(self, generation: int, index: int, *, within: int) -> Frame | None:
        """Return the frame that is held nearest to an index, at most ``within`` frames away."""
        with self._lock:
            if generation != self._generation:
                return None
            for distance in range(within + 1):
                for candidate in (index - distance, index + distance):
                    if candidate in self._frames:
                        return self._frames[candidate]
            return None

    def put(self, generation: int, frame: Frame) -> None:
        """Hold a frame, letting go of others as needed; of another video than the present, ignore it."""
        with self._lock:
            if generation != self._generation:
                return
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        if frame.index in self._frames:
            self._drop(frame.index)
        self._frames[frame.index] = frame
        self._bytes += frame.held_bytes
        if not frame.owns_memory:
            self._lent.add(frame.index)
            self._lent_bytes += frame.held_bytes
        self._let_go()
        # A frame that goes makes room for the one that comes: the decoder uses its memory again.
        self._kept_by_decoder = max(self._kept_by_decoder, self._lent_bytes)
        self._most_bytes = max(self._most_bytes, self._needed_bytes)

    def held(self) -> frozenset[int]:
        """Return the indices of all frames that are held."""
        with self._lock:
            return frozenset(self._frames)

    def bytes_of(self, indices: Iterable[int]) -> int:
        """Return the bytes that some frames hold; those that are not there hold none."""
        with self._lock:
            return sum(self._frames[i].held_bytes for i in indices if i in self._frames)

    def _let_go(self) -> None:
        if self._lent_bytes > max(self._most_lent, self._kept_by_decoder):
            self._let_go_of_lent()
        if self._needed_bytes <= self._limit:
            return
        goal = int(self._limit * _FULL)
        for index in self._victims():
            if self._needed_bytes <= goal:
                return
            # What the decoder keeps anyway may as well be looked at.
            if index not in self._lent or self._lent_bytes > self._kept_by_decoder:
                self._drop(index)

    def _let_go_of_lent(self) -> None:
        """Let go of what is in memory of the decoder: what lies behind the playhead, then what is far."""
        offsets = {index: (index - self._position) * self._direction for index in self._lent}
        for index in sorted(offsets, key=lambda i: (offsets[i] > 0, -abs(offsets[i]))):
            if self._lent_bytes <= self._most_lent * _ROOMY:
                return
            if index != self._position:
                self._drop(index)

    def _victims(self) -> Iterator[int]:
        """Yield all frames but the one at the playhead, those first that are missed least."""
        offsets = {index: (index - self._position) * self._direction for index in self._frames}
        far = sorted(
            (i for i in offsets if abs(offsets[i]) > self._reach), key=lambda i: -abs(offsets[i])
        )
        yield from far
        near = offsets.keys() - far
        behind = sorted((i for i in near if offsets[i] < 0), key=lambda i: offsets[i])
        ahead = sorted((i for i in near if offsets[i] > 0), key=lambda i: -offsets[i])
        excess = sum(self._frames[i].held_bytes for i in behind) - int(self._limit * _KEPT_BEHIND)
        spared = []
        for index in behind:
            if excess > 0:
                excess -= self._frames[index].held_bytes
                yield index
            else:
                spared.append(index)
        yield from ahead
        yield from spared

    def _drop(self, index: int) -> None:
        size = self._frames.pop(index).held_bytes
        self._bytes -= size
        if index in self._lent:
            self._lent.remove(index)
            self._lent_bytes -= size
