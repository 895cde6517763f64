"""Small video files for tests, each frame of which shows its own number.

The number is drawn as black and white fields (a bit each), so that it survives lossy coding and is
readable only if the picture is upright: :func:`read_number` tells which frame a picture is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

SHARED_VIDEOS = Path(__file__).parents[2] / "shared" / "videos"

_COLUMNS, _ROWS = 4, 3
_BLACK, _WHITE = 16, 240
# Display matrices (16.16 fixed point) of a track whose picture is to be turned clockwise.
_MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def numbered_picture(number: int, width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Draw a frame that shows ``number`` (0 to 4095) as shape (height, width, 3)."""
    if not 0 <= number < 1 << (_COLUMNS * _ROWS):
        raise ValueError(f"{number} does not fit into the picture")
    bits = np.array([number >> bit & 1 for bit in range(_COLUMNS * _ROWS)])
    fields = np.where(bits.reshape(_ROWS, _COLUMNS), _WHITE, _BLACK).astype(np.uint8)
    rows = np.arange(height) * _ROWS // height
    columns = np.arange(width) * _COLUMNS // width
    return np.repeat(fields[rows][:, columns, None], 3, axis=2)


def read_number(rgb: NDArray[np.uint8]) -> int:
    """Return the number that an upright picture shows."""
    height, width = rgb.shape[:2]
    number = 0
    for bit in range(_COLUMNS * _ROWS):
        row, column = divmod(bit, _COLUMNS)
        y = (2 * row + 1) * height // (2 * _ROWS)
        x = (2 * column + 1) * width // (2 * _COLUMNS)
        middle = rgb[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        number |= int(middle.mean() > 128) << bit
    return number


def write_video(
    path: Path,
    *,
    count: int = 48,
    rate: Fraction | int = 24,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    gop: int = 12,
    b_frames: int = 0,
    times: Sequence[int] | None = None,
    timebase: Fraction | None = None,
    sample_aspect: Fraction | None = None,
    pictures: Sequence[NDArray[np.uint8]] | None = None,
    options: Mapping[str, str] | None = None,
    with_audio: bool = False,
) -> Path:
    """Write a video; the suffix of ``path`` chooses the container.

    Args:
        path: The file to write.
        count: Number of frames, numbered from 0.
        rate: Frames per second.
        size: Width and height.
        codec: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the format that is encoded.
        gop: Frames from one key frame to the next.
        b_frames: Most B-frames in a row.
        times: Presentation time of each frame in ticks of ``timebase``; else every 1/rate seconds.
        timebase: Seconds per tick of ``times``; else 1/rate.
        sample_aspect: Width of a pixel by its height.
        pictures: RGB frames to write in place of the numbered ones.
        options: More options of the encoder.
        with_audio: Add a tone of the same length.
    """
    ticks = Fraction(1, 1) / Fraction(rate) if timebase is None else timebase
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.gop_size = gop
        stream.max_b_frames = b_frames
        stream.time_base = ticks
        stream.codec_context.time_base = ticks
        if codec == "libx264":
            # Key frames where they are asked for and nowhere else.
            stream.options = {"sc_threshold": "0", "preset": "veryfast"}
        if options:
            stream.options = {**stream.options, **options}
        if sample_aspect is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        tone = container.add_stream("aac", rate=48000, layout="mono") if with_audio else None
        for number in range(count):
            picture = pictures[number] if pictures is not None else numbered_picture(number, *size)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number if times is None else times[number]
            frame.time_base = ticks
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            _encode_tone(container, tone, seconds=count / Fraction(rate))
    return path


def constant_rate(path: Path, *, count: int = 48) -> Path:
    """24 frames a second, a key frame every 12."""
    return write_video(path, count=count)


def variable_rate(path: Path, *, count: int = 48) -> Path:
    """Frames from 10 to 200 ms apart."""
    gaps = [(10, 40, 200, 33, 17)[i % 5] for i in range(count)]
    times = [0, *np.cumsum(gaps[:-1]).tolist()]
    return write_video(path, count=count, times=times, timebase=Fraction(1, 1000))


def b_frames(path: Path, *, count: int = 120) -> Path:
    """Reordered frames in groups of 50, so that few key frames are at hand."""
    return write_video(path, count=count, gop=50, b_frames=3)


def start_offset(path: Path, *, count: int = 48, offset_frames: int = 36) -> Path:
    """The first frame is shown 1.5 seconds after zero."""
    return write_video(path, count=count, times=range(offset_frames, offset_frames + count))


def rotated(path: Path, *, degrees: int, count: int = 12, size: tuple[int, int] = (96, 64)) -> Path:
    """Stored lying, to be turned clockwise by ``degrees`` for the numbers to be readable (MP4/MOV).

    ``size`` is that of the upright picture.
    """
    upright = [numbered_picture(number, *size) for number in range(count)]
    stored = [np.ascontiguousarray(np.rot90(p, k=degrees // 90)) for p in upright]
    height, width = stored[0].shape[:2]
    write_video(path, count=count, size=(width, height), pictures=stored)
    set_display_matrix(path, *_MATRICES[degrees])
    return path


def truncated(path: Path, *, count: int = 120, keep: float = 0.6) -> Path:
    """An MP4 with its index at the front, cut off after a part of its pictures' bytes."""
    write_video(path, count=count, gop=24, b_frames=2, options={"qp": "20"})
    _move_index_to_front(path)
    data = path.read_bytes()
    pictures = data.index(b"mdat") + 4
    path.write_bytes(data[: pictures + int((len(data) - pictures) * keep)])
    return path


def odd_size(path: Path, *, count: int = 24) -> Path:
    """97 × 65 pixels."""
    return write_video(path, count=count, size=(97, 65), pixel_format="yuv444p")


def single_frame(path: Path) -> Path:
    """One frame and no more."""
    return write_video(path, count=1)


def audio_only(path: Path) -> Path:
    """One second of sound without a picture."""
    with av.open(str(path), "w") as container:
        _encode_tone(container, container.add_stream("aac", rate=48000, layout="mono"), seconds=1)
    return path


def with_sound(
    path: Path,
    samples: NDArray[np.int16],
    *,
    sound_from: float = 0.0,
    picture_from: int = 0,
    count: int = 24,
    rate: int = 8000,
    codec: str = "pcm_s16le",
) -> Path:
    """A video at 24 frames a second with given sound (Matroska or MP4).

    Args:
        path: The file to write.
        samples: Of one channel, shape (n,).
        sound_from: When the sound begins, in seconds of the file.
        picture_from: When the picture begins, in frames.
        count: Number of frames, numbered from 0.
        rate: Samples a second.
        codec: FFmpeg's name of the sound's encoder.
    """
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=24)
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout="mono")
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="rgb24")
            frame.pts, frame.time_base = number + picture_from, Fraction(1, 24)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        is_float = codec == "aac"
        for start in range(0, len(samples), 1024):
            part = samples[None, start : start + 1024]
            heard = av.AudioFrame.from_ndarray(
                (part / 32768).astype(np.float32) if is_float else part,
                format="fltp" if is_float else "s16",
                layout="mono",
            )
            heard.sample_rate, heard.time_base = rate, Fraction(1, rate)
            heard.pts = start + round(sound_from * rate)
            container.mux(sound.encode(heard))
        container.mux(sound.encode(None))
    return path


def with_two_streams(path: Path, *, small: tuple[int, int], large: tuple[int, int]) -> Path:
    """Two video streams, the small one first."""
    with av.open(str(path), "w") as container:
        streams = []
        for width, height in (small, large):
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            streams.append(stream)
        for number in range(6):
            for stream in streams:
                picture = numbered_picture(number, stream.width, stream.height)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 24)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def with_damaged_frames(path: Path, *, damaged: Collection[int], count: int = 48) -> Path:
    """Every frame a key frame; the bytes of those in ``damaged`` cannot be decoded."""
    intact = write_video(
        path.with_suffix(".intact.mkv"), count=count, codec="mjpeg", pixel_format="yuvj420p"
    )
    with av.open(str(intact)) as source, av.open(str(path), "w") as target:
        original = source.streams.video[0]
        copy = target.add_stream_from_template(original)
        packets = [packet for packet in source.demux(original) if packet.size]
        for number, packet in enumerate(packets):
            if number in damaged:
                broken = av.Packet(b"\xff" * packet.size)
                broken.pts, broken.dts = packet.pts, packet.dts
                broken.time_base, broken.duration = packet.time_base, packet.duration
                broken.is_keyframe = True
                packet = broken
            packet.stream = copy
            target.mux(packet)
    return path


def remuxed(
    source: Path,
    path: Path,
    *,
    first_key: int = 0,
    mark_all_as_keys: bool = False,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Copy the packets of a video into another file, without decoding them.

    Args:
        source: The video.
        path: The file to write.
        first_key: Leave out what is stored before this key frame, counted from 0.
        mark_all_as_keys: Claim that decoding can start anywhere.
        options: Options of the container.
    """
    with (
        av.open(str(source)) as original,
        av.open(str(path), "w", options=dict(options or {})) as to,
    ):
        stream = original.streams.video[0]
        copy = to.add_stream_from_template(stream)
        keys = -1
        for packet in original.demux(stream):
            keys += packet.is_keyframe
            if packet.size and keys >= first_key:
                packet.is_keyframe = packet.is_keyframe or mark_all_as_keys
                packet.stream = copy
                to.mux(packet)
    return path


def packets_of(path: Path) -> Iterator[av.Packet]:
    """Yield the packets of the first video stream."""
    with av.open(str(path)) as container:
        yield from (packet for packet in container.demux(video=0) if packet.size)


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Set x' = a·x + c·y, y' = b·x + d·y as the display matrix of the first track of an MP4."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd") + 4
    version = data[header]
    start = header + (52 if version == 1 else 40)
    values = np.array([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30], dtype=">i4")
    data[start : start + 36] = values.tobytes()
    path.write_bytes(data)


def shared_video(name: str) -> Path:
    """Return a real video beside the checkout; skips the test where there is none."""
    path = SHARED_VIDEOS / name
    if not path.is_file():
        pytest.skip(f"the collection of real videos is not here: {path}")
    return path


def _encode_tone(
    container: av.container.OutputContainer, stream: av.AudioStream, *, seconds: Fraction | float
) -> None:
    length = 1024
    for position in range(int(seconds * 48000) // length):
        phase = np.arange(position * length, (position + 1) * length) * (440 / 48000 * 2 * np.pi)
        samples = (0.1 * np.sin(phase)).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 48000
        frame.pts = position * length
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _move_index_to_front(path: Path) -> None:
    """Copy an MP4 so that its index comes before the pictures ("fast start")."""
    moved = remuxed(path, path.with_suffix(".moved.mp4"), options={"movflags": "faststart"})
    moved.replace(path)


SECOND_STREAM = 1000
"""The second stream of :func:`two_streams` shows its numbers from here on."""


def two_streams(path: Path, *, seconds: int = 2) -> Path:
    """96 × 64 at 24 frames a second, numbered from 0, and 64 × 48 at 10, from ``SECOND_STREAM``.

    In MP4 each has a clock of its own: they count in 1/12288 and in 1/10240 seconds.
    """
    with av.open(str(path), "w") as container:
        kinds = (((96, 64), 24, 0), ((64, 48), 10, SECOND_STREAM))
        streams = []
        for size, rate, first in kinds:
            stream = container.add_stream("libx264", rate=rate)
            stream.width, stream.height = size
            stream.pix_fmt, stream.gop_size = "yuv420p", 12
            stream.options = {"sc_threshold": "0", "preset": "veryfast"}
            streams.append((stream, size, rate, first))
        streams[1][0].metadata["language"] = "deu"
        for stream, size, rate, first in streams:
            for number in range(seconds * rate):
                picture = numbered_picture(first + number, *size)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, rate)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path
