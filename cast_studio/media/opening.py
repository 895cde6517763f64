"""Opening a file and choosing its video stream, with what can be wrong put into words."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from cast_studio.errors import MediaError
from cast_studio.said import say

# Pictures, playlists and text that FFmpeg would open as a "video". Playlists also name other files.
_NOT_VIDEO_FORMATS = frozenset({"image2", "tty", "hls", "concat", "dash", "sdp", "lavfi"})
_PICTURE_SUFFIX = "_pipe"
# Playlists and references in a file reach other files at most, never a network.
_OPTIONS = {"protocol_whitelist": "file"}
# Above this a header is taken as damaged: a frame would need more than a gigabyte.
_MAX_PIXELS = 1 << 28
# Each thread holds a frame back, so that more make the first frame after a seek later.
_MAX_THREADS = 8
# WORKAROUND: after a seek, FFmpeg's decoders of these give wrong pictures if they use threads.
_UNTHREADED_CODECS = frozenset({"vp3", "vp4", "theora"})


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A video stream of a file that can be chosen.

    Attributes:
        number: Its place among all streams of the file, from 0.
        width: Pixels of a stored frame from left to right.
        height: Pixels of a stored frame from top to bottom.
        codec: Short name of the codec, such as ``h264``.
        title: What the file calls it; may be empty.
        language: Three letters, as the file says; may be empty.
        rate: Frames per second, as the file says; None where it does not.
        is_best: Whether it is the one that is decoded unless another is asked for.
    """

    number: int
    width: int
    height: int
    codec: str
    title: str = ""
    language: str = ""
    rate: Fraction | None = None
    is_best: bool = False


def open_video(
    path: Path,
    number: int | None = None,
    *,
    threads: int | None = None,
    accelerator: HWAccel | None = None,
) -> tuple[InputContainer, VideoStream]:
    """Open a file and one of its video streams, ready to be decoded.

    Args:
        path: The file, absolute.
        number: The stream, as of :class:`StreamInfo`; else the largest that is not a cover picture.
        threads: Most threads that decode; else as many as serve.
        accelerator: The hardware that decodes; else the processor.

    Raises:
        MediaError: The file cannot be opened as a video, or has no such video stream.
    """
    _check_file(path)
    try:
        container = av.open(
            str(path), mode="r", metadata_errors="replace", options=_OPTIONS, hwaccel=accelerator
        )
    except PermissionError as error:
        raise MediaError(_no_permission(path)) from error
    except FileNotFoundError as error:
        raise MediaError(_missing(path)) from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            say(
                "“{file}” cannot be opened: it is not a video, or it is damaged or incomplete. "
                "Copy it again from its source, or convert it to MP4.",
                file=path.name,
            )
        ) from error
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(container.close)
        stream = _chosen_stream(container, path, number)
        stream.thread_type = "AUTO"
        most = 1 if accelerator is not None else threads
        stream.codec_context.thread_count = _thread_count(stream, most)
        on_failure.pop_all()
    return container, stream


def _thread_count(stream: VideoStream, most: int | None) -> int:
    if stream.codec_context.codec.canonical_name in _UNTHREADED_CODECS:
        return 1
    return min(os.cpu_count() or 1, _MAX_THREADS if most is None else most)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is replaced (size and time), None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def streams_of(container: InputContainer) -> tuple[StreamInfo, ...]:
    """Return the video streams of a file that can be decoded, in the order of the file."""
    streams = [
        stream
        for stream in container.streams.video
        if _is_decodable(stream) and not _is_cover(stream)
    ]
    best = max(streams, key=_preference, default=None)
    return tuple(
        StreamInfo(
            number=stream.index,
            width=stream.width,
            height=stream.height,
            codec=stream.codec_context.codec.canonical_name,
            title=stream.metadata.get("title", ""),
            language=stream.metadata.get("language", ""),
            rate=stream.average_rate,
            is_best=stream is best,
        )
        for stream in streams
    )


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(
                say("“{file}” is a folder. Choose a video file inside it.", file=path.name)
            )
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(say("“{file}” is not a file. Choose a video file.", file=path.name))
        if status.st_size == 0:
            raise MediaError(
                say(
                    "“{file}” is empty: it holds 0 bytes. Copy it again from its source.",
                    file=path.name,
                )
            )
        # FFmpeg's own message for this is lost on some systems.
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise MediaError(_missing(path)) from error
    except PermissionError as error:
        raise MediaError(_no_permission(path)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise MediaError(
            say("“{file}” cannot be read: {reason}.", file=path.name, reason=reason)
        ) from error


def _chosen_stream(container: InputContainer, path: Path, number: int | None) -> VideoStream:
    names = set(container.format.name.split(","))
    if names & _NOT_VIDEO_FORMATS or any(name.endswith(_PICTURE_SUFFIX) for name in names):
        raise MediaError(
            say(
                "“{file}” is not a video but a picture, a playlist or text. Choose a video file.",
                file=path.name,
            )
        )
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams:
        what = "sound but no picture" if container.streams.audio else "no picture"
        raise MediaError(
            say(
                "“{file}” has {what}. Choose a file with a video stream.", file=path.name, what=what
            )
        )
    known = [stream for stream in streams if _is_decodable(stream)]
    if not known:
        raise MediaError(
            say(
                "“{file}” uses a video codec that is not supported. Convert it to MP4 (H.264).",
                file=path.name,
            )
        )
    asked = [stream for stream in known if stream.index == number]
    if number is not None and not asked:
        raise MediaError(
            say(
                "“{file}” has no video stream {number}. It may have been replaced by another "
                "file: choose one of its streams again.",
                file=path.name,
                number=number,
            )
        )
    best = max(asked or known, key=_preference)
    if best.width * best.height > _MAX_PIXELS:
        raise MediaError(
            say(
                "“{file}” claims frames of {width} × {height} pixels, which is more than can "
                "be shown. The file is probably damaged: copy it again from its source.",
                file=path.name,
                width=best.width,
                height=best.height,
            )
        )
    return best


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _is_decodable(stream: VideoStream) -> bool:
    # A stream without a decoder has no codec context and so neither a width nor a height.
    return getattr(stream, "codec_context", None) is not None


def _preference(stream: VideoStream) -> tuple[int, bool, int]:
    is_default = bool(stream.disposition & Disposition.default)
    return stream.width * stream.height, is_default, -stream.index


def _missing(path: Path) -> str:
    return say(
        "“{file}” was not found in “{folder}”. It may have been moved or renamed.",
        file=path.name,
        folder=path.parent,
    )


def _no_permission(path: Path) -> str:
    return say(
        "“{file}” may not be read by you. Change the permissions of the file or its folder.",
        file=path.name,
    )
