"""Scans that were kept: the same frames without a pass over the file, and never a wrong one."""

from __future__ import annotations

import gc
import os
import random
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cast_studio.media.decoder import VideoDecoder
from cast_studio.media.key_packets import KeyPacketNotes, KeyPackets
from cast_studio.media.packet_table import PacketTable, read_packets
from cast_studio.media.reader import StreamReader
from cast_studio.media.scan import scan
from cast_studio.media.scan_cache import ScanCache, keep_scans_in
from cast_studio.media.scan_progress import ScanCanceledError
from tests import videos
from tests.exactness.formats import FORMATS

KINDS = (
    *("h264 mp4, B-frames", "h264 avi, B-frames", "h264 mp4, cut off"),
    *("h264 mkv, two joined", "raw avi, indexed colors", "h264 mp4, edit list of two parts"),
)


@pytest.fixture
def scans(tmp_path: Path) -> ScanCache:
    return ScanCache(tmp_path / "scans")


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose packets were all read."""
    read: list[Path] = []

    def counting(reader: StreamReader) -> PacketTable:
        read.append(reader.path)
        return read_packets(reader)

    monkeypatch.setattr("cast_studio.media.scan.read_packets", counting)
    return read


def _shown(path: Path, scans: ScanCache | None) -> tuple[object, ...]:
    """Return all that can be seen of a video, its frames in a shuffled order."""
    with VideoDecoder(path, scans=scans, cache_bytes=1) as decoder:
        order = random.Random(1).sample(range(len(decoder)), len(decoder))
        pictures = [decoder.frame_at(i).to_rgb().tobytes() for i in order]
        return decoder.index, decoder.warnings, pictures


@pytest.mark.parametrize("kind", KINDS)
def test_a_kept_scan_shows_the_same_frames(
    kind: str, tmp_path: Path, scans: ScanCache, passes: list[Path]
) -> None:
    path = FORMATS[kind].make(tmp_path)
    without = _shown(path, None)
    first = _shown(path, scans)
    passes.clear()

    assert _shown(path, scans) == first == without
    assert passes == []


def test_another_content_time_or_stream_is_scanned_anew(
    tmp_path: Path, scans: ScanCache, passes: list[Path]
) -> None:
    path = videos.with_two_streams(tmp_path / "clip.mkv", small=(32, 24), large=(96, 64))
    VideoDecoder(path, scans=scans).close()
    VideoDecoder(path, scans=scans, stream=0).close()
    assert len(passes) == 2
    os.utime(path, ns=(0, 0))
    VideoDecoder(path, scans=scans).close()
    assert len(passes) == 3
    videos.constant_rate(path)
    with VideoDecoder(path, scans=scans) as decoder:
        assert len(decoder) == 48


def test_a_moved_video_keeps_its_scan(tmp_path: Path, scans: ScanCache, passes: list[Path]) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4")
    VideoDecoder(path, scans=scans).close()
    VideoDecoder(path.rename(tmp_path / "renamed.mp4"), scans=scans).close()
    assert len(passes) == 1


def _damages() -> Iterator[Callable[[bytes], bytes]]:
    yield lambda _data: b""
    yield lambda data: data[: len(data) // 2]
    yield lambda data: data[:-30]
    yield lambda _data: b"PK\x03\x04 nothing of use"
    for seed in range(12):
        rng = random.Random(seed)
        yield lambda data, rng=rng: bytes(  # type: ignore[misc]
            byte ^ (rng.random() < 0.01) * rng.randrange(256) for byte in data
        )


def test_a_damaged_scan_is_as_if_it_were_not_there(tmp_path: Path, scans: ScanCache) -> None:
    path = videos.b_frames(tmp_path / "clip.mp4", count=40)
    expected = _shown(path, scans)
    scans_folder = tmp_path / "scans"
    (kept,) = scans_folder.iterdir()
    whole = kept.read_bytes()
    for damage in _damages():
        kept.write_bytes(damage(whole))
        assert _shown(path, ScanCache(scans_folder)) == expected
    kept.write_bytes(whole)
    assert _shown(path, ScanCache(scans_folder)) == expected


def test_the_scan_of_another_video_is_not_believed(tmp_path: Path, scans: ScanCache) -> None:
    one = videos.constant_rate(tmp_path / "one.mp4")
    other = videos.variable_rate(tmp_path / "other.mp4")
    VideoDecoder(other, scans=scans).close()
    (of_other,) = (tmp_path / "scans").iterdir()
    VideoDecoder(one, scans=scans).close()
    (of_one,) = (path for path in (tmp_path / "scans").iterdir() if path != of_other)
    of_one.write_bytes(of_other.read_bytes())

    assert _shown(one, ScanCache(tmp_path / "scans")) == _shown(one, None)


def test_who_reads_one_video_holds_its_tables_once(tmp_path: Path, scans: ScanCache) -> None:
    path = videos.b_frames(tmp_path / "clip.mp4", count=40)
    with VideoDecoder(path, scans=scans) as eye:
        for kept in (tmp_path / "scans").iterdir():
            kept.unlink()  # what is in use is not read again
        with VideoDecoder(path, scans=scans) as other:
            assert other.index is eye.index
            assert other.frame_at(30).to_rgb().tobytes() == eye.frame_at(30).to_rgb().tobytes()
    passed = weakref.ref(eye.index)
    del eye, other
    gc.collect()
    assert passed() is None  # nobody keeps what nobody uses


def test_what_the_list_of_frames_tells_is_not_held_again_with_the_packets(tmp_path: Path) -> None:
    reader = StreamReader(videos.constant_rate(tmp_path / "clip.mp4"))
    kept = scan(reader).kept
    reader.close()
    assert kept.packets.pts is kept.packets.dts is kept.index.pts
    assert kept.packets.is_key is kept.index.is_key
    # Key packets are for counting frames, where their times cannot be trusted.
    assert len(kept.packets.key_packets) == 0


def test_key_packets_are_known_again_unless_there_are_two_alike(tmp_path: Path) -> None:
    reader = StreamReader(videos.constant_rate(tmp_path / "clip.mp4"))
    packets = [found for found in iter(reader.read_packet, None) if found.is_keyframe]
    notes = KeyPacketNotes()
    for position in (0, 12, 24):
        notes.add(packets[position // 12], position)
    notes.add(packets[2], 40)
    known = notes.to_key_packets()
    assert [known.position_of(packet) for packet in packets] == [0, 12, None, None]
    again = KeyPackets(known.rows)
    assert [again.position_of(packet) for packet in packets] == [0, 12, None, None]
    assert again.are_within(41)
    assert not again.are_within(40)
    with pytest.raises(ValueError, match="rows of 4 numbers"):
        KeyPackets(known.rows[:, :3])
    reader.close()


def test_old_scans_make_room(tmp_path: Path) -> None:
    scans = ScanCache(tmp_path / "scans", most_bytes=6_000)
    for number in range(8):
        path = videos.write_video(tmp_path / f"{number}.mp4", count=10 + number)
        VideoDecoder(path, scans=scans).close()

    sizes = [path.stat().st_size for path in (tmp_path / "scans").iterdir()]
    assert 0 < sum(sizes) <= 6_000


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = videos.constant_rate(tmp_path / "clip.mp4")
    with VideoDecoder(path, scans=ScanCache(tmp_path / "file" / "scans")) as decoder:
        assert len(decoder) == 48


def test_a_process_can_choose_a_folder_for_all(tmp_path: Path, passes: list[Path]) -> None:
    path = videos.constant_rate(tmp_path / "clip.mp4")
    keep_scans_in(tmp_path / "scans")
    try:
        for _ in range(3):
            VideoDecoder(path).close()
    finally:
        keep_scans_in(None)
    assert len(passes) == 1


@pytest.mark.parametrize("suffix", ["mp4", "avi"])
def test_a_long_scan_tells_how_far_it_is(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cast_studio.media.scan_progress._FIRST_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("cast_studio.media.scan_progress._SECONDS_BETWEEN", 0.0)
    path = videos.b_frames(tmp_path / f"clip.{suffix}")
    told: list[float] = []

    def tell(share: float) -> bool:
        told.append(share)
        return True

    VideoDecoder(path, on_progress=tell).close()

    assert len(told) > 100
    assert told == sorted(told)
    assert told[0] < 0.2
    assert 0.6 < told[-1] <= 1


def test_a_scan_can_be_canceled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cast_studio.media.scan_progress._FIRST_AFTER_SECONDS", 0.0)
    path = videos.b_frames(tmp_path / "clip.mp4")
    with pytest.raises(ScanCanceledError, match=r"“clip\.mp4” was not opened"):
        VideoDecoder(path, on_progress=lambda _share: False)
