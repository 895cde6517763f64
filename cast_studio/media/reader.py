"""Packets and frames of one video stream, straight from FFmpeg, with its errors put into words."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cast_studio.errors import MediaError
from cast_studio.media.opening import identity_of, open_video
from cast_studio.media.scan_progress import ScanProgress
from cast_studio.said import say


class StreamReader:
    """Reads one video stream of a file from its start or from wherever it was sought to.

    Use from one thread at a time.

    Args:
        path: The file.
        stream: Number of the stream in the file; else the best one is chosen.
        threads: Most threads that decode; else as many as serve.

    Attributes:
        path: The file.
        container: The open file.
        stream: The stream; unless told, the largest that is not a cover picture.
        demux_failed: Whether the file could not be read to its end.
        damaged_packets: Packets so far that the decoder refused.
        progress: Is told how far reading is, while the file is scanned.

    Raises:
        MediaError: The file cannot be opened as a video.
    """

    def __init__(
        self, path: Path, stream: int | None = None, *, threads: int | None = None
    ) -> None:
        self.path = path.absolute()
        self.demux_failed = False
        self.damaged_packets = 0
        self.progress: ScanProgress | None = None
        self._threads = threads
        self.container, self.stream = self._open(stream)
        self._identity = identity_of(self.path)
        self._packets: Iterator[Packet[VideoStream]] = self._demux()
        self._decoded: deque[VideoFrame] = deque()
        self._held: Packet[VideoStream] | None = None
        self._drained = False

    @property
    def size_bytes(self) -> int:
        """Size of the file when it was opened."""
        return self._identity[0] if self._identity is not None else 0

    @property
    def identity(self) -> tuple[int, int] | None:
        """What changes when the file is replaced, as it was when it was opened."""
        return self._identity

    def again(self) -> StreamReader:
        """Return another reader of the same stream, at its start, that decodes on the processor.

        Raises:
            MediaError: The file has gone or changed.
        """
        self._refuse_another_file()
        return StreamReader(self.path, self.stream.index, threads=self._threads)

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
        self._refuse_another_file()
        container, stream = self._open(self.stream.index)
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
        if self.progress is not None:
            self.progress.reach(None if packet is None else packet.pos)
        return packet

    def begin_pass(self, start: float, end: float) -> None:
        """Say which share of the scan the coming pass over the file makes up."""
        if self.progress is not None:
            self.progress.begin_pass(start, end)

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

    def _refuse_another_file(self) -> None:
        if identity_of(self.path) != self._identity:
            raise MediaError(
                say(
                    "“{file}” has changed or gone since it was opened. Open it again.",
                    file=self.path.name,
                )
            )

    def _open(self, number: int | None) -> tuple[InputContainer, VideoStream]:
        accelerator = self._accelerator()
        return open_video(self.path, number, threads=self._threads, accelerator=accelerator)

    def _accelerator(self) -> HWAccel | None:
        """Return what decodes in place of the processor, if anything."""
        return None

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
