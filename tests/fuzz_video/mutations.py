"""Ways in which a video file can be wrong, all drawn from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.exactness.formats import FORMATS

_HEADER_BYTES = 4096
_ABSURD = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFF0000, 0x00FFFFFF, 0x7FFF7FFF)
_MP4_FIELDS = (
    *(b"mvhd", b"tkhd", b"mdhd", b"elst", b"stsd", b"avc1", b"hev1", b"stts", b"ctts", b"stss"),
    *(b"stsc", b"stsz", b"stco", b"avcC", b"hvcC", b"moof", b"tfhd", b"tfdt", b"trun", b"trex"),
)
_SUFFIXES = (
    ".mp4",
    ".mkv",
    ".avi",
    ".ts",
    ".flv",
    ".webm",
    ".gif",
    ".mov",
    ".mpg",
    ".h264",
    ".txt",
)
SOURCES = (
    *(
        "h264 mp4, B-frames",
        "h264 mp4, fragmented",
        "h264 mp4, edit list of two parts",
        "h264 mp4, turned by 90°",
    ),
    *("h264 mkv with sound", "h264 ts, open groups", "h264 flv, B-frames", "h264 raw, B-frames"),
    *("hevc mp4, 10 bit", "vp8 webm, alpha", "av1 mkv", "mpeg4 avi, B-frames"),
    *(
        "mpeg2 program stream",
        "mpeg2 mxf, 4:2:2",
        "mjpeg avi, full range",
        "ffv1 mkv, gray, 10 bit",
    ),
    *("prores mov, alpha", "gif", "raw avi, indexed colors", "theora ogv", "wmv asf"),
)

Rng = random.Random


@dataclass(frozen=True, slots=True)
class Source:
    """A whole video.

    Attributes:
        name: What it is.
        suffix: Of its file, with the dot.
        content: Its bytes.
    """

    name: str
    suffix: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged video.

    Attributes:
        name: What was done to what.
        suffix: Of its file, with the dot.
        content: Its bytes.
    """

    name: str
    suffix: str
    content: bytes


def make_sources(folder: Path, names: Sequence[str] = SOURCES) -> tuple[Source, ...]:
    """Write whole videos into a folder, small ones of many kinds, and return them.

    Args:
        folder: Where to.
        names: Of the formats.
    """
    sources = []
    for number, name in enumerate(names):
        place = folder / str(number)
        place.mkdir()
        path = FORMATS[name].make(place)
        sources.append(Source(name, path.suffix, path.read_bytes()))
    return tuple(sources)


def mutant(sources: Sequence[Source], seed: int) -> Mutant:
    """Return the damaged video of a seed."""
    rng = Rng(seed)
    source = rng.choice(sources)
    kind = rng.choice(tuple(_KINDS))
    data = bytearray(source.content)
    _KINDS[kind](data, rng, sources)
    suffix = rng.choice(_SUFFIXES) if kind == "wrong extension" else source.suffix
    return Mutant(f"{kind}: {source.name}", suffix, bytes(data))


def _flip_bits(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    for _ in range(rng.choice((1, 4, 16, 64, 256))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _flip_header_bits(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    for _ in range(rng.choice((1, 2, 4, 16))):
        data[_in_header(data, rng)] ^= 1 << rng.randrange(8)


def _truncate(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    del data[rng.randrange(len(data)) :]


def _zero(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    start = rng.randrange(len(data))
    length = min(rng.choice((1, 16, 256, 4096, 1 << 16)), len(data) - start)
    data[start : start + length] = bytes(length)


def _overwrite(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    start = rng.randrange(len(data))
    length = min(rng.choice((4, 64, 1024)), len(data) - start)
    data[start : start + length] = rng.randbytes(length)


def _splice_header(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    other = rng.choice(sources).content
    length = rng.choice((4, 16, 64, 512, 4096))
    data[:length] = other[:length]


def _splice_tail(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    other = rng.choice(sources).content
    del data[rng.randrange(len(data)) :]
    data += other[rng.randrange(len(other)) :]


def _remove(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 3, 188, 1000))]


def _repeat(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    start = rng.randrange(len(data))
    part = bytes(data[start : start + rng.choice((8, 200, 5000))])
    data[start:start] = part * rng.choice((1, 3, 50))


def _absurd_number(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = _in_header(data, rng)
        size = rng.choice((2, 4, 8))
        order = rng.choice(("big", "little"))
        value = rng.choice(_ABSURD) & ((1 << 8 * min(size, 4)) - 1)
        data[at : at + size] = value.to_bytes(size, order)


def _absurd_field(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    """A number of an MP4 that says how many, how long, how large or where."""
    places = [at for name in _MP4_FIELDS if (at := data.find(name)) >= 0]
    if not places:
        _absurd_number(data, rng, sources)
        return
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.choice(places) + rng.choice((-4, 4, 8, 12, 16, 20, 24, 28, 32, 76))
        data[max(at, 0) : max(at, 0) + 4] = rng.choice(_ABSURD).to_bytes(4, "big")


def _nothing(data: bytearray, rng: Rng, sources: Sequence[Source]) -> None:
    """The file itself is whole."""


def _in_header(data: bytearray, rng: Rng) -> int:
    """Return a place near the start or the end, where containers keep what they say of themselves."""
    near = rng.randrange(min(_HEADER_BYTES, len(data)))
    return near if rng.random() < 0.6 else len(data) - 1 - near


_KINDS: dict[str, Callable[[bytearray, Rng, Sequence[Source]], None]] = {
    "bits flipped": _flip_bits,
    "header bits flipped": _flip_header_bits,
    "cut off": _truncate,
    "zeros": _zero,
    "noise": _overwrite,
    "header of another file": _splice_header,
    "tail of another file": _splice_tail,
    "part missing": _remove,
    "part repeated": _repeat,
    "absurd number": _absurd_number,
    "absurd field": _absurd_field,
    "wrong extension": _nothing,
}
