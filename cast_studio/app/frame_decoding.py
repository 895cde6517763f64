"""Decodes frames on a thread of its own: what is asked for first, then what will be asked for."""

from __future__ import annotations

import logging
import time
from typing import Final

from PySide6.QtCore import QTimer, Signal, Slot

from cast_studio.app.frame_request import FrameRequest, OpenedVideo
from cast_studio.app.latest import LatestSlot
from cast_studio.app.threads import Worker, sentence_of
from cast_studio.errors import MediaError
from cast_studio.media.decoder import DamagedFrameError, Frame, VideoDecoder
from cast_studio.media.decoding_plan import DecodingPlan
from cast_studio.media.frame_store import FrameStore
from cast_studio.media.heap import give_back_free_memory
from cast_studio.media.read_ahead import Stretch
from cast_studio.said import say

log = logging.getLogger(__name__)

# Beside the store, the decoder itself keeps little: a few frames that come out late.
_STORES_A_DECODER: Final = 31
_REST_MS: Final = 250
# While the playhead outruns the decoder, a picture of where it is is shown so often.
_PREVIEW_SECONDS: Final = 0.06
# A frame that is this near is there at once: nothing is shown in its place.
_NEAR: Final = 3


def store_bytes(cache_bytes: int) -> int:
    """Return how much of the memory for decoded frames the store gets; the decoder has the rest."""
    return cache_bytes * _STORES_A_DECODER // (_STORES_A_DECODER + 1)


class DecodingWorker(Worker):
    """The decoder's thread. Woken by :meth:`serve`, it works until there is nothing left to decode.

    Between two frames it looks whether something else is wanted now.

    Signals:
        opened: Generation and :class:`OpenedVideo`.
        arrived: Generation and frame index: the frame that is wanted is in the store.
        sharpened: Generation: the frame at the playhead is in the store in its full size now.
        passed: Generation and a :class:`Frame` on the way to the one that is wanted.
        device_changed: Generation and what the hardware that decodes is called, empty for the processor.
        damaged: Generation and a sentence, for the first frame of a video that cannot be decoded.
        failed: Generation and a sentence.
    """

    opened = Signal(int, object)
    arrived = Signal(int, int)
    sharpened = Signal(int)
    passed = Signal(int, object)
    device_changed = Signal(int, str)
    damaged = Signal(int, str)
    failed = Signal(int, str)

    def __init__(self, wanted: LatestSlot[FrameRequest], store: FrameStore) -> None:
        super().__init__()
        self._wanted = wanted
        self._store = store
        self._request = FrameRequest(-1, None, 0)
        self._decoder: VideoDecoder | None = None
        self._plan: DecodingPlan | None = None
        self._told_of_damage = False
        self._told = ""
        self._device = ""
        self._has_answered = True
        self._is_outrun = False
        self._previewed_at = 0.0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._on_rest)

    @Slot()
    def serve(self) -> None:
        """Decode what is wanted, and what became wanted meanwhile, then ahead of it."""
        self._rest.stop()
        self._work(at_rest=False)
        if self._plan is not None and not self._wanted.is_closed:
            self._rest.start()

    def release(self) -> None:
        """Close the video."""
        self._rest.stop()
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
            self._plan = None

    @Slot()
    def _on_rest(self) -> None:
        # Creating a device may take a moment, for which nobody waits now.
        if self._decoder is not None and self._request.may_use_hardware and self._wanted.is_empty:
            try:
                self._decoder.use_hardware()
            except MediaError as error:
                self._give_up(str(error))
        self._work(at_rest=True)

    def _work(self, *, at_rest: bool) -> None:
        while not self._wanted.is_closed:
            request = self._wanted.take()
            if request is not None:
                at_rest = False
            try:
                if request is not None:
                    self._turn_to(request)
                goes_on = self._go_on(at_rest=at_rest)
                self._tell_device()
                if not goes_on:
                    return
            except MediaError as error:
                self._give_up(str(error))
            except Exception as error:
                log.exception(
                    "reading frame %d of %s", self._request.frame_index, self._request.path
                )
                self._give_up(sentence_of(error, doing=say("Reading the video")))

    def _give_up(self, sentence: str) -> None:
        # The next request tries again, but a slider that is dragged does not tell it for every frame.
        self._plan = None
        if sentence != self._told:
            self._told = sentence
            self.failed.emit(self._request.generation, sentence)
        self._tell_device()

    def _turn_to(self, request: FrameRequest) -> None:
        before, self._request = self._request, request
        if request.generation != before.generation:
            self._open(request)
        elif self._plan is None and self._decoder is not None:
            self._plan = DecodingPlan(self._decoder, self._store, request.generation)
        if self._decoder is not None and not request.may_use_hardware:
            self._decoder.use_processor()
        if self._plan is not None:
            self._plan.move(request.frame_index, screen=request.screen, rate=request.rate)
        self._is_outrun = not self._has_answered
        self._has_answered = False

    def _open(self, request: FrameRequest) -> None:
        was_open = self._decoder is not None
        self.release()
        self._store.begin(request.generation)
        if was_open:
            give_back_free_memory()
        self._told_of_damage = False
        self._told = ""
        self._has_answered = True
        if request.path is None:
            return
        # A video that cannot be opened is reported once, not per frame: it stays without a plan.
        decoder_bytes = self._store.limit_bytes // _STORES_A_DECODER
        decoder = VideoDecoder(request.path, cache_bytes=decoder_bytes, stream=request.stream)
        self._decoder = decoder
        self._plan = DecodingPlan(decoder, self._store, request.generation)
        video = OpenedVideo(
            index=decoder.index,
            width=decoder.width,
            height=decoder.height,
            sample_aspect=float(decoder.sample_aspect),
            warnings=decoder.warnings,
            stream=decoder.stream,
            streams=decoder.streams,
            codec=decoder.codec,
        )
        self.opened.emit(request.generation, video)

    def _go_on(self, *, at_rest: bool) -> bool:
        """Decode one stretch; False when nothing is left to decode."""
        plan = self._plan
        if plan is None:
            return False
        if plan.needs_decoding(plan.position):
            self._decode(plan, Stretch(plan.position, plan.position), keeps_way=True)
            return True
        self._has_answered = True
        stretch = plan.next_stretch(at_rest=at_rest)
        is_urgent = stretch is not None and plan.is_near(stretch)
        if not is_urgent and plan.shrink_one():
            return True
        if stretch is not None:
            self._decode(plan, stretch, reduced=stretch.last < plan.position)
            return True
        blurred = plan.sharpening() if at_rest else None
        if blurred is not None:
            self._decode(plan, blurred)
            if plan.sharpening() is None:
                self.sharpened.emit(self._request.generation)
        return False

    def _decode(
        self,
        plan: DecodingPlan,
        stretch: Stretch,
        *,
        reduced: bool = False,
        keeps_way: bool = False,
    ) -> None:
        """Decode a stretch, until something else is wanted.

        Args:
            plan: Knows the way.
            stretch: What to keep.
            reduced: Keep it no larger than it has to be.
            keeps_way: Also keep what has to be decoded before.
        """
        way = plan.begin(stretch, reduced=reduced)
        first = min(stretch.first, plan.first_kept(stretch)) if keeps_way else stretch.first
        for index in way:
            if not self._wanted.is_empty or self._wanted.is_closed:
                return
            try:
                frame = plan.decode(index, reduced=reduced, is_kept=index >= first)
            except DamagedFrameError as error:
                self._tell_of_damage(plan, index, error)
                continue
            if index == plan.position:
                self._has_answered = True
                self.arrived.emit(self._request.generation, index)
            elif stretch.last == plan.position:
                self._show_on_the_way(frame, stretch.last, is_first=index == way.start)

    def _tell_device(self) -> None:
        device = self._decoder.device if self._decoder is not None else ""
        if device != self._device:
            self._device = device
            self.device_changed.emit(self._request.generation, device)

    def _tell_of_damage(self, plan: DecodingPlan, index: int, error: DamagedFrameError) -> None:
        # Once per video: playing through a damaged stretch would say it for every frame.
        if index == plan.position and not self._told_of_damage:
            self._told_of_damage = True
            self.damaged.emit(self._request.generation, str(error))

    def _show_on_the_way(self, frame: Frame, last: int, *, is_first: bool) -> None:
        """Let something be seen: the key frame before a jump's end, or where the decoder got to."""
        if last - frame.index <= _NEAR or not (is_first or self._is_outrun):
            return
        now = time.monotonic()
        if now - self._previewed_at >= _PREVIEW_SECONDS:
            self._previewed_at = now
            self.passed.emit(self._request.generation, frame)
