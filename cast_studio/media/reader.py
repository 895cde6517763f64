"""Packets and frames of one video stream, straight from FFmpeg, with its errors put into words."""

from __future__ import annotations

import contextlib
import os
import stat
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cast_studio.errors import MediaError

# Pictures, playlists and text that FFmpeg would open as a "video". Playlists also name other files.
_NOT_VIDEO_FORMATS = frozenset({"image2", "tty", "hls", "concat", "dash", "sdp", "lavfi"})
_PICTURE_SUFFIX = "_pipe"
# Above this a header is taken as damaged: a frame would need more than a gigabyte.
_MAX_PIXELS = 1 << 28
# Each thread holds a frame back, so that more make the first frame after a seek later.
_MAX_THREADS = 8


class StreamReader:
    """Reads the best video stream of a file from its start or from wherever it was sought to.

    Use from one thread at a time.

    Args:
        path: The file.

    Attributes:
        path: The file.
        container: The open file.
        stream: Its best video stream: the largest that is not a cover picture.
        demux_failed: Whether the file could not be read to its end.
        damaged_packets: Packets so far that the decoder refused.

    Raises:
        MediaError: The file cannot be opened as a video.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.demux_failed = False
        self.damaged_packets = 0
        self.container, self.stream = _open(self.path)
        self._identity = _identity(self.path)
        self._packets: Iterator[Packet[VideoStream]] = self._demux()
        self._decoded: deque[VideoFrame] = deque()
        self._held: Packet[VideoStream] | None = None
        self._drained = False

    def close(self) -> None:
        """Release the file; safe to call twice."""
        self._packets = iter(())
        self._decoded.clear()
        self._held = None
        self.container.close()

    def restart(self) -> None:
        """Go back to the first packet by opening the file anew, which is right for every format.

        Raises:
            MediaError: The file has gone or changed.
        """
        if _identity(self.path) != self._identity:
            raise MediaError(
                f"“{self.path.name}” has changed or gone since it was opened. Open it again."
            )
        container, stream = _open(self.path)
        self.close()
        self.container, self.stream = container, stream
        self._reset()

    def seek(self, timestamp: int) -> bool:
        """Move to the key packet at or before ``timestamp``, as far as the format can.

        Where this lands depends on the format: check :meth:`peek_packet`.

        Returns:
            Whether the file could be sought.
        """
        try:
            self.container.seek(timestamp, stream=self.stream, backward=True)
        except (av.FFmpegError, OSError, OverflowError):
            return False
        self._reset()
        return True

    def peek_packet(self) -> Packet[VideoStream] | None:
        """Return the next packet without taking it; None at the end of the file."""
        if self._held is None:
            self._held = next(self._packets, None)
        return self._held

    def read_packet(self) -> Packet[VideoStream] | None:
        """Take the next packet, undecoded; None at the end of the file."""
        packet = self.peek_packet()
        self._held = None
        return packet

    def read(self) -> VideoFrame | None:
        """Return the next frame that the decoder puts out; None after the last one.

        A packet that cannot be decoded is passed over and counted, as players do.
        """
        while not self._decoded:
            if self._drained:
                return None
            packet = self.read_packet()
            self._drained = packet is None
            try:
                self._decoded.extend(self.stream.decode(packet))
            except (av.FFmpegError, OSError, ValueError, MemoryError):
                self.damaged_packets += 1
        return self._decoded.popleft()

    def _reset(self) -> None:
        self._packets = self._demux()
        self._decoded.clear()
        self._held = None
        self._drained = False
        self.demux_failed = False

    def _demux(self) -> Iterator[Packet[VideoStream]]:
        try:
            for packet in self.container.demux(self.stream):
                # The empty packet at the end would flush the decoder; `read` does that by itself,
                # also where demuxing fails before it.
                if packet.size:
                    yield packet
        except IndexError:
            # WORKAROUND: after its last packet, PyAV 18 trips over streams that showed up only
            # while it was reading (damaged transport streams do that).
            return
        except (av.FFmpegError, OSError):
            self.demux_failed = True


def _open(path: Path) -> tuple[InputContainer, VideoStream]:
    _check_file(path)
    try:
        container = av.open(str(path), mode="r", metadata_errors="replace")
    except PermissionError as error:
        raise MediaError(_no_permission(path)) from error
    except FileNotFoundError as error:
        raise MediaError(_missing(path)) from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            f"“{path.name}” cannot be opened: it is not a video, or it is damaged or incomplete. "
            "Copy it again from its source, or convert it to MP4."
        ) from error
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(container.close)
        stream = _best_stream(container, path)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = min(os.cpu_count() or 1, _MAX_THREADS)
        on_failure.pop_all()
    return container, stream


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(f"“{path.name}” is a folder. Choose a video file inside it.")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(f"“{path.name}” is not a file. Choose a video file.")
        if status.st_size == 0:
            raise MediaError(
                f"“{path.name}” is empty: it holds 0 bytes. Copy it again from its source."
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
        raise MediaError(f"“{path.name}” cannot be read: {reason}.") from error


def _best_stream(container: InputContainer, path: Path) -> VideoStream:
    names = set(container.format.name.split(","))
    if names & _NOT_VIDEO_FORMATS or any(name.endswith(_PICTURE_SUFFIX) for name in names):
        raise MediaError(
            f"“{path.name}” is not a video but a picture, a playlist or text. Choose a video file."
        )
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        what = "sound but no picture" if container.streams.audio else "no picture"
        raise MediaError(f"“{path.name}” has {what}. Choose a file with a video stream.")
    # A stream without a decoder has no codec context and so neither a width nor a height.
    known = [s for s in streams if getattr(s, "codec_context", None) is not None]
    if not known:
        raise MediaError(
            f"“{path.name}” uses a video codec that is not supported. Convert it to MP4 (H.264)."
        )
    best = max(known, key=_preference)
    if best.width * best.height > _MAX_PIXELS:
        raise MediaError(
            f"“{path.name}” claims frames of {best.width} × {best.height} pixels, which is more "
            "than can be shown. The file is probably damaged: copy it again from its source."
        )
    return best


def _preference(stream: VideoStream) -> tuple[int, bool, int]:
    is_default = bool(stream.disposition & Disposition.default)
    return stream.width * stream.height, is_default, -stream.index


def _missing(path: Path) -> str:
    return f"“{path.name}” was not found in “{path.parent}”. It may have been moved or renamed."


def _no_permission(path: Path) -> str:
    return (
        f"“{path.name}” may not be read by you. Change the permissions of the file or its folder."
    )
