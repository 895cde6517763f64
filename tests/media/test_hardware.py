"""Decoding on a device: only what gives the same frames is used, and whatever fails is left unnoticed.

The devices here stand at the narrowest door. FFmpeg decodes on the processor in their place; what they do
to its frames, or refuse to do, is what real ones have been seen to do.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from av.codec import Codec
from av.codec.hwaccel import HWAccel
from av.video.frame import VideoFrame

from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.decoding_plan import DecodingPlan
from cast_studio.media.frame_store import FrameStore
from cast_studio.media.hardware import (
    HARDWARE,
    NAMES,
    FfmpegDevice,
    HardwareDecoders,
    HardwareError,
    first_difference,
    known_devices,
    usable_devices,
)
from tests import videos

COUNT = 120
PROBED = 8
"""So many frames are compared before a device is used."""

Fault = Callable[[int, VideoFrame], VideoFrame]


def as_they_are(_number: int, picture: VideoFrame) -> VideoFrame:
    return picture


@dataclass
class FakeDevice:
    """Gives what the processor decodes, in the layout of devices, after doing to it what it is told to."""

    fault: Fault = as_they_are
    kind: str = "vaapi"
    fetched: int = 0
    refusal: Exception | None = None
    opened: int = 0
    layouts: set[str] = field(default_factory=set)

    def accelerator(self) -> HWAccel | None:
        self.opened += 1
        if self.refusal is not None:
            raise self.refusal
        return None

    def fetch(self, picture: VideoFrame, pixel_format: str) -> VideoFrame:
        self.fetched += 1
        done = self.fault(self.fetched, picture.reformat(format="nv12"))
        self.layouts.add(done.format.name)
        return FfmpegDevice(self.kind).fetch(done, pixel_format)


def decoders(*devices: FakeDevice) -> HardwareDecoders:
    return HardwareDecoders(devices, supports=lambda _device, _stream: True)


def wrong(decoder: VideoDecoder, order: list[int]) -> list[int]:
    return [i for i in order if videos.read_number(decoder.frame_at(i).to_rgb()) != i]


def shuffled() -> list[int]:
    order = list(range(COUNT))
    random.Random(3).shuffle(order)
    return order


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return videos.b_frames(tmp_path_factory.mktemp("hardware") / "clip.mp4", count=COUNT)


def test_a_device_that_gives_the_same_frames_is_used(video: Path) -> None:
    device = FakeDevice()
    with VideoDecoder(video, cache_bytes=1) as plain, VideoDecoder(video, cache_bytes=1) as fast:
        assert (fast.device, fast.use_hardware(decoders(device))) == ("", True)
        assert fast.device == "VAAPI"
        assert fast.use_hardware(decoders(device))
        for index in [*range(COUNT), *range(COUNT - 1, 0, -9), *shuffled()[:12]]:
            ours, theirs = plain.frame_at(index), fast.frame_at(index)
            assert (ours.pts, ours.index) == (theirs.pts, theirs.index)
            assert np.array_equal(ours.to_rgb(), theirs.to_rgb()), index
        assert fast.device == "VAAPI"
        assert device.layouts == {"nv12"}
        assert device.fetched > COUNT
        fast.use_processor()
        assert fast.device == ""
        assert wrong(fast, shuffled()[:20]) == []


def test_a_device_that_cannot_be_had_is_not_asked_for_again(video: Path) -> None:
    device = FakeDevice(refusal=RuntimeError("no such device"))
    known = decoders(device)
    for _ in range(2):
        with VideoDecoder(video) as decoder:
            assert not decoder.use_hardware(known)
            assert wrong(decoder, shuffled()[:10]) == []
    assert device.opened == 1


def brighter(picture: VideoFrame) -> VideoFrame:
    pixels = picture.to_ndarray()
    pixels[0, 0] ^= 1
    changed = VideoFrame.from_ndarray(pixels, format=picture.format.name)
    changed.pts, changed.time_base = picture.pts, picture.time_base
    return changed


def one_value_off(number: int, picture: VideoFrame) -> VideoFrame:
    return brighter(picture) if number == PROBED else picture


def other_time(number: int, picture: VideoFrame) -> VideoFrame:
    picture.pts = (picture.pts or 0) + (1 if number == 2 else 0)
    return picture


def breaks_at_once(_number: int, _picture: VideoFrame) -> VideoFrame:
    raise HardwareError("out of surfaces")


@pytest.mark.parametrize("fault", [one_value_off, other_time, breaks_at_once])
def test_a_device_whose_first_frames_differ_is_never_used_for_such_videos(
    video: Path, tmp_path: Path, fault: Fault
) -> None:
    device = FakeDevice(fault)
    known = decoders(device)
    with VideoDecoder(video) as decoder:
        assert not decoder.use_hardware(known)
        assert not decoder.use_hardware(known)
        assert wrong(decoder, shuffled()[:20]) == []
    assert device.opened == 1
    # Another kind of video may do better.
    other = videos.write_video(tmp_path / "other.mp4", codec="mpeg4")
    device.fault = as_they_are
    with VideoDecoder(other) as decoder:
        assert decoder.use_hardware(known)


def breaks(number: int, picture: VideoFrame) -> VideoFrame:
    if number == 40:
        raise HardwareError("the driver was reset")
    return picture


def repeats_a_frame(number: int, picture: VideoFrame) -> VideoFrame:
    if number == 40:
        picture.pts = (picture.pts or 0) - 512
    return picture


def skips_frames(number: int, picture: VideoFrame) -> VideoFrame:
    if number >= 40:
        picture.pts = (picture.pts or 0) + 512
    return picture


def tells_unknown_times(number: int, picture: VideoFrame) -> VideoFrame:
    if number >= 40:
        picture.pts = (picture.pts or 0) + 7
    return picture


@pytest.mark.parametrize("fault", [breaks, repeats_a_frame, skips_frames, tells_unknown_times])
@pytest.mark.parametrize("order", ["on", "back", "shuffled"])
def test_a_device_that_fails_on_the_way_costs_no_frame(
    video: Path, fault: Fault, order: str
) -> None:
    asked = {"on": list(range(COUNT)), "back": list(reversed(range(COUNT)))}.get(order, shuffled())
    device = FakeDevice(fault)
    with VideoDecoder(video) as decoder:
        assert decoder.use_hardware(decoders(device))
        assert wrong(decoder, asked) == []
        assert decoder.device == ""
        assert not decoder.use_hardware(decoders(FakeDevice()))
        assert wrong(decoder, asked[:30]) == []


def test_a_device_that_fails_again_and_again_is_given_up(video: Path) -> None:
    device = FakeDevice(lambda n, picture: breaks(n % 41, picture))
    known = decoders(device)
    tried = []
    for _ in range(5):
        device.fetched = 0
        with VideoDecoder(video) as decoder:
            tried.append(decoder.use_hardware(known))
            assert wrong(decoder, list(range(COUNT))) == []
    assert tried == [True, True, True, False, False]


def test_a_damaged_file_is_left_to_the_processor(tmp_path: Path) -> None:
    path = videos.b_frames(tmp_path / "clip.mp4", count=COUNT)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)

    def answers(decoder: VideoDecoder) -> list[object]:
        found: list[object] = []
        for index in range(len(decoder)):
            try:
                found.append(decoder.frame_at(index).to_rgb().tobytes())
            except Exception as error:  # noqa: BLE001 - whatever it is, it has to be the same
                found.append(str(error))
        return found

    with VideoDecoder(path) as plain, VideoDecoder(path) as fast:
        assert fast.use_hardware(decoders(FakeDevice()))
        assert answers(fast) == answers(plain)


def test_files_whose_frames_are_counted_are_left_to_the_processor(tmp_path: Path) -> None:
    path = videos.b_frames(tmp_path / "clip.avi", count=COUNT)
    with VideoDecoder(path) as decoder:
        assert not decoder.use_hardware(decoders(FakeDevice()))


def test_the_real_devices_of_this_build_are_named_and_fail_in_order(video: Path) -> None:
    """Where there is no device, PyAV's own call fails for want of one; where there is, it must fit."""
    known = known_devices(Codec("h264", "r"))
    assert {device.kind for device in known} <= set(NAMES)
    usable = usable_devices()
    assert set(usable) <= set(known)
    for device in set(known) - set(usable):
        with pytest.raises(HardwareError):
            device.create(Codec("h264", "r"))
    with VideoDecoder(video, cache_bytes=1) as decoder:
        is_used = decoder.use_hardware(HARDWARE)
        assert (decoder.device in NAMES.values()) == is_used
        assert is_used <= bool(usable)
        assert wrong(decoder, shuffled()[:20]) == []


def test_a_kind_that_ffmpeg_lacks_is_an_error_like_any_other() -> None:
    with pytest.raises(HardwareError):
        FfmpegDevice("nonsense").create(Codec("h264", "r"))


def test_frames_are_compared_in_number_facts_and_pixels(video: Path) -> None:
    with VideoDecoder(video) as decoder:
        frames = [decoder.frame_at(i)._picture for i in range(3)]
    assert first_difference(frames, frames) == ""
    assert "2 frames instead of 3" in first_difference(frames, frames[:2])
    assert "frame 0 is" in first_difference(frames, frames[::-1])
    assert "frame 0 is" in first_difference(frames[:1], [brighter(frames[0])])


def test_what_one_decoder_gave_makes_room_when_another_takes_over(video: Path) -> None:
    with VideoDecoder(video, cache_bytes=1) as decoder:
        store = FrameStore(40 * decoder.frame_at(0).held_bytes)
        store.begin(1)
        plan = DecodingPlan(decoder, store, 1)

        def fill(position: int) -> set[int]:
            """Decode all that is wanted there; return what is held from there on."""
            plan.move(position, screen=None, rate=1)
            for _ in range(COUNT):
                stretch = plan.next_stretch(at_rest=False)
                if stretch is None:
                    return {index for index in store.held() if index >= position}
                for index in plan.begin(stretch, reduced=False):
                    plan.decode(index, reduced=False, is_kept=index >= stretch.first)
            raise AssertionError("it decodes, lets go and decodes again without an end")

        ahead = len(fill(0))
        assert ahead > 20
        assert decoder.use_hardware(decoders(FakeDevice()))
        assert len(fill(60)) >= ahead
        decoder.use_processor()
        assert len(fill(0)) >= ahead
        assert store.most_bytes <= store.limit_bytes + decoder.frame_at(0).held_bytes


def test_a_device_that_cannot_be_opened_again_is_left(video: Path) -> None:
    device = FakeDevice()
    with VideoDecoder(video, cache_bytes=1) as decoder:
        assert decoder.use_hardware(decoders(device))
        device.refusal = RuntimeError("the device was unplugged")
        decoder.begin_anew()
        assert decoder.device == ""
        assert wrong(decoder, [0, 5, 70, 3]) == []
        assert not decoder.use_hardware(decoders(FakeDevice()))
