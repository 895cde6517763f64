"""The kinds of files that the decoder is checked with, each made by PyAV alone, small and fast."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from tests import videos

_SAMPLES = Path(__file__).parent / "samples"
_MILLISECOND = Fraction(1, 1000)
_BT2020 = ":colorprim=bt2020:transfer={}:colormatrix=bt2020nc"
_INTERLACED = {"flags": "+ildct+ilme"}
_WRAP_SECONDS = (1 << 33) // 90_000


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        make: Writes it into a folder.
        has_own_times: Whether the times that FFmpeg tells from the start of the file are right. Else
            they are derived from the order of the frames.
        is_damaged: Whether the decoder has something to say of the file.
        is_ordered_by_time: Whether the times are right and the order of the output is not.
    """

    make: Callable[[Path], Path]
    has_own_times: bool = True
    is_damaged: bool = False
    is_ordered_by_time: bool = False


def _smooth(**more: str) -> dict[str, str]:
    """Encoder options that keep the group of pictures as it is asked for."""
    return {"sc_threshold": "1000000000", "qscale": "2", **more}


def _encoded(suffix: str, codec: str, pixel_format: str = "yuv420p", **more: object) -> Format:
    has_own_times = bool(more.pop("has_own_times", True))

    def make(folder: Path) -> Path:
        b_frames = 2 if codec in ("libx264", "mpeg4", "mpeg2video") else 0
        given = {"rate": 25, "b_frames": b_frames, **more}
        path = folder / f"clip.{suffix}"
        return videos.write_video(path, codec=codec, pixel_format=pixel_format, **given)  # type: ignore[arg-type]

    return Format(make, has_own_times)


def _x265(suffix: str, pixel_format: str, more: str = "") -> Format:
    options = {"x265-params": f"log-level=none{more}"}
    return _encoded(suffix, "libx265", pixel_format, options=options)


def _edited(*entries: tuple[int, int]) -> Format:
    """An MP4 whose edit list is replaced: (frames, first frame or -1 for nothing) for each entry."""

    def make(folder: Path) -> Path:
        # Shown from before zero: the writer makes an edit list.
        path = videos.write_video(folder / "clip.mp4", b_frames=2, times=range(-5, 43))
        set_edit_list(path, entries)
        return path

    return Format(make)


def set_edit_list(path: Path, entries: Sequence[tuple[int, int]]) -> None:
    """Replace the edit list of an MP4 by one for the first track, in ticks of movie and track.

    Args:
        path: The file; has an edit list, and its pictures before its index.
        entries: Frames at 24 a second, and the first of them, -1 for a gap.
    """
    data = path.read_bytes()
    (movie_ticks,) = struct.unpack(">I", data[data.index(b"mvhd") + 16 :][:4])
    (track_ticks,) = struct.unpack(">I", data[data.index(b"mdhd") + 16 :][:4])
    start = data.index(b"edts") - 4
    (old_size,) = struct.unpack(">I", data[start : start + 4])
    table = b"".join(
        struct.pack(
            ">IiI",
            frames * movie_ticks // 24,
            -1 if first < 0 else first * track_ticks // 24,
            65536,
        )
        for frames, first in entries
    )
    edits = struct.pack(">I4sII", 16 + len(table), b"elst", 0, len(entries)) + table
    box = struct.pack(">I4s", 8 + len(edits), b"edts") + edits
    grown = bytearray(data[:start] + box + data[start + old_size :])
    for name in (b"moov", b"trak"):
        at = data.index(name) - 4
        (size,) = struct.unpack(">I", data[at : at + 4])
        grown[at : at + 4] = struct.pack(">I", size + len(box) - old_size)
    path.write_bytes(grown)


def _shuffled_times(folder: Path) -> Path:
    """Two neighbors in the middle carry each other's time, so that output and times disagree."""
    whole = videos.b_frames(folder / "right.mkv")
    with av.open(str(whole)) as source, av.open(str(folder / "clip.mkv"), "w") as target:
        original = source.streams.video[0]
        copy = target.add_stream_from_template(original)
        packets = [packet for packet in source.demux(original) if packet.size]
        one, other = next(
            (a, b)
            for a, b in pairwise(packets[60:])
            if 0 < b.pts - a.pts < 60 and a.pts >= (b.dts or 0)
        )
        one.pts, other.pts = other.pts, one.pts
        for packet in packets:
            packet.stream = copy
            target.mux(packet)
    return folder / "clip.mkv"


def _joined(suffix: str) -> Format:
    def make(folder: Path) -> Path:
        single = videos.b_frames(folder / f"single.{suffix}", count=60)
        path = folder / f"joined.{suffix}"
        path.write_bytes(single.read_bytes() * 2)
        return path

    return Format(make, has_own_times=False)


def _cut(suffix: str) -> Format:
    """Begins with frames whose references were cut away."""

    def make(folder: Path) -> Path:
        open_groups = {"x264-params": "open-gop=1"}
        whole = videos.write_video(
            folder / f"whole.{suffix}", b_frames=3, rate=25, options=open_groups
        )
        return videos.remuxed(whole, folder / f"cut.{suffix}", first_key=1)

    return Format(make)


def _indexed_colors(folder: Path) -> Path:
    """Eight bits a pixel with a palette, which an AVI stores once."""
    path = folder / "clip.avi"
    palette = np.full((256, 4), 255, np.uint8)
    palette[:, 1:] = np.minimum(np.arange(256) * 16, 255)[:, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "pal8"
        for number in range(24):
            pixels = videos.numbered_picture(number)[..., 0] // 16
            frame = av.VideoFrame.from_ndarray((pixels, palette), format="pal8")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
    return path


def _dropped_frames(folder: Path) -> Path:
    """An AVI with empty places, as screen recorders leave where nothing changed."""
    times = [0, 1, 2, 6, 7, 8, 9, 14, *range(20, 48)]
    return videos.write_video(
        folder / "clip.avi", codec="mpeg4", count=len(times), times=times, options=_smooth()
    )


def _file(name: str, make: Callable[[Path], Path]) -> Format:
    return Format(lambda folder: make(folder / name))


def _sample(name: str) -> Format:
    """A small file of the repository, of a codec that PyAV cannot encode."""
    return Format(lambda folder: Path(shutil.copy(_SAMPLES / name, folder)))


_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def _fragmented(folder: Path) -> Path:
    whole = videos.b_frames(folder / "whole.mp4")
    return videos.remuxed(whole, folder / "clip.mp4", options=_FRAGMENTED)


FORMATS: dict[str, Format] = {
    "h264 mp4, constant rate": _file("clip.mp4", videos.constant_rate),
    "h264 mp4, variable rate": _file("clip.mp4", videos.variable_rate),
    "h264 mkv, variable rate, no durations": _file("clip.mkv", videos.variable_rate),
    "h264 mp4, starts at 1.5 s": _file("clip.mp4", videos.start_offset),
    "h264 mp4, 97 × 65, 4:4:4": _file("clip.mp4", videos.odd_size),
    "h264 mp4, a single frame": _file("clip.mp4", videos.single_frame),
    "h264 mkv with sound": _encoded("mkv", "libx264", with_audio=True),
    "h264 mp4, B-frames": _file("clip.mp4", videos.b_frames),
    "h264 mkv, B-frames": _file("clip.mkv", videos.b_frames),
    "h264 ts, B-frames": _file("clip.ts", videos.b_frames),
    "h264 flv, B-frames": _file("clip.flv", videos.b_frames),
    "h264 avi, B-frames": Format(
        lambda folder: videos.b_frames(folder / "clip.avi"), has_own_times=False
    ),
    "h264 raw, B-frames": Format(
        lambda folder: videos.b_frames(folder / "clip.h264"), has_own_times=False
    ),
    "h264 mp4, fragmented": Format(_fragmented),
    "h264 mp4, open groups": _encoded("mp4", "libx264", options={"x264-params": "open-gop=1"}),
    "h264 ts, open groups": _encoded("ts", "libx264", options={"x264-params": "open-gop=1"}),
    "h264 mkv, references cut away": _cut("mkv"),
    "h264 ts, references cut away": _cut("ts"),
    "h264 mp4, intra refresh": _encoded("mp4", "libx264", options={"intra-refresh": "1"}),
    "h264 mp4, interlaced": _encoded("mp4", "libx264", options=_INTERLACED),
    "h264 mp4, full range": _encoded("mp4", "libx264", "yuvj420p"),
    "h264 mp4, 4:2:2, 10 bit": _encoded("mp4", "libx264", "yuv422p10le"),
    "h264 mp4, 4:3 pixels": _encoded("mp4", "libx264", sample_aspect=Fraction(4, 3)),
    "h264 mp4, turned by 90°": _file("clip.mp4", lambda path: videos.rotated(path, degrees=90)),
    "h264 mp4, turned by 180°": _file("clip.mp4", lambda path: videos.rotated(path, degrees=180)),
    "h264 mov, turned by 270°": _file("clip.mov", lambda path: videos.rotated(path, degrees=270)),
    "h264 mkv, two streams": _file(
        "clip.mkv", lambda path: videos.with_two_streams(path, small=(32, 24), large=(96, 64))
    ),
    "h264 ts over the wrap of its clock": _encoded(
        "ts",
        "libx264",
        rate=24,
        times=range((_WRAP_SECONDS - 1) * 24, (_WRAP_SECONDS - 1) * 24 + 48),
    ),
    "h264 ts, two joined": _joined("ts"),
    "h264 mkv, two joined": _joined("mkv"),
    "h264 mp4, edit list cuts the start": _edited((30, 10)),
    "h264 mp4, edit list with a gap": _edited((12, -1), (36, 5)),
    "h264 mp4, edit list of two parts": _edited((10, 5), (12, 30)),
    "h264 mp4, cut off": Format(
        lambda folder: videos.truncated(folder / "clip.mp4"), is_damaged=True
    ),
    "hevc mp4, 10 bit": _x265("mp4", "yuv420p10le"),
    "hevc mp4, 4:4:4, 12 bit": _x265("mp4", "yuv444p12le"),
    "hevc mp4, PQ": _x265("mp4", "yuv420p10le", _BT2020.format("smpte2084")),
    "hevc mp4, HLG": _x265("mp4", "yuv420p10le", _BT2020.format("arib-std-b67")),
    "hevc ts, open groups": _x265("ts", "yuv420p", ":open-gop=1:bframes=3"),
    "vp8 webm, hidden frames": _encoded(
        "webm", "libvpx", options={"auto-alt-ref": "1", "lag-in-frames": "12"}
    ),
    "vp8 webm, alpha": _encoded("webm", "libvpx", "yuva420p", options={"auto-alt-ref": "0"}),
    "vp9 webm, hidden frames": _encoded(
        "webm", "libvpx-vp9", options={"auto-alt-ref": "1", "lag-in-frames": "12", "cpu-used": "8"}
    ),
    "vp9 webm, 4:4:4": _encoded("webm", "libvpx-vp9", "yuv444p", options={"cpu-used": "8"}),
    "av1 mkv": _encoded("mkv", "libsvtav1", options={"preset": "12"}),
    "mpeg4 avi, B-frames": _encoded("avi", "mpeg4", options=_smooth(), has_own_times=False),
    "mpeg4 avi, dropped frames": Format(_dropped_frames),
    "mpeg4 mkv, B-frames": _encoded("mkv", "mpeg4", options=_smooth()),
    "h264 mkv, times out of order": Format(_shuffled_times, is_ordered_by_time=True),
    "mpeg2 program stream": _encoded("mpg", "mpeg2video", options=_smooth(), has_own_times=False),
    "mpeg2 ts, interlaced": _encoded("ts", "mpeg2video", options=_smooth(**_INTERLACED)),
    "mpeg2 mxf, 4:2:2": _encoded("mxf", "mpeg2video", "yuv422p", options=_smooth()),
    "mjpeg avi, full range": _encoded("avi", "mjpeg", "yuvj420p"),
    "ffv1 mkv, 4:4:4, 12 bit": _encoded("mkv", "ffv1", "yuv444p12le"),
    "ffv1 mkv, gray, 10 bit": _encoded("mkv", "ffv1", "gray10le"),
    "prores mov, 4:2:2, 10 bit": _encoded("mov", "prores_ks", "yuv422p10le"),
    "prores mov, alpha": _encoded("mov", "prores_ks", "yuva444p10le", options={"profile": "4444"}),
    "png mov, alpha": _encoded("mov", "png", "rgba"),
    "animation mov, alpha": _encoded("mov", "qtrle", "argb"),
    "jpeg 2000 mov": _encoded("mov", "jpeg2000", "yuv420p"),
    "dv avi, interlaced": _encoded("avi", "dvvideo", "yuv420p", size=(720, 576), count=6),
    "gif": _encoded("gif", "gif", "rgb8"),
    "raw avi, indexed colors": Format(_indexed_colors),
    "theora ogv": _sample("theora.ogv"),
    "wmv asf": _encoded("asf", "wmv1"),
    "h263 3gp": _encoded("3gp", "h263", size=(176, 144)),
    "sorenson flv": _encoded("flv", "flv", times=range(0, 48 * 40, 40), timebase=_MILLISECOND),
}
"""By a name for people: container, codec and what is special."""
