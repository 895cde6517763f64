"""The one decoder of the program: every frame exact, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from cast_studio.core.timing import FrameIndex, Timebase, TimeSpan
from cast_studio.errors import MediaError
from cast_studio.media.frame import Frame, Orientation, RgbConverter
from cast_studio.media.hardware import HARDWARE, HardwareDecoders
from cast_studio.media.opening import StreamInfo, streams_of
from cast_studio.media.picture_search import PictureSearch
from cast_studio.media.reader import StreamReader
from cast_studio.media.scan_cache import ScanCache, scanned
from cast_studio.media.scan_progress import OnProgress
from cast_studio.said import say

__all__ = ["DamagedFrameError", "Frame", "StreamInfo", "VideoDecoder"]

DEFAULT_CACHE_BYTES = 192 << 20


class DamagedFrameError(MediaError):
    """One frame that cannot be decoded, in a file that is readable elsewhere."""


class VideoDecoder:
    """Decodes the best video stream of a file, frame by frame, exactly.

    ``frame_at(i)`` gives the same picture whatever was asked before. Reading on is sequential, and
    a cache of recent pictures makes stepping back cheap. One decoder per thread: use an instance,
    and the frames it gives, in one thread only. Use it as a context manager or call :meth:`close`.

    Args:
        path: The video.
        cache_bytes: Most bytes of decoded pictures to keep.
        stream: Number of a video stream, as of :attr:`streams`; else the best one is decoded.
        scans: Where scans are kept, so that opening the file again takes no time; else where
            :func:`keep_scans_in` has said, if anywhere.
        on_progress: Is told how far a scan is that takes more than 0.3 s; stops it with False.
        threads: Most threads that decode; else as many as serve.

    Raises:
        ScanCanceledError: ``on_progress`` has stopped it.
        MediaError: The file cannot be opened, or holds no frame that can be decoded.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        stream: int | None = None,
        scans: ScanCache | None = None,
        on_progress: OnProgress | None = None,
        threads: int | None = None,
    ) -> None:
        reader = StreamReader(Path(path), stream, threads=threads)
        try:
            scan = scanned(reader, scans, on_progress)
        except BaseException:
            reader.close()
            raise
        self._scan = scan.kept
        self._index = scan.kept.index
        first = scan.first_frames[0]
        self._orientation = Orientation.of(first)
        self._size = (first.width, first.height)
        self._converter = RgbConverter(first.width, first.height, self._orientation)
        self._search = PictureSearch(reader, scan, cache_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._index)

    def close(self) -> None:
        """Release the file and the cache; safe to call twice. Frames already given stay usable."""
        self._search.close()

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._search.reader.path

    @property
    def stream(self) -> int:
        """Number of the stream that is decoded, among all streams of the file."""
        return self._search.reader.stream.index

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """The video streams that can be decoded, in the order of the file; cover pictures are none."""
        return streams_of(self._search.reader.container)

    @property
    def index(self) -> FrameIndex:
        """When each frame is shown, and which are key frames."""
        return self._index

    @property
    def timebase(self) -> Timebase:
        """Seconds per tick."""
        return self._index.timebase

    @property
    def width(self) -> int:
        """Pixels of an upright frame from left to right, as stored: not stretched."""
        return self._size[1] if self._orientation.transposed else self._size[0]

    @property
    def height(self) -> int:
        """Pixels of an upright frame from top to bottom, as stored."""
        return self._size[0] if self._orientation.transposed else self._size[1]

    @property
    def rotation(self) -> int:
        """Clockwise turn in degrees, already applied to the frames: 0, 90, 180 or 270."""
        return self._orientation.rotation

    @property
    def sample_aspect(self) -> Fraction:
        """Width of an upright stored pixel divided by its height; only a view stretches by it."""
        return self._orientation.upright_aspect(self._search.reader.stream.sample_aspect_ratio)

    @property
    def codec(self) -> str:
        """Short name of the codec, such as ``h264``."""
        return self._search.reader.stream.codec_context.codec.canonical_name

    @property
    def device(self) -> str:
        """What the hardware that decodes is called; "" while the processor does."""
        return self._search.device

    def use_hardware(self, decoders: HardwareDecoders = HARDWARE) -> bool:
        """Decode on a device from now on if one gives the very same frames.

        Takes as long as creating a device and decoding a few frames; without one, no time. A device
        that fails later is left by itself: no frame is lost or wrong for it.

        Args:
            decoders: What may be tried.

        Returns:
            Whether a device decodes now.
        """
        return self._search.use_hardware(decoders)

    def use_processor(self) -> None:
        """Decode on the processor from now on. What a device has decoded stays: it is the same.

        Raises:
            MediaError: The file has gone.
        """
        self._search.use_processor()

    @property
    def average_rate(self) -> Fraction:
        """Frames per second over the whole video."""
        return self._index.average_rate

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user, such as how much of a truncated file can be read."""
        return self._scan.warnings

    def frame_at(self, index: int) -> Frame:
        """Return the frame at a position in the order of presentation.

        Args:
            index: From 0 to ``len(self) - 1``.

        Raises:
            IndexError: There is no such frame.
            DamagedFrameError: The file is damaged at this frame.
            MediaError: The file has gone.
        """
        pts = self._index.pts_of(index)
        picture = self._search.picture_of(index)
        if picture is None:
            raise DamagedFrameError(
                say(
                    "Frame {index} of “{file}” cannot be decoded: the file is damaged there. Go to "
                    "another frame, or copy the file again from its source.",
                    index=index,
                    file=self.path.name,
                )
            )
        return Frame(
            picture,
            index=index,
            pts=pts,
            timebase=self.timebase,
            converter=self._converter,
            owns_memory=bool(self.device),
        )

    def frame_played_at(self, pts: int) -> Frame:
        """Return the frame that is on screen at a time in ticks, clamped to the video.

        Raises:
            DamagedFrameError: The file is damaged at this frame.
            MediaError: The file has gone.
        """
        return self.frame_at(self._index.index_played_at(pts))

    def frames_in(self, span: TimeSpan) -> Iterator[Frame]:
        """Yield the frames that start inside ``span``, in order, decoding each once.

        Damaged frames are left out; the indices of the others tell.

        Raises:
            MediaError: The file has gone.
        """
        for index in self._index.frames_in(span):
            if self._search.picture_of(index) is not None:
                yield self.frame_at(index)

    def way_to(self, index: int) -> range:
        """Return the frames that have to be decoded to have one, in order; the last is the frame itself.

        From where the decoder stands if it can read on from there, else from the key frame before.
        Asking :meth:`frame_at` for each of them decodes each once.

        Args:
            index: From 0 to ``len(self) - 1``.
        """
        return self._search.way_to(index)

    @property
    def next_index(self) -> int | None:
        """The frame that comes out without seeking; None where the decoder stands nowhere."""
        return self._search.next_index

    def begin_anew(self) -> None:
        """Open the file anew, which gives back the memory of frames that have gone.

        FFmpeg keeps the memory of every frame that it has given, to use it again, until its decoder is
        closed and the last of its frames has gone. The next frame is sought.

        Raises:
            MediaError: The file has gone or changed.
        """
        self._search.begin_anew()
