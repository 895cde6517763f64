"""Finding out what another video stream of a file is, before it is labelled."""

from __future__ import annotations

from pathlib import Path

from cast_studio.core.edits import ChooseStream
from cast_studio.media.decoder import VideoDecoder


def scan_stream(path: Path, *, video_id: str, number: int) -> ChooseStream:
    """Scan a stream of a video and return the edit that chooses it. Any thread; reads its packets.

    Args:
        path: The file of the video.
        video_id: The video in the project.
        number: Among all streams of the file.

    Raises:
        MediaError: The stream cannot be decoded, or the file has gone.
    """
    with VideoDecoder(path, stream=number) as decoder:
        is_best = any(found.number == number and found.is_best for found in decoder.streams)
        return ChooseStream(
            video_id=video_id,
            stream=None if is_best else number,
            frames=decoder.index,
            size=(decoder.width, decoder.height),
        )
