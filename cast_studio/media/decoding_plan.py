"""One open decoder, the store that it fills, and what to decode next for a moving playhead."""

from __future__ import annotations

import math
from typing import Final

from cast_studio.media.decoder import DamagedFrameError, Frame, VideoDecoder
from cast_studio.media.frame_store import AHEAD_SHARE, FILLED_SHARE, FrameStore
from cast_studio.media.read_ahead import Stretch, Travel, most_wanted, next_stretch, wanted_frames

# A longer way is a jump, which tells nothing about where the playhead goes next.
_LONGEST_STEP: Final = 45
# So near on the other side of the playhead, what is missing is decoded too.
_GUARD: Final = 30
# After a jump nobody knows which way it goes on: so much is made sure of first, in seconds.
_FIRST_SECONDS: Final = 0.5
# Of the memory, what frames in their full size may take where smaller ones are needed too: FFmpeg's
# decoder keeps the memory of frames that have gone.
_LARGE_SHARE: Final = 0.4
_SHARP_SHARE: Final = 0.1
_LENT_SHARE: Final = 0.55
# With more than this it is opened anew before the way back.
_IDLE_SHARE: Final = 1 / 16
# What is farther away than this at the present speed, and than any group, goes first.
_REACH_SECONDS: Final = 4.0
# What is so near to the playhead is kept then, only smaller.
_NEAR: Final = 90
# So many frames behind the playhead stay as large as they are.
_SHARP: Final = 8
# Frames are kept smaller only for a gain of a third, and never below this width.
_WORTH_REDUCING: Final = 2 / 3
_LEAST_WIDTH: Final = 320


class DecodingPlan:
    """Decides what is decoded, and how large it is kept. Use on the decoder's thread.

    Frames are kept as the decoder gives them where what is wanted on the way back fits into the store.
    Else what lies before the playhead is kept no larger than the screen shows it, and smaller still if
    even that is too much: what is decoded for the way back from the start, and what was passed on the
    way to the playhead by :meth:`shrink_one`. :meth:`sharpening` is for where the playhead then rests.

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
        self._device = decoder.device
        self._travel = Travel(0, 1)
        self._is_way_known = False
        self._is_playing = False
        self._screen: tuple[int, int] | None = None
        self._most_wanted = most_wanted(decoder.index)
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
        self._is_playing = rate != 0
        if rate != 0:
            direction = 1 if rate > 0 else -1
            self._is_way_known = True
        elif 0 < abs(step) <= _LONGEST_STEP:
            direction = 1 if step > 0 else -1
            self._is_way_known = True
        elif step != 0:
            direction = 1
            self._is_way_known = False
        speed = abs(rate) * float(self._decoder.average_rate)
        self._travel = Travel(position, direction, speed)
        self._screen = screen
        self._store.move(position, direction)
        share = _LENT_SHARE if self._reduced_size() is not None else 1
        self._store.arrange(
            most_lent_bytes=int(self._store.limit_bytes * share),
            reach=max(self._most_wanted, self._travel.frames_in(_REACH_SECONDS)),
        )

    def needs_decoding(self, index: int) -> bool:
        """Return whether a frame is neither held nor known to be damaged."""
        return index not in self._damaged and self._held(index) is None

    def begin(self, stretch: Stretch, *, reduced: bool) -> range:
        """Return the frames to decode one after the other to have all of a stretch.

        Where that begins with a seek, the memory that the decoder keeps may be given back before. Where
        a device has taken over from the processor, or the other way, it has been given back already.

        Args:
            stretch: What to keep.
            reduced: As of :meth:`decode`.

        Raises:
            MediaError: The file has gone.
        """
        if self._decoder.device != self._device:
            self._device = self._decoder.device
            self._take_back()
        way = self._way_through(stretch)
        is_small = reduced and self._reduced_size() is not None
        most = self._store.limit_bytes * (_IDLE_SHARE if is_small else 1)
        if self._store.lent_bytes > most and way.start != self._decoder.next_index:
            self._give_back()
            way = self._way_through(stretch)
        return way

    def first_kept(self, stretch: Stretch) -> int:
        """Return from where on what is decoded on the way to a frame is kept for the way back."""
        if self._reduced_size() is None:
            return 0
        most = int(self._store.limit_bytes * _LENT_SHARE) // max(self._frame_bytes, 1)
        return stretch.last - max(most - self._travel.frames_in(_FIRST_SECONDS), 0)

    def _give_back(self) -> None:
        """Have smaller copies of the frames around the playhead, and the decoder's memory free."""
        self._decoder.begin_anew()
        self._take_back()

    def _take_back(self) -> None:
        """Let go of all frames in memory of a decoder that is no more, but for smaller copies."""
        size = self._reduced_size() or self._shown_size()
        near = (index for index in self._store.lent() if abs(index - self.position) <= _NEAR)
        frames = [frame for index in near if (frame := self._held(index)) is not None]
        copies = [frame.reduced(size) for frame in frames if frame.pixels > math.prod(size)]
        self._store.take_back(self._generation, copies)

    def _way_through(self, stretch: Stretch) -> range:
        way = self._decoder.way_to(stretch.last)
        # The decoder may stand in its midst, or a key frame be there; what lies before may be held.
        if any(self.needs_decoding(index) for index in range(stretch.first, way.start)):
            way = range(self._decoder.way_to(stretch.first).start, stretch.last + 1)
        return way

    def decode(self, index: int, *, reduced: bool, is_kept: bool) -> Frame:
        """Decode a frame, and keep it.

        Args:
            index: The next of the way that :meth:`begin` gave.
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
        # Never two frames of one picture: only what is one frame is safe while the eye looks at it.
        if held is not None and (reduced or held.has_picture_of(frame)):
            return held
        if reduced and (size := self._reduced_size()) is not None:
            frame = frame.reduced(size)
        self._store.put(self._generation, frame)
        return frame

    def next_stretch(self, *, at_rest: bool) -> Stretch | None:
        """Return what to decode next, ahead of what is asked for; None when enough is held.

        Args:
            at_rest: Nothing was asked for for a moment.
        """
        held = self._store.held() | self._damaged
        found = self._stretch(held, self._travel, self._budget)
        is_open = not self._is_way_known
        if found is None:
            return self._guard(held) if at_rest or is_open else None
        if is_open:
            # Both ways are as likely: a little of the one first, then what lies right behind.
            if self.is_near(found):
                return self._beginning(found)
            return self._guard(held) or found
        return found

    def is_near(self, stretch: Stretch) -> bool:
        """Return whether a playhead that goes on needs a stretch at once."""
        return abs(stretch.first - self.position) < self._travel.frames_in(_FIRST_SECONDS)

    def shrink_one(self) -> bool:
        """Make one frame before the playhead as small as the way back has it; False if none is larger.

        They were decoded on the way to the playhead, and would have to go when frames ahead come.
        """
        size = None if self._is_playing else self._reduced_size()
        lent = self._store.lent_bytes - self._frame_bytes
        if size is None or lent > self._store.limit_bytes * _LENT_SHARE:
            return False
        most = math.prod(size) / _WORTH_REDUCING
        for index in reversed(wanted_frames(self._decoder.index, self._back)[self._sharp :]):
            frame = self._held(index)
            if frame is not None and frame.pixels > most:
                self._store.put(self._generation, frame.reduced(size))
                return True
        return False

    @property
    def _is_large(self) -> bool:
        """Whether there are groups of pictures that do not fit on the way back as they are."""
        return self._most_wanted * self._frame_bytes > self._store.limit_bytes * AHEAD_SHARE

    @property
    def _sharp(self) -> int:
        """How many frames before the playhead stay as large as they are, itself included."""
        most = int(self._store.limit_bytes * _SHARP_SHARE) // max(self._frame_bytes, 1)
        return 1 + min(_SHARP, most)

    def _beginning(self, found: Stretch) -> Stretch:
        last = self.position + self._travel.frames_in(_FIRST_SECONDS)
        return Stretch(found.first, min(found.last, last))

    @property
    def _budget(self) -> int:
        """How many bytes may be filled ahead of the playhead."""
        is_full = self._travel.direction > 0 and self._reduced_size() is not None
        return int(self._store.limit_bytes * (_LARGE_SHARE if is_full else AHEAD_SHARE))

    def _guard(self, held: frozenset[int]) -> Stretch | None:
        """Return what is missing near the playhead on the other side, as far as there is room."""
        back = self._travel.turned()
        ahead = (i for i in held if (i - self.position) * self._travel.direction > 0)
        budget = int(self._store.limit_bytes * FILLED_SHARE) - self._store.bytes_of(ahead)
        guard = self._stretch(held, back, budget)
        if guard is None:
            return None
        nearest = guard.last if back.direction < 0 else guard.first
        return guard if abs(nearest - self.position) <= _GUARD else None

    def sharpening(self) -> Stretch | None:
        """Return the frame at the playhead if the screen shows more of it than is held, else None."""
        held = self._held(self.position)
        if held is None or held.pixels >= _WORTH_REDUCING * math.prod(self._shown_size()):
            return None
        return Stretch(self.position, self.position)

    def _stretch(self, held: frozenset[int], travel: Travel, budget: int) -> Stretch | None:
        wanted = wanted_frames(self._decoder.index, travel)
        gap = next((i for i in wanted if i not in held), None)
        if gap is None:
            return None
        size = self._reduced_size() if travel.direction < 0 else None
        each = self._frame_bytes
        if size is not None:
            each = round(each * math.prod(size) / self._all_pixels)
            # Smaller frames do not go where larger ones were.
            lent = self._store.lent_bytes
            budget -= 0 if lent > self._store.limit_bytes * _IDLE_SHARE else lent
        nearer = range(travel.position, gap, travel.direction)
        room = (budget - self._store.bytes_of(nearer)) // max(each, 1)
        return next_stretch(
            self._decoder.index, held, travel, capacity=budget // max(each, 1), room=room
        )

    @property
    def _back(self) -> Travel:
        return Travel(self._travel.position, -1, self._travel.speed)

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
        if not self._is_large:
            return None
        wanted = len(wanted_frames(self._decoder.index, self._back))
        budget = self._store.limit_bytes * AHEAD_SHARE
        width, height = self._shown_size()
        fitting = budget / wanted / self._frame_bytes * self._all_pixels
        scale = min(1.0, math.sqrt(fitting / (width * height)))
        scale = max(scale, min(1.0, _LEAST_WIDTH / width))
        width, height = max(round(width * scale), 1), max(round(height * scale), 1)
        return (width, height) if width * height < _WORTH_REDUCING * self._all_pixels else None
