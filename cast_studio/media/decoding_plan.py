"""One open decoder, the store that it fills, and what to decode next for a moving playhead."""

from __future__ import annotations

import math
from typing import Final

from cast_studio.media.decoder import DamagedFrameError, Frame, VideoDecoder
from cast_studio.media.frame_store import AHEAD_SHARE, BEHIND_SHARE, FrameStore
from cast_studio.media.read_ahead import Stretch, Travel, next_stretch, wanted_frames

# A longer way is a jump, which tells nothing about where the playhead goes next.
_LONGEST_STEP: Final = 45
# At rest, so many frames on the other side of the playhead are made sure of.
_GUARD: Final = 30
# Frames are kept smaller only for a gain of a third, and never below this width.
_WORTH_REDUCING: Final = 2 / 3
_LEAST_WIDTH: Final = 320


class DecodingPlan:
    """Decides what is decoded, and how large it is kept. Use on the decoder's thread.

    Frames are kept as the decoder gives them where what is wanted ahead fits into the store. Else what
    is decoded ahead of a playhead on its way back is kept no larger than the screen shows it, and
    smaller still if even that is too much; :meth:`sharpening` is for where the playhead then rests.

    Args:
        decoder: Open; stays the caller's.
        store: Where the frames are kept.
        generation: The number of the video in the store.
    """

    def __init__(self, decoder: VideoDecoder, store: FrameStore, generation: int) -> None:
        self._decoder = decoder
        self._store = store
        self._generation = generation
        self._damaged: set[int] = set()
        self._travel = Travel(0, 1)
        self._screen: tuple[int, int] | None = None
        # Until the first frame was decoded: eight bits a pixel, and half of that for its colors.
        self._frame_bytes = decoder.width * decoder.height * 3 // 2

    @property
    def position(self) -> int:
        """The frame that is wanted."""
        return self._travel.position

    def move(self, position: int, *, screen: tuple[int, int] | None, rate: float) -> None:
        """Tell where the playhead is now.

        Args:
            position: Frame index; clamped to the video.
            screen: Pixels that the screen has for the picture, None for as many as it has.
            rate: Speed of playing, below 0 backward; 0 while it does not play.
        """
        position = min(max(position, 0), len(self._decoder) - 1)
        step = position - self._travel.position
        direction = self._travel.direction
        if rate != 0:
            direction = 1 if rate > 0 else -1
        elif 0 < abs(step) <= _LONGEST_STEP:
            direction = 1 if step > 0 else -1
        elif step != 0:
            direction = 1
        speed = abs(rate) * float(self._decoder.average_rate)
        self._travel = Travel(position, direction, speed)
        self._screen = screen
        self._store.move(position, direction)

    def needs_decoding(self, index: int) -> bool:
        """Return whether a frame is neither held nor known to be damaged."""
        return index not in self._damaged and self._held(index) is None

    def way_through(self, stretch: Stretch) -> range:
        """Return the frames to decode one after the other to have all of a stretch."""
        way = self._decoder.way_to(stretch.last)
        # The decoder may stand in its midst, or a key frame be there; what lies before may be held.
        if any(self.needs_decoding(index) for index in range(stretch.first, way.start)):
            way = range(self._decoder.way_to(stretch.first).start, stretch.last + 1)
        return way

    def decode(self, index: int, *, reduced: bool, is_kept: bool) -> Frame:
        """Decode a frame, and keep it.

        Args:
            index: The next of :meth:`way_through`.
            reduced: Keep it no larger than it has to be.
            is_kept: Whether it goes into the store at all.

        Raises:
            DamagedFrameError: It cannot be decoded; it is not asked for again.
            MediaError: The file has gone.
        """
        try:
            frame = self._decoder.frame_at(index)
        except DamagedFrameError:
            self._damaged.add(index)
            raise
        self._frame_bytes = frame.held_bytes
        if not is_kept:
            return frame
        held = self._held(index)
        if reduced and held is not None:
            # Never the same picture twice at a time: while the eye converts it, PyAV changes it.
            return held
        if reduced and (size := self._reduced_size()) is not None:
            frame = frame.reduced(size)
        self._store.put(self._generation, frame)
        return frame

    def next_stretch(self, *, at_rest: bool) -> Stretch | None:
        """Return what to decode next, ahead of what is asked for; None when enough is held."""
        held = self._store.held() | self._damaged
        found = self._stretch(held, self._travel, AHEAD_SHARE)
        if found is not None or not at_rest:
            return found
        back = self._travel.turned()
        guard = self._stretch(held, back, BEHIND_SHARE)
        if (
            guard is None
            or abs((guard.last if back.direction < 0 else guard.first) - self.position) > _GUARD
        ):
            return None
        return guard

    def sharpening(self) -> Stretch | None:
        """Return the frame at the playhead if the screen shows more of it than is held, else None."""
        held = self._held(self.position)
        if held is None or held.pixels >= _WORTH_REDUCING * math.prod(self._shown_size()):
            return None
        return Stretch(self.position, self.position)

    def _stretch(self, held: frozenset[int], travel: Travel, share: float) -> Stretch | None:
        wanted = wanted_frames(self._decoder.index, travel)
        gap = next((i for i in wanted if i not in held), None)
        if gap is None:
            return None
        budget = int(self._store.limit_bytes * share)
        size = self._reduced_size() if travel.direction < 0 else None
        each = self._frame_bytes
        if size is not None:
            each = round(each * math.prod(size) / self._all_pixels)
        nearer = range(travel.position, gap, travel.direction)
        room = (budget - self._store.bytes_of(nearer)) // max(each, 1)
        return next_stretch(
            self._decoder.index, held, travel, capacity=budget // max(each, 1), room=room
        )

    def _held(self, index: int) -> Frame | None:
        return self._store.get(self._generation, index)

    @property
    def _all_pixels(self) -> int:
        return self._decoder.width * self._decoder.height

    def _shown_size(self) -> tuple[int, int]:
        width, height = self._decoder.width, self._decoder.height
        if self._screen is None:
            return width, height
        return min(width, self._screen[0]), min(height, self._screen[1])

    def _reduced_size(self) -> tuple[int, int] | None:
        """Return how large to keep frames on the way back; None for as they are."""
        back = Travel(self._travel.position, -1, self._travel.speed)
        wanted = len(wanted_frames(self._decoder.index, back))
        budget = self._store.limit_bytes * AHEAD_SHARE
        if wanted * self._frame_bytes <= budget:
            return None
        width, height = self._shown_size()
        fitting = budget / wanted / self._frame_bytes * self._all_pixels
        scale = min(1.0, math.sqrt(fitting / (width * height)))
        scale = max(scale, min(1.0, _LEAST_WIDTH / width))
        width, height = max(round(width * scale), 1), max(round(height * scale), 1)
        return (width, height) if width * height < _WORTH_REDUCING * self._all_pixels else None
